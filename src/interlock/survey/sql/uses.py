"""What a view reads and what a trigger reads and writes, told by SQLite while it prepares a statement that uses them.

The statement is prepared and never run; and where it is prepared nothing could be written anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import apsw

from interlock.survey.sql.lens import fold, only_look, quoted

_WRITES: Final = frozenset({apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE})

Note = Callable[[int, str, str], None]


class Uses(NamedTuple):
    """Folded names of what is read and written."""

    reads: frozenset[str]
    writes: frozenset[str]


def of_view(connection: apsw.Connection, view: str) -> Uses:
    """What a view reads, directly or through other views. apsw.Error when the view does not work."""
    reads: set[str] = set()

    def note(code: int, name: str, _inner: str) -> None:
        if code == apsw.SQLITE_READ and fold(name) != fold(view):
            reads.add(fold(name))

    _prepare(connection, f"SELECT * FROM main.{quoted(view)}", note)  # noqa: S608 - a quoted name
    return Uses(frozenset(reads), frozenset())


def of_triggers(
    connection: apsw.Connection, table: str, fields: tuple[str, ...], triggers: frozenset[str]
) -> dict[str, Uses]:
    """What each of these triggers on a table (or view) uses, by the trigger's folded name; one that fails is missing."""
    told: dict[str, tuple[set[str], set[str]]] = {}
    last = ""

    def note(code: int, name: str, inner: str) -> None:
        nonlocal last
        if inner in triggers:
            last = inner
            told.setdefault(inner, (set(), set()))
        # SQLite names the trigger, or a view or WITH name inside of it: then it is the trigger that came last.
        if not inner or not last or fold(name) == fold(table):
            return
        if code == apsw.SQLITE_READ:
            told[last][0].add(fold(name))
        elif code in _WRITES:
            told[last][1].add(fold(name))

    for statement in _firing(table, fields):
        last = ""
        try:
            _prepare(connection, statement, note)
        except apsw.SQLError:
            continue  # a view that can be deleted from need not be one that can be inserted into
    return {name: Uses(frozenset(reads), frozenset(writes)) for name, (reads, writes) in told.items()}


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
