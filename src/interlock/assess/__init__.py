"""Assess: change + inventory + rehearsal -> assessment. Pure: no clock, no I/O, no technology.

`assess` is the door. `weigh` says what each effect amounts to, `tier` its consequence class, `reverse` whether it can
be taken back, `reach` how far it is felt, and `findings/` what a person should know, one file a finding.
"""
