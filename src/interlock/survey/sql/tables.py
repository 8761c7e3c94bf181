"""What stands in the database: tables and views with columns, keys and sizes; indexes; foreign keys with actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import apsw

from interlock.model.inventory import EdgeKind
from interlock.survey.sql.lens import fold, is_ours, quoted

_ACTIONS: Final[dict[str, EdgeKind]] = {"CASCADE": "cascades", "SET NULL": "nulls", "SET DEFAULT": "nulls"}


class Standing(NamedTuple):
    """One row of sqlite_schema. `type` is table, view, index or trigger; `table` is what an index or trigger is on."""

    type: str
    name: str
    table: str
    sql: str


class Reference(NamedTuple):
    """One foreign key: `child` depends on `parent`; a deed on the parent does `kind` to the child."""

    child: str
    parent: str
    kind: EdgeKind
    evidence: str


def standing(connection: apsw.Connection) -> list[Standing]:
    """Everything that has a name of its own, without SQLite's own and without what is Interlock's."""
    rows = connection.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM main.sqlite_schema ORDER BY name")
    found = [Standing(*row) for row in rows]
    return [each for each in found if not is_ours(each.table) and not fold(each.name).startswith("sqlite_")]


def columns(connection: apsw.Connection, name: str) -> tuple[str, ...]:
    query = "SELECT name FROM pragma_table_xinfo(?, 'main') ORDER BY cid"
    return tuple(fold(column) for (column,) in connection.execute(query, (name,)))


def settable(connection: apsw.Connection, name: str) -> tuple[str, ...]:
    """The columns that an UPDATE may name (computed ones follow from the others)."""
    query = "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden = 0 ORDER BY cid"
    return tuple(str(column) for (column,) in connection.execute(query, (name,)))


def keys(connection: apsw.Connection, table: str) -> tuple[tuple[str, ...], ...]:
    """The column sets of which each value occurs at most once.

    A partial or computed index proves nothing for the whole table, and neither does one that compares otherwise than
    its column does (unique `a` and `A` where the column takes them for the same).
    """
    found: set[tuple[str, ...]] = set()
    keyed = "SELECT name, type FROM pragma_table_xinfo(?, 'main') WHERE pk > 0"
    info = connection.execute(keyed, (table,)).fetchall()
    listed = connection.execute(
        "SELECT wr FROM pragma_table_list(?) WHERE schema = 'main' AND type = 'table'", (table,)
    ).fetchone()
    if listed is not None and not listed[0]:
        taken = set(columns(connection, table))
        found.update((alias,) for alias in ("rowid", "_rowid_", "oid") if alias not in taken)
        if len(info) == 1 and str(info[0][1]).upper() == "INTEGER":
            found.add((fold(str(info[0][0])),))
    query = "SELECT name FROM pragma_index_list(?, 'main') WHERE \"unique\" AND NOT partial"
    for (index,) in connection.execute(query, (table,)).fetchall():
        if key := _index_key(connection, table, str(index)):
            found.add(key)
    return tuple(sorted(found))


def _index_key(connection: apsw.Connection, table: str, index: str) -> tuple[str, ...]:
    rows = connection.execute("SELECT name, coll FROM pragma_index_xinfo(?, 'main') WHERE key", (index,)).fetchall()
    names = []
    for name, collation in rows:
        if name is None:
            return ()
        if fold(connection.column_metadata("main", table, str(name))[1]) != fold(str(collation)):
            return ()
        names.append(fold(str(name)))
    return tuple(names)


def references(connection: apsw.Connection, table: str) -> Iterator[Reference]:
    """The foreign keys of a table. A key may do one thing on delete and another on update; both are told."""
    query = """SELECT id, "table", group_concat("from", ', '), on_delete, on_update
        FROM pragma_foreign_key_list(?, 'main') GROUP BY id ORDER BY id"""
    for _, parent, fields, on_delete, on_update in connection.execute(query, (table,)).fetchall():
        said = f"foreign key {fold(table)} ({fold(str(fields))}) → {fold(str(parent))}"
        kind = _ACTIONS.get(str(on_delete), "references")
        yield Reference(fold(table), fold(str(parent)), kind, f"{said} on delete {str(on_delete).lower()}")
        other = _ACTIONS.get(str(on_update), "references")
        if other not in {kind, "references"}:
            yield Reference(fold(table), fold(str(parent)), other, f"{said} on update {str(on_update).lower()}")


def size(connection: apsw.Connection, table: str, most: int) -> int | None:
    """How many rows, or None when there are more than `most`."""
    query = f"SELECT count(*) FROM (SELECT 1 FROM main.{quoted(table)} LIMIT ?)"  # noqa: S608 - a quoted name
    count = int(connection.execute(query, (most + 1,)).get)
    return count if count <= most else None
