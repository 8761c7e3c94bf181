"""The surveyor of Terraform and OpenTofu targets."""
