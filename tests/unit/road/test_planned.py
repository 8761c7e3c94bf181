"""A plan takes the payload's place on the road: once, sealed, after what came in is recorded; and never again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.errors import BadConfiguration, Conflict, Corrupt
from interlock.execute.planner import Plan
from interlock.execute.terraform import source
from interlock.model import entry as kinds
from interlock.model.case import Case
from interlock.model.entry import Entry
from interlock.model.planned import Identity
from interlock.model.proposal import Proposal
from interlock.record import fold
from interlock.testing.world import AGENT, OPERATOR, World, simulated

PLAN = json.dumps(
    {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "resource_changes": [],
        "configuration": {"root_module": {}},
        "timestamp": "2026-11-26T12:00:00Z",
        "applyable": False,
        "complete": True,
        "errored": False,
    }
).encode()
KNOWN = Identity("a", 3, "default", 7)
TARGET = '[targets.net]\nkind = "terraform"\naddress = "net"\nenvironment = "staging"\n'


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    def plan(*_: object) -> Plan:
        return Plan(PLAN, b"it said: password = 'hunter2hunter2'", KNOWN, "terraform 1.11.4")

    monkeypatch.setattr("interlock.execute.terraform.plan.TerraformPlanner.plan", plan)
    with simulated(tmp_path / "home", orders=5) as furnished:
        (furnished.path / "net").mkdir()
        with (furnished.path / "interlock.toml").open("a", encoding="utf-8") as file:
            file.write(TARGET)
        furnished.reopen()
        yield furnished


def propose(world: World, tmp_path: Path) -> Case:
    (tmp_path / "infra").mkdir(exist_ok=True)
    (tmp_path / "infra" / "main.tf").write_text("# nothing\n")
    payload = source.pack(tmp_path / "infra")
    return world.control.propose(AGENT, Proposal("terraform", payload, "fixer", "staging", "net"))


def test_the_plan_is_recorded_and_sealed_and_from_then_on_it_is_what_is_judged(world: World, tmp_path: Path) -> None:
    case = propose(world, tmp_path)
    record = world.control.record

    assert case.planned == kinds.Planned(
        case.planned.package,
        len(PLAN),
        KNOWN,
        "terraform 1.11.4",
        case.planned.output,  # type: ignore[union-attr]  # the test
    )
    assert world.control.road.proposal(case).payload == PLAN
    assert b"hunter2hunter2" not in record.unseal(case.id, case.planned.output)
    assert world.control.readable(case) == b"# main.tf\n# nothing\n\n"
    assert record.identity("net") == KNOWN
    kinds_of = [type(entry.what).__name__ for entry in record.entries(f"case/{case.id}")]
    assert kinds_of[:3] == ["Proposed", "Planned", "WasRead"]


def test_a_case_is_planned_once(world: World, tmp_path: Path) -> None:
    case = propose(world, tmp_path)
    planned = case.planned
    assert planned is not None
    entries = world.control.record.entries(f"case/{case.id}")

    with pytest.raises(Corrupt):
        fold([entries[0], entries[1], Entry(entries[1].at, "interlock", entries[1].stream, planned)])
    with pytest.raises(Conflict):
        world.control.record.extend(fold(entries[:2]), "interlock", planned)


def test_what_was_never_planned_is_not_run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("interlock.proposing.planner_for", lambda *_: None)
        patched.setattr("interlock.judge.Judge.look", lambda *_: (None, None))
        case = world.control.propose(AGENT, Proposal("terraform", PLAN, "fixer", "staging", "net"))
    assert case.planned is None
    monkeypatch.setattr("interlock.judge.Judge.look", lambda *_: (None, None))

    with pytest.raises(BadConfiguration, match="never planned"):
        world.run(case if case.state == "allowed" else world.approve(case, "ada", "cyd"))


def test_a_planning_that_takes_its_time_is_not_taken_for_a_dead_one(world: World, tmp_path: Path) -> None:
    case = propose(world, tmp_path)
    entries = world.control.record.entries(f"case/{case.id}")
    begun = fold(entries[:1])
    control = world.control
    control.record._folded = {begun.id: begun}
    control.record._seen = control.ledger.size()

    world.clock.forward(120)
    assert control.interrupted(60_000) == []
    assert control.interrupted() == [begun]
    world.clock.forward(3 * 1800)
    assert control.interrupted(60_000) == [begun]


def test_a_planning_that_ended_with_its_process_is_refused(world: World, tmp_path: Path) -> None:
    case = propose(world, tmp_path)
    record = world.control.record
    entries = record.entries(f"case/{case.id}")
    record.write("case/abcd1234", 0, "agent:fixer", [entries[0].what])
    moved = world.control.recover(OPERATOR)

    assert [(one.id, one.state) for one in moved] == [("abcd1234", "refused")]


def test_what_others_planned_and_nobody_ran_does_not_make_a_lost_state_known(world: World, tmp_path: Path) -> None:
    case = propose(world, tmp_path)
    entries = world.control.record.entries(f"case/{case.id}")
    lost = kinds.Planned("0" * 64, 1, Identity("", 0, "default", 0))
    other = kinds.Planned("0" * 64, 1, Identity("b", 1, "default", 1))
    for number, planned in enumerate((lost, other)):
        world.control.record.write(f"case/later{number}", 0, "agent:fixer", [entries[0].what, planned])

    assert world.control.record.identity("net") == KNOWN
    assert world.control.record.identity("other") is None
