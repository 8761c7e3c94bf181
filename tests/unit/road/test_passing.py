"""Reads that are allowed as they are: judged once, recorded many at once, and nothing that changed meanwhile passes."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from interlock import passing
from interlock.errors import Conflict, InterlockError, NotFound, Unauthenticated
from interlock.identify.tokens import Grant
from interlock.identify.verbs import Caller
from interlock.identify.virtual import Scope
from interlock.model import entry as kinds
from interlock.model.proposal import Proposal
from interlock.passing import Passage
from interlock.record import PASSED
from interlock.testing.world import AGENT, OPERATOR, World, simulated

READ = "SELECT count(*) FROM orders"
SCOPE = Scope("fixer", "shop", "production", (), (), "s1", "olga")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path) as world:
        yield world


def ask(sql: str = READ) -> Proposal:
    return Proposal("sql:sqlite", sql.encode(), "fixer", "production", "shop", session="s1")


def glance(world: World, sql: str = READ, key: str = "") -> Passage:
    passage = world.control.glance(AGENT, ask(sql), key)
    assert passage is not None
    return passage


def taken(world: World, *passages: Passage) -> list[InterlockError | None]:
    """What each caller is told, once all were."""
    told: list[InterlockError | None] = []
    all_told = threading.Event()

    def done(error: InterlockError | None) -> None:
        told.append(error)
        if len(told) == len(passages):
            all_told.set()

    for passage in passages:
        world.control.passing.take(passage, done)
    assert all_told.wait(10)
    return told


def passed(world: World) -> list[kinds.Passed]:
    whats = [entry.what for entry in world.control.record.entries(PASSED + "fixer")]
    return [what for what in whats if isinstance(what, kinds.Passed)]


def test_a_read_that_passes_is_recorded_with_what_was_asked(world: World) -> None:
    assert taken(world, glance(world), glance(world, "SELECT id FROM orders WHERE id = 7")) == [None, None]

    first, second = passed(world)
    assert second.resources == ("orders",)
    assert first.policies
    payloads = json.loads(world.control.vault.get(second.sealed, second.payload))
    assert b64decode(payloads[second.place]) == b"SELECT id FROM orders WHERE id = 7"
    assert not world.control.cases(OPERATOR)


def test_a_lone_read_is_recorded_at_once_and_others_are_waited_for_only_in_a_crowd(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(passing, "time", SimpleNamespace(sleep=pauses.append))
    read = glance(world)
    for _ in range(20):
        taken(world, read)
    lone = list(pauses)
    for _ in range(5):
        taken(world, *[read] * 64)

    assert lone == []
    assert pauses
    assert set(pauses) == {passing.GATHER_SECONDS}


@pytest.mark.parametrize(
    "sql",
    ["UPDATE orders SET status = 'paid' WHERE id = 7", "SELECT wipe()", "SELECT 1; DROP TABLE orders", "SELEC 1", ""],
)
def test_what_does_not_only_read_has_to_go_the_whole_road(world: World, sql: str) -> None:
    assert world.control.glance(AGENT, ask(sql)) is None


@pytest.mark.parametrize("sql", ["UPDATE orders SET status = 'paid' WHERE id = 7", "SELECT wipe()"])
def test_of_what_does_not_only_read_nothing_is_looked_for_unrecorded(
    world: World, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    glance(world)  # the gate is armed: its self-test looks too
    looked: list[object] = []
    monkeypatch.setattr(world.control.judge, "look", lambda *given: looked.append(given))

    assert world.control.glance(AGENT, ask(sql)) is None
    assert not looked


def test_a_read_is_judged_once_in_a_minute_and_then_anew(world: World) -> None:
    assert world.control.glance(AGENT, ask(), judge=False) is None

    glance(world)

    assert world.control.glance(AGENT, ask(), judge=False) is not None
    world.clock.forward(61)
    assert world.control.glance(AGENT, ask(), judge=False) is None


def test_another_question_is_not_answered_from_memory(world: World) -> None:
    glance(world)

    for other in (
        msgspec.structs.replace(ask(), payload=b"SELECT count(*) FROM customers"),
        msgspec.structs.replace(ask(), target="staging-shop"),
        msgspec.structs.replace(ask(), environment="staging"),
    ):
        assert world.control.glance(AGENT, other, judge=False) is None


def test_nobody_glances_for_another_agent(world: World) -> None:
    with pytest.raises(InterlockError, match="cannot propose as"):
        world.control.glance(Caller("agent", "other"), ask())


def test_an_agent_that_only_got_a_token_meanwhile_still_passes(world: World) -> None:
    passage = glance(world)
    world.control.registry.issue_token(OPERATOR, Grant("fixer", "production", "s2", "olga"))

    assert taken(world, passage) == [None]


def test_an_agent_whose_passport_changed_meanwhile_is_told_nothing(world: World) -> None:
    passage = glance(world)
    world.control.registry.retire_agent(OPERATOR, "fixer")

    (error,) = taken(world, passage)

    assert isinstance(error, Conflict)
    assert not passed(world)


def test_a_key_that_was_revoked_meanwhile_is_told_nothing(world: World) -> None:
    key = world.control.registry.issue_key(OPERATOR, SCOPE)
    ours, plain = glance(world, key=key.access_key), glance(world)
    world.control.registry.revoke_key(OPERATOR, "fixer", key.access_key)

    told = taken(world, ours, plain)

    assert sum(isinstance(error, Unauthenticated) for error in told) == 1
    assert len(passed(world)) == 1


def test_what_waits_when_the_gate_closes_is_recorded(world: World) -> None:
    told: list[InterlockError | None] = []
    passages = [glance(world) for _ in range(50)]
    for passage in passages:
        world.control.passing.take(passage, told.append)
    world.control.passing.close()

    assert told == [None] * 50
    assert len(passed(world)) == 50


def test_after_the_gate_closed_nothing_passes(world: World) -> None:
    passage = glance(world)
    world.control.passing.close()

    told: list[InterlockError | None] = []
    world.control.passing.take(passage, told.append)

    assert isinstance(told[0], InterlockError)


def test_the_newest_reads_of_an_agent_are_told_in_order(world: World) -> None:
    for number in range(1, 6):
        assert taken(world, glance(world, f"SELECT id FROM orders WHERE id = {number}")) == [None]
        world.clock.forward(1)

    found = world.control.reads(OPERATOR, "fixer", 2)

    assert [read["at"] for read in found] == sorted(read["at"] for read in found)
    assert len(found) == 2
    assert found[-1]["resources"] == ["orders"]
    assert len(world.control.reads(AGENT, "fixer", 100)) == 5
    with pytest.raises(NotFound):
        world.control.reads(Caller("agent", "other"), "fixer", 2)
    with pytest.raises(NotFound, match="no agent is called `nobody`"):
        world.control.reads(OPERATOR, "nobody", 2)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 8, 9])
def test_the_length_of_a_stream_is_found_whatever_it_is(world: World, count: int) -> None:
    for _ in range(count):
        world.control.record.write("elsewhere", None, "interlock", [kinds.TokenRevoked("*")])

    assert world.control.ledger.length("elsewhere") == count
