"""The world fails under an execution: locked, full, read-only, damaged, gone. One clear error, nothing half done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import pytest
from sql_world import SHOP, World, rows

from interlock.errors import BadConfiguration, BadProposal, Stale, TargetError
from interlock.execute.sql.place import find
from interlock.execute.sql.rows import Recorder
from interlock.model.target import Target

CHANGE = "UPDATE orders SET cents = 0; DROP TABLE notes; INSERT INTO audit VALUES ('x', 1)"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlock.execute.sql.place.BUSY_MILLISECONDS", 50)


def test_a_missing_database_is_an_error_and_is_not_created(tmp_path: Path, world: World) -> None:
    order = world.order(CHANGE, world.rehearse(CHANGE).measured)
    world.path.unlink()
    for attempt in (lambda: world.rehearse(CHANGE), lambda: world.steps(order), lambda: world.steps(order, "close")):
        with pytest.raises(TargetError) as caught:
            attempt()
        assert caught.value.code == "missing"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "address", ["", ":memory:", "sqlite:///", "postgres://host/db", "file:shop.db?mode=rwc", "a\x00b", "http://x/y"]
)
def test_an_address_that_is_no_path_is_bad_configuration_or_not_there(address: str) -> None:
    with pytest.raises((BadConfiguration, TargetError)):
        find(Target("shop", "sql:sqlite", address))


def test_a_path_and_its_url_are_the_same_place(world: World) -> None:
    url = Target("shop", "sql:sqlite", f"sqlite:///{world.path}")
    assert find(world.target) == find(url)


@pytest.mark.parametrize("content", [b"this is text, not a database, and long enough to say so" * 90, os.urandom(8192)])
def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path, world: World, content: bytes) -> None:
    world.path.write_bytes(content)
    with pytest.raises(TargetError) as caught:
        world.rehearse(CHANGE)
    assert caught.value.code == "not-a-database"
    assert world.path.read_bytes() == content


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="not a file"):
        find(Target("shop", "sql:sqlite", str(tmp_path)))


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_locked_database_is_said_to_be_locked_and_nothing_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    world.do(f"PRAGMA journal_mode = {mode}")
    order = world.order(CHANGE, world.rehearse(CHANGE).measured)
    before = world.dump()
    no_patience(monkeypatch)
    other = apsw.Connection(str(world.path))
    try:
        other.execute("BEGIN IMMEDIATE")
        for attempt in (lambda: world.rehearse(CHANGE), lambda: world.steps(order)):
            with pytest.raises(TargetError, match=r"locked by somebody else.*nothing was done") as caught:
                attempt()
            assert caught.value.code == "locked"
    finally:
        other.close()
    assert world.dump() == before
    world.steps(order)


def test_a_commit_that_a_reader_holds_up_fails_and_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without WAL a commit needs the readers to be gone."""
    order = world.order(CHANGE, world.rehearse(CHANGE).measured)
    before = world.dump()
    no_patience(monkeypatch)
    other = apsw.Connection(str(world.path))
    try:
        running = world.executor.execute(order, world.seal)
        next(running)
        reading = other.execute("BEGIN; SELECT * FROM orders")
        next(reading)
        with pytest.raises(TargetError) as caught:
            next(running)
        assert caught.value.code == "locked"
        reading.close()
    finally:
        other.close()
    assert world.dump() == before
    assert world.executor.look(order, "run") == "not-done"


def test_while_somebody_else_holds_the_file_look_does_not_guess(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order, _ = world.approve_and_run(CHANGE)
    no_patience(monkeypatch)
    other = apsw.Connection(str(world.path))
    try:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(TargetError, match="locked"):
            world.executor.look(order, "run")
    finally:
        other.close()
    assert world.executor.look(order, "run") == "done"


def test_a_read_only_file_is_said_to_be_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order = world.order(CHANGE, world.rehearse(CHANGE).measured)
    before = world.dump()
    disk = ReadOnlyDisk()
    try:
        meet(disk, monkeypatch)
        for attempt in (lambda: world.rehearse(CHANGE), lambda: world.steps(order)):
            with pytest.raises(TargetError, match="nothing was done") as caught:
                attempt()
            assert caught.value.code == "read-only"
        monkeypatch.undo()
    finally:
        disk.unregister()
    assert world.dump() == before


def meet(disk: apsw.VFS, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection of the executor to the file goes over this disk."""
    monkeypatch.setattr(
        "interlock.execute.sql.place.apsw.Connection",
        lambda path, flags: _Connection(path, flags=flags, vfs="failing"),
    )


class ReadOnlyDisk(apsw.VFS):
    """The real file system, mounted read-only."""

    def __init__(self) -> None:
        super().__init__("failing", "")

    def xOpen(self, name: object, flags: list[int]) -> apsw.VFSFile:
        if flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            flags[0] = flags[0] & ~apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_READONLY
            flags[1] = flags[0]
        return apsw.VFSFile("", name, flags)  # type: ignore[arg-type]  # it is what SQLite gave


def test_a_database_that_is_full_fails_at_the_change_and_nothing_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = rows(2000) + "INSERT INTO audit SELECT hex(zeroblob(200)), v FROM g"
    order = world.order(sql, world.rehearse(sql).measured)
    before = world.dump()
    limit_pages(monkeypatch)
    with pytest.raises(TargetError) as caught:
        world.steps(order)
    assert caught.value.code == "full"
    with pytest.raises(TargetError):
        world.rehearse(sql)
    assert world.dump() == before


def limit_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection of the executor meets a full disk a few pages from here."""
    from interlock.execute.sql import place

    harden = place.harden

    def full(connection: apsw.Connection) -> None:
        harden(connection)
        pages = int(connection.pragma("page_count"))
        connection.execute(f"PRAGMA max_page_count = {pages + 2}").fetchall()

    monkeypatch.setattr(place, "harden", full)


@pytest.mark.parametrize("when", ["sync", "write"])
def test_a_disk_that_fails_in_the_commit_leaves_the_database_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    order = world.order(CHANGE, world.rehearse(CHANGE).measured)
    before = world.dump()
    failing = FailingDisk(when)
    try:
        meet(failing, monkeypatch)
        running = world.executor.execute(order, world.seal)
        next(running)
        failing.now = True
        with pytest.raises(TargetError) as caught:
            next(running)
        failing.now = False
        monkeypatch.undo()
    finally:
        failing.unregister()
    assert caught.value.code in {"io", "full"}
    assert "nothing was done" in str(caught.value)
    assert world.dump() == before
    assert world.executor.look(order, "run") == "not-done"


_Connection = apsw.Connection


class FailingDisk(apsw.VFS):
    """The real file system, until `now`: then every write or sync of a file fails."""

    def __init__(self, when: str) -> None:
        self.when = when
        self.now = False
        super().__init__("failing", "")

    def xOpen(self, name: object, flags: list[int]) -> apsw.VFSFile:
        disk = self

        class File(apsw.VFSFile):
            def __init__(self) -> None:
                super().__init__("", name, flags)  # type: ignore[arg-type]  # it is what SQLite gave

            def xSync(self, flags: int) -> None:
                if disk.now and disk.when == "sync":
                    raise apsw.IOError("the disk failed")
                super().xSync(flags)

            def xWrite(self, data: bytes, offset: int) -> None:
                if disk.now and disk.when == "write":
                    raise apsw.FullError("the disk is full")
                super().xWrite(data, offset)

        return File()


def test_a_damaged_page_is_said_to_be_damage_and_nothing_is_done(world: World) -> None:
    world.do(rows(3000, 10) + "INSERT INTO orders SELECT v, 1, 'open', v FROM g")
    sql = "UPDATE orders SET cents = 1"
    order = world.order(sql, world.rehearse(sql).measured)
    leaves = "SELECT pageno FROM dbstat WHERE name = 'orders' AND pagetype = 'leaf' LIMIT 1 OFFSET 9"
    page = int(str(world.do(leaves)[0][0]))
    raw = bytearray(world.path.read_bytes())
    raw[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    world.path.write_bytes(raw)
    for attempt in (lambda: world.rehearse(sql), lambda: world.steps(order)):
        with pytest.raises(TargetError) as caught:
            attempt()
        assert caught.value.code == "corrupt"
    assert world.path.read_bytes() == raw


def test_a_file_that_is_swapped_before_the_commit_gets_nothing(tmp_path: Path, world: World) -> None:
    order = world.order(CHANGE, world.rehearse(CHANGE).measured)
    running = world.executor.execute(order, world.seal)
    next(running)
    world.path.rename(tmp_path / "real.db")
    World(tmp_path)
    before = world.dump()
    with pytest.raises(Stale, match="swapped"):
        next(running)
    assert world.dump() == before
    world.path.unlink()
    (tmp_path / "real.db").rename(world.path)
    assert world.dump() == before


def test_bytes_that_sqlite_would_read_differently_are_refused(world: World) -> None:
    for payload in (b"DELETE FROM orders\xff", b"SELECT 1\x00; DROP TABLE orders"):
        with pytest.raises(BadProposal):
            world.executor.execute(world.order("x")._replace(payload=payload), world.seal).__next__()


def test_a_database_with_a_hot_journal_is_repaired_by_the_first_writer(tmp_path: Path) -> None:
    """A crash of the application in its own commit: we are not stopped by it and do not make it worse."""
    world = World(tmp_path)
    before = world.dump()
    program = (
        "import apsw, os, signal, sys\n"
        "c = apsw.Connection(sys.argv[1]); c.pragma('cache_size', 1); c.execute('BEGIN')\n"
        'c.execute("WITH RECURSIVE g(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM g LIMIT 9000) '
        'INSERT INTO audit SELECT hex(zeroblob(100)), v FROM g")\n'
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    died = subprocess.run([sys.executable, "-c", program, str(world.path)], check=False)
    assert died.returncode == -signal.SIGKILL
    assert (tmp_path / "shop.db-journal").exists()
    assert world.rehearse(CHANGE).rollback.verdict == "valid"
    assert world.dump() == before


KILLED = f"""
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from sql_world import World
folder, purpose, at, mode = sys.argv[1:]
world = World.__new__(World)
world.__init__(Path(folder), "PRAGMA journal_mode = " + mode)
import pickle
order, images, vault = pickle.loads((Path(folder) / "order").read_bytes())
world.vault = vault
steps = {{"run": lambda: world.executor.execute(order, world.seal),
         "undo": lambda: world.executor.undo(order, images, world.unseal),
         "close": lambda: world.executor.close(order)}}[purpose]()
for number, step in enumerate(steps):
    if number == int(at):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize("purpose", ["run", "undo", "close"])
@pytest.mark.parametrize("at", [0, 1], ids=["about", "did"])
def test_after_kill_9_at_any_step_the_target_is_whole_and_look_tells_the_truth(
    tmp_path: Path, purpose: str, at: int, mode: str
) -> None:
    import pickle

    world = World(tmp_path, SHOP + f"PRAGMA journal_mode = {mode};")
    before = world.dump()
    order = world.order(CHANGE, world.rehearse(CHANGE).measured)
    images: tuple[str, ...] = ()
    after: dict[str, object] = {}
    if purpose != "run":
        images = world.steps(order)[-1].images
        after = world.dump()
    (tmp_path / "order").write_bytes(pickle.dumps((order, images, world.vault)))
    died = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), purpose, str(at), mode], check=False)
    assert died.returncode == -signal.SIGKILL

    took = at == 1
    seen = world.executor.look(order, purpose)  # type: ignore[arg-type]  # one of the three
    assert ("done" if took else "not-done") == seen
    found = world.dump()
    if purpose == "run":
        assert (found != before) == took
    elif purpose == "undo":
        assert found == (before if took else after)
    else:
        assert found == after
        kept = world.do("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'interlock_kept%'")
        assert [(0 if took else 1,)] == kept


@pytest.mark.parametrize("mode", ["delete", "wal", "persist", "truncate"])
def test_a_rehearsal_leaves_the_journal_mode_as_it_is(world: World, mode: str) -> None:
    world.do(f"PRAGMA journal_mode = {mode}")
    assert world.rehearse(CHANGE).complete
    assert (world.do("PRAGMA journal_mode") == [("wal",)]) == (mode == "wal")


def test_no_journal_stands_beside_the_live_file_during_a_rehearsal(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader would take it for the rest of a crash, and a crash would leave it."""
    seen: list[list[str]] = []
    finish = Recorder.finish

    def look(recorder: Recorder) -> object:
        seen.append([path.name for path in world.path.parent.glob("shop.db-journal")])
        return finish(recorder)

    monkeypatch.setattr(Recorder, "finish", look)
    sql = rows(30_000, 100) + "INSERT INTO audit SELECT hex(zeroblob(90)), v FROM g"
    assert world.rehearse(sql).complete
    assert seen == [[], []]


def test_readers_of_the_live_file_go_on_during_a_rehearsal(world: World) -> None:
    """Also without WAL, and also when the change is large: changed pages stay in our memory."""
    sql = rows(60_000, 100) + "INSERT INTO audit SELECT hex(zeroblob(60)), v FROM g"
    failures: list[apsw.Error] = []
    stop = threading.Event()

    def read() -> None:
        connection = apsw.Connection(str(world.path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            while not stop.is_set():
                connection.execute("SELECT count(*) FROM orders").fetchall()
        except apsw.Error as error:
            failures.append(error)
        finally:
            connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert world.rehearse(sql).complete
    finally:
        stop.set()
        reader.join()
    assert failures == []
