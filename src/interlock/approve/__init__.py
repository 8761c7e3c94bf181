"""Approve: decision + votes -> approval. Who may lift a hold, how many of them it takes, and never the asker.

The rules of this room: a vote is checked where it is cast and again where it is counted; a check raises, it never
answers no quietly; two names are one human when they read alike or hold one key. Nothing here has a clock or does I/O.
"""
