"""A policy engine behind plain facts: names, text, numbers and sets in; the policies that apply out.

This room knows nothing of agents, changes or approvals; it knows `interlock.errors` alone, so that it can be read,
fuzzed and audited by itself. What a verdict means is decided one floor up, in `decide`.
"""
