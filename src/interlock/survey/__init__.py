"""Surveying: what exists at a target and what depends on what, with evidence. `surveyors.py` is the table."""
