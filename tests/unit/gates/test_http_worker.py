"""The worker: it closes what is due, settles what was left behind, repeats the self-test, says what it cannot do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from interlock.errors import Conflict, StoreError, TargetError
from interlock.gates.http.worker import ARM_SECONDS, IDLE_MS, LATE_SECONDS, SETTLE_SECONDS, Worker
from interlock.model import entry as kinds
from interlock.model.case import Case
from interlock.testing.world import World, simulated
from live_gate import READ, WIDE, Live, wait_until


class Ticks:
    """Seconds that only the test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "home") as made:
        yield made


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def worker(world: World, ticks: Ticks) -> Worker:
    return Worker(world.control, ticks)


def done(world: World) -> Case:
    return world.run(world.approve(world.propose(WIDE), "ada"))


def left_running(world: World) -> Case:
    """What a process leaves that died before its first step."""
    case = world.approve(world.propose(WIDE), "ada")
    assert case.decision is not None
    return world.control.record.extend(case, "agent:fixer", kinds.Started("run", case.decision.digest))


def state(world: World, case: Case) -> str:
    return world.control.record.case(case.id).state


def test_a_window_that_is_over_is_closed_and_one_that_is_open_is_not(world: World, worker: Worker) -> None:
    case = done(world)

    worker.beat()
    assert state(world, case) == "done"
    world.clock.forward(31)
    worker.beat()
    assert state(world, case) == "closed"
    assert worker.state() == ([], [])


def test_a_case_that_cannot_be_closed_is_told_and_does_not_keep_the_others(
    world: World, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, fine = done(world), done(world)
    real = world.control.road.close

    def close(case: str) -> Case:
        if case == stuck.id:
            raise TargetError("the target is locked")
        return real(case)

    monkeypatch.setattr(world.control.road, "close", close)
    world.clock.forward(31)
    worker.beat()

    assert (state(world, stuck), state(world, fine)) == ("done", "closed")
    problems, degraded = worker.state()
    assert problems == []
    assert len(degraded) == 1
    assert stuck.id in degraded[0]
    assert "the target is locked" in degraded[0]


def test_what_fails_is_tried_again_later_and_later_and_not_at_each_beat(
    world: World, worker: Worker, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A target that is down for a week must not fill the ledger with attempts."""
    done(world)
    tries = []

    def close(case: str) -> Case:
        tries.append(ticks.now - 1000)
        raise TargetError("down")

    monkeypatch.setattr(world.control.road, "close", close)
    world.clock.forward(31)
    for _ in range(3 * 3600):
        worker._each(world.control.due(), world.control.close_window) if ticks.now % 60 < 2 or len(tries) < 6 else None
        ticks.now += 1

    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[:3] == [2, 4, 8]
    assert max(pauses) <= 3700
    assert len(tries) < 20


def test_what_works_again_is_no_longer_told(
    world: World, worker: Worker, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = done(world)
    with monkeypatch.context() as patch:
        patch.setattr(world.control.road, "close", lambda case: (_ for _ in ()).throw(TargetError("down")))
        world.clock.forward(31)
        worker.beat()
    assert worker.state()[1]

    ticks.now += 3
    worker.beat()

    assert worker.state() == ([], [])
    assert state(world, case) == "closed"


def test_that_another_replica_was_first_is_no_trouble(
    world: World, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(world)
    monkeypatch.setattr(world.control.road, "close", lambda case: (_ for _ in ()).throw(Conflict("moved on")))
    world.clock.forward(31)

    worker.beat()

    assert worker.state() == ([], [])


def test_what_a_dead_process_left_is_settled_once_it_has_been_idle_long_enough(
    world: World, worker: Worker, ticks: Ticks
) -> None:
    case = left_running(world)

    worker.beat()
    assert state(world, case) == "running"
    world.clock.forward(IDLE_MS / 1000 + 1)
    ticks.now += SETTLE_SECONDS
    worker.beat()

    assert state(world, case) == "failed"


def test_what_another_process_is_in_the_middle_of_is_left_alone(world: World, worker: Worker, ticks: Ticks) -> None:
    """Its executor could commit a moment after we had recorded that nothing happened."""
    case = left_running(world)

    for _ in range(10):
        ticks.now += SETTLE_SECONDS
        worker.beat()

    assert state(world, case) == "running"


def test_a_target_that_does_not_say_what_happened_is_told_and_asked_again(
    world: World, worker: Worker, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = left_running(world)
    world.clock.forward(IDLE_MS / 1000 + 1)
    with monkeypatch.context() as patch:
        patch.setattr(world.control.road, "recover", lambda case: case)
        worker.beat()
        assert "does not say yet" in worker.state()[1][0]

    ticks.now += SETTLE_SECONDS
    worker.beat()

    assert state(world, case) == "failed"
    assert worker.state() == ([], [])


def test_the_self_test_is_repeated_and_a_gate_that_fails_it_lets_nothing_pass(
    world: World, worker: Worker, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.beat()
    assert world.control.problems == ()
    monkeypatch.setattr("interlock.control.prove", lambda judge: ("the policies let a known-bad change through",))

    worker.beat()
    assert world.propose(READ).state == "allowed"
    ticks.now += ARM_SECONDS
    worker.beat()

    assert world.control.health()["state"] == "stopped"
    with pytest.raises(Exception, match="not armed"):
        world.propose(READ)
    opened = [entry.what for entry in world.control.record.entries("system") if isinstance(entry.what, kinds.Opened)]
    assert [one.armed for one in opened][-2:] == [True, False]


def test_a_self_test_that_says_the_same_again_is_not_recorded_again(world: World, worker: Worker, ticks: Ticks) -> None:
    worker.beat()
    size = world.control.ledger.size()
    for _ in range(3):
        worker.beat()
        ticks.now += ARM_SECONDS

    assert world.control.ledger.size() == size


def test_a_beat_that_takes_too_long_is_told(worker: Worker, ticks: Ticks) -> None:
    ticks.now += LATE_SECONDS + 1

    assert "busy with one thing" in worker.state()[1][0]


@pytest.mark.parametrize("error", [StoreError("the disk is full"), RuntimeError("secret-value")])
def test_the_thread_outlives_a_beat_that_fails_and_the_health_page_says_so(
    fresh: Live, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def due() -> list[Case]:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(fresh.world.control, "due", due)
        wait_until(lambda: fresh.ask("GET", "/health").status == 503)
        told = fresh.ask("GET", "/health").json
        assert told["state"] == "stopped"
        assert "the worker" in told["problems"][0]
        assert "secret-value" not in str(told)

    wait_until(lambda: fresh.ask("GET", "/health").status == 200)


def test_a_worker_that_has_ended_is_a_problem(world: World) -> None:
    worker = Worker(world.control)
    worker.start()
    worker.stop()

    assert worker.state()[0] == ["the worker has ended; restart"]


def test_stopping_waits_for_no_more_than_the_case_in_hand(world: World, worker: Worker) -> None:
    cases = [done(world), done(world)]
    world.clock.forward(31)
    worker._stopping.set()

    worker.beat()

    assert [state(world, case) for case in cases] == ["done", "done"]


def test_the_live_worker_closes_windows_by_itself(fresh: Live) -> None:
    case = done(fresh.world)
    fresh.world.clock.forward(31)

    wait_until(lambda: state(fresh.world, case) == "closed")
    assert threading.active_count() > 1
