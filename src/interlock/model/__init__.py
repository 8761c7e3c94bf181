"""The words of Interlock as frozen values: seven nouns, the case, and one byte form with one digest.

No clock, no I/O, no randomness. Each noun has a file of its own
name; `canon` gives the bytes that everything is bound to.
"""
