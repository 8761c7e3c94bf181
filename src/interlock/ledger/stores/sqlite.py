"""The store in one SQLite file: WAL, synchronous=FULL, BEGIN IMMEDIATE; safe with several processes on one file."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from interlock.errors import Corrupt, StoreError
from interlock.ledger.entry import Stored
from interlock.ledger.storage import Contents, Head, Node, beyond
from interlock.ledger.stores import places
from interlock.ledger.stores.file import IS_FOLLOWED, connect, make_private, migrate
from interlock.ledger.stores.many import among, insert

BUSY_SECONDS = 10.0
ERASE_TRIES = 50
ERASE_PAUSE = 0.2
TURN_PAUSE = 0.0002
PATIENCE = 10  # so many pauses for one who waits as well


class SqliteStore:
    """One connection writes and one reads, each behind a lock; WAL lets them, and other processes, overlap."""

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._path = path
        self._turn_tries = int(busy_seconds / TURN_PAUSE)
        self._closed = False
        self._write_lock = threading.RLock()
        self._read_lock = threading.Lock()
        with self._told(), contextlib.ExitStack() as opening:
            make_private(path)
            self._next = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            opening.callback(os.close, self._next)
            self._writer = opening.enter_context(contextlib.closing(connect(path, busy_seconds)))
            migrate(self._writer, self.where)
            self._writer.execute("PRAGMA busy_timeout = 0")
            self._reader = connect(path, busy_seconds)
            opening.pop_all()
        self._transaction = SqliteTransaction(self._writer, self.where)

    @property
    def where(self) -> str:
        return f"sqlite:///{self._path}"

    @contextlib.contextmanager
    def writing(self, *, hold: bool = False) -> Iterator[SqliteTransaction]:  # noqa: ARG002 - it always holds
        """BEGIN IMMEDIATE takes the file's only write lock, so that the head read inside is the newest."""
        with self._write_lock:
            try:
                self._take_turn()
                yield self._transaction
                self._writer.execute("COMMIT")
            except BaseException:
                # A crash before COMMIT leaves nothing: the WAL frames carry no commit mark and are ignored.
                with self._told():
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
                    raise

    def _take_turn(self) -> None:
        """Begin when no other process writes. SQLite's own waiting grows up to 100 ms, and a busy file starves us.

        Who waits for its turn has a lock on the folder, and for a moment nobody goes before it: a busy process would
        otherwise begin again in the same breath, and keep the others out. This lock guards nothing; that BEGIN does.
        """
        for _ in range(PATIENCE):
            if _locked(self._next):
                break
            time.sleep(TURN_PAUSE)
        try:
            for _ in range(self._turn_tries):
                if self._begun():
                    return
                time.sleep(TURN_PAUSE)
            self._writer.execute("BEGIN IMMEDIATE")
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)

    def _begun(self) -> bool:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    def head(self) -> Head | None:
        with self._reading() as reader:
            return reader.head()

    def entries(self, start: int, stop: int) -> list[Stored]:
        with self._reading() as reader:
            return reader.entries(start, stop)

    def nodes(self, level: int, start: int, stop: int) -> list[bytes]:
        with self._reading() as reader:
            return reader.nodes(level, start, stop)

    def stream(self, name: str, since: int, limit: int) -> list[Stored]:
        with self._reading() as reader:
            return reader.stream(name, since, limit)

    def length(self, name: str) -> int:
        with self._reading() as reader:
            return reader.tails([name]).get(name, 0)

    def astray(self) -> str:
        with self._reading() as reader:
            return reader.astray()

    def followed(self, start: int, stop: int, limit: int) -> list[Stored]:
        with self._reading() as reader:
            return reader.followed(start, stop, limit)

    def streams(self, prefix: str) -> list[str]:
        with self._reading() as reader:
            return reader.streams(prefix)

    def add_key(self, scope: str, wrapped: bytes) -> bytes:
        with self.writing() as tx:
            tx.run("INSERT OR IGNORE INTO vault_keys VALUES (?, ?)", (scope, wrapped))
            return cast(bytes, tx.one("SELECT wrapped FROM vault_keys WHERE scope = ?", (scope,)))

    def key(self, scope: str) -> bytes | None:
        with self._reading() as reader:
            return cast("bytes | None", reader.one("SELECT wrapped FROM vault_keys WHERE scope = ?", (scope,)))

    def add_blob(self, scope: str, digest: str, sealed: bytes) -> bool:
        with self.writing() as tx:
            if not tx.one("SELECT length(wrapped) FROM vault_keys WHERE scope = ?", (scope,)):
                return False
            tx.run("INSERT OR IGNORE INTO vault_blobs VALUES (?, ?, ?)", (scope, digest, sealed))
            return True

    def blob(self, scope: str, digest: str) -> bytes | None:
        query = "SELECT sealed FROM vault_blobs WHERE scope = ? AND digest = ?"
        with self._reading() as reader:
            return cast("bytes | None", reader.one(query, (scope, digest)))

    def erase(self, *scopes: str) -> int:
        """secure_delete overwrites the freed pages; emptying the WAL removes the last copy of the old ones."""
        with self._write_lock:
            with self.writing() as tx:
                count = 0
                for scope in scopes:
                    count += tx.run("DELETE FROM vault_blobs WHERE scope = ?", (scope,))
                    tx.run("INSERT OR REPLACE INTO vault_keys VALUES (?, x'')", (scope,))
            with self._told():
                for _ in range(ERASE_TRIES):
                    if self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                        return count
                    time.sleep(ERASE_PAUSE)
        raise StoreError(
            f"{', '.join(f'`{scope}`' for scope in scopes[:3])}: erased, but readers keep old pages in the log",
            where=self.where,
            hint="erase it again when no long read is running",
        )

    def close(self) -> None:
        with self._write_lock, self._read_lock:
            if not self._closed:
                self._closed = True
                self._reader.close()
                self._writer.close()
                os.close(self._next)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[SqliteTransaction]:
        with self._read_lock, self._told():
            yield SqliteTransaction(self._reader, self.where)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explain(error, self.where) from error
        except OSError as error:
            raise StoreError(f"the store cannot be opened: {error.strerror}", where=self.where) from error


class SqliteTransaction:
    """The statements, on whichever connection; the writer's run inside `writing()`."""

    held = True

    def __init__(self, connection: sqlite3.Connection, where: str) -> None:
        self._connection = connection
        self._where = where

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        """Execute one statement; how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def one(self, query: str, values: Sequence[object] = ()) -> object:
        """The first column of the first row, or None."""
        row = self._connection.execute(query, values).fetchone()
        return row[0] if row else None

    def head(self) -> Head | None:
        row = self._connection.execute("SELECT size, frontier, checkpoint, vkey FROM head").fetchone()
        return Head(*row) if row else None

    def tails(self, streams: Sequence[str]) -> dict[str, int]:
        return places.lengths(self._connection, streams)

    def extend(self, entries: Sequence[Stored], nodes: Sequence[Node], head: Head) -> None:
        places.add(self._connection, entries, self._where)
        insert(self._connection, "nodes", nodes)
        self._connection.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?)", head)

    def scopes(self, names: Sequence[str]) -> set[str]:
        found = among(self._connection, "SELECT scope FROM vault_keys WHERE scope IN ({})", names)
        return {name for (name,) in found}

    def keep(self, contents: Sequence[Contents]) -> None:
        insert(self._connection, "vault_keys", [(one.scope, one.wrapped) for one in contents])
        insert(self._connection, "vault_blobs", [(one.scope, *blob) for one in contents for blob in one.blobs])

    def derive(self, nodes: Sequence[Node]) -> None:
        self._connection.execute("DELETE FROM nodes")
        insert(self._connection, "nodes", nodes)
        places.remake(self._connection)

    def astray(self) -> str:
        return places.astray(self._connection)

    def entries(self, start: int, stop: int) -> list[Stored]:
        query = "SELECT idx, stream, position, data FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx"
        return [Stored(*row) for row in self._connection.execute(query, (start, stop))]

    def nodes(self, level: int, start: int, stop: int) -> list[bytes]:
        query = "SELECT hash FROM nodes WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx"
        return [row[0] for row in self._connection.execute(query, (level, start, stop))]

    def stream(self, name: str, since: int, limit: int) -> list[Stored]:
        return places.stream(self._connection, name, since, limit, self._where)

    def followed(self, start: int, stop: int, limit: int) -> list[Stored]:
        query = (
            f"SELECT idx, stream, position, data FROM entries INDEXED BY followed WHERE {IS_FOLLOWED}"  # noqa: S608 - ours
            " AND idx >= ? AND idx < ? ORDER BY idx LIMIT ?"
        )
        return [Stored(*row) for row in self._connection.execute(query, (start, stop, limit))]

    def streams(self, prefix: str) -> list[str]:
        return places.streams(self._connection, prefix, beyond(prefix))


def explain(error: sqlite3.Error, where: str) -> StoreError:
    """SQLite's error as ours, by its code and never by its text."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Corrupt("the file is damaged or not a ledger", where=where, hint="verify it, then restore a copy")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError("the store is locked by another process", where=where, hint="find who holds it open")
    if primary == sqlite3.SQLITE_FULL:
        return StoreError("the disk is full; nothing was recorded", where=where, hint="free space and try again")
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN):
        hint = "the user needs to write the file and its folder"
        return StoreError("the store cannot be opened for writing", where=where, hint=hint)
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return Corrupt("entries stand where the head says there are none", where=where, hint="verify the ledger")
    if isinstance(error, sqlite3.ProgrammingError):
        return StoreError("the store is closed", where=where)
    if primary == sqlite3.SQLITE_IOERR:
        hint = "the disk may be full or failing; nothing was recorded"
        return StoreError("the store cannot be read or written", where=where, hint=hint)
    return StoreError(f"the store failed: {str(error).lower()}", where=where)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
