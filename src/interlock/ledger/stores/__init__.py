"""The two stores that keep the promises of storage.py."""
