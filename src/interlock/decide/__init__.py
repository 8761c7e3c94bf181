"""Decide: assessment and policy in, a decision with its reasons out. `facts.py` is all that a policy may ever see."""
