"""An agent whose passport was changed or taken away, through another replica too, gains nothing by our memory of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from interlock.control import Control
from interlock.errors import Conflict
from interlock.judge import Judge
from interlock.model.case import Case
from interlock.model.proposal import Proposal
from interlock.proposing import OVERTAKINGS
from interlock.record import Record, Standing
from interlock.testing.world import AGENT, OPERATOR, World, passport, simulated

READ = "SELECT * FROM orders WHERE id = 7"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "home") as made:
        yield made


@pytest.fixture
def replica(world: World) -> Iterator[Control]:
    with Control.open(world.path, world.clock.senses()) as control:
        yield control


@pytest.fixture(params=["on the main thread", "on a thread that serves others too"], autouse=True)
def thread(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is asked on the main thread is recorded by itself, one on another together with those that wait."""
    monkeypatch.setitem(PLACE, "elsewhere", request.param != "on the main thread")


PLACE = {"elsewhere": False}


def propose(world: World) -> Case:
    proposal = Proposal("sql:postgres", READ.encode(), "fixer", "production")
    if not PLACE["elsewhere"]:
        return world.control.propose(AGENT, proposal)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(world.control.propose, AGENT, proposal).result()


def test_what_another_replica_took_away_is_gone_with_the_very_next_proposal(world: World, replica: Control) -> None:
    assert propose(world).state == "allowed"
    replica.registry.retire_agent(OPERATOR, "fixer")

    assert propose(world).state == "denied"


def test_the_passport_that_is_recorded_is_the_one_that_was_judged_by(world: World, replica: Control) -> None:
    propose(world)
    replica.registry.add_agent(OPERATOR, passport(purpose="something else"))

    case = propose(world)

    assert case.proposed.passport == world.control.record.passport("fixer").digest
    assert case.proposed.passport == passport(purpose="something else").digest


def test_a_passport_taken_away_while_it_is_judged_by_allows_nothing(
    world: World, replica: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(world)
    judged, decide = [], Judge.decide

    def and_meanwhile(judge: Judge, *rest: object) -> object:
        judged.append(1)
        if len(judged) == 1:
            replica.registry.retire_agent(OPERATOR, "fixer")
        return decide(judge, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Judge, "decide", and_meanwhile)
    case = propose(world)

    assert (case.state, len(judged)) == ("denied", 2)
    assert len(world.control.record.cases()) == 2


def test_what_was_judged_by_an_old_passport_touches_no_target(
    world: World, replica: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.propose("UPDATE orders SET status = 'paid' WHERE id = 7")
    replica.registry.retire_agent(OPERATOR, "fixer")
    looked, look = [], Judge.look
    monkeypatch.setattr(Judge, "look", lambda judge, *rest: looked.append(rest[3]) or look(judge, *rest))

    assert world.propose("UPDATE orders SET status = 'paid' WHERE id = 7").state == "denied"
    assert [seen.retired for seen in looked] == [True]


def test_a_passport_that_never_stands_still_is_refused_in_the_end_and_nothing_is_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def stale(record: Record, agent: str) -> Standing:
        asked.append(agent)
        return Standing(record.passport(agent), 99, {})

    monkeypatch.setattr(Record, "standing", stale)
    with pytest.raises(Conflict, match="does not stand still"):
        propose(world)

    assert len(asked) == OVERTAKINGS
    assert world.control.record.cases() == []
