"""A survey of a live SQLite database: what stands there, what depends on what, and that it only looks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from interlock.errors import BadConfiguration, TargetError
from interlock.model.change import Change
from interlock.model.inventory import Edge, Inventory, Item
from interlock.model.target import Bounds, Target
from interlock.survey.sql.lens import looking
from interlock.survey.surveyors import SURVEYORS, surveyor_for, unusable

SHOP = """
CREATE TABLE Customers (id INTEGER PRIMARY KEY, Name TEXT NOT NULL, email TEXT UNIQUE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES CUSTOMERS ON DELETE CASCADE, status TEXT);
CREATE TABLE notes (id INTEGER PRIMARY KEY, author REFERENCES customers ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE loose (id INTEGER PRIMARY KEY, author REFERENCES customers, other REFERENCES nowhere);
CREATE TABLE audit (what TEXT, id INTEGER);
CREATE INDEX by_status ON orders (status);
CREATE VIEW open_orders AS SELECT o.id FROM orders AS o WHERE o.status = 'open';
CREATE VIEW busy AS WITH w AS (SELECT id FROM open_orders) SELECT count(*) AS n FROM w;
CREATE TRIGGER gone AFTER DELETE ON orders BEGIN INSERT INTO audit SELECT name, old.id FROM customers; END;
CREATE TRIGGER viewed INSTEAD OF DELETE ON open_orders BEGIN DELETE FROM orders WHERE id = old.id; END;
INSERT INTO customers VALUES (1, 'Ada', NULL), (2, 'Bob', NULL);
INSERT INTO orders VALUES (1, 1, 'open'), (2, 1, 'paid'), (3, 2, 'open');
"""


def made(folder: Path, schema: str = SHOP) -> Target:
    path = folder / "shop.db"
    connection = apsw.Connection(str(path))
    connection.pragma("synchronous", "off")  # a test may lose its power
    connection.execute(schema)
    connection.close()
    return Target("shop", "sql:sqlite", str(path), "staging", ("Orders",) if schema is SHOP else ())


def surveyed(target: Target, bounds: Bounds | None = None, monotonic: Callable[[], int] = lambda: 0) -> Inventory:
    change = Change("sql:sqlite", ())
    return surveyor_for(target)(target, change, bounds=bounds or Bounds(), now=77, monotonic=monotonic)


def named(inventory: Inventory) -> dict[str, Item]:
    return {item.resource.name: item for item in inventory.items}


def edges(inventory: Inventory) -> set[tuple[str, str, str, str]]:
    return {(edge.source.name, edge.kind, edge.target.name, edge.strength) for edge in inventory.edges}


def test_everything_that_stands_there_is_an_item_with_its_type_and_environment(tmp_path: Path) -> None:
    inventory = surveyed(made(tmp_path))
    assert (
        inventory.target,
        inventory.environment,
        inventory.surveyed_at,
        inventory.complete,
        inventory.limits,
    ) == ("shop", "staging", 77, True, ())
    types = {item.resource.name: item.resource.type for item in inventory.items}
    assert types == {
        "customers": "sql.table",
        "orders": "sql.table",
        "notes": "sql.table",
        "loose": "sql.table",
        "audit": "sql.table",
        "by_status": "sql.index",
        "open_orders": "sql.view",
        "busy": "sql.view",
        "gone": "sql.trigger",
        "viewed": "sql.trigger",
    }
    assert {"staging"} == {item.resource.environment for item in inventory.items}


def test_tables_have_sizes_columns_and_what_is_critical_is_marked(tmp_path: Path) -> None:
    items = named(surveyed(made(tmp_path)))
    assert [items[name].size for name in ("customers", "orders", "audit")] == [2, 3, 0]
    assert items["customers"].fields == ("id", "name", "email")
    assert items["busy"].fields == ("n",)
    assert {"orders"} == {name for name, item in items.items() if item.critical}


def test_a_critical_name_that_does_not_stand_there_is_said(tmp_path: Path) -> None:
    target = made(tmp_path)
    misspelt = surveyed(Target("shop", target.kind, target.address, "staging", ("orders", "custmers")))

    assert misspelt.limits == ("critical `custmers` does not stand in the target",)
    assert not misspelt.complete


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("t (a INTEGER PRIMARY KEY, b)", {("a",)}),
        ("t (a TEXT PRIMARY KEY, b UNIQUE)", {("a",), ("b",)}),
        ("t (a, b, c, PRIMARY KEY (b, a)) WITHOUT ROWID", {("b", "a")}),
        ("t (a, b); CREATE UNIQUE INDEX u ON t (a, B)", {("a", "b")}),
        ("t (a, b); CREATE UNIQUE INDEX u ON t (a) WHERE b > 1", set()),
        ("t (a, b); CREATE UNIQUE INDEX u ON t (lower(a))", set()),
        ("t (a, b); CREATE INDEX u ON t (a)", set()),
        ("t (a COLLATE NOCASE, b); CREATE UNIQUE INDEX u ON t (a COLLATE BINARY)", set()),
        ("t (a COLLATE NOCASE UNIQUE, b)", {("a",)}),
    ],
)
def test_keys_are_the_column_sets_whose_values_occur_once(
    tmp_path: Path, table: str, keys: set[tuple[str, ...]]
) -> None:
    found = set(named(surveyed(made(tmp_path, f"CREATE TABLE {table}")))["t"].keys)
    assert found - {("rowid",), ("_rowid_",), ("oid",)} == keys
    assert (("rowid",) in found) == ("WITHOUT ROWID" not in table)


def test_a_column_that_is_called_rowid_is_not_taken_for_the_row_number(tmp_path: Path) -> None:
    found = named(surveyed(made(tmp_path, "CREATE TABLE t (rowid, b)")))["t"].keys
    assert ("rowid",) not in found
    assert ("_rowid_",) in found


def test_what_depends_on_what_is_told_with_its_evidence(tmp_path: Path) -> None:
    inventory = surveyed(made(tmp_path))
    expected = {
        ("orders", "cascades", "customers", "hard"),
        ("notes", "nulls", "customers", "hard"),
        ("notes", "cascades", "customers", "hard"),
        ("loose", "references", "customers", "hard"),
        ("loose", "references", "nowhere", "hard"),
        ("by_status", "contains", "orders", "hard"),
        ("open_orders", "reads", "orders", "hard"),
        ("busy", "reads", "open_orders", "hard"),
        ("busy", "reads", "orders", "hard"),
        ("gone", "triggers", "orders", "hard"),
        ("gone", "reads", "customers", "hard"),
        ("audit", "reads", "gone", "soft"),
        ("viewed", "triggers", "open_orders", "hard"),
        ("orders", "reads", "viewed", "soft"),
        ("viewed", "reads", "orders", "hard"),
    }
    assert expected <= edges(inventory)
    assert {edge for edge in edges(inventory) - expected if edge[3] == "hard"} == set()
    assert all(edge.evidence for edge in inventory.edges)
    cascade = next(edge for edge in inventory.edges if edge.kind == "cascades" and edge.source.name == "orders")
    assert cascade.evidence == "foreign key orders (customer) → customers on delete cascade"


def test_names_inside_of_texts_and_comments_are_no_evidence(tmp_path: Path) -> None:
    schema = "CREATE TABLE a (x); CREATE TABLE b (x); CREATE VIEW v AS SELECT 'FROM b' AS s, x /* b */ FROM a"
    assert {("v", "reads", "a", "hard")} == edges(surveyed(made(tmp_path, schema)))


def test_a_view_that_does_not_work_is_a_limit(tmp_path: Path) -> None:
    inventory = surveyed(made(tmp_path, SHOP + "CREATE VIEW broken AS SELECT * FROM nosuch;"))
    assert not inventory.complete
    assert "`broken` does not work" in inventory.limits[0]
    assert "orders" in named(inventory)


def test_a_trigger_that_does_not_work_is_a_limit(tmp_path: Path) -> None:
    schema = SHOP + "CREATE TRIGGER bad AFTER INSERT ON notes BEGIN DELETE FROM nosuch; END;"
    inventory = surveyed(made(tmp_path, schema))
    assert inventory.limits == ("what trigger `bad` does cannot be told",)
    assert ("gone", "reads", "customers", "hard") in edges(inventory)


def test_tables_with_more_rows_than_the_bound_have_no_size(tmp_path: Path) -> None:
    inventory = surveyed(made(tmp_path), Bounds(rows=2))
    assert named(inventory)["orders"].size is None
    assert named(inventory)["customers"].size == 2
    assert inventory.limits == ("`orders` has more than 2 rows",)


def test_when_the_time_is_over_sizes_are_unknown_and_it_is_said(tmp_path: Path) -> None:
    many = "WITH RECURSIVE g(v) AS (SELECT 9 UNION ALL SELECT v + 1 FROM g LIMIT 50000) "
    many += "INSERT INTO audit SELECT '', v FROM g"
    target = made(tmp_path, SHOP + many)
    asked = iter([0])
    inventory = surveyed(target, Bounds(milliseconds=5), lambda: next(asked, 1000))
    assert named(inventory)["audit"].size is None
    assert not inventory.complete
    assert "no time left" in inventory.limits[0]


def test_what_interlock_left_there_is_not_seen(tmp_path: Path) -> None:
    ours = "CREATE TABLE interlock_applied (x); CREATE TABLE Interlock_Kept_c_t (x);"
    ours += "CREATE INDEX i ON interlock_applied (x)"
    assert surveyed(made(tmp_path, ours)).items == ()


def test_odd_names_are_quoted(tmp_path: Path) -> None:
    schema = 'CREATE TABLE "a""; DROP TABLE b; --" ("c d" PRIMARY KEY); CREATE TABLE b (x);'
    schema += 'CREATE VIEW "v""" AS SELECT * FROM "a""; DROP TABLE b; --";'
    schema += 'CREATE TRIGGER "t""" AFTER UPDATE ON "a""; DROP TABLE b; --" BEGIN DELETE FROM b; END'
    inventory = surveyed(made(tmp_path, schema))
    assert {'a"; drop table b; --', "b", 'v"', 't"'} == named(inventory).keys()
    assert ("b", "reads", 't"', "soft") in edges(inventory)
    assert inventory.complete


def test_a_survey_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    target = made(tmp_path)
    raw = Path(target.address).read_bytes()
    surveyed(target)
    assert Path(target.address).read_bytes() == raw
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_that_others_work_on_is_surveyed_as_it_was_committed(tmp_path: Path, mode: str) -> None:
    target = made(tmp_path, SHOP + f"PRAGMA journal_mode = {mode};")
    other = apsw.Connection(target.address)
    try:
        other.execute("BEGIN IMMEDIATE; DELETE FROM orders")
        assert named(surveyed(target))["orders"].size == 3
    finally:
        other.close()


def test_a_database_that_is_held_by_somebody_is_said_to_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlock.survey.sql.lens.BUSY_MILLISECONDS", 50)
    target = made(tmp_path)
    other = apsw.Connection(target.address)
    try:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(TargetError) as caught:
            surveyed(target)
        assert caught.value.code == "locked"
    finally:
        other.close()


def test_a_missing_database_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(TargetError) as caught:
        surveyed(Target("shop", "sql:sqlite", str(tmp_path / "no.db")))
    assert caught.value.code == "missing"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["", ":memory:", "sqlite:///", "postgres://h/d", "file:x.db?mode=rwc", "a\x00b"])
def test_an_address_that_is_no_path_is_an_error(address: str) -> None:
    with pytest.raises((BadConfiguration, TargetError)):
        surveyed(Target("shop", "sql:sqlite", address))


def test_a_url_is_taken_for_its_path(tmp_path: Path) -> None:
    target = made(tmp_path)
    url = Target("shop", "sql:sqlite", f"sqlite:///{target.address}", "staging", ("Orders",))
    assert surveyed(url) == surveyed(target)


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    path.write_bytes(b"certainly no database, however long it may be" * 100)
    with pytest.raises(TargetError) as caught:
        surveyed(Target("shop", "sql:sqlite", str(path)))
    assert caught.value.code == "not-a-database"


def test_every_edge_leads_between_resources_of_a_type_that_the_reader_uses(tmp_path: Path) -> None:
    def types(edge: Edge) -> set[str]:
        return {edge.source.type, edge.target.type}

    known = {"sql.table", "sql.view", "sql.index", "sql.trigger"}
    assert all(types(edge) <= known for edge in surveyed(made(tmp_path)).edges)


def test_an_unknown_kind_lists_the_known_ones() -> None:
    with pytest.raises(BadConfiguration, match="sql:sqlite"):
        surveyor_for(Target("mill", "sql:oracle", "x"))


def test_targets_of_a_kind_that_nobody_looks_at_are_named_and_others_are_not() -> None:
    targets = [Target("old", "sql:postgres", "", "production"), Target("shop", "sql:sqlite", "", "production")]

    (said,) = unusable(targets)
    assert "`old`" in said
    assert "`sql:postgres`" in said


def test_the_table_loads_no_driver_until_it_is_asked() -> None:
    code = "import sys, interlock.survey.surveyors; print('apsw' in sys.modules)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout == "False\n"
    assert all(callable(find()) for find in SURVEYORS.values())


def test_the_connection_cannot_write_for_three_reasons_and_sees_one_picture(tmp_path: Path) -> None:
    with looking(made(tmp_path), 1000, lambda: 0) as connection:
        for sql in ("DELETE FROM orders", "ATTACH ':memory:' AS a", "PRAGMA query_only = OFF", "COMMIT"):
            with pytest.raises(apsw.AuthError):
                connection.execute(sql)
        connection.authorizer = None
        assert connection.readonly("main")
        assert connection.pragma("query_only") == 1
        assert connection.in_transaction


def test_what_a_trigger_reads_by_another_name_is_told_as_possible(tmp_path: Path) -> None:
    schema = (
        "CREATE TABLE a (x); CREATE TABLE b (y); CREATE TABLE c (z);"
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET y = (WITH w AS (SELECT z FROM c) SELECT z FROM w); END"
    )
    assert ("t", "reads", "c", "soft") in edges(surveyed(made(tmp_path, schema)))
