"""A connection that can only look: opened read-only, told `query_only`, fenced against everything but looking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from interlock.errors import BadConfiguration, TargetError
from interlock.model.target import Target

#: How long somebody else's lock is waited for.
BUSY_MILLISECONDS: Final = 2_000
#: SQLite asks every so many of its instructions whether the time is over.
STRIDE: Final = 20_000

#: What Interlock itself leaves at a target is no part of a survey. The same names stand in execute/sql/names.py.
OURS: Final = ("interlock_applied", "interlock_kept_")

_LOOKING: Final = frozenset({apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_FUNCTION, apsw.SQLITE_RECURSIVE})
_TELLING: Final = frozenset(
    {"table_list", "table_xinfo", "index_list", "index_xinfo", "foreign_key_list", "data_version"}
)
_FOLD: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}

_SAID: Final[tuple[tuple[type[apsw.Error], str, str, str], ...]] = (
    (apsw.BusyError, "locked", "the database is locked by somebody else", "try again when they are finished"),
    (apsw.LockedError, "locked", "the database is locked by somebody else", "try again when they are finished"),
    (apsw.NotADBError, "not-a-database", "this is no SQLite database, or an encrypted one", "check the address"),
    (apsw.CorruptError, "corrupt", "the database file is damaged", "restore it from a copy"),
    (
        apsw.ReadOnlyError,
        "read-only",
        "the database needs repair before it can be read",
        "open it once with rights to write: somebody's crash left a journal, or its folder cannot be written",
    ),
    (apsw.IOError, "io", "the disk failed under the database", "check the disk"),
    (apsw.CantOpenError, "cannot-open", "the database cannot be opened", "check the file's and folder's rights"),
    (apsw.PermissionsError, "cannot-open", "the database cannot be opened", "check the file's rights"),
)


def fold(name: str) -> str:
    """The one spelling of a name: SQLite takes A-Z and a-z for the same, and no other letters."""
    return name.translate(_FOLD)


def quoted(name: str) -> str:
    """A name as an identifier that SQLite reads as this very name."""
    if "\x00" in name:
        raise ValueError("a name cannot hold a NUL")
    return '"' + name.replace('"', '""') + '"'


def path_of(target: Target) -> str:
    """The file that a target's address names: a path, or sqlite:///path. It is never created."""
    path = target.address.removeprefix("sqlite:///")
    if not path or path == ":memory:" or (path == target.address and "://" in path) or "\x00" in path:
        raise BadConfiguration(
            f"`{target.address}` is no address of a SQLite file",
            where=f"target `{target.name}`",
            hint="write a path, or sqlite:///path",
        )
    if not Path(path).is_file():
        raise TargetError(
            f"the database of target `{target.name}` is not there",
            where=path,
            hint="check the address; nothing was created",
            code="missing",
        )
    return path


@contextmanager
def looking(target: Target, until: int, monotonic: Callable[[], int]) -> Iterator[apsw.Connection]:
    """The connection, and one picture of the database until the end; what runs past `until` is interrupted."""
    path = path_of(target)
    connection: apsw.Connection | None = None
    try:
        connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
        connection.pragma("query_only", True)
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        connection.set_progress_handler(lambda: monotonic() >= until, STRIDE)
        connection.authorizer = only_look
        yield connection
    except apsw.Error as error:
        for kind, code, message, hint in _SAID:
            if isinstance(error, kind):
                raise TargetError(message, where=path, hint=hint, code=code) from error
        raise TargetError(f"the database says: {error}", where=path, hint="nothing was done", code="failed") from error
    finally:
        if connection is not None:
            connection.close(True)


def only_look(code: int, one: str | None, _two: str | None, _database: str | None, _inner: str | None) -> int:
    """SQLite asks this for everything that a statement could do."""
    if code in _LOOKING or (code == apsw.SQLITE_PRAGMA and one in _TELLING):
        return apsw.SQLITE_OK
    return apsw.SQLITE_DENY


def is_ours(name: str) -> bool:
    return fold(name) == OURS[0] or fold(name).startswith(OURS[1])
