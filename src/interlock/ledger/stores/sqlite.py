"""The store in one SQLite file: WAL, synchronous=FULL, BEGIN IMMEDIATE; safe with several processes on one file."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, cast

from interlock.errors import BadConfiguration, Corrupt, StoreError
from interlock.ledger.entry import Stored
from interlock.ledger.storage import FOLLOWED, Contents, Head, Node, beyond

APPLICATION_ID = 0x494C4B31
BUSY_SECONDS = 10.0
ERASE_TRIES = 50
PRAGMAS = (
    "synchronous = FULL",
    "secure_delete = ON",
    "trusted_schema = OFF",
    "foreign_keys = ON",
    # Names of cases are random, so that many pages of an index change with every batch: they are kept at hand (32 MiB),
    # and moved from the write-ahead log into the file after 32 MiB of it.
    "cache_size = -32768",
    "wal_autocheckpoint = 8192",
)
ERASE_PAUSE = 0.2
TURN_PAUSE = 0.0002
PATIENCE = 10  # so many pauses for one who waits as well
SIZES = (128, 32, 8, 4, 2, 1)  # how many rows one statement may add

Row = TypeVar("Row")

# Written out: a partial index is used for the very condition that it was made with.
_FOLLOWED = f"stream >= '{FOLLOWED}' AND stream < '{beyond(FOLLOWED)}'"

# One step for each schema version; PRAGMA user_version counts them. Steps are only ever added.
MIGRATIONS = (
    (
        "CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, frontier BLOB NOT NULL,"
        " checkpoint TEXT NOT NULL, vkey TEXT NOT NULL)",
        "CREATE TABLE entries (idx INTEGER PRIMARY KEY, stream TEXT NOT NULL, position INTEGER NOT NULL,"
        " data BLOB NOT NULL, UNIQUE (stream, position))",
        "CREATE INDEX first_entries ON entries (stream) WHERE position = 0",
        "CREATE TABLE nodes (level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,"
        " PRIMARY KEY (level, idx)) WITHOUT ROWID",
        "CREATE TABLE vault_keys (scope TEXT PRIMARY KEY, wrapped BLOB NOT NULL)",
        "CREATE TABLE vault_blobs (scope TEXT NOT NULL, digest TEXT NOT NULL, sealed BLOB NOT NULL,"
        " PRIMARY KEY (scope, digest))",
    ),
    (f"CREATE INDEX followed ON entries (idx) WHERE {_FOLLOWED}",),
)


class SqliteStore:
    """One connection writes and one reads, each behind a lock; WAL lets them, and other processes, overlap."""

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._path = path
        self._turn_tries = int(busy_seconds / TURN_PAUSE)
        self._closed = False
        self._write_lock = threading.RLock()
        self._read_lock = threading.Lock()
        with self._told(), contextlib.ExitStack() as opening:
            _make_private(path)
            self._next = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            opening.callback(os.close, self._next)
            self._writer = opening.enter_context(contextlib.closing(_connect(path, busy_seconds)))
            _migrate(self._writer, self.where)
            self._writer.execute("PRAGMA busy_timeout = 0")
            self._reader = _connect(path, busy_seconds)
            opening.pop_all()
        self._transaction = SqliteTransaction(self._writer)

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
            yield SqliteTransaction(self._reader)

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

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

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
        query = "SELECT stream, max(position) + 1 FROM entries WHERE stream IN ({}) GROUP BY stream"
        return dict(self._among(query, streams))

    def extend(self, entries: Sequence[Stored], nodes: Sequence[Node], head: Head) -> None:
        self._insert("entries", entries)
        self._insert("nodes", nodes)
        self._connection.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?)", head)

    def scopes(self, names: Sequence[str]) -> set[str]:
        return {name for (name,) in self._among("SELECT scope FROM vault_keys WHERE scope IN ({})", names)}

    def keep(self, contents: Sequence[Contents]) -> None:
        self._insert("vault_keys", [(one.scope, one.wrapped) for one in contents])
        self._insert("vault_blobs", [(one.scope, *blob) for one in contents for blob in one.blobs])

    def put_nodes(self, nodes: Sequence[Node]) -> None:
        self._connection.execute("DELETE FROM nodes")
        self._insert("nodes", nodes)

    def _insert(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        """Many rows a statement: at the end of each one Python lets other threads in, and they do not hurry back."""
        for part in _parts(rows):
            self._connection.execute(_insertion(table, len(part), len(part[0])), list(chain.from_iterable(part)))

    def _among(self, query: str, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """The rows of a query about these names; `{}` in it is where their question marks stand."""
        for part in _parts(names):
            yield from self._connection.execute(query.format(_marks(len(part))), part).fetchall()

    def entries(self, start: int, stop: int) -> list[Stored]:
        query = "SELECT idx, stream, position, data FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx"
        return [Stored(*row) for row in self._connection.execute(query, (start, stop))]

    def nodes(self, level: int, start: int, stop: int) -> list[bytes]:
        query = "SELECT hash FROM nodes WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx"
        return [row[0] for row in self._connection.execute(query, (level, start, stop))]

    def stream(self, name: str, since: int, limit: int) -> list[Stored]:
        query = (
            "SELECT idx, stream, position, data FROM entries WHERE stream = ? AND position >= ?"
            " ORDER BY position LIMIT ?"
        )
        return [Stored(*row) for row in self._connection.execute(query, (name, since, limit))]

    def followed(self, start: int, stop: int, limit: int) -> list[Stored]:
        query = (
            f"SELECT idx, stream, position, data FROM entries INDEXED BY followed WHERE {_FOLLOWED}"  # noqa: S608 - ours
            " AND idx >= ? AND idx < ? ORDER BY idx LIMIT ?"
        )
        return [Stored(*row) for row in self._connection.execute(query, (start, stop, limit))]

    def streams(self, prefix: str) -> list[str]:
        query, bounds = "SELECT stream FROM entries WHERE position = 0 AND stream >= ? {} ORDER BY idx", [prefix]
        if beyond(prefix):
            query, bounds = query.format("AND stream < ?"), [prefix, beyond(prefix)]
        return [row[0] for row in self._connection.execute(query.format(""), bounds)]


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """All of the rows, in parts of a few sizes only, so that few statements have to be prepared."""
    at = 0
    for size in SIZES:
        while len(rows) - at >= size:
            yield rows[at : at + size]
            at += size


@cache
def _marks(count: int) -> str:
    return ", ".join("?" * count)


@cache
def _insertion(table: str, rows: int, columns: int) -> str:
    return f"INSERT INTO {table} VALUES " + ", ".join([f"({_marks(columns)})"] * rows)  # noqa: S608 - a table of ours


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


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        # Setting the mode needs the file to itself for a moment; the busy handler does not cover it, so ask first.
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, where: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
        empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
        if (mark != APPLICATION_ID and not (empty and mark == 0 and version == 0)) or version > len(MIGRATIONS):
            hint = "it belongs to another program, or to a newer version of this one"
            raise BadConfiguration("the file is not a ledger this version can use", where=where, hint=hint)
        for step in MIGRATIONS[version:]:
            for statement in step:
                connection.execute(statement)
        # Written even when nothing is new: a file that cannot be written is found out here, not at the first append.
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _make_private(path: Path) -> None:
    """The file is made 0600 before SQLite sees it (its WAL takes the same rights), in a folder made 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
