"""Laws of the road, over a simulated production: what runs is recorded, exactly as approved, and replayable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.errors import Conflict, Forbidden, InterlockError, Refused, Stale, StoreError, Unauthenticated
from interlock.execute.sql.sqlite import SqliteExecutor
from interlock.ledger.log import Ledger, Stored
from interlock.model.case import MOVES
from interlock.model.entry import Entry, Erased, Started, Stepped
from interlock.record import CASE, Record, decode, fold
from interlock.testing.world import OPERATOR, World, simulated

STUCK = "UPDATE orders SET status = 'paid' WHERE status = 'pending'"
FEW = "UPDATE orders SET total_cents = total_cents + 1 WHERE id IN (3, 4, 5)"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "home", orders=420) as made:
        yield made


def entries(world: World, case: str) -> list[Entry]:
    return world.control.record.entries(CASE + case)


def test_nothing_runs_unrecorded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever append of a run fails, the shop is as the newest recorded step says; a commit is announced first."""
    before = world.contents()
    append: Callable[..., tuple[int, ...]] = Ledger.append
    for failing in range(1, 5):  # started, about to commit, did commit, finished
        case = world.approve(world.propose(STUCK), "ada")
        seen = 0

        def broken(ledger: Ledger, *given: Any, failing: int = failing, **named: Any) -> tuple[int, ...]:
            nonlocal seen
            seen += 1
            if seen >= failing:
                raise StoreError("the disk is full")
            return append(ledger, *given, **named)

        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "append", broken)
            with pytest.raises(StoreError):
                world.run(case)
        announced = [entry.what.step for entry in entries(world, case.id) if isinstance(entry.what, Stepped)]
        if world.contents() != before:
            assert any(step.name == "commit" and step.phase == "about" for step in announced)
            world.control.recover(OPERATOR)
            assert world.undo(world.control.record.case(case.id)).state == "undone"
        else:
            world.control.recover(OPERATOR)
        assert world.contents() == before


def test_what_runs_is_what_was_approved(world: World) -> None:
    """Rows, policy, passport or schema that moved between the vote and the run make it stale, and nothing runs."""
    moved: dict[str, Callable[[], object]] = {
        "rows": lambda: world.meddle("UPDATE orders SET status = 'paid' WHERE id = 1"),
        "policy": lambda: _edit_policy(world),
        "passport": lambda: world.control.registry.add_agent(OPERATOR, _other_passport(world)),
        "schema": lambda: world.meddle("CREATE TRIGGER more AFTER UPDATE ON orders BEGIN DELETE FROM payments; END"),
    }
    for what, move in moved.items():
        case = world.approve(world.propose(STUCK), "ada")
        assert case.state == "approved", what
        move()
        before = world.contents()

        with pytest.raises(Stale):
            world.run(case)

        assert world.contents() == before, what
        assert world.control.record.case(case.id).state == "lapsed"
        with pytest.raises(Conflict):
            world.run(case)


def test_the_execution_names_the_digest_that_was_voted_on(world: World) -> None:
    case = world.run(world.approve(world.propose(STUCK), "ada"))
    started = [entry.what for entry in entries(world, case.id) if isinstance(entry.what, Started)]

    assert case.decision is not None
    assert [vote.ballot.digest for vote in case.votes] == [case.decision.digest]
    assert [one.digest for one in started] == [case.decision.digest]
    assert started[0].ballots == tuple(vote.ballot.nonce for vote in case.votes)


def test_a_vote_is_used_once(world: World) -> None:
    """Neither the same signed vote nor the same approval does anything a second time."""
    case = world.propose(STUCK)
    ballot = world.control.ballot(case, "ada", "approve")
    vote = world.control.sign(ballot, "correct horse battery staple")
    case = world.control.vote(vote)

    with pytest.raises(Conflict):
        world.control.vote(vote)
    world.undo(world.run(case))
    with pytest.raises(Conflict):
        world.run(case)
    other = world.propose(STUCK)
    with pytest.raises(Refused):
        world.control.vote(vote)
    assert world.control.record.case(other.id).state == "held"


def test_an_approval_expires(world: World) -> None:
    case = world.approve(world.propose(STUCK), "ada")
    world.clock.forward(25 * 3600)
    before = world.contents()

    with pytest.raises(Stale, match="no longer suffices"):
        world.run(case)
    assert world.contents() == before


def test_a_stopped_agent_does_nothing(world: World) -> None:
    """A retired agent's open cases do not run, its new proposals are denied even for reading, its tokens are dead."""
    case = world.approve(world.propose(STUCK), "ada")
    grant = _grant(world)
    world.control.registry.retire_agent(OPERATOR, "fixer")

    with pytest.raises(Refused):
        world.run(case)
    assert world.propose("SELECT 1 FROM orders").state == "denied"
    with pytest.raises(Unauthenticated):
        world.control.registry.claims(grant)


def test_replay_gives_the_same_case(world: World) -> None:
    """A case folded at once, folded entry by entry, and folded by a process that starts anew are one and the same."""
    world.undo(world.run(world.approve(world.propose(STUCK), "ada")))
    world.reject(world.propose(STUCK), "cyd")
    world.propose("DELETE FROM orders")
    lived = {case.id: case for case in world.control.record.cases()}
    world.reopen()

    assert {case.id: case for case in world.control.record.cases()} == lived
    for id, case in lived.items():
        assert fold(entries(world, id)) == case
        assert case.entries == len(entries(world, id))


def test_every_projection_can_be_rebuilt(world: World) -> None:
    """What a process keeps in memory of cases, agents and people is what the ledger alone gives; so is what the store
    keeps of which entries belong to cases."""
    world.propose("SELECT 1")
    world.control.record.write("passed/fixer", None, "interlock", [Erased("no case's entry")])
    kept = world.control.record.cases()
    world.propose(FEW)
    kept = world.control.record.cases()
    fresh = Record(world.control.ledger, world.control.vault, lambda: world.clock.now)

    assert fresh.cases() == kept
    assert fresh.agents() == world.control.record.agents()
    assert fresh.people() == world.control.record.people()
    everything = list(world.control.ledger.read(0, world.control.ledger.size()))
    folded = {stream: fold(list(entries)) for stream, entries in _of_cases(everything).items()}
    assert list(folded.values()) == kept


def _of_cases(everything: list[Stored]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for stored in everything:
        if stored.stream.startswith(CASE):
            found.setdefault(stored.stream, []).append(decode(stored))
    return found


def test_who_looks_for_cases_reads_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be a million reads on record for each of them: a start, a list and the worker pass them by."""
    world.propose(FEW)
    world.control.record.write("passed/fixer", None, "interlock", [Erased("no case's entry")] * 50)
    seen: list[str] = []

    def noted(stored: Stored) -> Entry:
        seen.append(stored.stream)
        return decode(stored)

    monkeypatch.setattr("interlock.record.decode", noted)
    monkeypatch.setattr(Ledger, "read", _reads_everything)
    fresh = Record(world.control.ledger, world.control.vault, lambda: world.clock.now)
    cases = fresh.cases()

    assert len(cases) == 1
    assert len(seen) == cases[0].entries
    assert {stream.partition("/")[0] for stream in seen} == {"case"}


def _reads_everything(ledger: Ledger, start: int, stop: int) -> Iterator[Stored]:
    """All that a start may read in the log's own order is its last entry."""
    assert stop - start <= 1
    return iter(())


def test_two_who_run_the_same_case_run_it_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two that start at once the second is refused by the record, before it touches the target."""
    case = world.approve(world.propose(STUCK), "ada")
    execute = SqliteExecutor.execute
    second: list[InterlockError] = []

    def meanwhile(self: SqliteExecutor, *given: Any) -> Any:
        if not second:
            second.append(InterlockError("not yet"))
            try:
                world.run(case)
            except InterlockError as error:
                second[0] = error
        return execute(self, *given)

    monkeypatch.setattr(SqliteExecutor, "execute", meanwhile)
    done = world.run(case)

    assert done.state == "done"
    assert isinstance(second[0], Conflict)
    assert world.rows("SELECT count(*) FROM order_events") == [(412,)]


def test_recovery_leaves_an_execution_that_is_still_alive_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a run stands between its announcement and its commit, recovery cannot call it failed."""
    case = world.approve(world.propose(STUCK), "ada")
    extend = Record.extend
    seen: list[str] = []

    def meddling(self: Record, case: Any, by: str, *whats: Any) -> Any:
        extended = extend(self, case, by, *whats)
        if isinstance(whats[0], Stepped) and whats[0].step.phase == "about" and not seen:
            seen.append(world.control.road.recover(extended).state)
        return extended

    monkeypatch.setattr(Record, "extend", meddling)
    done = world.run(case)

    assert (seen, done.state) == (["running"], "done")


def test_what_recovery_called_failed_can_take_effect_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that recovery overtook before its announcement is refused by the record, and nothing happens."""
    case = world.approve(world.propose(STUCK), "ada")
    before = world.contents()
    execute = SqliteExecutor.execute

    def late(self: SqliteExecutor, order: Any, seal: Any) -> Any:
        assert world.control.road.recover(world.control.record.case(case.id)).state == "failed"
        yield from execute(self, order, seal)

    monkeypatch.setattr(SqliteExecutor, "execute", late)
    with pytest.raises(Conflict):
        world.run(case)

    assert world.contents() == before
    assert world.control.record.case(case.id).state == "failed"


def test_an_agent_is_told_of_its_own_cases_only(world: World) -> None:
    from interlock.identify.verbs import Caller
    from interlock.testing.world import passport

    case = world.propose(STUCK)
    world.control.registry.add_agent(OPERATOR, passport("other"))
    stranger = Caller("agent", "other")

    assert world.control.cases(stranger) == []
    for verb in (world.control.case, world.control.run):
        with pytest.raises(InterlockError, match="there is no case"):
            verb(stranger, case.id)
    with pytest.raises(Forbidden):
        world.control.undo(Caller("agent", "fixer"), case.id)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted({event for moves in MOVES.values() for event in moves})), max_size=12))
def test_no_path_leads_from_denied_to_running(events: list[str]) -> None:
    """Whatever entries follow a denial, the table of moves has no arrow out of it."""
    state = "denied"
    for event in events:
        state = MOVES[state].get(event, state)  # type: ignore[index,assignment]  # states of the same table

    assert state == "denied"


def test_only_allowed_and_approved_lead_to_running() -> None:
    leading = {state for state, moves in MOVES.items() if "running" in moves.values() and state != "running"}

    assert leading == {"allowed", "approved"}


def _edit_policy(world: World) -> None:
    folder = world.path / "policies"
    some = sorted(folder.glob("*.cedar"))[0]
    some.write_text(some.read_text(encoding="utf-8") + "\n// edited\n", encoding="utf-8")
    world.reopen()


def _other_passport(world: World) -> Any:
    from interlock.testing.world import passport

    return passport(purpose="something else")


def _grant(world: World) -> str:
    from interlock.identify.tokens import Grant

    return world.control.registry.issue_token(OPERATOR, Grant("fixer", "production", "s1", "olga")).token
