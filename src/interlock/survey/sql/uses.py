"""What a view reads and what a trigger reads and writes, told by SQLite while it prepares a statement that uses them.

The statement is prepared and never run; and where it is prepared nothing could be written anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

import apsw

from interlock.survey.sql.lens import fold, only_look, quoted

_WRITES: Final = frozenset({apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE})

Note = Callable[[int, str, str], None]


class Uses(NamedTuple):
    """Folded names of what is read and written; `maybe` is read by this trigger or by another one that it fires."""

    reads: frozenset[str]
    writes: frozenset[str] = frozenset()
    maybe: frozenset[str] = frozenset()


def of_view(connection: apsw.Connection, view: str) -> Uses:
    """What a view reads, directly or through other views. apsw.Error when the view does not work."""
    reads: set[str] = set()

    def note(code: int, name: str, _inner: str) -> None:
        if code == apsw.SQLITE_READ and fold(name) != fold(view):
            reads.add(fold(name))

    _prepare(connection, f"SELECT * FROM main.{quoted(view)}", note)  # noqa: S608 - a quoted name
    return Uses(frozenset(reads))


def of_triggers(
    connection: apsw.Connection, table: str, fields: tuple[str, ...], triggers: frozenset[str]
) -> dict[str, Uses]:
    """What each of these triggers on a table (or view) uses, by its folded name; one that fails is missing.

    SQLite names the trigger that it is working on, or a view or WITH name inside of some trigger. In the second case
    whose it is cannot be told, and every trigger on the table may be the one.
    """
    reads: dict[str, set[str]] = {}
    writes: dict[str, set[str]] = {}
    maybe: set[str] = set()

    def note(code: int, name: str, inner: str) -> None:
        used = fold(name)
        if inner in triggers:
            reads.setdefault(inner, set())
            writes.setdefault(inner, set())
        if not inner or used == fold(table):
            return
        if code in _WRITES and inner in triggers:
            writes[inner].add(used)
        elif code == apsw.SQLITE_READ:
            (reads[inner] if inner in triggers else maybe).add(used)

    for statement in _firing(table, fields):
        with suppress(apsw.SQLError):  # a view that can be deleted from need not be one that can be inserted into
            _prepare(connection, statement, note)
    return {name: Uses(frozenset(reads[name]), frozenset(writes[name]), frozenset(maybe)) for name in reads}


def _firing(table: str, fields: tuple[str, ...]) -> tuple[str, ...]:
    """The statements that between them fire every trigger on a table."""
    whole = f"main.{quoted(table)}"
    settings = ", ".join(f"{quoted(name)} = NULL" for name in fields)
    return (
        f"INSERT INTO {whole} DEFAULT VALUES",
        f"UPDATE {whole} SET {settings}",  # noqa: S608 - quoted names
        f"DELETE FROM {whole}",  # noqa: S608 - quoted names
    )


def _prepare(connection: apsw.Connection, statement: str, note: Note) -> None:
    """Prepare the statement and tell what SQLite asks about it. apsw.Error when it cannot be prepared."""

    def listen(code: int, one: str | None, _two: str | None, _database: str | None, inner: str | None) -> int:
        note(code, one or "", fold(inner or ""))
        return apsw.SQLITE_OK

    cursor = connection.cursor()
    cursor.exec_trace = lambda _cursor, _text, _bindings: False  # prepared, and not run
    connection.authorizer = listen
    try:
        cursor.execute(statement)
    except apsw.ExecTraceAbort:
        pass
    finally:
        connection.authorizer = only_look
        cursor.close(True)
