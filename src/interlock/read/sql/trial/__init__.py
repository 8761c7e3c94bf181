"""Conditions tried on made-up rows: the rows, and what functions of PostgreSQL come to for plain values."""
