"""Surveying: what exists at a target and what depends on what, with the evidence for it. `surveyors.py` is the table."""
