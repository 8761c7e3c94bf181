"""Where the database file is, how it is opened, and how SQLite's errors are told to people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from interlock.errors import BadConfiguration, TargetError
from interlock.model.canon import digest
from interlock.model.target import Target

#: How long somebody else's lock is waited for before we say that the database is locked.
BUSY_MILLISECONDS: Final = 2_000

#: No single value may be larger: it could neither be kept for undo nor shown.
VALUE_BYTES: Final = 256 * 1024**2

_PREFIX: Final = "sqlite:///"


class Place(NamedTuple):
    """One database file as it is now. `identity` names this very file, so that a swapped one is noticed."""

    target: str
    path: str
    identity: str


def find(target: Target) -> Place:
    """The file that a target's address names; it is never created."""
    address = target.address
    path = address.removeprefix(_PREFIX)
    if not path or path == ":memory:" or (path == address and "://" in address) or "\x00" in path:
        raise BadConfiguration(
            f"`{address}` is no address of a SQLite file",
            where=f"target `{target.name}`",
            hint="write a path, or sqlite:///path",
        )
    try:
        real = Path(path).resolve(strict=True)
        status = real.stat()
    except (OSError, RuntimeError) as error:
        raise TargetError(
            f"the database of target `{target.name}` is not there",
            where=path,
            hint="check the address; nothing was created and nothing was done",
            code="missing",
        ) from error
    if not real.is_file():
        raise TargetError("this is not a file", where=path, hint="nothing was done", code="not-a-database")
    return Place(target.name, str(real), digest("sqlite-file", str(real).encode(), str(status.st_ino).encode())[:32])


@contextmanager
def opened(place: Place, *, write: bool) -> Iterator[apsw.Connection]:
    """A connection that cannot attach, load or rewrite the schema's own table; closed (and rolled back) at the end."""
    flags = apsw.SQLITE_OPEN_READWRITE if write else apsw.SQLITE_OPEN_READONLY
    with speaking(place):
        connection = apsw.Connection(place.path, flags=flags)
    try:
        with speaking(place):
            harden(connection)
            connection.set_busy_timeout(BUSY_MILLISECONDS)
            if not write:
                connection.pragma("query_only", True)
            # Nothing of the file has been read so far: an encrypted or foreign one is noticed here.
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        yield connection
    finally:
        # Closing a connection with an open transaction rolls it back: so does the death of the process.
        connection.close(True)


def harden(connection: apsw.Connection) -> None:
    """What every connection of ours has: foreign keys on, no ATTACH, no extensions, no tricks in the schema."""
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0)
    connection.config(apsw.SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0)
    connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    connection.limit(apsw.SQLITE_LIMIT_LENGTH, VALUE_BYTES)
    connection.pragma("cell_size_check", True)


class Said(NamedTuple):
    """One of SQLite's failures in our words."""

    code: str
    message: str
    hint: str


_SAID: Final[tuple[tuple[type[apsw.Error], Said], ...]] = (
    (apsw.BusyError, Said("locked", "the database is locked by somebody else", "try again when they are finished")),
    (apsw.LockedError, Said("locked", "a table is locked by somebody else", "try again when they are finished")),
    (apsw.NotADBError, Said("not-a-database", "this is no SQLite database, or an encrypted one", "check the address")),
    (apsw.CorruptError, Said("corrupt", "the database file is damaged", "restore it from a copy")),
    (apsw.ReadOnlyError, Said("read-only", "the database cannot be written", "check the file's and folder's rights")),
    (apsw.FullError, Said("full", "the disk (or the database's own size limit) is full", "make room")),
    (apsw.IOError, Said("io", "the disk failed under the database", "check the disk")),
    (apsw.CantOpenError, Said("cannot-open", "the database cannot be opened", "check the file's and folder's rights")),
    (apsw.PermissionsError, Said("cannot-open", "the database cannot be opened", "check the file's rights")),
    (apsw.NoMemError, Said("memory", "there is not enough memory", "make the change smaller")),
)


@contextmanager
def speaking(place: Place) -> Iterator[None]:
    """SQLite's errors become TargetError. Only for what runs before a COMMIT: each hint says that nothing was done."""
    try:
        yield
    except apsw.Error as error:
        for kind, said in _SAID:
            if isinstance(error, kind):
                hint = f"{said.hint}; nothing was done"
                raise TargetError(said.message, where=place.path, hint=hint, code=said.code) from error
        raise TargetError(
            f"the database says: {error}", where=place.path, hint="nothing was done", code="failed"
        ) from error


def is_worldly(error: apsw.Error) -> bool:
    """Whether a failure is the world's (lock, disk, damage) and not the statement's own."""
    return isinstance(error, tuple(kind for kind, _ in _SAID))
