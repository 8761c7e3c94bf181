"""A small shop in a SQLite file, a vault in memory, and the shortest way through rehearse, run and undo."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from pathlib import Path

import apsw

from interlock.execute.executor import Order
from interlock.execute.run import drive
from interlock.execute.sql.sqlite import SqliteExecutor
from interlock.model.change import Change, Effect, Resource
from interlock.model.entry import Purpose
from interlock.model.execution import Step
from interlock.model.inventory import Measured, Rehearsal
from interlock.model.target import Bounds, Target

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE,
  status TEXT NOT NULL, cents INTEGER NOT NULL);
CREATE TABLE notes (id INTEGER PRIMARY KEY, author INTEGER REFERENCES customers ON DELETE SET NULL, text TEXT);
CREATE TABLE audit (what TEXT, id INTEGER);
CREATE TABLE tickets (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT);
CREATE INDEX orders_by_status ON orders (status);
CREATE TRIGGER orders_gone AFTER DELETE ON orders BEGIN INSERT INTO audit VALUES ('gone', old.id); END;
CREATE VIEW open_orders AS SELECT * FROM orders WHERE status = 'open';
INSERT INTO customers VALUES (1, 'Ada', 'ada@example.org'), (2, 'Bob', NULL), (3, 'Cid', 'cid@example.org');
INSERT INTO orders VALUES (1, 1, 'open', 100), (2, 1, 'paid', 200), (3, 2, 'open', 300), (4, 3, 'paid', 400);
INSERT INTO notes VALUES (1, 1, 'hello'), (2, 2, 'there');
INSERT INTO tickets (text) VALUES ('a'), ('b');
"""


def rows(most: int, first: int = 1) -> str:
    """A table of numbers `g` with the column `v`, to stand before a statement."""
    return f"WITH RECURSIVE g(v) AS (SELECT {first} UNION ALL SELECT v + 1 FROM g LIMIT {most}) "


class World:
    """One target file with what the road would bring along."""

    def __init__(self, folder: Path, schema: str = SHOP) -> None:
        self.path = folder / "shop.db"
        self.target = Target("shop", "sql:sqlite", str(self.path), "staging")
        self.vault: dict[str, bytes] = {}
        self.executor = SqliteExecutor()
        self.do(schema)

    def do(self, script: str) -> list[tuple[object, ...]]:
        """Somebody else works on the database."""
        connection = apsw.Connection(str(self.path))
        try:
            connection.pragma("foreign_keys", True)
            connection.pragma("synchronous", "off")  # a test may lose its power
            return list(connection.execute(script))
        finally:
            connection.close()

    def dump(self) -> dict[str, object]:
        """Schema and rows, by our eyes and not by the product's."""
        connection = apsw.Connection(str(self.path))
        try:
            assert connection.pragma("integrity_check") == "ok"
            schema = connection.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'interlock%' "
                "AND tbl_name NOT LIKE 'interlock%' AND name NOT LIKE 'sqlite%' ORDER BY type, name"
            ).fetchall()
            found: dict[str, object] = {"schema": schema}
            for kind, name, _, sql in schema:
                if kind == "table" and not str(sql).upper().startswith("CREATE VIRTUAL"):
                    rows = connection.execute('SELECT * FROM "' + str(name).replace('"', '""') + '"').fetchall()
                    found[str(name)] = sorted(rows, key=repr)
            return found
        finally:
            connection.close()

    def seal(self, raw: bytes) -> str:
        name = hashlib.sha256(raw).hexdigest()
        self.vault[name] = raw
        return name

    def unseal(self, name: str) -> bytes:
        return self.vault[name]

    def rehearse(self, sql: str, *, reads: bool = False, bounds: Bounds | None = None) -> Rehearsal:
        return self.executor.rehearse(
            change(reads), sql.encode(), self.target, bounds=bounds or Bounds(), monotonic=milliseconds
        )

    def order(self, sql: str, measured: Iterable[Measured] = (), *, case: str = "c1", writes: bool = True) -> Order:
        digest = hashlib.sha256(sql.encode()).hexdigest()
        return Order(case, digest, change(not writes), sql.encode(), self.target, tuple(measured), writes)

    def steps(self, order: Order, purpose: Purpose = "run", images: tuple[str, ...] = ()) -> list[Step]:
        if purpose == "undo":
            return list(drive(self.executor.undo(order, images, self.unseal)))
        if purpose == "close":
            return list(drive(self.executor.close(order)))
        return list(drive(self.executor.execute(order, self.seal)))

    def approve_and_run(self, sql: str, *, case: str = "c1") -> tuple[Order, tuple[str, ...]]:
        order = self.order(sql, self.rehearse(sql).measured, case=case)
        return order, self.steps(order)[-1].images

    def there_and_back(self, sql: str) -> None:
        order, images = self.approve_and_run(sql)
        self.steps(order, "undo", images)


def change(reads: bool) -> Change:
    verb = "read" if reads else "update"
    return Change("sql:sqlite", (Effect(verb, Resource("sql.table", "orders", "staging")),))


def milliseconds() -> int:
    return time.monotonic_ns() // 1_000_000


def counts(measured: Iterable[Measured]) -> dict[tuple[str, str], tuple[int, int]]:
    """What was measured, by name and verb: how many, of these by cascade or trigger."""
    return {
        (line.resource.name, line.verb): (line.count, line.indirect)
        for line in measured
        if line.resource.type != "sql.database"
    }
