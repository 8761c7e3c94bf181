"""Many rows in one SQLite statement: at the end of each one Python lets other threads in, who do not hurry back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any, Final, TypeVar

#: How many rows one statement may have: few sizes, so that few statements have to be prepared.
SIZES: Final = (128, 64, 32, 16, 8, 4, 2, 1)

Row = TypeVar("Row")


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[Sequence[object]], then: str = "") -> None:
    """Add these rows; `then` is what is to be done where one is there already."""
    for part in _parts(rows):
        connection.execute(_insertion(table, len(part), len(part[0]), then), list(chain.from_iterable(part)))


def among(connection: sqlite3.Connection, query: str, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query about these names; `{}` in it is where their question marks stand."""
    for part in _parts(names):
        yield from connection.execute(query.format(_marks(len(part))), part).fetchall()


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    at = 0
    for size in SIZES:
        while len(rows) - at >= size:
            yield rows[at : at + size]
            at += size


@cache
def _marks(count: int) -> str:
    return ", ".join("?" * count)


@cache
def _insertion(table: str, rows: int, columns: int, then: str) -> str:
    values = ", ".join([f"({_marks(columns)})"] * rows)
    return f"INSERT INTO {table} VALUES {values} {then}"  # noqa: S608 - a table of ours
