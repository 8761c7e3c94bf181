"""Durable appends a second on SQLite and PostgreSQL, against bare inserts of the same rows.

Every append is acknowledged only when it is durable (SQLite WAL with synchronous=FULL, PostgreSQL with
synchronous_commit=on), signed, and below the high-water mark's file. The bare inserts have the same durability and
the same rows, one transaction each from one connection, in the same run; the ratio says what the log costs or, with
group commit, what it gains. A disk whose fsync takes longer makes all of them slower; the ratios stay.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

import asyncpg

from bench.rows import Row, Scale, at, crowd, kept_to, per_second, waits
from interlock.ledger.audit import verify
from interlock.ledger.log import Item, Ledger, open_ledger
from interlock.ledger.note import Signer
from interlock.ledger.vault import Vault
from interlock.testing.postgres import Postgres, start_postgres

DATA = bytes(300)
BATCH = 100
SIGNER = Signer("ledger.example/bench", bytes(range(32)))

SQLITE_TABLE = (
    "CREATE TABLE entries (idx INTEGER PRIMARY KEY, stream TEXT NOT NULL, position INTEGER NOT NULL,"
    " data BLOB NOT NULL, UNIQUE (stream, position))"
)
POSTGRES_TABLE = (
    "CREATE TABLE bare (idx bigint PRIMARY KEY, stream text NOT NULL, position bigint NOT NULL,"
    " data bytea NOT NULL, UNIQUE (stream, position))"
)


def appends(ledger: Ledger, store: str, clients: int, batch: int, bare: float, scale: Scale, goal: str = "") -> Row:
    """Entries a second with so many threads, each waiting for its own append before it makes the next."""

    def append(client: int, number: int) -> None:
        name, first = f"{clients}x{batch}/{client}", number * batch
        ledger.append([Item(name, first + offset, DATA) for offset in range(batch)])

    rate, waited = crowd(append, clients, scale.seconds)
    what = f"appends, {store}, {clients} {'client' if clients == 1 else 'clients'}"
    note = f"{rate * batch / bare:.1f} × bare; wait p50 {at(waited, 0.5):.2f} ms, p99 {at(waited, 0.99):.2f} ms"
    return Row(what + (f", {batch} an append" if batch > 1 else ""), rate * batch, "entries/s", goal, note)


def bare_sqlite(folder: Path, scale: Scale) -> Row:
    """The same rows without a ledger, each its own durable transaction."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(SQLITE_TABLE)
        insert = "INSERT INTO entries VALUES (?, 's', ?, ?)"
        rate = per_second(lambda number: connection.execute(insert, (number, number, DATA)), scale.seconds)
        return Row("bare inserts, SQLite, 1 client", rate, "rows/s", "", "one transaction each")


def bare_postgres(url: str, scale: Scale) -> Row:
    """The same on PostgreSQL."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url))
        try:
            runner.run(connection.execute(POSTGRES_TABLE))
            insert = "INSERT INTO bare VALUES ($1, 's', $2, $3)"
            rate = per_second(
                lambda number: runner.run(connection.execute(insert, number, number, DATA)), scale.seconds
            )
        finally:
            runner.run(connection.close())
        return Row("bare inserts, PostgreSQL, 1 client", rate, "rows/s", "", "one transaction each")


def fsync_row(folder: Path, scale: Scale) -> Row:
    """One write and fsync on this disk, to judge the rest by."""
    with (folder / "fsync").open("wb", buffering=0) as file:

        def write(_: int) -> None:
            file.write(DATA)
            os.fsync(file.fileno())

        return Row("write and fsync", at(waits(write, min(scale.times, 200)), 0.5), "ms", "", "this disk, median")


def sqlite_rows(folder: Path, scale: Scale) -> list[Row]:
    """SQLite: one client to many."""
    bare = bare_sqlite(folder, scale)
    rows = [bare]
    with open_ledger(f"sqlite:///{folder}/ledger.db", signer=SIGNER, high_water=folder / "mark") as ledger:
        for clients in scale.clients:
            goal = "≥ 20,000" if clients == 32 else ""
            rows.append(appends(ledger, "SQLite", clients, 1, bare.figure, scale, goal))
        rows.append(appends(ledger, "SQLite", 8, BATCH, bare.figure, scale))
        rows.append(audit_row(folder / "ledger.db"))
        rows.append(vault_row(ledger, scale))
    most = min(32, max(scale.clients))
    with (
        kept_to(1),
        open_ledger(f"sqlite:///{folder}/kept.db", signer=SIGNER, high_water=folder / "mark-kept") as ledger,
    ):
        kept = appends(ledger, "SQLite", most, 1, bare.figure, scale, "≥ 20,000")
    return [*rows, kept._replace(what=f"{kept.what}, kept to one core")]


def postgres_rows(folder: Path, server: Postgres, scale: Scale) -> list[Row]:
    """PostgreSQL: one client to many, and batched."""
    bare = bare_postgres(server.address("bare"), scale)
    rows = [bare]
    with open_ledger(server.address("ledger"), signer=SIGNER, high_water=folder / "mark-pg") as ledger:
        for clients in scale.clients:
            goal = "≥ 1,500" if clients == 1 else ""
            rows.append(appends(ledger, "PostgreSQL", clients, 1, bare.figure, scale, goal))
        rows.append(appends(ledger, "PostgreSQL", 8, BATCH, bare.figure, scale, "≥ 20,000"))
    return rows


def audit_row(path: Path) -> Row:
    """How fast an auditor goes through what was appended, the file being in use."""
    began = time.perf_counter()
    report = verify(path, vkey=str(SIGNER.verifier))
    took = time.perf_counter() - began
    assert report.ok, report.problems
    return Row("verify a SQLite ledger", report.size / took, "entries/s", "", f"{report.size:,} entries")


def vault_row(ledger: Ledger, scale: Scale) -> Row:
    """Sealing one kilobyte durably."""
    vault = Vault(ledger.store, bytes(32), entropy=os.urandom)
    rate = per_second(lambda number: vault.put(f"case/{number % 100}", b"%d" % number + bytes(1000)), scale.seconds)
    return Row("vault puts, SQLite, 1 client", rate, "puts/s", "", "1 kB each, its own durable transaction")


def run(scale: Scale) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as name:
        folder = Path(name)
        rows = [fsync_row(folder, scale), *sqlite_rows(folder, scale)]
        server = start_postgres()
        try:
            return rows + postgres_rows(folder, server, scale)
        finally:
            server.close()
