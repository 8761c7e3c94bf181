"""Surveying SQL: what a live SQLite database holds and what depends on what, as SQLite itself tells it.

`lens` opens the file so that it cannot be written; `tables` reads what stands there; `uses` asks what views and
triggers touch; `sqlite` is the surveyor.
"""
