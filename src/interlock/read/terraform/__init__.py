"""Terraform: plans and plan packages become a change, and what a plan tells of the world beside it."""
