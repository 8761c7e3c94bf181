"""Executing: an approved change is done, step by step, by Interlock itself. `executors.py` is the table."""
