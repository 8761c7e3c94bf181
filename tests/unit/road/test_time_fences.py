"""Time fences on the road (D5): hours hold, freezes hold, glass is broken loudly and reviewed by somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.errors import InterlockError, Refused
from interlock.testing.world import OPERATOR, PASSPHRASE, START, World, simulated

CHANGE = "UPDATE orders SET status = 'paid' WHERE status = 'pending'"
ADD_COLUMN = "ALTER TABLE orders ADD COLUMN note TEXT"
FROZEN = """
[environments.production]
freezes = [{ name = "year end", from = 2026-11-01T00:00:00Z, to = 2026-12-01T00:00:00Z }]
"""
HOURS = """
[environments.production]
hours = [{ from = "09:00", to = "17:00", timezone = "Europe/Berlin" }]
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "home", orders=420) as made:
        yield made


def configure(world: World, text: str) -> None:
    with (world.path / "interlock.toml").open("a", encoding="utf-8") as file:
        file.write(text)
    world.reopen()


def test_in_a_freeze_nothing_changes_until_glass_is_broken(world: World) -> None:
    """An approval does not suffice; an incident commander's broken glass with a reason does, and is reviewed."""
    configure(world, FROZEN)
    case = world.propose(CHANGE)
    assert case.state == "held"
    assert "break-glass" in world.control.told(case)["decision"]["requirements"]  # type: ignore[index,call-overload]

    held = world.approve(case, "ada")
    assert held.state == "held", "the approval alone leaves the freeze standing"
    with pytest.raises(InterlockError, match="reason"):
        world.approve(held, "ben", break_glass=True)
    case = world.approve(held, "ben", reason="orders are stuck, customers call", break_glass=True)
    assert case.state == "approved"
    assert world.run(case).state == "done"

    due = world.control.health()["degraded"]
    assert due == [f"a review of case `{case.id}` is due: it broke the glass"]
    with pytest.raises(Refused):
        world.control.review(OPERATOR, case.id, "ben", "fine, I did it", PASSPHRASE)
    world.control.review(OPERATOR, case.id, "cyd", "it was needed", PASSPHRASE)
    assert world.control.health()["degraded"] == []


def test_a_freeze_lets_reading_through(world: World) -> None:
    configure(world, FROZEN)

    assert world.propose("SELECT count(*) FROM orders", run=True).state == "done"


def test_a_freeze_that_began_after_the_approval_stops_the_run(world: World) -> None:
    case = world.approve(world.propose(CHANGE), "ada")
    configure(world, FROZEN)
    before = world.contents()

    with pytest.raises(Refused):
        world.run(case)
    assert world.contents() == before


def test_outside_working_hours_a_change_of_structure_waits(world: World) -> None:
    """At noon UTC Berlin works; nine hours later it does not, and an approval does not open the window."""
    configure(world, HOURS)
    assert world.clock.now == START
    open_case = world.approve(world.propose(ADD_COLUMN), "ada")
    assert open_case.state == "approved"
    world.clock.forward(9 * 3600)
    before = world.rows("PRAGMA table_info(orders)")

    late = world.propose(ADD_COLUMN)
    assert late.state == "held"
    assert world.approve(late, "ada").state == "held", "it waits for the window, whoever votes"
    with pytest.raises(Refused):
        world.run(open_case)
    assert world.rows("PRAGMA table_info(orders)") == before
