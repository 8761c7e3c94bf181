"""Visible: text that came from outside made safe to look at; what would be obeyed instead of read becomes an escape."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Characters that turn the direction of what follows, so that a name reads as another one.
TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def visible(text: object) -> str:
    """The text with control characters, line ends and bidirectional overrides as the escapes that name them."""
    return "".join(char if char.isprintable() and char not in TURNING else repr(char)[1:-1] for char in str(text))


def safe(text: str) -> str:
    """The same of a text of several lines: line ends and tabs stay."""
    return re.sub(r"[^\n\t]+", lambda part: visible(part[0]), text)


def columns(text: str) -> int:
    """How many columns a text takes in a font of one width; wide signs take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def fitted(text: str, room: int) -> str:
    """The text in at most `room` columns: what is too long loses its middle, since names differ at both ends."""
    if columns(text) <= room:
        return text
    head, tail = (room - 1) // 3, (room - 1) - (room - 1) // 3
    return f"{_taken(text, head)}…{_taken(text[::-1], tail)[::-1]}"


def _taken(text: str, room: int) -> str:
    taken = 0
    for index, char in enumerate(text):
        taken += columns(char)
        if taken > room:
            return text[:index]
    return text


def counted(number: int, one: str, many: str = "") -> str:
    """`1 thing`, `2 things`, `1,200 things`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
