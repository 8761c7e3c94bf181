"""Regular expressions that let every text pass, however they are written."""

from __future__ import annotations

import re
import string
from functools import lru_cache
from typing import Final

#: Longest expression that is tried; a condition that means something else is seldom shorter.
_MAX: Final = 64
#: Texts of which an expression that means something leaves out at least one.
_SAMPLES: Final = (*(string.printable[:95]), "ab", "a1", "Z.", "0-", "é", "a b", "x@y", "\n")


@lru_cache(maxsize=1_024)
def as_like(pattern: str) -> str:
    """A pattern of LIKE that lets the same pass: `%` for every text, `_%` for all that are not empty; or nothing."""
    if len(pattern) > _MAX:
        return ""
    try:
        tried = re.compile(pattern, re.DOTALL)
    except (re.error, RecursionError, OverflowError, ValueError):
        return ""
    if not all(tried.search(one) for one in _SAMPLES):
        return ""
    return "%" if tried.search("") else "_%"
