"""Which case a call at a gate belongs to: one answer for all processes on one store, and after a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from interlock.claims import TRIES_MS, TWIN, Claim, Place
from interlock.control import Control
from interlock.errors import Conflict, Forbidden, InterlockError, StoreError, TargetError
from interlock.identify.verbs import Caller
from interlock.model.case import Case
from interlock.model.proposal import Proposal
from interlock.record import CLAIMED, Record
from interlock.testing.world import AGENT, OPERATOR, World, simulated

STUCK = "UPDATE orders SET status = 'paid' WHERE status = 'pending'"
ONE = "UPDATE orders SET status = 'paid' WHERE id = 7"


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    store = ""
    if request.param == "postgres":
        store = request.getfixturevalue("postgres").address(f"claims_{uuid4().hex}")
    with simulated(tmp_path / "home", store=store, orders=420) as made:
        assert made.control.problems == ()
        yield made


@pytest.fixture
def other(world: World) -> Iterator[Control]:
    """Another process's control on the same store."""
    with closing(Control.open(world.path, world.clock.senses(), store=world.store)) as control:
        assert control.problems == ()
        yield control


def ask(sql: str = STUCK) -> Proposal:
    return Proposal("sql:sqlite", sql.encode(), "fixer", "production", "shop", session="s1")


def claim(signature: str = "", invocation: str = "", *, key: str = "the-call", whole: bool = True) -> Claim:
    """A call of its own unless it is told whose try it is."""
    return Claim(key, signature or uuid4().hex, invocation or uuid4().hex, whole)


def called(control: Control, told: Claim, sql: str = STUCK) -> Case:
    case = control.called(AGENT, ask(sql), told)
    assert case is not None
    return case


def test_an_identical_call_is_the_case_that_is_held(world: World, other: Control) -> None:
    case = called(world.control, claim())

    assert case.state == "held"
    assert called(other, claim()).id == case.id
    assert called(world.control, claim(key="another")).id != case.id
    assert len(other.cases(OPERATOR)) == 2


def test_it_stays_that_case_until_its_answer_was_taken(world: World, other: Control) -> None:
    first = claim()
    case = called(world.control, first)
    world.run(world.approve(case, "ada"))
    later = claim()

    assert called(other, later).id == case.id
    other.answered(AGENT, later, case.id)
    other.answered(AGENT, later, case.id)
    assert called(world.control, claim()).id != case.id
    assert called(other, first).id == called(other, later).id == case.id


def test_an_answer_that_nobody_fetched_is_kept_for_as_long_as_the_approval_holds(world: World) -> None:
    case = called(world.control, claim())
    world.run(world.approve(case, "ada"))
    world.clock.forward(25 * 3600)

    assert called(world.control, claim()).id != case.id


@pytest.mark.parametrize("end", ["reject", "undo", "erase"])
def test_what_is_over_is_joined_by_nobody(world: World, other: Control, end: str) -> None:
    case = called(world.control, claim())
    if end == "reject":
        world.reject(case, "cyd")
    elif end == "undo":
        world.undo(world.run(world.approve(case, "ada")))
    else:
        world.control.erase(OPERATOR, case.id, "a request")

    assert called(other, claim()).id != case.id


def test_calls_that_are_allowed_are_cases_of_their_own_however_alike(world: World, other: Control) -> None:
    cases = [called(control, claim(), ONE) for control in (world.control, other, world.control)]

    assert {case.state for case in cases} == {"allowed"}
    assert len({case.id for case in cases}) == 3


@pytest.mark.parametrize("sql", [STUCK, ONE])
def test_a_later_try_is_its_first_tries_case_at_every_process_and_after_a_restart(
    world: World, other: Control, sql: str
) -> None:
    case = called(world.control, claim("first", "one"), sql)
    world.reopen()

    assert called(other, claim("second", "one"), sql).id == case.id
    assert called(world.control, claim("first", "one"), sql).id == case.id
    assert len(other.cases(OPERATOR)) == 1


def test_a_client_without_an_invocation_id_is_known_by_its_signature(world: World, other: Control) -> None:
    bare = Claim("the-call", "first", "", whole=True)
    case = called(world.control, bare, ONE)

    assert called(other, bare, ONE).id == case.id


def test_a_call_that_joined_is_known_again_by_its_own_tries(world: World, other: Control) -> None:
    case = called(world.control, claim())
    joined = claim("mine", "my-own")
    assert other.joined(AGENT, joined, case.id)
    world.run(world.approve(case, "ada"))
    world.control.answered(AGENT, claim(), case.id)

    assert called(world.control, claim("again", "my-own")).id == case.id
    assert not other.joined(AGENT, claim(), case.id)


def test_an_invocation_id_that_comes_back_much_later_is_another_call(world: World) -> None:
    case = called(world.control, claim("first", "one"), ONE)
    world.clock.forward(TRIES_MS / 1000 + 1)

    assert called(world.control, claim("second", "one"), ONE).id != case.id


def test_a_replay_under_another_invocation_id_runs_nothing_anywhere(world: World, other: Control) -> None:
    called(world.control, claim("first", "one"), ONE)

    with pytest.raises(Conflict) as told:
        other.called(AGENT, ask(ONE), claim("first", "forged"))
    assert told.value.code == TWIN
    assert len(other.cases(OPERATOR)) == 1


def test_a_replay_of_what_is_held_is_what_is_held(world: World, other: Control) -> None:
    case = called(world.control, claim("first", "one"))

    assert called(other, claim("first", "forged")).id == case.id


def test_a_signature_of_another_call_is_refused_everywhere(world: World, other: Control) -> None:
    called(world.control, claim("first", "one"), ONE)

    with pytest.raises(Forbidden, match="another call"):
        other.called(AGENT, ask(STUCK), claim("first", "two", key="another"))
    assert called(other, claim("first", "two", key="another", whole=False)).state == "held"


def test_what_was_refused_is_judged_anew(world: World, other: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing came of it, and the client tries again by itself."""
    monkeypatch.setattr(world.control.judge, "look", _unreachable)
    with pytest.raises(TargetError):
        world.control.called(AGENT, ask(), claim("first", "one"))
    again = called(other, claim("second", "one"))

    assert [case.state for case in other.cases(OPERATOR)] == ["refused", "held"]
    assert again.state == "held"


def _unreachable(*given: object) -> object:
    raise TargetError("the target does not answer")


def test_one_waits_for_what_becomes_of_an_identical_call(world: World, other: Control) -> None:
    """Between its first entry and its decision nobody can tell whether it is held; a dead process is not waited for."""
    seen: list[Case | None] = []
    extend = Record.extend

    def meanwhile(record: Record, case: Case, by: str, *whats: object) -> Case:
        if record is world.control.record and not seen:
            seen.append(other.called(AGENT, ask(), claim()))
            seen.append(other.called(AGENT, ask(), claim("first", "one")))
            raise StoreError("the process dies here")
        return extend(record, case, by, *whats)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Record, "extend", meanwhile)
        with pytest.raises(StoreError):
            world.control.called(AGENT, ask(), claim("first", "one"))
    world.clock.forward(61)
    mine = called(other, claim())

    assert seen == [None, None]
    assert mine.state == "held"
    assert other.called(AGENT, ask(), claim("second", "one")) is None
    other.recover(OPERATOR)
    assert called(other, claim("third", "one")).id == mine.id


def test_of_many_who_call_at_once_one_begins_the_case_and_all_join_it(world: World, other: Control) -> None:
    ids: list[str] = []
    failures: list[InterlockError] = []
    ready = threading.Barrier(8)

    def call(control: Control) -> None:
        told = claim()
        ready.wait()
        try:
            while (case := control.called(AGENT, ask(), told)) is None:
                pass
            ids.append(case.id)
        except InterlockError as error:
            failures.append(error)

    threads = [threading.Thread(target=call, args=(control,)) for control in (world.control, other) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert len(world.control.cases(OPERATOR)) == 1


def test_whoever_comes_second_has_looked_for_and_tried_nothing(
    world: World, other: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim is one append with the first entry, which comes before the survey and the rehearsal."""
    find = world.control.claims.find
    overtaken: list[str] = []

    def late(told: Claim) -> Place:
        place = find(told)
        if not overtaken:
            overtaken.append(called(other, claim()).id)
        return place

    monkeypatch.setattr(world.control.claims, "find", late)
    monkeypatch.setattr(world.control.judge, "look", _nobody_looks)
    mine = called(world.control, claim())

    assert [mine.id] == overtaken
    assert len(other.cases(OPERATOR)) == 1


def _nobody_looks(*given: object) -> object:
    raise AssertionError("looked at the target for a case that another process has begun")


def test_a_conflict_of_the_claim_is_told_from_all_others(world: World, other: Control) -> None:
    told = claim()
    place = world.control.claims.find(told)
    called(other, told)

    with pytest.raises(Conflict) as lost:
        world.control.proposing.propose(ask(), world.control.claims.beside(told, place, "agent:fixer"))
    assert lost.value.code == CLAIMED


def test_neither_signature_nor_invocation_id_stands_in_the_record(world: World) -> None:
    called(world.control, claim("a-signature", "an-invocation"))
    everything = b"".join(stored.data + stored.stream.encode() for stored in world.control.ledger.read(0, 10_000))

    assert b"a-signature" not in everything
    assert b"an-invocation" not in everything


def test_nobody_calls_as_another_agent(world: World) -> None:
    with pytest.raises(Forbidden):
        world.control.called(Caller("agent", "mallory"), ask(), claim())
