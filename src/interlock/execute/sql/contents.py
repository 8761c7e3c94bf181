"""What a database holds, as digests that two databases can be compared by: schema text and every row of every table.

Rows are read by key, so equal contents give equal digests whatever happened to the file in between. The hidden row
number counts where a table has no key. Where it has one, SQLite itself gives out other numbers in a VACUUM.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final, NamedTuple

import apsw
import msgspec

from interlock.execute.sql.budget import Budget
from interlock.execute.sql.names import fold, is_ours, quoted
from interlock.execute.sql.schema import Thing, columns, row_address, sequences, shape, things

_CHUNK: Final = 2_000
_SPELLING: Final = re.compile(r'["`\[\]\s]')


class Contents(NamedTuple):
    """The picture of one database: the text of its schema, a digest per table, the AUTOINCREMENT counters."""

    schema: dict[tuple[str, str], Thing]
    tables: dict[str, str]
    counters: dict[str, int]


def contents(connection: apsw.Connection, budget: Budget) -> Contents:
    """Everything that can be compared. Virtual tables are not read: they are not covered."""
    rows = connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    names = [name for (name,) in rows if not is_ours(name) and not fold(name).startswith("sqlite_")]
    found = {key: thing for key, thing in things(connection).items() if not key[1].startswith("sqlite_")}
    return Contents(found, {name: table_digest(connection, name, budget) for name in names}, sequences(connection))


def table_digest(connection: apsw.Connection, table: str, budget: Budget) -> str:
    """A digest of one table's columns and rows."""
    state = hashlib.sha256(shape(connection, table).encode())
    names, order = _reading(connection, table)
    source = f" FROM main.{quoted(table)}{order}"
    try:
        _take(state, connection, f"SELECT {', '.join(names)}{source}", budget)
    except UnicodeDecodeError:
        # Text that is not UTF-8 does not come out as text; so all of it is read as bytes, its type beside it.
        state = hashlib.sha256(shape(connection, table).encode() + b"raw")
        raw = ", ".join(f"typeof({name}), CAST({name} AS BLOB)" for name in names)
        _take(state, connection, f"SELECT {raw}{source}", budget)
    return state.hexdigest()


def _reading(connection: apsw.Connection, table: str) -> tuple[list[str], str]:
    """What to select, and in which order. A hidden row number is what a row is known by only where no key is."""
    found = columns(connection, table)
    names = [quoted(column.name) for column in found if column.hidden == 0]
    keys = [quoted(column.name) for column in sorted(found, key=lambda column: column.key) if column.key]
    address = row_address(connection, table)
    if address and not keys:
        return [address, *names], ""
    return names, f" ORDER BY {', '.join(keys)}"


def _take(state: hashlib._Hash, connection: apsw.Connection, query: str, budget: Budget) -> None:
    cursor = connection.execute(query)
    try:
        chunk: list[object] = []
        for row in cursor:
            chunk.append(row)
            if len(chunk) == _CHUNK:
                state.update(msgspec.msgpack.encode(chunk))
                chunk.clear()
                budget.check()
        state.update(msgspec.msgpack.encode(chunk))
    finally:
        cursor.close(True)


def lost(before: Contents, after: Contents) -> tuple[str, ...]:
    """What is not as it was, in words: rows, columns, objects. Nothing when only spelling differs, or not even that."""
    tables = sorted(before.tables.keys() | after.tables.keys())
    gone = [f"rows or columns of `{name}`" for name in tables if before.tables.get(name) != after.tables.get(name)]
    gone += [f"{kind} `{name}`" for kind, name in sorted(before.schema.keys() ^ after.schema.keys())]
    both = sorted(before.schema.keys() & after.schema.keys())
    gone += [f"{key[0]} `{key[1]}`" for key in both if _plain(before.schema[key]) != _plain(after.schema[key])]
    return tuple(gone)


def respelled(before: Contents, after: Contents) -> tuple[str, ...]:
    """What is the same and yet not in every letter: quotes in the schema's text, an AUTOINCREMENT counter."""
    both = sorted(before.schema.keys() & after.schema.keys())
    other = [
        f"the schema of `{key[1]}` is spelled otherwise" for key in both if before.schema[key] != after.schema[key]
    ]
    counters = sorted(before.counters.keys() | after.counters.keys())
    other += [
        f"the AUTOINCREMENT counter of `{name}`"
        for name in counters
        if before.counters.get(name) != after.counters.get(name)
    ]
    return tuple(other)


def _plain(thing: Thing) -> str:
    """SQL without what a renaming there and back may add: quotes around names, and space."""
    return _SPELLING.sub("", fold(thing.sql))
