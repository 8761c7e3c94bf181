"""permitd: propose, approve, execute, as its README shows, with the same UPDATE on the same kind of SQLite file.

Run by the peers' own Python; prints figures as JSON. Its permits lie in SQLite (rollback journal, synchronous=FULL) and
each audit line is fsynced: durable. It binds the approval to the exact arguments; what they would do it does not read.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from contextlib import closing

from permitd import AuditLog, PermitKernel, SqliteStore

ROWS = 300


def main(folder: str, times: int) -> list[tuple[str, float, str, str]]:
    with closing(sqlite3.connect(f"{folder}/shop.db")) as connection, connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, total_cents INTEGER NOT NULL)")
        connection.executemany("INSERT INTO orders VALUES (?, 100)", [(number,) for number in range(ROWS)])
    kernel = PermitKernel(
        SqliteStore(f"{folder}/permitd.db"),
        secret_path=f"{folder}/permitd.db.secret",
        audit=AuditLog(f"{folder}/permitd_audit.jsonl"),
    )

    def runner(sql: str) -> int:
        with closing(sqlite3.connect(f"{folder}/shop.db")) as connection, connection:
            return connection.execute(sql).rowcount

    taken = []
    for number in range(min(times, 60)):
        low = number * 4 % (ROWS - 4)
        arguments = {"sql": f"UPDATE orders SET total_cents = total_cents + 1 WHERE id BETWEEN {low} AND {low + 3}"}
        before = time.perf_counter()
        permit = kernel.propose("sql", arguments)
        proposed = time.perf_counter()
        kernel.approve(permit.id)
        approved = time.perf_counter()
        changed = kernel.execute("sql", arguments, permit.id, runner=runner)
        done = time.perf_counter()
        assert changed == 4, changed
        taken.append([(later - earlier) * 1e3 for earlier, later in
                      ((before, done), (before, proposed), (proposed, approved), (approved, done))])  # fmt: skip
    whole, propose, approve, execute = (sorted(step)[len(taken) // 2] for step in zip(*taken, strict=True))
    note = f"propose {propose:.1f}, approve {approve:.1f}, execute {execute:.1f} ms; durable; arguments are not read"
    return [("its propose, approve, execute", whole, "ms", note)]


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
