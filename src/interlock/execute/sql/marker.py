"""The one thing that we leave in a target: a row per executed case, written in the same transaction as its change.

It is how recovery tells, from the target alone, whether a commit took effect. Nothing trusts a table of that name
that is not exactly ours.
"""

from __future__ import annotations

import apsw
import msgspec

from interlock.errors import Stale, TargetError
from interlock.execute.sql.names import KEPT, MARKER, fold, quoted
from interlock.model.entry import Purpose

_SQL = (
    f"CREATE TABLE {MARKER} "
    '("case" TEXT PRIMARY KEY NOT NULL, purpose TEXT NOT NULL, digest TEXT NOT NULL, kept TEXT NOT NULL)'
)


def stands(connection: apsw.Connection) -> bool:
    """Whether the marker table is there. A table, view or trigger of that name that we did not make is TargetError."""
    rows = connection.execute(
        "SELECT type, name, coalesce(sql, '') FROM main.sqlite_schema WHERE tbl_name = ? COLLATE NOCASE", (MARKER,)
    ).fetchall()
    foreign = [
        row for row in rows if row != ("table", MARKER, _SQL) and not str(row[1]).startswith("sqlite_autoindex_")
    ]
    if foreign:
        raise _foreign()
    return bool(rows)


def _foreign() -> TargetError:
    return TargetError(
        f"the target has a `{MARKER}` that is not as Interlock writes it",
        hint="nothing was done; find out who made it",
        code="foreign-marker",
    )


def read(connection: apsw.Connection, case: str) -> tuple[Purpose, str, tuple[str, ...]] | None:
    """Purpose, digest and kept names of a case, or None when no execution of it took effect here."""
    if not stands(connection):
        return None
    row = connection.execute(f'SELECT purpose, digest, kept FROM main.{MARKER} WHERE "case" = ?', (case,)).fetchone()  # noqa: S608 - quoted names
    if row is None:
        return None
    purpose, digest, kept = row
    try:
        names = msgspec.json.decode(str(kept), type=tuple[str, ...])
        return msgspec.convert(purpose, Purpose), str(digest), names
    except msgspec.MsgspecError as error:
        raise _foreign() from error


def expect_none(connection: apsw.Connection, case: str) -> None:
    """Before a run: it must not have taken effect already."""
    if read(connection, case) is not None:
        raise Stale(f"case `{case}` was executed here already", hint="nothing was done", code="already-executed")


def expect_run(connection: apsw.Connection, case: str, digest: str) -> tuple[str, ...]:
    """Before undo or close: it was run with this digest and neither undone nor closed. Gives the kept names."""
    found = read(connection, case)
    if found is None:
        raise Stale(f"case `{case}` was not executed in this database", hint="nothing was done; was the file replaced?")
    purpose, was, kept = found
    if was != digest:
        raise Stale(f"another change of case `{case}` was executed here", hint="nothing was done")
    if purpose != "run":
        word = {"undo": "undone", "close": "closed"}[purpose]
        raise Stale(f"case `{case}` was {word} already", hint="nothing was done", code=f"already-{word}")
    return kept


def write(connection: apsw.Connection, case: str, purpose: Purpose, digest: str, kept: tuple[str, ...] = ()) -> None:
    """In the transaction of what it tells about."""
    if not stands(connection):
        connection.execute(_SQL)
    connection.execute(
        f'INSERT INTO main.{MARKER} ("case", purpose, digest, kept) VALUES (?, ?, ?, ?) '  # noqa: S608 - our own name
        'ON CONFLICT ("case") DO UPDATE SET purpose = excluded.purpose, kept = excluded.kept',
        (case, purpose, digest, msgspec.json.encode(kept).decode()),
    )


def drop_kept(connection: apsw.Connection, kept: tuple[str, ...]) -> None:
    """What stood aside for undo goes for good. Only names of ours: a forged row cannot make us drop another table."""
    for name in kept:
        if fold(name).startswith(KEPT):
            connection.execute(f"DROP TABLE IF EXISTS main.{quoted(name)}")
