"""Table definitions of MySQL and SQLite: which columns they list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from interlock.read.sql.glot.lexer import Token
from interlock.read.sql.glot.reading import Reading, comma_parts

_CONSTRAINTS: Final = frozenset(
    ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "KEY", "INDEX", "FULLTEXT", "SPATIAL", "LIKE", "PERIOD")
)


def columns(reading: Reading, group: Sequence[Token]) -> tuple[str, ...]:
    """The columns that a parenthesised table definition lists."""
    heads = [part[0] for part in comma_parts(group)]
    return tuple(reading.folded(head.value) for head in heads if head.kind in "wqs" and head.word not in _CONSTRAINTS)
