"""kill -9 at every recorded point of the road, on both stores, then a restart: nothing unrecorded, nothing half done.

The child process walks the whole road (propose, vote, run, undo) and dies just before, or just after, its Nth append
to the ledger. Between an append and the next stands everything that touches the world, so all of it is covered.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from interlock.ledger.audit import verify
from interlock.ledger.log import Ledger
from interlock.model.case import OPEN_STATES
from interlock.testing.world import OPERATOR, Clock, World, furnish

FIX = "UPDATE orders SET status = 'paid' WHERE status = 'pending'"
ENDED = {"done", "undone", "failed", "refused", "held", "approved", "lapsed", "closed"}


def walk(world: World) -> None:
    """The whole road, once. The database is taken back to where it was at the end."""
    case = world.propose(FIX)
    case = world.approve(case, "ada")
    case = world.run(case)
    world.undo(case)


def child(path: str, store: str, fatal: int, when: str) -> None:
    """Die by SIGKILL at append number `fatal`, before or after it is durable."""
    world = World(Path(path), Clock(), store=store)
    append: Callable[..., tuple[int, ...]] = Ledger.append
    seen = 0

    def deadly(ledger: Ledger, items: object, *rest: object, **named: object) -> tuple[int, ...]:
        nonlocal seen
        seen += 1
        if seen == fatal and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        indexes = append(ledger, items, *rest, **named)
        if seen == fatal and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return indexes

    Ledger.append = deadly  # type: ignore[method-assign,assignment]
    walk(world)
    world.close()
    print(seen)


def run_child(path: Path, store: str, fatal: int, when: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, __file__, str(path), store, str(fatal), when]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


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
    assert (pending == 0) == (case.state == "done"), "the record says what is so"
    assert world.control.record.cases() == [world.control.record.case(one.id) for one in world.control.record.cases()]


def appends(tmp_path: Path) -> int:
    furnish(tmp_path / "count", Clock()).close()
    counted = run_child(tmp_path / "count", "", 10_000, "never")
    assert counted.returncode == 0, counted.stderr
    return int(counted.stdout)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Callable[[], str]:
    """A fresh store's URL; empty for the home's own SQLite file."""
    if request.param == "sqlite":
        return lambda: ""
    server = request.getfixturevalue("postgres")
    names = (f"kill_{number}" for number in range(1000))
    return lambda: str(server.address(next(names)))


def test_a_kill_at_any_point_leaves_nothing_half_done(tmp_path: Path, store: Callable[[], str]) -> None:
    """After a kill at each append, before or after it, recovery brings record and database to agree."""
    total = appends(tmp_path)
    assert total >= 12, "the road has at least so many recorded points"
    for fatal in range(1, total + 1):
        for when in ("before", "after"):
            home, url = tmp_path / f"{fatal}-{when}", store()
            furnish(home, Clock(), store=url).close()
            died = run_child(home, url, fatal, when)
            assert died.returncode == -signal.SIGKILL, died.stderr

            world = World(home, Clock(), store=url)
            try:
                settled(world)
                if not url:
                    report = verify(home / "ledger.db", vkey=(home / "keys" / "ledger.key.pub").read_text().strip())
                    assert report.ok, report.problems
                again = (
                    world.approve(world.propose(FIX), "ada")
                    if world.rows("SELECT 1 FROM orders WHERE status = 'pending'")
                    else None
                )
                if again is not None:
                    assert world.run(again).state == "done", "the next one walks the whole road"
            finally:
                world.close()


if __name__ == "__main__":
    child(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
