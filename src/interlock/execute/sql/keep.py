"""Structural changes, done so that they can be undone: what is dropped is moved aside, what is altered is kept.

Everything here runs inside the one transaction of its execution; a crash in it leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import apsw

from interlock.execute.sql.budget import Budget
from interlock.execute.sql.contents import table_digest
from interlock.execute.sql.image import AddedColumn, Done, Dropped, Kept, Made, RenamedColumn, RenamedTable
from interlock.execute.sql.names import fold, quoted
from interlock.execute.sql.schema import Column, Thing, columns, row_address, stored, things

Text = tuple[str, str, str]
Found = dict[tuple[str, str], Thing]

#: Views first, so that the triggers on them find them.
_ORDER: Final = {"table": 0, "view": 1, "index": 2, "trigger": 3}


@contextmanager
def without_triggers(connection: apsw.Connection) -> Iterator[None]:
    """No trigger fires."""
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
    try:
        yield
    finally:
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 1)


@contextmanager
def quietly(connection: apsw.Connection) -> Iterator[None]:
    """No foreign key acts, no trigger fires, and a renaming rewrites nothing but the renamed table's own name."""
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 0)
    connection.config(apsw.SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 1)
    try:
        with without_triggers(connection):
            yield
    finally:
        connection.config(apsw.SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 0)
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)


def texts(found: list[Thing]) -> tuple[Text, ...]:
    """Objects as type, name and SQL, in an order in which they can be made again; SQLite's own ones left out."""
    named = [thing for thing in found if thing.sql]
    return tuple((t.type, t.name, t.sql) for t in sorted(named, key=lambda t: (_ORDER[t.type], t.name)))


def hanging(found: Found, table: str) -> tuple[Text, ...]:
    """The indexes and triggers on a table (by its folded name)."""
    return texts([each for each in found.values() if fold(each.table) == table and each.type in {"index", "trigger"}])


def rows_in(connection: apsw.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM main.{quoted(table)}").get)  # noqa: S608 - a quoted name


def drop_texts(connection: apsw.Connection, gone: tuple[Text, ...]) -> None:
    """Drop these objects, the last one first."""
    for kind, name, _ in reversed(gone):
        connection.execute(f"DROP {kind.upper()} main.{quoted(name)}")


def make_texts(connection: apsw.Connection, wanted: tuple[Text, ...]) -> None:
    for _, _, sql in wanted:
        connection.execute(sql)


def set_aside(connection: apsw.Connection, table: str, kept: str) -> Kept:
    """DROP TABLE made soft. Its indexes and triggers go, so that their names are free.

    A table without foreign keys just takes another name. One that has some is copied: under any name, its rows would
    go on holding up, or following, what becomes of their parents.
    """
    points = connection.execute("SELECT 1 FROM pragma_foreign_key_list(?, 'main') LIMIT 1", (table,)).fetchone()
    piece = copy_aside(connection, table, kept) if points else _described(connection, table, kept)
    with quietly(connection):
        drop_texts(connection, piece.things)
        if points:
            connection.execute(f"DROP TABLE main.{quoted(table)}")
        else:
            connection.execute(f"ALTER TABLE main.{quoted(table)} RENAME TO {quoted(kept)}")
    return piece


def copy_aside(connection: apsw.Connection, table: str, kept: str) -> Kept:
    """The rows of a table that is about to be rebuilt or dropped, copied under another name, with no constraints."""
    piece = _described(connection, table, kept)
    picked = ", ".join(quoted(name) for name in piece.columns)
    into = f"{piece.rowid}, {picked}" if piece.rowid else picked  # the copy has the table's row numbers for its own
    source, copy = f"main.{quoted(table)}", f"main.{quoted(kept)}"
    connection.execute(f"CREATE TABLE {copy} AS SELECT {picked} FROM {source} LIMIT 0")  # noqa: S608 - quoted names
    connection.execute(f"INSERT INTO {copy} ({into}) SELECT {into} FROM {source}")  # noqa: S608 - quoted names
    return piece


def _described(connection: apsw.Connection, table: str, kept: str) -> Kept:
    found = things(connection)
    whole = found["table", table]
    address = row_address(connection, table) or ""
    return Kept(whole.name, whole.sql, kept, stored(connection, table), address, hanging(found, table))


def created(connection: apsw.Connection, before: Found, budget: Budget) -> list[Done]:
    """What a CREATE statement made, by comparing what stands there now."""
    after = things(connection)
    made: list[Done] = []
    for key in after.keys() - before.keys():
        thing = after[key]
        if thing.sql and not key[1].startswith("sqlite_"):
            held = table_digest(connection, thing.name, budget) if thing.type == "table" else ""
            made.append(Made(thing.type, thing.name, thing.sql, held))
    return made


def dropped(connection: apsw.Connection, before: Found) -> list[Done]:
    """What a DROP of an index, view or trigger took away (a view takes its triggers along)."""
    after = things(connection)
    gone = texts([before[key] for key in before.keys() - after.keys()])
    return [Dropped(gone)] if gone else []


def altered(
    connection: apsw.Connection, table: str, kept: str, run: Callable[[], None], budget: Budget
) -> tuple[Done, int]:
    """ALTER TABLE: tried, compared, and when it cannot be turned back by itself, done again over a copy.

    Gives what was done and how many rows lost something by it.
    """
    before, had = things(connection), columns(connection, table)
    connection.execute("SAVEPOINT interlock_alter")
    run()
    piece = _turnable(connection, table, before, had)
    if isinstance(piece, AddedColumn) and not _can_be_dropped(connection, piece):
        piece = None
    if piece is not None:
        connection.execute("RELEASE interlock_alter")
        return piece, 0
    connection.execute("ROLLBACK TO interlock_alter")
    copy = copy_aside(connection, table, kept)
    run()
    connection.execute("RELEASE interlock_alter")
    after = table_digest(connection, table, budget)
    lossy = len(columns(connection, table)) < len(had)
    rows = rows_in(connection, table) if lossy else 0
    left = hanging(things(connection), table)
    return Kept(copy.table, copy.sql, copy.kept, copy.columns, copy.rowid, copy.things, after, left), rows


def _can_be_dropped(connection: apsw.Connection, added: AddedColumn) -> bool:
    """SQLite adds a column whatever else is broken in the schema, and drops or renames one only if nothing is."""
    whole, column = quoted(added.table), quoted(added.column)
    connection.execute("SAVEPOINT interlock_try")
    try:
        connection.execute(f"ALTER TABLE main.{whole} RENAME COLUMN {column} TO interlock_try")
    except apsw.SQLError:
        return False
    finally:
        connection.execute("ROLLBACK TO interlock_try")
        connection.execute("RELEASE interlock_try")
    return True


def _turnable(
    connection: apsw.Connection, table: str, before: Found, had: tuple[Column, ...]
) -> RenamedTable | RenamedColumn | AddedColumn | None:
    """The ALTER as one that another ALTER turns back, or None."""
    after = things(connection)
    old = before["table", table].name
    rewritten = texts(
        [
            thing
            for key, thing in before.items()
            if thing.type != "table" and key in after and after[key].sql != thing.sql
        ]
    )
    if ("table", table) not in after:
        fresh = [thing.name for key, thing in after.items() if thing.type == "table" and key not in before]
        return RenamedTable(old, fresh[0], rewritten) if len(fresh) == 1 else None
    now = columns(connection, table)
    if now[: len(had)] == had and len(now) == len(had) + 1:
        added = now[-1]
        return AddedColumn(old, added.name, added.default or "NULL", added.hidden != 0)
    changed = [(was, is_) for was, is_ in zip(had, now, strict=False) if was != is_]
    if len(had) == len(now) and len(changed) == 1:
        was, is_ = changed[0]
        if was._replace(name=is_.name) == is_:
            return RenamedColumn(old, was.name, is_.name, rewritten)
    return None
