"""What stands in the database: objects, columns, what row recording can and cannot cover."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import apsw
import msgspec

from interlock.execute.sql.names import fold, is_ours, quoted


class Thing(NamedTuple):
    """One row of sqlite_schema. `sql` is empty for what SQLite makes by itself (indexes of constraints)."""

    type: str
    name: str
    table: str
    sql: str


class Column(NamedTuple):
    """One column. `hidden` is 0 for a plain one, 2 or 3 for a generated one, 1 in virtual tables."""

    name: str
    declared: str
    not_null: bool
    default: str | None
    key: int
    hidden: int


def things(connection: apsw.Connection) -> dict[tuple[str, str], Thing]:
    """Every object by type and folded name, without what is Interlock's own."""
    rows = connection.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM main.sqlite_schema")
    found = [Thing(*row) for row in rows]
    return {(thing.type, fold(thing.name)): thing for thing in found if not is_ours(thing.table)}


def own_names(connection: apsw.Connection) -> set[str]:
    """The folded names that are taken out of those that are Interlock's own."""
    rows = connection.execute("SELECT name FROM main.sqlite_schema")
    return {fold(name) for (name,) in rows if is_ours(name)}


def columns(connection: apsw.Connection, table: str) -> tuple[Column, ...]:
    rows = connection.execute(
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?, 'main')", (table,)
    )
    return tuple(
        Column(name, kind, bool(must), default, key, hidden) for name, kind, must, default, key, hidden in rows
    )


def stored(connection: apsw.Connection, table: str) -> tuple[str, ...]:
    """The columns that hold values of their own (generated ones follow from them)."""
    return tuple(column.name for column in columns(connection, table) if column.hidden == 0)


def row_address(connection: apsw.Connection, table: str) -> str | None:
    """The spelling under which a table's hidden rowid can be named, or None when it has none or hides it."""
    without = connection.execute(
        "SELECT wr FROM pragma_table_list(?) WHERE schema = 'main' AND type = 'table'", (table,)
    ).fetchone()
    if without is None or without[0]:
        return None
    taken = {fold(column.name) for column in columns(connection, table)}
    return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), None)


def shape(connection: apsw.Connection, table: str) -> str:
    """A digest of a table's columns and key: what row changes need to be put back."""
    return hashlib.sha256(msgspec.msgpack.encode(columns(connection, table))).hexdigest()


def schema_digest(found: dict[tuple[str, str], Thing], tables: Iterable[str]) -> str:
    """A digest of the text of these tables and of everything that hangs on them (indexes, triggers)."""
    wanted = frozenset(tables)
    rows = sorted(thing for thing in found.values() if fold(thing.table) in wanted)
    return hashlib.sha256(msgspec.msgpack.encode(rows)).hexdigest()


def referenced_by_others(connection: apsw.Connection, table: str) -> bool:
    """Whether another table has a foreign key to this one."""
    query = """SELECT 1 FROM pragma_table_list AS t, pragma_foreign_key_list(t.name) AS f
        WHERE t.schema = 'main' AND t.type = 'table' AND f."table" = ? COLLATE NOCASE
        AND t.name <> ? COLLATE NOCASE LIMIT 1"""
    return connection.execute(query, (table, table)).fetchone() is not None


def lacks_parent(connection: apsw.Connection, table: str) -> bool:
    """Whether a foreign key of this table points at a table that is not there."""
    query = """SELECT 1 FROM pragma_foreign_key_list(?, 'main') AS f WHERE NOT EXISTS (
        SELECT 1 FROM main.sqlite_schema AS s WHERE s.type = 'table' AND s.name = f."table" COLLATE NOCASE) LIMIT 1"""
    return connection.execute(query, (table,)).fetchone() is not None


def uncovered(connection: apsw.Connection, table: str) -> str:
    """Why row changes of this table cannot be recorded exactly, or nothing when they can."""
    row = connection.execute("SELECT type, wr FROM pragma_table_list(?) WHERE schema = 'main'", (table,)).fetchone()
    if row is None or row[0] == "view":
        return ""  # a view's rows are those of the tables that its triggers write, and these are looked at too
    if row[0] != "table":
        return f"`{table}` is a {row[0]} table, whose rows cannot be recorded"
    found = columns(connection, table)
    keys = [column for column in found if column.key]
    if not keys and any(fold(column.name) == "_rowid_" for column in found):
        return f"`{table}` has no primary key and hides its row numbers"
    if row[1] or (len(keys) == 1 and keys[0].declared.upper() == "INTEGER"):
        return ""
    # Row recording passes over rows whose key holds NULL, which SQLite allows in these tables.
    empty = " OR ".join(f"{quoted(column.name)} IS NULL" for column in keys)
    if keys and connection.execute(f"SELECT 1 FROM main.{quoted(table)} WHERE {empty} LIMIT 1").fetchone():  # noqa: S608 - quoted names
        return f"`{table}` has rows whose primary key is NULL"
    return ""


def sequences(connection: apsw.Connection) -> dict[str, int]:
    """The AUTOINCREMENT counters by table."""
    if not connection.execute("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'").fetchone():
        return {}
    rows = connection.execute("SELECT name, seq FROM main.sqlite_sequence WHERE typeof(seq) = 'integer'")
    return {name: seq for name, seq in rows if not is_ours(name)}
