"""Faults on the whole road: one clear error each, nothing unrecorded, nothing half done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.synchronize import Event as EventType
from pathlib import Path
from types import SimpleNamespace

import apsw
import pytest

from interlock.control import Control
from interlock.errors import (
    BadProposal,
    Broken,
    ClockError,
    Corrupt,
    InterlockError,
    KeyLost,
    Stale,
    StoreError,
    TargetError,
)
from interlock.execute.sql import rehearse
from interlock.model.proposal import Proposal
from interlock.testing.world import AGENT, CHEAP, OPERATOR, PASSPHRASE, World, furnish, simulated

CHANGE = "UPDATE orders SET status = 'paid' WHERE status = 'pending'"


SPAWN = get_context("spawn")
Process, Event = SPAWN.Process, SPAWN.Event


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "home", orders=420) as made:
        yield made


def test_a_missing_database_is_said_and_never_made(world: World) -> None:
    (world.path / "shop.db").unlink()

    with pytest.raises(InterlockError) as error:
        world.propose(CHANGE)
    assert error.value.hint
    assert not (world.path / "shop.db").exists()
    assert [case.state for case in world.control.record.cases()] == ["refused"]


def test_a_locked_database_holds_nothing_up_for_ever(world: World) -> None:
    """Somebody else's transaction on the target: one clear error in bounded time, and the case can be run later."""
    case = world.approve(world.propose(CHANGE), "ada")
    locked, freed = Event(), Event()
    other = Process(target=_hold, args=(world.path / "shop.db", locked, freed))
    other.start()
    assert locked.wait(10)
    with pytest.raises(TargetError, match="lock"):
        world.run(case)
    freed.set()
    other.join()

    assert world.control.record.case(case.id).state == "approved"
    assert world.run(case).state == "done"


def _hold(path: Path, locked: EventType, freed: EventType) -> None:
    """Another process's transaction: locks of SQLite are between processes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        locked.set()
        freed.wait(30)


def test_a_vanished_database_in_the_undo_window_keeps_the_case(world: World) -> None:
    case = world.run(world.approve(world.propose(CHANGE), "ada"))
    moved = world.path / "elsewhere.db"
    (world.path / "shop.db").rename(moved)

    with pytest.raises(InterlockError):
        world.undo(case)
    moved.rename(world.path / "shop.db")
    world.control.recover(OPERATOR)

    assert world.undo(world.control.record.case(case.id)).state == "undone"


NO_ROOM = "there is no room beside the database for a copy of it"


def full_beside(patch: pytest.MonkeyPatch) -> None:
    """The disk of the database has no room for its copy."""
    patch.setattr(rehearse, "MEMORY_BYTES", 0)
    patch.setattr(rehearse.shutil, "disk_usage", lambda _: SimpleNamespace(free=1))


def full_within(patch: pytest.MonkeyPatch) -> None:
    """The disk runs full while the way back is tried on the copy."""

    def fails(*_: object) -> None:
        raise apsw.FullError("database or disk is full")

    patch.setattr(rehearse, "take_back", fails)


@pytest.mark.parametrize(
    ("fill", "said"), [(full_beside, NO_ROOM), (full_within, "the disk (or the database's own size limit) is full")]
)
def test_a_rehearsal_that_runs_out_of_room_leaves_the_approval_as_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch, fill: Callable[[pytest.MonkeyPatch], None], said: str
) -> None:
    case = world.approve(world.propose(CHANGE), "ada")
    before = world.contents()
    with monkeypatch.context() as patch:
        fill(patch)
        with pytest.raises(TargetError) as refused:
            world.run(case)

    assert said in refused.value.message
    assert "the approval stays" in refused.value.hint
    assert world.control.case(OPERATOR, case.id) == case
    assert world.contents() == before
    assert world.run(case).state == "done"


def test_a_change_that_moved_lapses_where_there_is_room_to_see_it(world: World) -> None:
    case = world.approve(world.propose(CHANGE), "ada")
    world.meddle("UPDATE orders SET status = 'pending' WHERE status <> 'pending'")

    with pytest.raises(Stale):
        world.run(case)

    assert world.control.case(OPERATOR, case.id).state == "lapsed"


def test_a_proposal_whose_rehearsal_runs_out_of_room_says_so_and_is_held(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_beside(monkeypatch)
    case = world.propose("UPDATE orders SET status = 'paid' WHERE id = 7")

    assert case.state in ("held", "denied")
    assert case.assessment is not None
    assert NO_ROOM in case.assessment.rollback.why


def test_a_clock_that_went_back_stops_everything(world: World) -> None:
    """Times in the record must not lie: nothing is decided until the clock is right again."""
    case = world.approve(world.propose(CHANGE), "ada")
    before = world.contents()
    world.clock.forward(-3600)
    acts: list[Callable[[], object]] = [lambda: world.propose("SELECT 1"), lambda: world.run(case)]

    for act in acts:
        with pytest.raises(ClockError, match="behind"):
            act()
    health = world.control.health()
    assert (health["state"], health["ledger_entries"]) == ("stopped", world.control.ledger.size())
    assert world.contents() == before
    world.clock.forward(3600)
    assert world.run(case).state == "done"


def test_a_clock_that_went_back_is_noticed_after_a_restart_too(world: World) -> None:
    world.propose("SELECT 1")
    world.clock.forward(-3600)
    world.reopen()

    with pytest.raises(ClockError):
        world.propose("SELECT 1")


@pytest.mark.parametrize("key", ["ledger.key", "vault.key", "issuer.key"])
def test_a_lost_key_closes_the_home(world: World, key: str) -> None:
    (world.path / "keys" / key).unlink()

    with pytest.raises(KeyLost) as error:
        world.reopen()
    assert key in str(error.value)


@pytest.mark.parametrize("key", ["ledger.key", "vault.key", "issuer.key"])
def test_a_key_that_others_can_read_closes_the_home(world: World, key: str) -> None:
    (world.path / "keys" / key).chmod(0o640)

    with pytest.raises(KeyLost):
        world.reopen()


def test_an_edited_ledger_does_not_open(world: World) -> None:
    """The head was moved by hand: the home stays closed, and says that the ledger is corrupt."""
    world.propose("SELECT 1")
    world.control.close()
    with closing(sqlite3.connect(world.path / "ledger.db")) as store, store:
        store.execute("DELETE FROM entries WHERE idx = (SELECT max(idx) FROM entries)")
        store.execute("UPDATE head SET size = size - 1")

    with pytest.raises(Corrupt):
        Control.open(world.path, world.clock.senses())
    for trace in ("entries", "head"):
        with closing(sqlite3.connect(world.path / "ledger.db")) as store, store:
            store.execute(f"DROP TABLE {trace}")
    with pytest.raises(Broken):
        Control.open(world.path, world.clock.senses())
    furnish(world.path.parent / "other", world.clock, orders=10).close()
    world.control = Control.open(world.path.parent / "other", world.clock.senses())


@pytest.mark.parametrize(
    "payload",
    [b"", b"   ", b"\xff\xfe\x00", b"SELECT 1\x00; DROP TABLE orders", b"x" * (17 * 1024 * 1024)],
    ids=["empty", "blank", "utf-16", "nul", "17 MB"],
)
def test_bytes_that_cannot_be_read_are_refused_and_recorded(world: World, payload: bytes) -> None:
    with pytest.raises(InterlockError) as error:
        world.control.propose(AGENT, Proposal("sql:sqlite", payload, "fixer", "production", "shop"))

    assert isinstance(error.value, BadProposal) or error.value.http_status == 400
    assert all(case.state == "refused" for case in world.control.record.cases())


def test_a_change_that_fails_at_the_target_is_never_run(world: World) -> None:
    case = world.propose("UPDATE orders SET status = 'no such status' WHERE id = 7")

    assert case.state in ("held", "denied")
    assert case.assessment is not None
    assert "rehearsal-failed" in {finding.id for finding in case.assessment.findings}
    with pytest.raises(InterlockError):
        world.run(case)


def test_ten_megabytes_of_sql_are_answered(world: World) -> None:
    """Read, or refused with a reason; in seconds, and never allowed unread."""
    script = b"UPDATE orders SET status = 'paid' WHERE id = 1;\n" * 210_000
    case = world.control.propose(AGENT, Proposal("sql:sqlite", script, "fixer", "production", "shop"))

    assert case.state == "denied"
    assert case.assessment is not None and case.assessment.degraded


def test_five_thousand_levels_of_nesting_are_answered(world: World) -> None:
    deep = f"SELECT {'(' * 5000}1{')' * 5000} FROM orders"
    case = world.propose(deep)

    assert case.state != "allowed" or (case.change is not None and case.change.fully_known)


@pytest.mark.parametrize("committed", [False, True])
def test_a_person_who_is_not_recorded_leaves_no_key_behind(
    world: World, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    record, written = world.control.record, world.control.record.write

    def fails(*arguments: object) -> object:
        if committed:  # it is on record, and only the word of that was lost
            written(*arguments)  # type: ignore[arg-type]  # handed on as they came
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch, pytest.raises(StoreError, match="the disk is full"):
        patch.setattr(record, "write", fails)
        world.control.registry.add_person(OPERATOR, "gus", (), "UTC", PASSPHRASE, CHEAP)

    assert world.control.home.person_key("gus").exists() is committed
    if not committed:
        assert world.control.registry.add_person(OPERATOR, "gus", (), "UTC", PASSPHRASE, CHEAP).name == "gus"


def test_a_key_stays_where_nobody_can_tell_whether_its_person_is_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> object:
        raise StoreError("the store is down")

    with monkeypatch.context() as patch, pytest.raises(StoreError):
        people = world.control.record.people()
        patch.setattr(world.control.record, "people", lambda: people)
        patch.setattr(world.control.record, "write", fails)
        patch.setattr(world.control.record, "person", fails)
        world.control.registry.add_person(OPERATOR, "gus", (), "UTC", PASSPHRASE, CHEAP)

    assert world.control.home.person_key("gus").exists()
