"""Keeping: how each destructive call keeps a way back. One file a family of services; `keepers.py` is the table."""
