"""Tables and views that a script itself makes of every row of another: what they choose is every row of that one."""

from __future__ import annotations

from interlock.read.sql.neutral import Target
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.reading import Reading
from interlock.read.sql.postgres.terms import describe_lists


def remember(reading: Reading, name: str, query: Node) -> None:
    """A table or view is made of what a query lists."""
    sub = describe_lists(query)
    name = name.removeprefix("public.")
    reading.copies.pop(name, None)
    if sub.table and sub.plain and not sub.limited:
        reading.copies[name] = reading.copies.get(sub.table, sub.table)


def with_copies(reading: Reading, target: Target) -> Target:
    """The target of a write, with what else holds every row of it."""
    found = frozenset(name for name, table in reading.copies.items() if table == target.table)
    return target._replace(alike=target.alike | (found - target.hidden))
