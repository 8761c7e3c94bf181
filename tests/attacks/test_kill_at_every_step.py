"""kill -9 at every recorded point of the road, on both stores, then a restart: nothing unrecorded, nothing half done.

The child process walks the whole road (propose, vote, run, undo) and dies just before, or just after, its Nth append
to the ledger. Between an append and the next stands everything that touches the world, so all of it is covered.
"""

from __future__ import annotations

import itertools
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.deadly import deadly, forked

from interlock.ledger.audit import verify
from interlock.ledger.log import Ledger
from interlock.model.case import OPEN_STATES
from interlock.testing.world import OPERATOR, START, Clock, World, simulated, transplant

FIX = "UPDATE orders SET status = 'paid' WHERE status = 'pending'"
ENDED = {"done", "undone", "failed", "refused", "held", "approved", "lapsed", "closed"}


def walk(world: World) -> None:
    """The whole road: there and back, there again, and the end of the undo window."""
    case = world.run(world.approve(world.propose(FIX), "ada"))
    world.undo(case)
    world.run(world.approve(world.propose(FIX), "ada"))
    world.clock.forward(60)
    world.control.sweep()


def in_child(path: Path, store: str, fatal: int, when: str) -> int:
    """Walk the road in a process of its own that dies on the way; its wait status."""

    def work() -> None:
        deadly(fatal, when)
        walk(World(path, Clock(), store=store))

    return forked(work)


def settled(world: World) -> None:
    """What a restart does, and what must hold after it."""
    world.control.recover(OPERATOR)
    case = world.control.record.cases()[-1] if world.control.record.cases() else None
    pending = world.rows("SELECT count(*) FROM orders WHERE status = 'pending'")[0][0]
    events = world.rows("SELECT count(*) FROM order_events")[0][0]

    assert world.rows("PRAGMA integrity_check") == [("ok",)]
    assert (pending == 0) == (events > 0), "the change is there as a whole or not at all"
    if case is None:
        assert pending > 0, "nothing happens that is not recorded"
        return
    assert case.state in ENDED, case.state
    assert case.state not in OPEN_STATES
    assert (pending == 0) == (case.state in {"done", "closed"}), "the record says what is so"
    assert world.control.record.cases() == [world.control.record.case(one.id) for one in world.control.record.cases()]


@pytest.fixture
def template(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "template", orders=420) as world:
        yield world


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Callable[[], str]:
    """A fresh store's URL; empty for the home's own SQLite file."""
    if request.param == "sqlite":
        return lambda: ""
    server, names = request.getfixturevalue("postgres"), itertools.count()
    return lambda: str(server.address(f"kill_{next(names)}"))


def points(template: World, path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many appends the whole road makes when nobody dies."""
    transplant(template, path)
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "append", Ledger.append)
        world = World(path, Clock())
        seen = deadly(-1, "never")
        walk(world)
        world.close()
    return seen[0]


def test_a_kill_at_any_point_leaves_nothing_half_done(
    tmp_path: Path, template: World, store: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a kill at each append, before or after it, recovery brings record and database to agree."""
    total = points(template, tmp_path / "count", monkeypatch)
    assert total >= 24, "the road has at least so many recorded points"
    for fatal, when in itertools.product(range(1, total + 1), ("before", "after")):
        home, url = tmp_path / f"{fatal}-{when}", store()
        transplant(template, home, store=url)
        assert in_child(home, url, fatal, when) == signal.SIGKILL

        world = World(home, Clock(START + 120_000), store=url)
        try:
            settled(world)
            if not url:
                report = verify(home / "ledger.db", vkey=(home / "keys" / "ledger.key.pub").read_text().strip())
                assert report.ok, report.problems
        finally:
            world.close()
        shutil.rmtree(home)


def test_after_a_kill_the_next_change_walks_the_whole_road(tmp_path: Path, template: World) -> None:
    transplant(template, tmp_path / "home")
    assert in_child(tmp_path / "home", "", 9, "after") == signal.SIGKILL

    world = World(tmp_path / "home", Clock(START + 120_000))
    world.control.recover(OPERATOR)
    case = world.propose("UPDATE orders SET total_cents = total_cents + 1 WHERE id = 7")

    assert (case if case.state == "allowed" else world.approve(case, "ada")).state in ("allowed", "approved")
    assert world.run(case).state == "done"
    world.close()
