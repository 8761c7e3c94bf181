"""The pace of an agent: what it may put on record in a minute is bounded, in number and in bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.claims import Claim
from interlock.configuration.pace import PaceBounds
from interlock.errors import TooFast
from interlock.model.proposal import Proposal
from interlock.pace import MOST, Pace
from interlock.testing.world import AGENT, OPERATOR, World, simulated

READ = "SELECT count(*) FROM orders"
WIDE = "UPDATE orders SET status = 'paid' WHERE status = 'pending'"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path) as world:
        yield world


def paced(world: World, **bounds: int) -> None:
    """The same home with these bounds."""
    with (world.path / "interlock.toml").open("a", encoding="utf-8") as file:
        file.write("\n[pace]\n" + "".join(f"{name} = {bound}\n" for name, bound in bounds.items()))
    world.reopen()


def ask(sql: str = READ, agent: str = "fixer") -> Proposal:
    return Proposal("sql:sqlite", sql.encode(), agent, "production", "shop", session="s1")


def claim(number: int) -> Claim:
    return Claim("one-call", f"signature-{number}", f"invocation-{number}", True)


def test_beyond_its_pace_an_agent_is_refused_and_nothing_is_recorded(world: World) -> None:
    paced(world, proposals=3)
    for _ in range(3):
        world.propose(READ)
    size = world.control.ledger.size()

    with pytest.raises(TooFast) as refused:
        world.propose(READ)

    assert "3 proposals a minute" in refused.value.message
    assert refused.value.seconds == 20
    assert world.control.ledger.size() == size


def test_who_waits_as_long_as_it_was_told_may_go_on(world: World) -> None:
    paced(world, proposals=3)
    for _ in range(3):
        world.propose(READ)

    world.clock.forward(20)

    assert world.propose(READ).state == "allowed"
    with pytest.raises(TooFast):
        world.propose(READ)


def test_one_agent_is_not_held_back_by_another(world: World) -> None:
    paced(world, proposals=1)
    world.propose(READ)

    assert world.control.propose(OPERATOR, ask(agent="other")).state == "allowed"


def test_what_is_recorded_of_a_change_counts_and_not_its_payload_alone(world: World) -> None:
    name = "x" * 2_000
    long = " ".join(f"DELETE FROM {name}_{number} WHERE id = 1;" for number in range(20))
    paced(world, bytes=len(long) * 2)
    world.propose(long, target="")

    with pytest.raises(TooFast, match="bytes a minute"):
        world.propose(READ)


def test_what_is_recorded_of_a_case_on_a_target_counts_too(world: World) -> None:
    paced(world, bytes=3_000)
    world.propose("UPDATE orders SET status = 'paid' WHERE id = 7")

    with pytest.raises(TooFast, match="bytes a minute"):
        world.propose(READ)


def test_reads_that_pass_without_a_case_have_a_bound_of_their_own(world: World) -> None:
    paced(world, reads=2)
    assert world.control.glance(AGENT, ask()) is not None
    assert world.control.glance(AGENT, ask(), judge=False) is not None

    with pytest.raises(TooFast, match="2 reads a minute"):
        world.control.glance(AGENT, ask(), judge=False)

    assert world.propose(READ).state == "allowed"


def test_calls_at_a_gate_count_and_those_that_join_a_held_case_too(world: World) -> None:
    paced(world, proposals=2)
    drop = ask(WIDE)
    case = world.control.called(AGENT, drop, claim(1))
    assert case is not None
    assert case.state == "held"
    again = world.control.called(AGENT, drop, claim(2))
    assert again is not None
    assert again.id == case.id

    with pytest.raises(TooFast):
        world.control.called(AGENT, drop, claim(3))
    with pytest.raises(TooFast):
        world.control.joined(AGENT, claim(3), case.id)


def test_a_try_of_a_call_that_is_on_record_costs_nothing(world: World) -> None:
    paced(world, proposals=1)
    drop = ask(WIDE)
    first = world.control.called(AGENT, drop, claim(1))

    assert first is not None
    assert [world.control.called(AGENT, drop, claim(1)) for _ in range(5)] == [first] * 5


def test_looking_and_checking_have_no_bound(world: World) -> None:
    paced(world, proposals=1)
    case = world.propose(READ)

    for _ in range(5):
        assert world.control.case(AGENT, case.id).state == "allowed"
        assert world.control.check(AGENT, ask()).decision.outcome == "allow"


def test_the_health_page_says_for_a_minute_who_is_held_back(world: World) -> None:
    paced(world, proposals=1)
    world.propose(READ)
    assert world.control.health()["degraded"] == []
    with pytest.raises(TooFast):
        world.propose(READ)

    assert world.control.health()["degraded"] == ["`fixer` is held back: it asks faster than its pace"]
    world.clock.forward(61)
    assert world.control.health()["degraded"] == []


def test_a_clock_that_stands_still_or_goes_back_gives_nothing() -> None:
    now = 1_000
    pace = Pace(PaceBounds(1, 1, 1_000), lambda: now)
    pace.joins("fixer")
    now = 0

    with pytest.raises(TooFast):
        pace.joins("fixer")


def test_a_minute_of_rest_is_all_that_can_be_saved_up() -> None:
    now = 0
    pace = Pace(PaceBounds(2, 1, 1_000), lambda: now)
    now = 10 * 60_000
    pace.joins("fixer")
    pace.joins("fixer")

    with pytest.raises(TooFast):
        pace.joins("fixer")


def test_a_debt_of_bytes_is_waited_off() -> None:
    now = 0
    pace = Pace(PaceBounds(100, 100, 1_000), lambda: now)
    pace.grew("fixer", 3_000)

    with pytest.raises(TooFast) as refused:
        pace.joins("fixer")
    assert refused.value.seconds == 121

    now = 121_000
    pace.joins("fixer")


def test_names_without_end_take_no_memory_without_end_and_forget_no_debt_of_late() -> None:
    pace = Pace(PaceBounds(1, 1, 1_000), lambda: 0)
    for number in range(MOST + 10):
        pace.joins(f"agent-{number}")

    assert len(pace._purses) <= MOST  # its bound is inside
    with pytest.raises(TooFast):
        pace.joins(f"agent-{MOST + 9}")
