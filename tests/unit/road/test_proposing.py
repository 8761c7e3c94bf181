"""Proposals that come at once are recorded in one transaction, each as the case that it would be alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from interlock.errors import BadProposal, InterlockError, StoreError
from interlock.ledger.batch import Asked
from interlock.ledger.log import Ledger
from interlock.model.case import Case
from interlock.model.proposal import Proposal
from interlock.proposing import SHORT
from interlock.testing.world import AGENT, OPERATOR, World, passport, simulated

TEXTS = [
    "SELECT total FROM orders WHERE id = 1",
    "DELETE FROM orders",
    "SELECT total FROM orders WHERE id = 2",
    "UPDATE orders SET status = 'paid' WHERE id = 3",
    "DROP TABLE orders",
]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "home") as made:
        made.control.record.standing("fixer")
        yield made


def asked(text: str, **more: str) -> Proposal:
    return Proposal("sql:postgres", text.encode(), "fixer", "production", **more)


def at_once(
    world: World, proposals: Sequence[Proposal], monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Case | InterlockError], list[int]]:
    """What becomes of proposals that wait while another one is being recorded; and how many each append was for."""
    append_each, sizes, begun, go = Ledger.append_each, list[int](), threading.Event(), threading.Event()

    def held_up(ledger: Ledger, given: Sequence[Asked]) -> object:
        sizes.append(len(given))
        begun.set()
        assert go.wait(30)
        return append_each(ledger, given)

    def propose(proposal: Proposal) -> Case | InterlockError:
        try:
            return world.control.propose(AGENT, proposal)
        except InterlockError as error:
            return error

    monkeypatch.setattr(Ledger, "append_each", held_up)
    with ThreadPoolExecutor(len(proposals) + 1) as pool:
        first = pool.submit(propose, asked("SELECT 1"))
        assert begun.wait(30)
        waiting = [pool.submit(propose, proposal) for proposal in proposals]
        pause = threading.Event()
        while len(world.control.proposing._together._queue) < len(proposals):
            pause.wait(0.01)
        go.set()
        first.result(30)
        return [future.result(30) for future in waiting], sizes


def test_each_becomes_the_case_that_it_would_be_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [world.control.propose(AGENT, asked(text)) for text in TEXTS]
    together, sizes = at_once(world, [asked(text) for text in TEXTS], monkeypatch)

    assert sizes == [1, len(TEXTS)]
    for one, other in zip(alone, together, strict=True):
        assert isinstance(other, Case)
        assert (other.state, other.change, other.assessment) == (one.state, one.change, one.assessment)
        assert other.decision is not None
        assert one.decision is not None
        assert other.decision.digest == one.decision.digest
        assert world.control.record.case(other.id) == other
        assert world.control.payload(other) == world.control.payload(one)


def test_one_that_cannot_be_read_is_refused_and_recorded_and_the_others_are_decided(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = Proposal("sql:oracle", b"SELECT 1", "fixer", "production")
    outcomes, sizes = at_once(world, [asked(TEXTS[0]), bad, asked(TEXTS[1])], monkeypatch)

    assert sizes == [1, 3]
    assert isinstance(outcomes[1], BadProposal)
    assert [case.state for case in world.control.record.cases()] == ["allowed", "allowed", "refused", "denied"]


def test_an_agent_that_was_changed_meanwhile_is_judged_anew_and_the_others_are_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.control.registry.add_agent(OPERATOR, passport(name="other"))
    other = Proposal("sql:postgres", b"SELECT total FROM orders WHERE id = 1", "other", "production")
    world.control.record.standing("other")
    world.control.registry.retire_agent(OPERATOR, "other")
    caller = AGENT._replace(name="other")
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(world.control.propose, caller, other).result(30)
    outcomes, sizes = at_once(world, [asked(TEXTS[0])], monkeypatch)

    assert case.state == "denied"
    assert sizes == [1, 1]
    assert isinstance(outcomes[0], Case)
    assert outcomes[0].state == "allowed"


def test_when_nothing_could_be_recorded_each_is_told_and_there_is_no_case(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(ledger: Ledger, given: object) -> object:
        raise StoreError("the disk is full; nothing was recorded")

    before = len(world.control.record.cases())
    monkeypatch.setattr(Ledger, "append_each", full)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(world.control.propose, AGENT, asked(text)) for text in TEXTS[:2]]
        for future in waiting:
            with pytest.raises(StoreError, match="disk is full"):
                future.result(30)

    assert len(world.control.record.cases()) == before


@pytest.mark.parametrize(
    "proposal",
    [
        asked("SELECT '" + "x" * SHORT + "'"),
        asked("SELECT 1", prompt="x" * SHORT),
        asked("SELECT 1", intent="x" * SHORT),
        Proposal("sql", b"SELECT 1", "fixer", "production", "shop"),
    ],
    ids=["a long text", "a long prompt", "a long intent", "a target"],
)
def test_nobody_waits_for_one_that_takes_long(
    world: World, proposal: Proposal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ledger, "append_each", lambda *_: pytest.fail("it was recorded with others"))
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(world.control.propose, AGENT, proposal).result(30)

    assert case.decision is not None
