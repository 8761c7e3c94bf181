"""One decision in process, and many at once: `Control.propose` of a statement that names no target.

Each one reads the SQL: a new text each time, of another row of one table, so that the change is equal to the one before
and its assessment and ruling are remembered; what a table costs that nobody asked of before is a row of its own. It
asks the starter policies, and records four entries (proposal, change, assessment, decision) and the sealed payload in
one signed transaction. With fsync the home is in the temporary folder; without, it is in /dev/shm, where fsync does
nothing; nothing else differs. Where the same work is done by bare inserts, see `ledger`.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.rows import Crowd, Row, Scale, at, crowd, in_thread, kept_to, waits
from interlock.cli.frame import senses
from interlock.control import Control
from interlock.model.proposal import Proposal
from interlock.testing.postgres import start_postgres
from interlock.testing.world import AGENT, Clock, furnish

ROOT = Path(__file__).parent.parent
MEMORY = Path("/dev/shm")
CLIENTS = 32
#: Decisions made before it is measured: until SQLite's write-ahead log begins again at its start (32 MiB), each commit
#: makes the file longer, which takes the disk as long again. A server does that once.
WARM = 1_000


def statement(number: int) -> Proposal:
    """A read by key, another row for each number: as agents ask, the change is equal to the one before."""
    return Proposal("sql:postgres", b"SELECT total FROM orders WHERE id = %d" % number, "fixer", "production")


def unseen(number: int) -> Proposal:
    """The same of another table for each number: no change that it makes was ever seen."""
    return Proposal("sql:postgres", b"SELECT total FROM orders_%d WHERE id = 1" % number, "fixer", "production")


def home(folder: Path, store: str = "") -> Path:
    """A furnished home in this folder."""
    furnish(folder / "home", Clock(), store=store, orders=10).close()
    return folder / "home"


def one_by_one(where: Path | None, scale: Scale, goal: str, disk: str) -> list[Row]:
    """p50 and p99 of one decision after the other."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-decision-", dir=where) as name,
        Control.open(home(Path(name)), senses()) as control,
    ):

        def decide(number: int) -> None:
            assert control.propose(AGENT, statement(number)).state == "allowed"

        def measured() -> list[float]:
            waits(decide, min(WARM, scale.times))
            return waits(lambda number: decide(number + WARM), scale.times)

        waited = in_thread(measured)
        passport = control.record.passport("fixer")
        judged = waits(lambda number: control.judge.judge(statement(number), passport), scale.times)
        anew = waits(lambda number: control.judge.judge(unseen(number), passport), scale.times)
    return [
        Row(f"one decision {disk}, p50", at(waited, 0.5), "ms", goal),
        Row(f"one decision {disk}, p99", at(waited, 0.99), "ms"),
        Row(f"of it read, assess and decide {disk}, p50", at(judged, 0.5), "ms", "", "nothing recorded"),
        Row(f"the same, of a table that nobody asked of before {disk}", at(anew, 0.5), "ms", "", "nothing recorded"),
    ]


def replicas(folder: Path, store: str, processes: int, scale: Scale, name: str, *, pinned: bool = True) -> Row:
    """Durable decisions a second by so many processes on one store, 32 clients in all.

    A pinned process keeps to one core, each to another: the interpreter runs one thread at a time anyway, and its
    threads lose a third of their time when they hand that turn from core to core.
    """
    threads = max(1, min(CLIENTS, max(scale.clients)) // processes)
    started = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bench.replica",
                str(folder),
                store,
                str(threads),
                str(scale.seconds * 2),
                str(number if pinned else -1),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(processes)
    ]
    answers = []
    try:
        for process in started:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [json.loads(process.communicate(timeout=120)[0]) for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()
    rate = sum(answer["rate"] for answer in answers)
    processor = sum(answer["cpu"] * answer["rate"] for answer in answers) / rate
    note = f"wait p99 {max(answer['p99'] for answer in answers):.0f} ms; {processor:.0f} µs of processor time each"
    how = "1 process" if processes == 1 else f"{processes} processes"
    where = "" if not pinned else ", kept to one core" if processes == 1 else ", each kept to one core"
    return Row(f"decisions, {name}, {how} × {threads} clients{where}", rate, "decisions/s", "≥ 5,000", note)


def serve(folder: Path, store: str, threads: int, seconds: float, core: int) -> dict[str, float]:
    """One replica's share of the work, from the moment when it is told to go."""
    pinned = kept_to(core) if core >= 0 else contextlib.nullcontext()
    with pinned, Control.open(folder, senses(), store=store, trust_head=True) as control:

        def decided(first: int) -> Crowd:
            return crowd(
                lambda client, number: control.propose(AGENT, statement(first + client * 1_000_000 + number)),
                threads,
                seconds,
            )

        decided(500_000)
        print("ready", flush=True)
        sys.stdin.readline()
        before = os.times()
        rate, waited = decided(0)
        after = os.times()
    cpu = (after.user - before.user + after.system - before.system) / len(waited) * 1e6
    return {"rate": rate, "cpu": cpu, "p99": at(waited, 0.99)}


def run(scale: Scale) -> list[Row]:
    rows = one_by_one(None, scale, "≤ 1", "with fsync")
    if MEMORY.is_dir():
        rows += one_by_one(MEMORY, scale, "≤ 0.3", "without fsync")
    with tempfile.TemporaryDirectory(prefix="bench-replicas-") as name:
        folder = Path(name)
        sqlite = folder / "sqlite"
        sqlite.mkdir()
        where = home(sqlite)
        rows.append(replicas(where, "", 1, scale, "SQLite", pinned=False))
        rows += [replicas(where, "", processes, scale, "SQLite") for processes in (1, 2)]
        if MEMORY.is_dir():
            with tempfile.TemporaryDirectory(prefix="bench-replicas-", dir=MEMORY) as memory:
                rows.append(replicas(home(Path(memory)), "", 2, scale, "SQLite without fsync")._replace(goal=""))
        server = start_postgres()
        try:
            url = server.address("decisions")
            (folder / "postgres").mkdir()
            where = home(folder / "postgres", url)
            rows += [replicas(where, url, processes, scale, "PostgreSQL") for processes in (1, 2)]
        finally:
            server.close()
    return rows
