"""Shipped, imported by tests only: simulated worlds, and the contract suites that every implementation passes."""
