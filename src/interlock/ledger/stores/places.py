"""Places: where the entries of a stream stand in the SQLite file. All of it is derived from the entries.

A stream has one row, with how many entries it has and which is the last; each entry names the one before it, and every
64th is in an index. An index of all places would be the plainer way, but streams grow side by side, each of them in a
page of its own, and more than half of what a commit wrote were pages of that index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from interlock.errors import Corrupt
from interlock.ledger.entry import Stored
from interlock.ledger.stores.many import among, insert

#: The version of the file's tables since which there are places.
SINCE: Final = 3
#: Every so-many-th entry of a stream is found without going back along the others.
ANCHOR: Final = 64
# Written out: a partial index is used for the very condition that it was made with.
ANCHORED: Final = f"position % {ANCHOR} = 0 AND position > 0"
#: Makes the rows of the streams from the entries.
COUNTED: Final = "INSERT INTO streams SELECT stream, count(*), max(idx), min(idx) FROM entries GROUP BY stream"

_REMADE: Final = (
    "DELETE FROM streams",
    "UPDATE entries SET before = chained.last FROM (SELECT idx, lag(idx) OVER (PARTITION BY stream ORDER BY position)"
    " AS last FROM entries) AS chained WHERE chained.idx = entries.idx",
    COUNTED,
)
_ANCHOR: Final = f"SELECT idx FROM entries INDEXED BY anchors WHERE stream = ? AND position = ? AND {ANCHORED}"  # noqa: S608 - ours
_BACK: Final = """
    WITH RECURSIVE chain (idx, position, before) AS (
        SELECT idx, position, before FROM entries WHERE idx = ?
        UNION ALL
        SELECT e.idx, e.position, e.before FROM chain JOIN entries AS e ON e.idx = chain.before
            WHERE chain.position > ? AND e.idx < chain.idx)
    SELECT e.idx, e.stream, e.position, e.data FROM chain JOIN entries AS e ON e.idx = chain.idx
        WHERE e.position BETWEEN ? AND ? ORDER BY e.idx
"""
_ASTRAY: Final = (
    """SELECT e.stream FROM entries AS e LEFT JOIN entries AS b ON b.idx = e.before
        WHERE CASE e.position WHEN 0 THEN e.before IS NOT NULL
            ELSE b.stream IS NOT e.stream OR b.position IS NOT e.position - 1 END LIMIT 1""",
    """SELECT s.name FROM streams AS s
        LEFT JOIN entries AS f ON f.idx = s.first LEFT JOIN entries AS l ON l.idx = s.last
        WHERE f.stream IS NOT s.name OR f.position IS NOT 0
            OR l.stream IS NOT s.name OR l.position IS NOT s.entries - 1 LIMIT 1""",
)
# Where each row is right and they are not all of the entries, some stream has more, or no row at all.
_ALL: Final = "SELECT total(entries) = (SELECT ifnull(max(idx) + 1, 0) FROM entries) FROM streams"
_LEFT_OUT: Final = """SELECT e.stream FROM entries AS e LEFT JOIN streams AS s ON s.name = e.stream
    WHERE s.name IS NULL OR e.position >= s.entries LIMIT 1"""


class _End(NamedTuple):
    """Where a stream ends: how many entries it has, and the index of the last."""

    entries: int
    last: int


def add(connection: sqlite3.Connection, entries: Sequence[Stored], where: str) -> None:
    """Add these entries, each with its place. Corrupt where a stream does not end just before the first of them."""
    firsts: dict[str, Stored] = {}
    for entry in entries:
        firsts.setdefault(entry.stream, entry)
    grown = [name for name, entry in firsts.items() if entry.position]
    ends = _ends(connection, grown) if grown else {}
    for name in grown:
        if name not in ends or ends[name].entries != firsts[name].position:
            raise _astray(name, where)
    rows = []
    for index, stream, position, data in entries:
        before = ends.get(stream)
        rows.append((index, stream, position, None if before is None else before.last, data))
        ends[stream] = _End(position + 1, index)
    insert(connection, "entries", rows)
    _note(connection, [(name, *end, firsts[name].index) for name, end in ends.items()], set(grown))


def _note(connection: sqlite3.Connection, rows: list[tuple[str, int, int, int]], grown: set[str]) -> None:
    """What was begun may not be there yet: its row is refused if it is."""
    insert(connection, "streams", [row for row in rows if row[0] not in grown])
    if grown:
        then = "ON CONFLICT (name) DO UPDATE SET entries = excluded.entries, last = excluded.last"
        insert(connection, "streams", [row for row in rows if row[0] in grown], then)


def lengths(connection: sqlite3.Connection, names: Sequence[str]) -> dict[str, int]:
    """How many entries each of these streams has; those that have none are left out."""
    return {name: end.entries for name, end in _ends(connection, names).items()}


def _ends(connection: sqlite3.Connection, names: Sequence[str]) -> dict[str, _End]:
    found = among(connection, "SELECT name, entries, last FROM streams WHERE name IN ({})", names)
    return {name: _End(entries, last) for name, entries, last in found}


def stream(connection: sqlite3.Connection, name: str, since: int, limit: int, where: str) -> list[Stored]:
    """At most so many entries of a stream from position `since` on. Corrupt where they are not in their places."""
    end = _ends(connection, [name]).get(name)
    if end is None or since >= end.entries or limit <= 0:
        return []
    stop = min(end.entries, since + limit)
    anchor, index = -(-(stop - 1) // ANCHOR) * ANCHOR, end.last
    if 0 < anchor < end.entries:
        row = connection.execute(_ANCHOR, (name, anchor)).fetchone()
        if row is None:
            raise _astray(name, where)
        index = row[0]
    found = [Stored(*row) for row in connection.execute(_BACK, (index, since, since, stop - 1))]
    if [(entry.stream, entry.position) for entry in found] != [(name, position) for position in range(since, stop)]:
        raise _astray(name, where)
    return found


def streams(connection: sqlite3.Connection, prefix: str, end: str) -> list[str]:
    """The streams from this prefix on, up to `end` if there is one, in the order of their first entries."""
    query, bounds = "SELECT name FROM streams WHERE name >= ? {} ORDER BY first", [prefix]
    if end:
        query, bounds = query.format("AND name < ?"), [prefix, end]
    return [row[0] for row in connection.execute(query.format(""), bounds)]


def remake(connection: sqlite3.Connection) -> None:
    """Make all of it anew, from the entries alone."""
    for statement in _REMADE:
        connection.execute(statement)


def astray(connection: sqlite3.Connection) -> str:
    """A stream whose places are not those of its entries; empty when there is none. Goes through all of them."""
    for query in _ASTRAY:
        row = connection.execute(query).fetchone()
        if row is not None:
            return str(row[0])
    if connection.execute(_ALL).fetchone()[0]:
        return ""
    row = connection.execute(_LEFT_OUT).fetchone()
    return "" if row is None else str(row[0])


def _astray(name: str, where: str) -> Corrupt:
    hint = "nothing is read past it; run `interlock ledger verify`, and keep the file as it is"
    return Corrupt(f"the entries of `{name}` are not in their places", where=where, hint=hint)
