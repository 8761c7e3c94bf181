"""Any script of a pool: rehearsing it leaves nothing, running it is plain SQLite's doing, undoing it is exact."""

from __future__ import annotations

import tempfile
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sql_world import World
from test_sql_run import EXACT, MORE

#: Statements that meet each other's doings in all orders.
POOL = [
    *(sql for sql in EXACT.values() if "TRIGGER" in sql or ";" not in sql),
    "DROP TABLE notes",
    "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text)",
    "INSERT INTO notes (text) VALUES ('q')",
    "ALTER TABLE notes RENAME COLUMN text TO body",
    "ALTER TABLE orders RENAME TO sales",
    "ALTER TABLE sales RENAME TO orders",
    "ALTER TABLE customers ADD COLUMN x INTEGER NOT NULL DEFAULT 5",
    "CREATE TRIGGER more AFTER UPDATE ON notes BEGIN UPDATE orders SET cents = cents + 1; END",
    "CREATE TABLE child (p REFERENCES customers ON DELETE SET NULL, q)",
    "INSERT INTO child SELECT id, name FROM customers",
    "DROP TABLE child",
    "CREATE UNIQUE INDEX one_author ON notes (author)",
    "UPDATE customers SET email = CASE id WHEN 1 THEN 'cid@example.org' WHEN 3 THEN 'ada@example.org' END",
    "UPDATE OR IGNORE customers SET email = 'ada@example.org'",
    "INSERT INTO orders SELECT id + 100, customer, status, cents FROM orders",
    "DELETE FROM tickets",
    "UPDATE tickets SET id = id * 10",
    "INSERT INTO audit SELECT name, id FROM customers",
]


@given(st.lists(st.sampled_from(POOL), min_size=1, max_size=5, unique=True))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_script_goes_there_and_back(script: list[str]) -> None:
    sql = "; ".join(script)
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), MORE)
        before, raw = world.dump(), world.path.read_bytes()
        rehearsal = world.rehearse(sql)
        assert world.dump() == before
        if rehearsal.failed:
            with pytest.raises(apsw.Error):
                world.do(f"BEGIN; {sql}; COMMIT")
            return
        assert rehearsal.rollback.verdict in {"valid", "valid-with-loss", "none-needed"}, rehearsal

        order, images = world.approve_and_run(sql)
        after = world.dump()
        world.steps(order, "undo", images)
        if rehearsal.rollback.verdict != "valid-with-loss":
            assert world.dump() == before

        world.path.write_bytes(raw)
        world.do(sql)
        assert world.dump() == after
