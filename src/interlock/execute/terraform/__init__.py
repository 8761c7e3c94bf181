"""Terraform and OpenTofu: a configuration is planned by us, and exactly the saved plan is applied."""
