"""Ways round an execution on SQLite, each tried: what was not approved does not happen, whoever prepared it and how."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import apsw
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "unit" / "execute"))
from sql_world import SHOP, World, counts, rows

from interlock.errors import Forbidden, InterlockError, Stale, TargetError
from interlock.execute.sql.fence import FORBIDDEN_FUNCTIONS
from interlock.execute.sql.place import find, opened

FIX = "UPDATE orders SET cents = 0 WHERE id = 1"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def refused(world: World, sql: str, *, as_approved: str = FIX) -> InterlockError:
    """The payload runs under somebody else's approval; nothing may have changed. Gives the error."""
    order = world.order(sql, world.rehearse(as_approved).measured)
    before = world.dump()
    with pytest.raises(InterlockError) as caught:
        world.steps(order)
    assert world.dump() == before
    assert world.executor.look(order, "run") == "not-done"
    return caught.value


def test_a_payload_that_commits_and_goes_on_alone(world: World) -> None:
    for sql in (
        f"{FIX}; COMMIT; DROP TABLE notes; BEGIN",
        f"{FIX}; END; DELETE FROM notes",
        f"{FIX}; ROLLBACK; DELETE FROM notes",
        f"{FIX}; SAVEPOINT s; RELEASE s",
        f"{FIX};/**/cOmMiT/**/;DELETE FROM notes",
    ):
        assert isinstance(refused(world, sql), Forbidden)
        assert world.rehearse(sql).failed


def test_a_payload_that_reaches_another_file(tmp_path: Path, world: World) -> None:
    other = tmp_path / "other.db"
    for sql in (f"ATTACH '{other}' AS o", f"VACUUM INTO '{other}'", f"SELECT writefile('{other}', 'x')"):
        refused(world, f"{FIX}; {sql}")
        with pytest.raises(InterlockError):
            world.steps(world.order(sql, writes=False))
        assert world.rehearse(sql).failed
    assert not other.exists()


def test_a_payload_that_is_swapped_for_another_after_approval(world: World) -> None:
    """The road binds the bytes; were it fooled, the fence and the figures still hold."""
    for sql in ("DELETE FROM orders", "UPDATE orders SET cents = 0", "UPDATE orders SET cents = 0 WHERE id = 2"):
        assert isinstance(refused(world, sql), Stale)


def test_a_trigger_made_after_the_rehearsal_that_deletes_more(world: World) -> None:
    order = world.order(FIX, world.rehearse(FIX).measured)
    world.do("CREATE TRIGGER wide AFTER UPDATE ON orders BEGIN DELETE FROM notes; END")
    before = world.dump()
    with pytest.raises(Stale, match="notes"):
        world.steps(order)
    assert world.dump() == before


def test_a_trigger_made_after_the_rehearsal_that_stays_within_the_same_tables(world: World) -> None:
    """Same tables, same verbs, same numbers, other rows: the definition that was approved is not the one that runs."""
    sql = "DELETE FROM orders WHERE id = 1"
    order = world.order(sql, world.rehearse(sql).measured)
    world.do(
        "DROP TRIGGER orders_gone;"
        "CREATE TRIGGER orders_gone AFTER DELETE ON orders BEGIN INSERT INTO audit VALUES ('forged', 0); END"
    )
    before = world.dump()
    with pytest.raises(Stale, match="definition"):
        world.steps(order)
    assert world.dump() == before


def test_a_trigger_that_does_nothing_until_it_is_run_for_real(world: World) -> None:
    """It looks for the marker table, which a rehearsal does not leave: then the figures differ."""
    world.do(
        "CREATE TRIGGER sly AFTER UPDATE ON orders WHEN EXISTS "
        "(SELECT 1 FROM pragma_table_info('interlock_applied')) BEGIN DELETE FROM notes; END"
    )
    order = world.order(FIX, world.rehearse(FIX).measured)
    world.approve_and_run("INSERT INTO audit VALUES ('makes the marker table', 1)", case="other")
    before = world.dump()
    with pytest.raises(Stale):
        world.steps(order)
    assert world.dump() == before


def test_a_table_that_is_swapped_for_a_view_with_a_trigger(world: World) -> None:
    order = world.order(FIX, world.rehearse(FIX).measured)
    world.do(
        "DROP VIEW open_orders; DROP TABLE orders; CREATE VIEW orders AS SELECT 1 AS id, 2 AS cents;"
        "CREATE TRIGGER inst INSTEAD OF UPDATE ON orders BEGIN DELETE FROM notes; END"
    )
    before = world.dump()
    with pytest.raises(Stale):
        world.steps(order)
    assert world.dump() == before


def test_temporary_things_that_stand_before_real_ones(world: World) -> None:
    for sql in (
        "CREATE TEMP TABLE orders (id, cents)",
        "CREATE TEMP VIEW orders AS SELECT 1",
        "CREATE TEMP TRIGGER t AFTER UPDATE ON main.orders BEGIN DELETE FROM notes; END",
        "CREATE TABLE temp.orders (id)",
        "INSERT INTO sqlite_temp_schema VALUES (1, 2, 3, 4, 5)",
    ):
        refused(world, f"{sql}; {FIX}")
        assert world.rehearse(f"{sql}; {FIX}").failed


def test_the_schema_table_and_the_switches_that_guard_it(world: World) -> None:
    for sql in (
        "PRAGMA writable_schema = ON",
        "PRAGMA writable_schema(ON)",
        "PRAGMA main.writable_schema = RESET",
        "SELECT * FROM pragma_writable_schema(1)",
        "UPDATE sqlite_schema SET sql = 'CREATE TABLE orders (x)' WHERE name = 'orders'",
        "INSERT INTO sqlite_master VALUES ('trigger', 't', 'orders', 0, '')",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA defer_foreign_keys = ON",
        "PRAGMA ignore_check_constraints = ON",
        "PRAGMA recursive_triggers = ON",
        "PRAGMA trusted_schema = ON",
        "PRAGMA journal_mode = MEMORY",
        "PRAGMA synchronous = OFF",
        "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA temp_store_directory = '/'",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA schema_version = 1",
        "PRAGMA user_version = 1",
        "PRAGMA incremental_vacuum",
        "PRAGMA optimize",
        "PRAGMA hard_heap_limit = 1",
    ):
        refused(world, f"{sql}; {FIX}")
        assert world.rehearse(f"{sql}; {FIX}").failed, sql
        with pytest.raises(InterlockError):
            world.steps(world.order(sql, writes=False))


def test_functions_that_reach_out_of_the_database(world: World) -> None:
    for name in FORBIDDEN_FUNCTIONS:
        with pytest.raises(InterlockError):
            world.steps(world.order(f"SELECT {name}('/etc/hostname')", writes=False))
        assert world.rehearse(f"INSERT INTO audit VALUES ({name}('x'), 1)").failed, name


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM orders",
        "WITH gone AS (SELECT 1) DELETE FROM orders",
        "SELECT 1; DROP TABLE orders",
        "UPDATE orders SET cents = 0 RETURNING id",
        "REPLACE INTO notes VALUES (1, 1, 'x')",
        "CREATE TABLE t (x)",
        "PRAGMA user_version = 5",
        "PRAGMA query_only = OFF; DELETE FROM orders",
        "COMMIT; BEGIN IMMEDIATE; DELETE FROM orders",
        "INSERT INTO audit SELECT 1, 2",
        "PRAGMA journal_mode = WAL",
        "VACUUM",
    ],
)
def test_a_read_that_writes(world: World, sql: str) -> None:
    raw = world.path.read_bytes()
    with pytest.raises(InterlockError):
        world.steps(world.order(sql, writes=False))
    assert world.path.read_bytes() == raw


def test_a_read_that_writes_is_stopped_by_the_file_even_without_the_fence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the layers holds by itself: here the fence lets everything pass."""
    monkeypatch.setattr("interlock.execute.sql.fence.Fence.__call__", lambda *_: apsw.SQLITE_OK)
    raw = world.path.read_bytes()
    for sql in ("DELETE FROM orders", "PRAGMA query_only = OFF; DELETE FROM orders", "PRAGMA user_version = 5"):
        with pytest.raises(TargetError):
            world.steps(world.order(sql, writes=False))
    assert world.path.read_bytes() == raw


def test_a_connection_for_reading_is_told_not_to_write_and_cannot(world: World) -> None:
    with opened(find(world.target), write=False) as connection:
        assert connection.pragma("query_only") == 1
        assert connection.readonly("main")


def test_a_read_that_never_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlock.execute.sql.reading.READ_INSTRUCTIONS", 5_000_000)
    endless = "WITH RECURSIVE g(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM g) "
    for sql in (endless + "SELECT sum(v) FROM g", endless + "SELECT v FROM g WHERE v < 0"):
        with pytest.raises(TargetError) as caught:
            world.steps(world.order(sql, writes=False))
        assert caught.value.code == "too-long"


def test_a_write_that_never_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlock.execute.sql.sqlite.EXECUTE_INSTRUCTIONS", 5_000_000)
    small = rows(3) + "INSERT INTO audit SELECT 'x', v FROM g"
    endless = "WITH RECURSIVE g(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM g) INSERT INTO audit SELECT 'x', v FROM g"
    assert refused(world, endless, as_approved=small).code == "too-long"


def test_an_answer_of_a_gigabyte(world: World) -> None:
    for sql in (
        "SELECT zeroblob(20000000)",
        "SELECT zeroblob(1000000000)",
        "SELECT hex(randomblob(500000000))",
        "SELECT printf('%1000000000d', 1)",
    ):
        with pytest.raises(TargetError):
            world.steps(world.order(sql, writes=False))
    many = rows(10_000_000) + "SELECT hex(zeroblob(1000)) FROM g"
    steps = world.steps(world.order(many, writes=False))
    assert "cut" in steps[-1].detail
    assert len(world.vault[steps[-1].output]) < 9 * 1024**2


def test_a_value_of_a_gigabyte_is_not_written(world: World) -> None:
    assert world.rehearse("INSERT INTO audit VALUES (zeroblob(300000000), 1)").failed


def test_a_marker_table_that_was_there_before(world: World) -> None:
    order = world.order(FIX, world.rehearse(FIX).measured)
    for forged in (
        'CREATE TABLE interlock_applied ("case" TEXT, purpose TEXT, digest TEXT)',
        "CREATE VIEW interlock_applied AS SELECT 'c1' AS \"case\", 'run' AS purpose, '' AS digest, '[]' AS kept",
    ):
        world.do(forged)
        before = world.dump()
        with pytest.raises(TargetError) as caught:
            world.steps(order)
        assert caught.value.code == "foreign-marker"
        assert world.executor.look(order, "run") == "unknown"
        assert world.dump() == before
        world.do("DROP TABLE interlock_applied" if "TABLE" in forged else "DROP VIEW interlock_applied")
    world.steps(order)


def test_a_trigger_on_the_marker_table(world: World) -> None:
    world.approve_and_run("INSERT INTO audit VALUES ('makes the marker table', 1)", case="other")
    order = world.order(FIX, world.rehearse(FIX).measured)
    world.do("CREATE TRIGGER more AFTER INSERT ON interlock_applied BEGIN DELETE FROM notes; END")
    before = world.dump()
    with pytest.raises(TargetError) as caught:
        world.steps(order)
    assert caught.value.code == "foreign-marker"
    assert world.dump() == before


def test_a_trigger_that_forges_a_marker(world: World) -> None:
    """It would make a case look executed that was not."""
    world.approve_and_run("INSERT INTO audit VALUES ('makes the marker table', 1)", case="other")
    world.do(
        "CREATE TRIGGER forge AFTER UPDATE ON orders BEGIN "
        "INSERT INTO interlock_applied VALUES ('victim', 'run', 'd', '[]'); END"
    )
    assert "Interlock's own" in world.rehearse(FIX).failed


@pytest.mark.parametrize(
    "row", ["'c1', 'run', 'd', 'no json'", "'c1', 'eaten', 'd', '[]'", "'c1', 'run', x'00', '[1]'"]
)
def test_a_marker_row_that_makes_no_sense(world: World, row: str) -> None:
    world.approve_and_run("INSERT INTO audit VALUES ('makes the marker table', 1)", case="other")
    order = world.order(FIX, world.rehearse(FIX).measured)
    world.do(f"INSERT INTO interlock_applied VALUES ({row})")
    assert world.executor.look(order, "run") == "unknown"
    with pytest.raises(TargetError):
        world.steps(order)


def test_a_forged_list_of_what_was_kept_drops_nothing_but_our_own(world: World) -> None:
    order, _ = world.approve_and_run("DROP TABLE audit")
    world.do('UPDATE interlock_applied SET kept = \'["orders", "interlock_applied", "interlock_kept_c1_audit"]\'')
    before = world.dump()
    world.steps(order, "close")
    assert world.dump() == before
    assert world.executor.look(order, "close") == "done"


def test_payloads_that_touch_what_is_ours(world: World) -> None:
    world.approve_and_run("DROP TABLE notes", case="other")
    for sql in (
        "DELETE FROM interlock_applied",
        "DROP TABLE interlock_applied",
        "UPDATE interlock_kept_other_notes SET text = 'x'",
        'DROP TABLE "INTERLOCK_KEPT_other_notes"',
        "ALTER TABLE interlock_kept_other_notes RENAME TO free",
        "ALTER TABLE orders RENAME TO Interlock_Kept_x",
        "CREATE TRIGGER t AFTER INSERT ON interlock_applied BEGIN DELETE FROM orders; END",
        "CREATE INDEX i ON interlock_kept_other_notes (id)",
        "CREATE VIEW interlock_applied2 AS SELECT 1; CREATE TABLE interlock_kept_ (x)",
    ):
        refused(world, sql)
        assert "own" in world.rehearse(sql).failed, sql


def test_a_file_that_is_swapped_between_rehearsal_and_run(tmp_path: Path, world: World) -> None:
    """By a link, by a rename, by a copy with the same contents: it is not the file that was approved."""
    link = tmp_path / "link.db"
    link.symlink_to(world.path)
    linked = World.__new__(World)
    linked.__dict__.update(vars(world), path=link)
    linked.target = world.target.__class__("shop", "sql:sqlite", str(link), "staging")
    order = linked.order(FIX, linked.rehearse(FIX).measured)
    copy = tmp_path / "copy.db"
    shutil.copy(world.path, copy)
    link.unlink()
    link.symlink_to(copy)
    raw = copy.read_bytes()
    with pytest.raises(Stale, match="file is another one"):
        linked.steps(order)
    assert linked.executor.look(order, "run") == "unknown"
    link.unlink()
    copy.replace(link)
    with pytest.raises(Stale, match="file is another one"):
        linked.steps(order)
    assert link.read_bytes() == raw


def test_names_that_are_sql(tmp_path: Path) -> None:
    """A table name is quoted wherever we write it: what stands in it is never run."""
    evil = 'x"; DROP TABLE notes; --'
    quoted = '"' + evil.replace('"', '""') + '"'
    world = World(tmp_path, SHOP + f'CREATE TABLE {quoted} ("a""b" PRIMARY KEY, "c;--" TEXT);')
    world.do(f'INSERT INTO {quoted} VALUES (1, \'x\'); CREATE INDEX "i""; --" ON {quoted} ("c;--")')
    before = world.dump()
    for number, sql in enumerate(
        (
            f"DROP TABLE {quoted}",
            f'ALTER TABLE {quoted} DROP COLUMN "a""b"',
            f'UPDATE {quoted} SET "a""b" = 2',
            f'ALTER TABLE {quoted} ADD COLUMN "d""; --" DEFAULT \'x"; --\'',
            'DROP INDEX "i""; --"',
        )
    ):
        rehearsal = world.rehearse(sql)
        if rehearsal.failed:
            assert "PRIMARY KEY" in rehearsal.failed
            continue
        assert rehearsal.rollback.verdict == "valid", (sql, rehearsal)
        order, images = world.approve_and_run(sql, case=f"case {number}'; \"")
        world.steps(order, "undo", images)
        assert world.dump() == before


def test_spelling_of_names_does_not_hide_them(world: World) -> None:
    assert ("orders", "delete") in counts(world.rehearse('DELETE FROM "ORDERS"').measured)
    assert isinstance(refused(world, "DELETE FROM [OrDeRs]"), Stale)


def test_a_cascade_that_is_longer_than_the_text_tells(tmp_path: Path) -> None:
    chain = "CREATE TABLE t0 (id INTEGER PRIMARY KEY); INSERT INTO t0 VALUES (1);"
    for number in range(1, 20):
        chain += (
            f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, up REFERENCES t{number - 1} ON DELETE CASCADE);"
            f"INSERT INTO t{number} VALUES (1, 1);"
        )
    world = World(tmp_path, chain)
    found = counts(world.rehearse("DELETE FROM t0").measured)
    assert {(1, 1)} == {found[f"t{number}", "delete"] for number in range(1, 20)}


def test_random_rows_cannot_be_approved(world: World) -> None:
    """What picks other rows each time is another change each time."""
    world.do(rows(2000, 100) + "INSERT INTO notes SELECT v, NULL, 'x' FROM g")
    sql = "DELETE FROM notes WHERE id IN (SELECT id FROM notes ORDER BY random() LIMIT 20)"
    assert isinstance(refused(world, sql, as_approved=sql), Stale)
