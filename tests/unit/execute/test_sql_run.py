"""A change on a live SQLite database: rehearsed, run exactly as rehearsed, undone, closed, looked up."""

from __future__ import annotations

import shutil
from pathlib import Path

import apsw
import msgspec
import pytest
from sql_world import SHOP, World, change, counts, milliseconds, rows

from interlock.errors import Forbidden, Stale, TargetError
from interlock.model.inventory import Measured
from interlock.model.target import Bounds

#: Each of these is undone to the letter.
EXACT = {
    "update by key": "UPDATE orders SET status = 'paid' WHERE id = 1",
    "update of all": "UPDATE orders SET cents = cents + 1",
    "update of a key": "UPDATE notes SET id = id + 10",
    "delete that cascades, nulls and fires": "DELETE FROM customers WHERE id = 1",
    "delete of all": "DELETE FROM orders",
    "insert": "INSERT INTO customers VALUES (9, 'Eve', NULL)",
    "insert that counts": "INSERT INTO tickets (text) VALUES ('c'), ('d')",
    "replace over two keys": "INSERT OR REPLACE INTO customers VALUES (1, 'Eve', 'cid@example.org')",
    "upsert": "INSERT INTO customers VALUES (1, 'X', NULL) ON CONFLICT (id) DO UPDATE SET name = 'Y'",
    "rows without a key": "INSERT INTO audit VALUES ('a', 1), ('a', 1); DELETE FROM audit WHERE rowid = 1",
    "write through a view": "DELETE FROM writable WHERE id = 2",
    "drop of a plain table": "DROP TABLE audit",
    "drop with index and trigger": "DROP TABLE orders",
    "drop of a parent": "DROP TABLE customers",
    "drop of a counting table": "DROP TABLE tickets",
    "drop if it exists, and it does not": "DROP TABLE IF EXISTS nosuch; UPDATE orders SET cents = 1 WHERE id = 1",
    "drop, and another of the name": "DROP TABLE audit; CREATE TABLE audit (x); INSERT INTO audit VALUES (1)",
    "drop, make, drop": "DROP TABLE audit; CREATE TABLE audit (x); DROP TABLE audit",
    "drop of an index": "DROP INDEX orders_by_status",
    "drop of a view with its trigger": "DROP VIEW writable",
    "drop of a trigger": "DROP TRIGGER orders_gone",
    "make a table": "CREATE TABLE fresh (a PRIMARY KEY, b UNIQUE); INSERT INTO fresh VALUES (1, 2)",
    "make a table from a query": "CREATE TABLE fresh AS SELECT * FROM orders; CREATE INDEX fi ON fresh (id)",
    "make index, view and trigger": "CREATE INDEX i ON notes (text); CREATE VIEW w AS SELECT 1;"
    "CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END",
    "make a child, use its parent, drop it": "CREATE TABLE child (p REFERENCES customers); "
    "INSERT INTO child VALUES (1); UPDATE notes SET text = 'x'; DROP TABLE child",
    "add a column": "ALTER TABLE orders ADD COLUMN note TEXT DEFAULT 'n'",
    "add a column and fill it": "ALTER TABLE orders ADD COLUMN note; UPDATE orders SET note = id",
    "add a column while a trigger is broken": "DROP TABLE audit; ALTER TABLE orders ADD COLUMN note DEFAULT 1",
    "children written while the parent is gone": "DROP TABLE customers; UPDATE notes SET text = 'x'",
    "lose a column": "ALTER TABLE notes DROP COLUMN text",
    "lose a column and work on": "ALTER TABLE notes DROP COLUMN text; DELETE FROM notes; "
    "INSERT INTO notes VALUES (5, 3); UPDATE notes SET author = 1",
    "rows before and after a structure": "UPDATE notes SET text = 'x'; ALTER TABLE notes ADD COLUMN z;"
    "INSERT INTO notes VALUES (7, 1, 'a', 'b'); DELETE FROM notes WHERE id = 1",
    "computed columns": "UPDATE computed SET a = a + 10; DELETE FROM computed WHERE a > 12",
    "a table without row numbers": "UPDATE flat SET c = 'z'; DELETE FROM flat WHERE a = 2",
    "a table with a key of text": "DELETE FROM words WHERE k = 'a'; UPDATE words SET k = 'z' WHERE k = 'b'",
    "odd names and values": 'UPDATE "odd ""name" SET "a b" = x\'00ff\', "select" = 1e308; '
    'DELETE FROM "odd ""name" WHERE rowid = 2',
}

MORE = (
    SHOP
    + """
CREATE VIEW writable AS SELECT * FROM orders;
CREATE TRIGGER writable_gone INSTEAD OF DELETE ON writable BEGIN DELETE FROM orders WHERE id = old.id; END;
CREATE TABLE computed (a INTEGER PRIMARY KEY, b AS (a * 2) STORED, c AS (a + 1));
INSERT INTO computed VALUES (1), (2), (3);
CREATE TABLE flat (a, b, c, PRIMARY KEY (b, a)) WITHOUT ROWID;
INSERT INTO flat VALUES (1, 'x', 'y'), (2, 'x', NULL);
CREATE TABLE "odd ""name" ("a b" BLOB, "select" REAL);
INSERT INTO "odd ""name" VALUES ('text', 1.5), (NULL, -0.0), (9007199254740993, 2);
INSERT INTO audit VALUES ('before', 0);
CREATE TRIGGER customers_gone AFTER DELETE ON customers BEGIN INSERT INTO audit VALUES ('customer', old.id); END;
INSERT INTO tickets (text) VALUES ('counted on');
DELETE FROM tickets WHERE text = 'counted on';
CREATE TABLE words (v, k TEXT PRIMARY KEY COLLATE NOCASE);
INSERT INTO words VALUES (1, 'b'), (2, 'a'), (3, 'C');
"""
)


@pytest.mark.parametrize("sql", EXACT.values(), ids=EXACT.keys())
def test_a_rehearsal_leaves_nothing_and_its_proof_of_the_way_back_comes_true(tmp_path: Path, sql: str) -> None:
    world = World(tmp_path, MORE)
    before = world.dump()
    rehearsal = world.rehearse(sql)
    assert world.dump() == before
    assert (rehearsal.rollback.verdict, rehearsal.rollback.simulated) == ("valid", True), rehearsal
    assert rehearsal.complete
    assert rehearsal.rollback.steps

    order, images = world.approve_and_run(sql)
    after = world.dump()
    assert after != before
    assert world.executor.look(order, "run") == "done"
    assert world.executor.look(order, "undo") == "not-done"

    world.steps(order, "undo", images)
    assert world.dump() == before
    assert world.executor.look(order, "undo") == "done"


@pytest.mark.parametrize("sql", EXACT.values(), ids=EXACT.keys())
def test_what_runs_is_what_plain_sqlite_would_have_done(tmp_path: Path, sql: str) -> None:
    """Moving aside instead of dropping is not seen in what stands afterwards."""
    (tmp_path / "plain").mkdir()
    plain, ours = World(tmp_path / "plain", MORE), World(tmp_path, MORE)
    plain.do(sql)
    ours.approve_and_run(sql)
    assert plain.dump() == ours.dump()


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("ALTER TABLE orders RENAME TO sales", "spelled otherwise"),
        ("ALTER TABLE orders RENAME COLUMN cents TO pence", "spelled otherwise"),
    ],
)
def test_a_renaming_comes_back_in_meaning_and_the_proof_says_that_the_letters_differ(
    tmp_path: Path, sql: str, why: str
) -> None:
    world = World(tmp_path)
    before = world.dump()
    rollback = world.rehearse(sql).rollback
    assert rollback.verdict == "valid-with-loss"
    assert why in rollback.why

    world.there_and_back(sql)
    after = world.dump()
    assert after["orders"] == before["orders"]
    assert str(after["schema"]).replace('"', "").replace("'", "") == str(before["schema"]).replace('"', "").replace(
        "'", ""
    )


def test_measured_names_each_table_and_verb_and_what_came_by_cascade_or_trigger(tmp_path: Path) -> None:
    world = World(tmp_path)
    found = counts(world.rehearse("DELETE FROM customers WHERE id = 1").measured)
    expected = {
        ("customers", "delete"): (1, 0),
        ("orders", "delete"): (2, 2),
        ("notes", "update"): (1, 1),
        ("audit", "create"): (2, 2),
    }
    assert expected == found


def test_what_a_statement_could_have_done_and_did_not_is_measured_as_nought(tmp_path: Path) -> None:
    found = counts(World(tmp_path).rehearse("DELETE FROM customers WHERE id = 99").measured)
    assert set(found.values()) == {(0, 0)}
    assert ("audit", "create") in found


def test_samples_show_up_to_ten_rows_of_every_kind_with_key_before_and_after(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.do("INSERT INTO audit VALUES (hex(zeroblob(100)), 1)")
    samples = world.rehearse("UPDATE orders SET cents = 0 WHERE id = 1; DELETE FROM audit").samples
    update = next(sample for sample in samples if sample.verb == "update")
    assert update.before == (("id", "1"), ("cents", "100"))
    assert update.after == (("id", "1"), ("cents", "0"))
    delete = next(sample for sample in samples if sample.verb == "delete")
    assert "(200 characters)" in dict(delete.before)["what"]
    assert delete.after == ()


def test_samples_are_bounded(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.do(rows(50, 10) + "INSERT INTO notes SELECT v, 1, x'00' FROM g")
    samples = world.rehearse("DELETE FROM notes").samples
    assert len(samples) == 10
    assert dict(samples[-1].before)["text"] == "(blob of 1 bytes)"


def test_a_change_that_fails_says_so_in_the_targets_words(tmp_path: Path) -> None:
    world = World(tmp_path)
    for sql, word in {
        "DELETE FROM nosuch": "no such table",
        "INSERT INTO customers VALUES (1, 'x', NULL)": "UNIQUE",
        "INSERT INTO orders VALUES (9, 77, 'x', 1)": "FOREIGN KEY",
        "UPDATE orders SET": "incomplete",
        "UPDATE orders SET cents = ?": "bindings",
    }.items():
        rehearsal = world.rehearse(sql)
        assert word in rehearsal.failed, sql
        assert rehearsal.rollback.verdict == "unknown"


def test_rows_that_point_nowhere_at_the_end_fail_even_when_checking_is_deferred(tmp_path: Path) -> None:
    world = World(
        tmp_path, "CREATE TABLE p (id PRIMARY KEY); CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
    )
    assert "points nowhere" in world.rehearse("INSERT INTO c VALUES (1)").failed
    assert world.rehearse("INSERT INTO c VALUES (1); INSERT INTO p VALUES (1)").failed == ""


@pytest.mark.parametrize(
    "drift",
    [
        "INSERT INTO orders VALUES (9, 1, 'open', 1)",
        "DELETE FROM orders WHERE id = 1",
        "UPDATE orders SET status = 'open' WHERE id = 2; UPDATE orders SET status = 'paid' WHERE id = 1",
        "CREATE TRIGGER more AFTER UPDATE ON orders BEGIN DELETE FROM notes; END",
        "CREATE TRIGGER none AFTER UPDATE ON orders BEGIN SELECT 1; END",
        "ALTER TABLE orders ADD COLUMN more",
    ],
    ids=["one more", "one less", "as many others", "a trigger that deletes", "a harmless trigger", "a new column"],
)
def test_drift_since_the_rehearsal_makes_it_stale_and_nothing_happens(tmp_path: Path, drift: str) -> None:
    world = World(tmp_path)
    sql = "UPDATE orders SET cents = 0 WHERE status = 'open'"
    order = world.order(sql, world.rehearse(sql).measured)
    world.do(drift)
    before = world.dump()
    with pytest.raises(Stale):
        world.steps(order)
    assert world.dump() == before
    assert world.executor.look(order, "run") == "not-done"


def test_a_change_that_was_never_rehearsed_does_not_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(Stale):
        world.steps(world.order("UPDATE orders SET cents = 0"))
    with pytest.raises(Stale, match="not rehearsed"):
        world.steps(world.order("SELECT 1"))


def test_a_count_that_was_tampered_with_does_not_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    sql = "UPDATE orders SET cents = 0"
    measured = world.rehearse(sql).measured
    raised = [msgspec.structs.replace(line, count=line.count + 1) for line in measured]
    with pytest.raises(Stale):
        world.steps(world.order(sql, raised))
    doubled: list[Measured] = [*measured, measured[-1]]
    with pytest.raises(Stale):
        world.steps(world.order(sql, doubled))


def test_the_step_is_said_with_measure_and_image_before_the_commit(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = world.dump()
    sql = "UPDATE orders SET cents = 0"
    order = world.order(sql, world.rehearse(sql).measured)
    running = world.executor.execute(order, world.seal)
    about = next(running)
    assert (about.name, about.phase) == ("commit", "about")
    assert order.measured == about.measured
    assert world.vault.keys() >= set(about.images)
    assert world.dump() == before

    did = next(running)
    assert (did.name, did.phase) == ("commit", "did")
    assert world.dump() != before
    assert list(running) == []


def test_an_execution_that_is_closed_before_the_commit_leaves_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = world.dump()
    sql = "DROP TABLE orders"
    order = world.order(sql, world.rehearse(sql).measured)
    running = world.executor.execute(order, world.seal)
    next(running)
    running.close()
    assert world.dump() == before
    assert world.executor.look(order, "run") == "not-done"

    images = world.steps(order)[-1].images
    after = world.dump()
    for purpose in ("undo", "close"):
        undoing = world.executor.undo(order, images, world.unseal)
        back = undoing if purpose == "undo" else world.executor.close(order)
        next(back)
        back.close()
        undoing.close()
        assert world.dump() == after
        assert world.executor.look(order, purpose) == "not-done"
    world.steps(order, "undo", images)
    assert world.dump() == before


def test_a_case_runs_once_and_is_undone_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    order, images = world.approve_and_run("INSERT INTO audit VALUES ('a', 1)")
    with pytest.raises(Stale, match="executed here already"):
        world.steps(order)
    world.steps(order, "undo", images)
    with pytest.raises(Stale, match="undone already"):
        world.steps(order, "undo", images)
    with pytest.raises(Stale, match="undone already"):
        world.steps(order, "close")


@pytest.mark.parametrize(
    ("sql", "since", "word"),
    [
        (
            "UPDATE orders SET cents = 0",
            "UPDATE orders SET cents = 5 WHERE id = 3",
            "`3` of `orders` was changed after",
        ),
        ("UPDATE orders SET cents = 0", "DELETE FROM orders WHERE id = 3", "`3` of `orders` was deleted after"),
        ("DELETE FROM notes WHERE id = 1", "INSERT INTO notes VALUES (1, 1, '')", "`1` of `notes` was made anew after"),
        ("INSERT INTO customers VALUES (9, 'E', NULL)", "INSERT INTO orders VALUES (9, 9, '', 1)", "foreign key"),
        (
            "DELETE FROM customers WHERE id = 3",
            "INSERT INTO customers VALUES (8, 'Cid', 'cid@example.org')",
            "`3` of `customers`",
        ),
        ("UPDATE orders SET cents = 0", "ALTER TABLE orders ADD COLUMN x", "table `orders` was altered after"),
        ("UPDATE orders SET cents = 0", "DROP TABLE orders", "table `orders` was altered after"),
        ("CREATE TABLE f (a)", "INSERT INTO f VALUES (1)", "table `f` was changed after"),
        ("CREATE TABLE f (a)", "CREATE INDEX fi ON f (a)", "table `f` was given indexes"),
        ("CREATE TABLE f (a)", "DROP TABLE f", "table `f` was dropped after"),
        ("CREATE TABLE f (a PRIMARY KEY)", "CREATE TABLE g (a REFERENCES f)", "parent of another"),
        ("CREATE VIEW w AS SELECT 1", "DROP VIEW w; CREATE VIEW w AS SELECT 2", "view `w` was made anew after"),
        ("DROP TABLE audit", "CREATE TABLE audit (x)", "`audit` was made anew after"),
        ("DROP TABLE audit", "DROP TABLE interlock_kept_c1_audit", "what was kept of `audit` is gone"),
        ("DROP TABLE orders", "CREATE INDEX orders_by_status ON notes (id)", "`orders_by_status` was made anew"),
        ("DROP TABLE orders", "DELETE FROM customers WHERE id = 2", "table `orders` would come back with rows whose"),
        ("DROP INDEX orders_by_status", "CREATE INDEX orders_by_status ON notes (id)", "`orders_by_status` was made"),
        ("ALTER TABLE notes DROP COLUMN text", "INSERT INTO notes VALUES (9, 1)", "table `notes` was changed after"),
        ("ALTER TABLE notes DROP COLUMN text", "CREATE INDEX n ON notes (id)", "hangs on table `notes` was changed"),
        ("ALTER TABLE notes DROP COLUMN text", "DROP TABLE notes", "table `notes` was dropped after"),
        ("ALTER TABLE notes ADD COLUMN z", "UPDATE notes SET z = 1 WHERE id = 2", "column `z` of `notes` was given"),
        ("ALTER TABLE notes ADD COLUMN z", "ALTER TABLE notes DROP COLUMN z", "column `z` of `notes` is gone"),
        ("ALTER TABLE notes RENAME TO n", "DROP TABLE n", "table `n` is gone"),
        ("ALTER TABLE notes RENAME TO n", "CREATE TABLE notes (a)", "table `notes` was made anew"),
        (
            "ALTER TABLE notes RENAME COLUMN text TO t",
            "ALTER TABLE notes DROP COLUMN t",
            "column `t` of `notes` is gone",
        ),
    ],
)
def test_undo_refuses_by_name_what_was_changed_since_and_touches_nothing(
    tmp_path: Path, sql: str, since: str, word: str
) -> None:
    world = World(tmp_path)
    order, images = world.approve_and_run(sql)
    world.do(since)
    before = world.dump()
    with pytest.raises(Stale) as caught:
        world.steps(order, "undo", images)
    assert word in str(caught.value)
    assert world.dump() == before
    assert world.executor.look(order, "undo") == "not-done"


def test_undo_leaves_alone_what_others_did_to_other_columns_and_rows(tmp_path: Path) -> None:
    world = World(tmp_path)
    order, images = world.approve_and_run("UPDATE orders SET cents = 0")
    world.do("UPDATE orders SET status = 'sent' WHERE id = 1; INSERT INTO orders VALUES (9, 1, 'new', 9)")
    world.steps(order, "undo", images)
    assert world.do("SELECT id, status, cents FROM orders WHERE id IN (1, 9)") == [(1, "sent", 100), (9, "new", 9)]


def test_undo_does_not_count_back_what_others_have_counted_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    order, images = world.approve_and_run("INSERT INTO tickets (text) VALUES ('ours')")
    world.do("INSERT INTO tickets (text) VALUES ('theirs')")
    world.steps(order, "undo", images)
    assert world.do("SELECT id FROM tickets") == [(1,), (2,), (4,)]
    assert world.do("SELECT seq FROM sqlite_sequence WHERE name = 'tickets'") == [(4,)]


def test_undo_needs_the_one_image_of_this_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    order, images = world.approve_and_run("UPDATE orders SET cents = 0")
    for wrong in ((), (*images, *images)):
        with pytest.raises(TargetError):
            world.steps(order, "undo", wrong)
    with pytest.raises(Stale, match="another change"):
        world.steps(order._replace(digest="other"), "undo", images)
    with pytest.raises(Stale, match="not executed"):
        world.steps(order._replace(case="other"), "undo", images)


def test_close_lets_go_what_was_kept_and_nothing_else(tmp_path: Path) -> None:
    world = World(tmp_path)
    order, images = world.approve_and_run("DROP TABLE orders; DROP TABLE audit", case="a")
    world.approve_and_run("DROP TABLE tickets", case="b")
    world.steps(order, "close")
    kept = world.do("SELECT name FROM sqlite_schema WHERE name LIKE 'interlock_kept%'")
    assert kept == [("interlock_kept_b_tickets",)]
    assert world.executor.look(order, "close") == "done"
    with pytest.raises(Stale, match="closed already"):
        world.steps(order, "undo", images)


@pytest.mark.parametrize("deferred", ["", " DEFERRABLE INITIALLY DEFERRED"])
def test_close_lets_go_a_table_that_pointed_at_itself_and_at_another_that_went(tmp_path: Path, deferred: str) -> None:
    world = World(
        tmp_path,
        f"CREATE TABLE a (id INTEGER PRIMARY KEY, up REFERENCES a{deferred}); INSERT INTO a VALUES (1, NULL), (2, 1);"
        f"CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a{deferred}); INSERT INTO b VALUES (1, 2);",
    )
    before = world.dump()
    order, images = world.approve_and_run("DROP TABLE b; DROP TABLE a", case="undone")
    world.steps(order, "undo", images)
    assert world.dump() == before
    order, _ = world.approve_and_run("DROP TABLE b; DROP TABLE a", case="closed")
    world.steps(order, "close")
    assert world.do("SELECT name FROM sqlite_schema WHERE type = 'table'") == [("interlock_applied",)]


def test_what_stands_aside_neither_holds_up_nor_follows_what_becomes_of_its_parents(tmp_path: Path) -> None:
    """Somebody else goes on working while a dropped child waits for its undo window to end."""
    world = World(tmp_path)
    before = world.dump()
    order, images = world.approve_and_run("DROP TABLE orders; DROP TABLE notes; DELETE FROM customers WHERE id = 3")
    assert world.do("SELECT count(*) FROM customers") == [(2,)]
    world.do("UPDATE customers SET name = 'Bea' WHERE id = 2; UPDATE customers SET name = 'Bob' WHERE id = 2")
    world.steps(order, "undo", images)
    assert world.dump() == before


def test_look_tells_unknown_where_the_target_cannot_tell(tmp_path: Path) -> None:
    world = World(tmp_path)
    order, _ = world.approve_and_run("UPDATE orders SET cents = 0")
    assert world.executor.look(order._replace(digest="other"), "run") == "unknown"
    world.do("DROP TABLE interlock_applied")
    assert world.executor.look(order, "undo") == "unknown"
    world.path.rename(tmp_path / "old.db")
    World(tmp_path)
    assert world.executor.look(order, "run") == "unknown"
    world.path.unlink()
    with pytest.raises(TargetError, match="not there"):
        world.executor.look(order, "run")


def test_a_script_seals_what_its_queries_returned(tmp_path: Path) -> None:
    world = World(tmp_path)
    sql = "UPDATE orders SET cents = 7 WHERE id = 1 RETURNING id, cents; SELECT x'00ff', NULL, 1.5, 'ü'"
    order = world.order(sql, world.rehearse(sql).measured)
    output = msgspec.json.decode(world.vault[world.steps(order)[-1].output])
    assert output["results"][0]["rows"] == [[1, 7]]
    assert output["results"][0]["columns"] == ["id", "cents"]
    assert output["results"][1]["rows"] == [[{"base64": "AP8="}, None, 1.5, "ü"]]


def test_a_read_returns_its_rows_and_leaves_no_trace(tmp_path: Path) -> None:
    world = World(tmp_path)
    raw = world.path.read_bytes()
    order = world.order("SELECT id FROM orders ORDER BY id; SELECT count(*) AS n FROM notes", writes=False)
    steps = world.steps(order)
    output = msgspec.json.decode(world.vault[steps[-1].output])
    assert [(step.name, step.phase) for step in steps] == [("read", "about"), ("read", "did")]
    assert [result["rows"] for result in output["results"]] == [[[1], [2], [3], [4]], [[2]]]
    assert world.path.read_bytes() == raw
    assert world.executor.look(order, "run") == "not-done"


def test_a_long_answer_is_cut_and_says_so(tmp_path: Path) -> None:
    world = World(tmp_path)
    many = "SELECT v FROM g"
    steps = world.steps(world.order(rows(10_001) + many, writes=False))
    assert "more than 10000 rows" in steps[-1].detail
    assert world.steps(world.order(rows(10_000) + many, writes=False))[-1].detail == ""
    halves = "SELECT hex(zeroblob(3000000)) UNION ALL SELECT hex(zeroblob(3000000))"
    wide = world.steps(world.order(halves, writes=False))
    assert "8 MiB" in wide[-1].detail


def test_the_rehearsal_of_a_read_prepares_it_and_needs_no_way_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert world.rehearse("SELECT * FROM orders", reads=True).rollback.verdict == "none-needed"
    assert "no such table" in world.rehearse("SELECT * FROM nosuch", reads=True).failed
    assert "only read" in world.rehearse("DELETE FROM orders", reads=True).failed


def test_a_rehearsal_beyond_its_time_is_not_complete_and_its_way_back_unknown(tmp_path: Path) -> None:
    world = World(tmp_path)
    endless = "WITH RECURSIVE g(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM g) INSERT INTO audit SELECT 'x', v FROM g"
    before = world.dump()
    rehearsal = world.rehearse(endless, bounds=Bounds(milliseconds=150))
    assert not rehearsal.complete
    assert rehearsal.limits
    assert rehearsal.rollback.verdict == "unknown"
    assert rehearsal.measured == ()
    assert world.dump() == before


def test_a_database_beyond_the_bytes_is_rehearsed_live_and_its_way_back_unknown(tmp_path: Path) -> None:
    world = World(tmp_path)
    rehearsal = world.rehearse("UPDATE orders SET cents = 0", bounds=Bounds(bytes=4096))
    assert counts(rehearsal.measured)["orders", "update"] == (4, 0)
    assert rehearsal.rollback.verdict == "unknown"
    assert "more than" in rehearsal.rollback.why


def test_when_the_live_lock_would_be_held_too_long_the_copy_gives_the_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlock.execute.sql.rehearse.HOLD_MILLISECONDS", 0)
    world = World(tmp_path)
    sql = rows(9000) + "INSERT INTO audit SELECT '', v FROM g"
    rehearsal = world.rehearse(sql)
    assert counts(rehearsal.measured)["audit", "create"] == (9000, 0)
    assert "those of a copy" in " ".join(rehearsal.limits)
    assert rehearsal.rollback.verdict == "valid"


def test_a_large_copy_is_made_in_a_private_folder_and_does_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlock.execute.sql.rehearse.MEMORY_BYTES", 0)
    world = World(tmp_path)
    assert world.rehearse("DELETE FROM orders").rollback.verdict == "valid"
    assert {"shop.db"} == {path.name for path in tmp_path.iterdir()}


def test_a_large_copy_that_would_fill_the_disk_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    size = world.path.stat().st_size
    monkeypatch.setattr("interlock.execute.sql.rehearse.MEMORY_BYTES", 0)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=3 * size - 1))
    rehearsal = world.rehearse("DELETE FROM orders")
    assert rehearsal.rollback.verdict == "unknown"
    assert "no room" in rehearsal.rollback.why
    assert counts(rehearsal.measured)["orders", "delete"] == (4, 0)


@pytest.mark.parametrize(
    ("schema", "sql", "why"),
    [
        ("CREATE VIRTUAL TABLE f USING fts5(t);", "INSERT INTO f VALUES ('x')", "virtual"),
        ("CREATE VIRTUAL TABLE f USING fts5(t);", "INSERT INTO f_data VALUES (77, x'00')", "may not be modified"),
        (
            "CREATE VIRTUAL TABLE f USING fts5(t); CREATE TABLE d (t);"
            "CREATE TRIGGER df AFTER INSERT ON d BEGIN INSERT INTO f VALUES (new.t); END;",
            "INSERT INTO d VALUES ('x')",
            "virtual",
        ),
        ("CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES (NULL, 1), ('a', 2);", "DELETE FROM t", "NULL"),
        ("CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES ('a', 2);", "UPDATE t SET k = NULL", "NULL"),
        ("CREATE TABLE t (_rowid_, v); INSERT INTO t VALUES (1, 2);", "UPDATE t SET v = 3", "row numbers"),
    ],
)
def test_what_cannot_be_recorded_exactly_is_said_and_does_not_run(
    tmp_path: Path, schema: str, sql: str, why: str
) -> None:
    world = World(tmp_path, schema)
    rehearsal = world.rehearse(sql)
    assert not rehearsal.complete or rehearsal.failed
    assert why in " ".join((*rehearsal.limits, rehearsal.failed))
    assert rehearsal.rollback.verdict == "unknown"
    with pytest.raises((TargetError, Stale)):
        world.steps(world.order(sql, rehearsal.measured))


def test_text_that_is_not_utf8_is_a_limit_and_no_crash(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.do("INSERT INTO notes VALUES (50, 1, CAST(x'ff41' AS TEXT))")
    rehearsal = world.rehearse("UPDATE orders SET cents = 0")
    assert rehearsal.rollback.verdict == "valid"
    touched = world.rehearse("DELETE FROM notes WHERE id = 50")
    assert not touched.complete
    assert "UTF-8" in " ".join(touched.limits)


def test_statements_that_would_leave_the_transaction_or_the_file_never_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = world.dump()
    for sql in (
        "COMMIT",
        "ROLLBACK",
        "BEGIN",
        "SAVEPOINT a",
        "ATTACH ':memory:' AS a",
        "DETACH main",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode = OFF",
        "PRAGMA user_version = 7",
        "SELECT load_extension('x')",
        "CREATE TEMP TABLE orders (x)",
        "CREATE VIRTUAL TABLE v USING fts5(x)",
        "ANALYZE",
        "REINDEX",
        "UPDATE sqlite_sequence SET seq = 0",
        "CREATE TABLE interlock_applied (x)",
        "CREATE TABLE interlock_kept_x (x)",
        "ALTER TABLE notes RENAME TO interlock_kept_x",
        "ALTER TABLE notes RENAME TO interlock_applied",
    ):
        rehearsal = world.rehearse(sql)
        assert rehearsal.failed, sql
        with pytest.raises((Forbidden, Stale)):
            world.steps(world.order(sql))
    for sql in ("VACUUM", "UPDATE sqlite_schema SET sql = ''", "DELETE FROM sqlite_master"):
        assert world.rehearse(sql).failed, sql
    assert world.dump() == before
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]


def test_telling_pragmas_and_explain_may_stand_in_a_script(tmp_path: Path) -> None:
    world = World(tmp_path)
    sql = "PRAGMA table_info(orders); EXPLAIN DROP TABLE orders; EXPLAIN QUERY PLAN DELETE FROM notes"
    rehearsal = world.rehearse(sql)
    assert rehearsal.failed == ""
    assert counts(rehearsal.measured) == {}


def test_a_long_script_is_taken_apart_exactly(tmp_path: Path) -> None:
    """Longer than the window that SQLite is shown, with statements across every border of it."""
    world = World(tmp_path)
    line = "INSERT INTO audit VALUES ('it''s; -- no end /* here', {});\n-- ; a comment\n"
    sql = "".join(line.format(number) for number in range(1500))
    sql += f"INSERT INTO audit VALUES ('{'y' * 70_000}', 9999)"
    assert counts(world.rehearse(sql).measured)["audit", "create"] == (1501, 0)


def test_a_statement_that_is_longer_than_the_window_is_not_cut_where_it_would_be_another_one(tmp_path: Path) -> None:
    """SQLite takes a comment that is not closed for one that ends with the text."""
    world = World(tmp_path)
    sql = f"INSERT INTO audit SELECT 'x', 1 /* {'y' * 40_000} */ WHERE 1 = 0; INSERT INTO audit VALUES ('z', 2)"
    assert counts(world.rehearse(sql).measured)["audit", "create"] == (1, 0)


def test_the_database_of_another_writer_in_wal_mode_is_handled_the_same(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.do("PRAGMA journal_mode = WAL")
    before = world.dump()
    other = apsw.Connection(str(world.path))
    try:
        other.execute("SELECT count(*) FROM orders").fetchall()
        world.there_and_back("DELETE FROM customers")
    finally:
        other.close()
    assert world.dump() == before


def test_rehearse_takes_the_bounds_and_clock_that_it_is_given(tmp_path: Path) -> None:
    world = World(tmp_path)
    asked: list[int] = []

    def clock() -> int:
        asked.append(1)
        return milliseconds()

    world.executor.rehearse(change(False), b"DELETE FROM orders", world.target, bounds=Bounds(), monotonic=clock)
    assert asked
