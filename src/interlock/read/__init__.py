"""Reading: a proposal's bytes become a change. One file or folder a technology; `readers.py` is the table of them."""
