"""The ledger's figures: durable appends a second on SQLite and PostgreSQL, against bare inserts of the same rows.

    python bench/ledger.py            everything, in under a minute

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
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import asyncpg

from interlock.ledger.audit import verify
from interlock.ledger.log import Item, Ledger, open_ledger
from interlock.ledger.note import Signer
from interlock.ledger.vault import Vault
from interlock.testing.postgres import Postgres, start_postgres

DATA = bytes(300)
SECONDS = 1.5
CLIENTS = (1, 8, 32, 128)
BATCH = 100
SIGNER = Signer("ledger.example/bench", bytes(range(32)))


class Row(NamedTuple):
    """One figure."""

    what: str
    figure: float
    unit: str
    goal: str
    note: str


def appends(ledger: Ledger, clients: int, batch: int) -> tuple[float, float, float]:
    """Entries a second with so many threads, each waiting for its own append; and the p50 and p99 wait in ms."""
    stop = threading.Event()
    waits: list[list[float]] = [[] for _ in range(clients)]
    start = threading.Barrier(clients + 1)

    def client(number: int) -> None:
        name, position, mine, clock = f"{clients}x{batch}/{number}", 0, waits[number], time.perf_counter
        start.wait()
        while not stop.is_set():
            before = clock()
            ledger.append([Item(name, position + at, DATA) for at in range(batch)])
            mine.append(clock() - before)
            position += batch

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    time.sleep(SECONDS)
    stop.set()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    every = sorted(wait for mine in waits for wait in mine)
    return len(every) * batch / took, every[len(every) // 2] * 1e3, every[len(every) * 99 // 100] * 1e3


def bare_sqlite(folder: Path) -> float:
    """Bare inserts a second of the same rows, each its own durable transaction."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(
            "CREATE TABLE entries (idx INTEGER PRIMARY KEY, stream TEXT NOT NULL, position INTEGER NOT NULL,"
            " data BLOB NOT NULL, UNIQUE (stream, position))"
        )
        return per_second(lambda n: connection.execute("INSERT INTO entries VALUES (?, 's', ?, ?)", (n, n, DATA)))


def bare_postgres(url: str) -> float:
    """The same on PostgreSQL."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url))
        runner.run(
            connection.execute(
                "CREATE TABLE bare (idx bigint PRIMARY KEY, stream text NOT NULL, position bigint NOT NULL,"
                " data bytea NOT NULL, UNIQUE (stream, position))"
            )
        )
        insert = "INSERT INTO bare VALUES ($1, 's', $2, $3)"
        figure = per_second(lambda n: runner.run(connection.execute(insert, n, n, DATA)))
        runner.run(connection.close())
        return figure


def per_second(work: Callable[[int], object]) -> float:
    """How often a second the work can be done."""
    began, number = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        work(number)
        number += 1
    return number / (time.perf_counter() - began)


def fsync_ms(folder: Path) -> float:
    """The median of one write and fsync on this disk, to judge the rest by."""
    waits = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(200):
            before = time.perf_counter()
            file.write(DATA)
            os.fsync(file.fileno())
            waits.append(time.perf_counter() - before)
    return sorted(waits)[100] * 1e3


def sqlite_rows(folder: Path) -> list[Row]:
    """SQLite: one to 128 clients."""
    bare = bare_sqlite(folder)
    rows = [Row("bare inserts, SQLite", bare, "rows/s", "", "one transaction each")]
    with open_ledger(f"sqlite:///{folder}/ledger.db", signer=SIGNER, high_water=folder / "mark") as ledger:
        for clients, batch in [*((clients, 1) for clients in CLIENTS), (8, BATCH)]:
            figure, p50, p99 = appends(ledger, clients, batch)
            goal = "≥ 20,000" if (clients, batch) == (32, 1) else ""
            note = f"{figure / bare:.1f} × bare; wait p50 {p50:.2f} ms, p99 {p99:.2f} ms"
            rows.append(Row(f"appends, SQLite, {clients} clients, {batch} an append", figure, "entries/s", goal, note))
        rows.append(audit_row(folder / "ledger.db"))
        rows.append(vault_row(ledger))
    return rows


def postgres_rows(folder: Path, server: Postgres) -> list[Row]:
    """PostgreSQL: one client, batched, and many."""
    bare = bare_postgres(server.address("bare"))
    rows = [Row("bare inserts, PostgreSQL", bare, "rows/s", "", "one transaction each")]
    url = server.address("ledger")
    with open_ledger(url, signer=SIGNER, high_water=folder / "mark-pg") as ledger:
        for clients, batch in [*((clients, 1) for clients in CLIENTS), (1, BATCH), (8, BATCH)]:
            figure, p50, p99 = appends(ledger, clients, batch)
            goal = {(1, 1): "≥ 1,500", (8, BATCH): "≥ 20,000"}.get((clients, batch), "")
            note = f"{figure / bare:.1f} × bare; wait p50 {p50:.2f} ms, p99 {p99:.2f} ms"
            what = f"appends, PostgreSQL, {clients} clients, {batch} an append"
            rows.append(Row(what, figure, "entries/s", goal, note))
    return rows


def audit_row(path: Path) -> Row:
    """How fast an auditor goes through what was appended, the file being in use."""
    began = time.perf_counter()
    report = verify(path, vkey=str(SIGNER.verifier))
    took = time.perf_counter() - began
    assert report.ok, report.problems
    return Row("verify, SQLite file", report.size / took, "entries/s", "", f"{report.size:,} entries in {took:.1f} s")


def vault_row(ledger: Ledger) -> Row:
    """Sealing one kilobyte durably."""
    vault = Vault(ledger.store, bytes(32), entropy=os.urandom)
    figure = per_second(lambda n: vault.put(f"case/{n % 100}", b"%d" % n + bytes(1000)))
    return Row("vault puts, SQLite, 1 client", figure, "puts/s", "", "1 kB each, its own durable transaction")


def run() -> list[Row]:
    """All figures of the ledger."""
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as name:
        folder = Path(name)
        rows = [Row("write and fsync", fsync_ms(folder), "ms", "", "this disk, median")]
        rows += sqlite_rows(folder)
        server = start_postgres()
        try:
            rows += postgres_rows(folder, server)
        finally:
            server.close()
    return rows


if __name__ == "__main__":
    for row in run():
        print(f"{row.what:50} {row.figure:12,.2f} {row.unit:10} {row.goal:10} {row.note}")
