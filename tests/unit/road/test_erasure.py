"""Erasure: what the vault holds of a case is gone, what the target kept for it too, and every proof still holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.errors import Conflict, Forbidden, InterlockError, NotFound, Refused
from interlock.identify.verbs import Caller
from interlock.ledger.audit import verify
from interlock.model.entry import Started
from interlock.testing.world import OPERATOR, World, passport, simulated

SECRET = b"customer4711@shop.example"
CHANGE = f"UPDATE orders SET status = 'paid' WHERE status = 'pending' /* {SECRET.decode()} */"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "home", orders=420) as made:
        yield made


def test_an_erased_case_tells_nothing_and_still_verifies(world: World) -> None:
    case = world.run(world.approve(world.propose(CHANGE), "ada"))
    erased = world.control.erase(OPERATOR, case.id, "a request for erasure")

    assert (erased.state, erased.erased) == ("closed", True)
    assert world.control.payload(erased) == b""
    assert world.control.samples(erased) == []
    with pytest.raises(NotFound):
        world.control.record.unseal(case.id, case.proposed.payload)
    key = (world.path / "keys" / "ledger.key.pub").read_text(encoding="utf-8").strip()
    assert verify(world.path / "ledger.db", vkey=key).ok
    assert world.control.record.case(case.id).decision == case.decision


def test_nothing_of_an_erased_case_is_left_in_the_files(world: World) -> None:
    """Neither sealed nor in the clear: its words are in no file of the home, and its undo is gone from the target."""
    case = world.run(world.approve(world.propose(CHANGE), "ada"))
    world.control.erase(OPERATOR, case.id, "a request for erasure")
    world.control.close()

    for file in world.path.rglob("*"):
        assert not file.is_file() or file.name.endswith("shop.db") or SECRET not in file.read_bytes(), file
    world.control = type(world.control).open(world.path, world.clock.senses())


def test_what_stood_aside_for_an_undo_goes_before_the_erasure(world: World) -> None:
    """A dropped table that was kept for its undo window is let go; otherwise nobody could do it afterwards."""
    trusted = passport(general_purpose=False, destroy_authorised_by="olga", capabilities=_all_tiers())
    world.control.registry.add_agent(OPERATOR, trusted)
    case = world.approve(world.propose("DROP TABLE order_events"), "ada", "ben")
    assert world.run(case).state == "done"
    world.control.erase(OPERATOR, case.id, "a request for erasure")

    kept = world.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'interlock_kept%'")
    assert kept == []
    with pytest.raises(InterlockError):
        world.undo(case)


def test_what_is_running_is_not_erased(world: World) -> None:
    case = world.approve(world.propose(CHANGE), "ada")
    assert case.decision is not None
    running = world.control.record.extend(case, "interlock", Started("run", case.decision.digest))
    assert running.state == "running"

    with pytest.raises(Conflict, match="running"):
        world.control.erase(OPERATOR, case.id, "a request for erasure")
    assert world.control.payload(running)


def test_an_erased_case_runs_no_more(world: World) -> None:
    case = world.approve(world.propose(CHANGE), "ada")
    world.control.erase(OPERATOR, case.id, "a request for erasure")
    before = world.contents()

    with pytest.raises(Refused, match="was erased"):
        world.run(case)
    assert world.contents() == before


def test_nobody_approves_what_was_erased_and_may_still_reject_it(world: World) -> None:
    case = world.propose(CHANGE)
    world.control.erase(OPERATOR, case.id, "a request for erasure")

    with pytest.raises(Refused, match="was erased"):
        world.approve(world.control.case(OPERATOR, case.id), "ada")
    assert world.reject(case, "ada").state == "rejected"


def test_only_an_operator_erases(world: World) -> None:
    case = world.propose("SELECT 1 FROM orders")

    for caller in (Caller("agent", "fixer"), Caller("person", "ada"), Caller("anyone")):
        with pytest.raises(Forbidden):
            world.control.erase(caller, case.id, "why not")


def _all_tiers() -> object:
    from interlock.model.agent import Capability
    from interlock.model.change import TIERS

    return tuple(Capability(tier, max_rows=1000, environments=("production",)) for tier in TIERS)
