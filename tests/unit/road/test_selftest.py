"""Armed is proved: a gate whose policies let a known-bad change through does not arm, and then nothing passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.errors import BadPolicy, KeyLost
from interlock.model.proposal import Proposal
from interlock.testing.world import AGENT, OPERATOR, World, simulated

OPEN = '@id("everything")\n@because("nobody is stopped")\npermit(principal, action, resource);\n'


def weaken(world: World) -> None:
    """Replace all policies by one that lets everything through."""
    for file in (world.path / "policies").glob("*.cedar"):
        file.unlink()
    (world.path / "policies" / "open.cedar").write_text(OPEN, encoding="utf-8")
    world.reopen()


def test_a_gate_that_lets_the_known_bad_through_lets_nothing_through(tmp_path: Path) -> None:
    with simulated(tmp_path / "home") as world:
        allowed = world.propose("SELECT 1 FROM orders")
        weaken(world)

        assert world.control.health()["state"] == "stopped"
        with pytest.raises(KeyLost, match="not armed"):
            world.propose("SELECT 1 FROM orders")
        with pytest.raises(KeyLost, match="not armed"):
            world.run(allowed)


def test_what_the_self_test_found_is_recorded_once(tmp_path: Path) -> None:
    with simulated(tmp_path / "home") as world:
        weaken(world)
        for _ in range(3):
            world.control.rearm()
        opened = [entry.what for entry in world.control.record.entries("system")]

    assert [one.armed for one in opened][-1:] == [False]  # type: ignore[union-attr]  # only `opened` stands there
    assert len(opened) == len({(one.policy_version, one.armed) for one in opened})  # type: ignore[union-attr]


def test_a_sound_gate_arms(tmp_path: Path) -> None:
    with simulated(tmp_path / "home") as world:
        assert world.control.problems == ()
        assert world.control.health()["state"] == "armed"


def test_where_there_is_an_account_calls_to_aws_are_shown_too(tmp_path: Path) -> None:
    account = (
        '[targets.cloud]\nkind = "aws"\naddress = "http://127.0.0.1:1"\n[targets.cloud.aws]\naccount = "123456789012"\n'
        'regions = ["eu-central-1"]\nread = { source = "profile", profile = "r" }\n'
        'write = { source = "profile", profile = "w" }\n'
    )
    with simulated(tmp_path / "home") as world:
        with (world.path / "interlock.toml").open("a", encoding="utf-8") as file:
            file.write(account)
        world.reopen()
        sound = world.control.problems
        weaken(world)
        told = world.control.problems

    assert sound == ()
    assert any("DeleteDBInstance" in problem for problem in told)
    assert any("CreateAccessKey" in problem for problem in told)


def test_where_a_policy_is_broken_nothing_is_judged_or_run_and_what_takes_away_still_works(tmp_path: Path) -> None:
    with simulated(tmp_path / "home") as world:
        done = world.run(
            world.approve(world.propose("UPDATE orders SET status = 'paid' WHERE status = 'pending'"), "ada")
        )
        allowed = world.propose("SELECT 1 FROM orders")
        (world.path / "policies" / "broken.cedar").write_text("permit (", encoding="utf-8")
        world.reopen()

        assert world.control.health()["state"] == "stopped"
        assert "broken.cedar:1" in world.control.problems[0]
        with pytest.raises(BadPolicy, match=r"broken\.cedar"):
            world.propose("SELECT 1 FROM orders")
        with pytest.raises(BadPolicy, match=r"broken\.cedar"):
            world.run(allowed)
        with pytest.raises(BadPolicy, match=r"broken\.cedar"):
            world.control.check(AGENT, Proposal("sql:postgres", b"SELECT 1", "fixer"))
        assert world.undo(done).state == "undone"
        world.control.registry.retire_agent(OPERATOR, "fixer")
        assert world.control.record.passport("fixer").retired

        (world.path / "policies" / "broken.cedar").unlink()
        world.reopen()
        assert world.control.health()["state"] == "armed"


def test_an_engine_without_policies_lets_nothing_through(tmp_path: Path) -> None:
    with simulated(tmp_path / "home") as world:
        (world.path / "policies" / "broken.cedar").write_text("permit (", encoding="utf-8")
        world.reopen()
        passport = world.control.record.passport("fixer")
        decision = world.control.judge.judge(Proposal("sql:postgres", b"SELECT 1", "fixer"), passport).decision

    assert (decision.outcome, decision.because[0].policy) == ("deny", "interlock:engine-error")
    assert "broken.cedar" in decision.because[0].because
