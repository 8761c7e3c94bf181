"""What is measured, against which peer: `python -m bench` runs all of it and writes docs/performance.md.

rows          one figure, and the small arithmetic of measuring
ledger        durable appends against bare inserts of the same rows
policy        the policy engine alone
decision      one decision in process, and many at once
approval      propose, vote, run: a whole cycle on a tiny target
rehearsal     survey, rehearse, assess, decide on the shop with 120,000 orders
command       `interlock check --lines`, and how long a command takes to start
beside        the peers in the same run; each is driven by a script in peers/
"""
