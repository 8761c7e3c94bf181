"""Identify: who is asking. People's signing keys, agents' tokens, people's sessions, and the table of our own verbs.

The rules of this room: it says who somebody is and what their kind may do; it never says what a change may do. A secret
stands in no message, no repr and no log. Randomness, time and cost come in as arguments.
"""
