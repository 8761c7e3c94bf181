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


#: Keys, as texts.
_KEYS: Final = ("1", "7", "20", "345", "16888", "999999")


@lru_cache(maxsize=1_024)
def as_like(pattern: str) -> str:
    """A pattern of LIKE that lets the same pass: `%` for every text, `_%` for all that are not empty; or nothing."""
    tried = _compiled(pattern)
    if tried is None or not all(tried.search(one) for one in _SAMPLES):
        return ""
    return "%" if tried.search("") else "_%"


@lru_cache(maxsize=1_024)
def passes_keys(pattern: str) -> bool:
    """Whether it lets every key pass that is a number: `^[0-9]+$`."""
    tried = _compiled(pattern)
    return tried is not None and all(tried.search(one) for one in _KEYS)


def _compiled(pattern: str) -> re.Pattern[str] | None:
    if len(pattern) > _MAX:
        return None
    try:
        return re.compile(pattern, re.DOTALL)
    except (re.error, RecursionError, OverflowError, ValueError):
        return None
