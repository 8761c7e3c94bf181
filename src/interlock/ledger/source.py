"""Where a verifier reads from: a copy of the SQLite file, an export, or an open store; nothing in it is trusted.

A SQLite copy is opened immutable, so that not a byte of it or beside it changes. Where SQLite's `-shm` file lies
beside it the database is in use, and is opened read-only. Where only a write-ahead log does, the copy is not
complete without it, and both are copied to a temporary folder first.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import quote

from interlock.errors import BadInput, Corrupt, StoreError
from interlock.ledger.entry import MAX_DATA, Stored
from interlock.ledger.head import CHUNK
from interlock.ledger.note import strict_base64
from interlock.ledger.storage import Head, Store
from interlock.ledger.stores import places

EXPORT_FORMAT = "interlock-ledger-export/1"
MAX_LINE = MAX_DATA * 4 // 3 + 64 * 1024


class Source(Protocol):
    """Raw contents, in the order in which they can be streamed: key, then entries, then the head."""

    place: str
    vkey: str

    def entries(self) -> Iterator[Stored]:
        """All entries in order; Corrupt with a place where they cannot be read."""

    def checkpoint(self) -> str:
        """The newest signed checkpoint; asked for after the entries."""

    def head(self) -> Head | None:
        """The head as the store keeps it; None in an export."""

    def node(self, level: int, index: int) -> bytes | None:
        """A stored inner node; None where the source keeps none."""

    def astray(self) -> str:
        """A stream whose entries its store would not find; empty where there is none, or nothing to find them by."""


class StoreSource:
    """An open store, as far as its head reached when it was opened."""

    def __init__(self, store: Store, place: str) -> None:
        head = store.head()
        if head is None:
            raise Corrupt("there is no head: the log was never begun, or its head was removed", where=place)
        self.place = place
        self.vkey = head.vkey
        self._head = head
        self._store = store

    def entries(self) -> Iterator[Stored]:
        """Up to the head and no further: others may be appending meanwhile."""
        start = 0
        while part := self._store.entries(start, min(start + CHUNK, self._head.size)):
            yield from part
            start += CHUNK

    def checkpoint(self) -> str:
        return self._head.checkpoint

    def head(self) -> Head | None:
        return self._head

    def node(self, level: int, index: int) -> bytes | None:
        found = self._store.nodes(level, index, index + 1)
        return found[0] if found else b""

    def astray(self) -> str:
        return self._store.astray()


class SqliteSource:
    """A copy of the SQLite file."""

    def __init__(self, connection: sqlite3.Connection, place: str) -> None:
        self.place = place
        self._connection = connection
        row = connection.execute("SELECT size, frontier, checkpoint, vkey FROM head").fetchone()
        if row is None or [type(value) for value in row] != [int, bytes, str, str]:
            raise Corrupt("there is no head, or it is malformed", where=place)
        self._head = Head(*row)
        self.vkey = self._head.vkey

    def entries(self) -> Iterator[Stored]:
        """Everything in the table, also what the head does not count."""
        for row in self._connection.execute("SELECT idx, stream, position, data FROM entries ORDER BY idx"):
            yield Stored(*row)

    def checkpoint(self) -> str:
        return self._head.checkpoint

    def head(self) -> Head | None:
        return self._head

    def node(self, level: int, index: int) -> bytes | None:
        query = "SELECT hash FROM nodes WHERE level = ? AND idx = ?"
        row = self._connection.execute(query, (level, index)).fetchone()
        return row[0] if row else b""

    def astray(self) -> str:
        if self._connection.execute("PRAGMA user_version").fetchone()[0] < places.SINCE:
            return ""
        return places.astray(self._connection)


class ExportSource:
    """An export: JSON lines as docs/ledger-format.md says."""

    def __init__(self, file: BinaryIO, place: str) -> None:
        self.place = place
        self._file = file
        self._number = 0
        self._checkpoint = ""
        header = self._line()
        if header is None or set(header) != {"format", "origin", "vkey"}:
            raise self._malformed("the first line is not the header of an export")
        if header["format"] != EXPORT_FORMAT:
            raise self._malformed("the export is of a format that this version does not read")
        self.vkey = self._text(header, "vkey")
        if self._text(header, "origin") != self.vkey.partition("+")[0]:
            raise self._malformed("the origin is not the name of the key")

    def entries(self) -> Iterator[Stored]:
        while (line := self._line()) is not None:
            if set(line) == {"checkpoint"}:
                self._checkpoint = self._text(line, "checkpoint")
                if self._file.read(1):
                    raise self._malformed("there is more after the checkpoint")
                return
            if set(line) != {"index", "stream", "position", "data"}:
                raise self._malformed("the line is neither an entry nor the checkpoint")
            try:
                data = strict_base64(self._text(line, "data"))
            except ValueError as error:
                raise self._malformed(f"the data is {error}") from error
            yield Stored(self._count(line, "index"), self._text(line, "stream"), self._count(line, "position"), data)
        raise self._malformed("the export ends without its checkpoint: it was cut")

    def checkpoint(self) -> str:
        return self._checkpoint

    def head(self) -> Head | None:
        return None

    def node(self, level: int, index: int) -> bytes | None:  # noqa: ARG002 - an export keeps no nodes
        return None

    def astray(self) -> str:
        return ""

    def _line(self) -> dict[str, object] | None:
        line = self._file.readline(MAX_LINE + 1)
        if not line:
            return None
        self._number += 1
        if len(line) > MAX_LINE or not line.endswith(b"\n"):
            raise self._malformed("the line is too long or has no end")
        try:
            value = json.loads(line.decode(), object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            raise self._malformed("the line is not JSON, or names a member twice") from error
        if not isinstance(value, dict):
            raise self._malformed("the line is not a JSON object")
        return value

    def _text(self, line: dict[str, object], name: str) -> str:
        value = line[name]
        if not isinstance(value, str):
            raise self._malformed(f"`{name}` is not text")
        return value

    def _count(self, line: dict[str, object], name: str) -> int:
        value = line[name]
        if type(value) is not int or not 0 <= value < 2**63:
            raise self._malformed(f"`{name}` is not a count")
        return value

    def _malformed(self, message: str) -> Corrupt:
        return Corrupt(message, where=f"{self.place}:{self._number}")


@contextlib.contextmanager
def open_source(source: Path | Store) -> Iterator[Source]:
    """Open a SQLite copy, an export or a store for reading. Corrupt where it is not one of them."""
    if not isinstance(source, Path):
        yield StoreSource(source, str(getattr(source, "where", "store")))
        return
    place = source.name
    if not source.is_file():
        raise BadInput("there is no such file to verify", where=str(source))
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(_sqlite_copy(source))
        try:
            connection.execute("SELECT count(*) FROM sqlite_schema")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
                raise _unreadable(error, place) from error
        else:
            try:
                yield SqliteSource(connection, place)
            except sqlite3.Error as error:
                raise _unreadable(error, place) from error
            return
    try:
        with source.open("rb") as file:
            yield ExportSource(file, place)
    except OSError as error:
        raise BadInput(f"the file cannot be read: {error.strerror}", where=str(source)) from error


def _unreadable(error: sqlite3.Error, place: str) -> StoreError:
    """A disk that is full or failing says nothing of the ledger; anything else is a ledger that cannot be believed."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN):
        hint = "the disk may be full or failing, or somebody holds the file; verify a copy elsewhere"
        return StoreError("the file cannot be read now; nothing was verified", where=place, hint=hint)
    return Corrupt("the file is damaged or not a ledger", where=place)


@contextlib.contextmanager
def _sqlite_copy(path: Path) -> Iterator[sqlite3.Connection]:
    """Whether it is SQLite at all is for SQLite to say: had this process the ledger open, then closing the file
    after looking into it would drop the locks of that ledger (so POSIX wants it)."""
    log, index = path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")
    with contextlib.ExitStack() as stack:
        mode = "immutable=1"
        if index.exists():
            mode = "mode=ro"
        elif log.exists() and log.stat().st_size:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            shutil.copyfile(log, folder / "copy-wal")
            path, mode = Path(shutil.copyfile(path, folder / "copy")), "mode=ro"
        try:
            connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{mode}", uri=True, isolation_level=None)
        except sqlite3.Error as error:
            raise BadInput("the file cannot be read", where=str(path)) from error
        stack.enter_context(contextlib.closing(connection))
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("BEGIN")
        yield connection


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member is named twice")
    return value
