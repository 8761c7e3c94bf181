"""The SQLite file: its tables, version by version, and how it is opened."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from interlock.errors import BadConfiguration
from interlock.ledger.storage import FOLLOWED, beyond
from interlock.ledger.stores.places import ANCHORED, COUNTED

APPLICATION_ID = 0x494C4B31
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
# Written out: a partial index is used for the very condition that it was made with.
IS_FOLLOWED = f"stream >= '{FOLLOWED}' AND stream < '{beyond(FOLLOWED)}'"

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
    (f"CREATE INDEX followed ON entries (idx) WHERE {IS_FOLLOWED}",),
    # Places (places.py) instead of an index of all of them; keys of the vault are small, and found in one page.
    (
        "CREATE TABLE chained (idx INTEGER PRIMARY KEY, stream TEXT NOT NULL, position INTEGER NOT NULL,"
        " before INTEGER, data BLOB NOT NULL)",
        "INSERT INTO chained SELECT idx, stream, position, (SELECT idx FROM entries AS b WHERE b.stream = e.stream"
        " AND b.position = e.position - 1), data FROM entries AS e ORDER BY idx",
        "DROP TABLE entries",
        "ALTER TABLE chained RENAME TO entries",
        f"CREATE INDEX followed ON entries (idx) WHERE {IS_FOLLOWED}",
        f"CREATE UNIQUE INDEX anchors ON entries (stream, position) WHERE {ANCHORED}",
        "CREATE TABLE streams (name TEXT PRIMARY KEY, entries INTEGER NOT NULL, last INTEGER NOT NULL,"
        " first INTEGER NOT NULL) WITHOUT ROWID",
        COUNTED,
        "ALTER TABLE vault_keys RENAME TO old_keys",
        "CREATE TABLE vault_keys (scope TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID",
        "INSERT INTO vault_keys SELECT scope, wrapped FROM old_keys",
        "DROP TABLE old_keys",
    ),
)


def connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """A connection to the file, with its bounds set."""
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


def migrate(connection: sqlite3.Connection, where: str) -> None:
    """Bring the tables to the newest version. BadConfiguration where the file is none of ours, or of a newer one."""
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


def make_private(path: Path) -> None:
    """The file is made 0600 before SQLite sees it (its WAL takes the same rights), in a folder made 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
