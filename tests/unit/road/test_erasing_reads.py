"""Erasing reads that passed: one agent's or person's, or those of a time; nobody else's, and every proof holds."""

from __future__ import annotations

import json
import sqlite3
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from interlock.erasure import Reads
from interlock.errors import BadInput, Forbidden, InterlockError, NotFound
from interlock.identify.verbs import Caller
from interlock.ledger.audit import verify
from interlock.ledger.vault import Vault
from interlock.model import entry as kinds
from interlock.model.entry import Entry
from interlock.model.proposal import Proposal
from interlock.record import PASSED
from interlock.testing.process import Process
from interlock.testing.world import OPERATOR, START, World, passport, simulated

WHY = "a request for erasure"
SECRET = "customer4711@shop.example"


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    store = ""
    if request.param == "postgres":
        store = request.getfixturevalue("postgres").address(f"erasing_{uuid4().hex}")
    with simulated(tmp_path / "home", store=store) as made:
        made.control.registry.add_agent(OPERATOR, passport("scout"))
        yield made


def read(world: World, *asked: tuple[str, str, str]) -> None:
    """Reads of (agent, operator, author), recorded at once."""
    left = threading.Semaphore(0)
    errors: list[InterlockError | None] = []

    def done(error: InterlockError | None) -> None:
        errors.append(error)
        left.release()

    for agent, operator, author in asked:
        sql = f"SELECT count(*) FROM orders -- {SECRET}"
        proposal = Proposal("sql:sqlite", sql.encode(), agent, "production", "shop", session="s1")
        proposal = msgspec.structs.replace(proposal, operator=operator, author=author)
        passage = world.control.glance(Caller("agent", agent), proposal)
        assert passage is not None
        world.control.passing.take(passage, done)
    for _ in asked:
        left.acquire()
    assert errors == [None] * len(asked)


def kept(world: World, agent: str) -> list[tuple[str, str]]:
    """Of which (operator, author) reads of this agent can still be looked at."""
    found = []
    for entry in world.control.record.entries(PASSED + agent):
        what = entry.what
        if isinstance(what, kinds.Passed):
            try:
                payloads = json.loads(world.control.vault.get(what.sealed, what.payload))
            except NotFound:
                continue
            assert SECRET.encode() in b64decode(payloads[what.place])
            found.append((what.operator, what.author))
    return found


def erasures(world: World, agent: str) -> list[Entry]:
    entries = world.control.record.entries(PASSED + agent)
    return [entry for entry in entries if isinstance(entry.what, kinds.ReadsErased)]


def test_the_reads_of_one_agent_go_and_no_others(world: World) -> None:
    """Though they were recorded in one moment."""
    read(world, ("fixer", "ada", ""), ("scout", "ada", ""), ("fixer", "ben", ""))
    checkpoint = world.control.ledger.checkpoint()
    erased = world.control.erase_reads(OPERATOR, Reads(agent="fixer"), WHY)

    assert erased == {"fixer": 2}
    assert kept(world, "fixer") == []
    assert kept(world, "scout") == [("ada", "")]
    assert [entry.what for entry in erasures(world, "fixer")] == [kinds.ReadsErased(WHY, 2)]
    assert erasures(world, "fixer")[0].by == "operator:op"
    key = (world.path / "keys" / "ledger.key.pub").read_text(encoding="utf-8").strip()
    assert verify(world.control.ledger.store, vkey=key, checkpoints=[checkpoint]).ok


def test_the_reads_of_one_person_go_whichever_agent_made_them(world: World) -> None:
    read(world, ("fixer", "ada", ""), ("scout", "ben", "ada"), ("fixer", "ben", "cyd"), ("scout", "", ""))
    erased = world.control.erase_reads(OPERATOR, Reads(person="ada"), WHY)

    assert erased == {"fixer": 1, "scout": 1}
    assert kept(world, "fixer") == [("ben", "cyd")]
    assert kept(world, "scout") == [("", "")]


def test_the_reads_of_a_time_go_from_its_first_moment_until_before_its_last(world: World) -> None:
    for _ in range(4):
        read(world, ("fixer", "ada", ""))
        world.clock.forward(60)
    erased = world.control.erase_reads(OPERATOR, Reads(since=START + 60_000, until=START + 180_000), WHY)

    assert erased == {"fixer": 2}
    assert len(kept(world, "fixer")) == 2
    assert world.control.erase_reads(OPERATOR, Reads(agent="fixer", until=START), WHY) == {}
    assert len(erasures(world, "fixer")) == 1


def test_it_is_on_record_before_it_is_done_and_a_second_time_finds_what_was_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(world, ("fixer", "ada", ""))
    with monkeypatch.context() as patched:
        patched.setattr(Vault, "erase", _dies)
        with pytest.raises(KeyboardInterrupt):
            world.control.erase_reads(OPERATOR, Reads(agent="fixer"), WHY)

    assert len(erasures(world, "fixer")) == 1
    assert kept(world, "fixer") == [("ada", "")]
    assert world.control.erase_reads(OPERATOR, Reads(agent="fixer"), WHY) == {"fixer": 1}
    assert kept(world, "fixer") == []


def _dies(*given: object) -> int:
    raise KeyboardInterrupt


def test_many_are_erased_without_one_being_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlock.erasure.AT_ONCE", 2)
    monkeypatch.setattr("interlock.erasure.CHUNK", 2)
    for _ in range(5):
        read(world, ("fixer", "ada", ""))

    assert world.control.erase_reads(OPERATOR, Reads(agent="fixer"), WHY) == {"fixer": 5}
    assert kept(world, "fixer") == []


@pytest.mark.parametrize("which", [Reads(), Reads(since=9, until=9), Reads(since=9, until=8)])
def test_all_reads_or_none_are_not_what_anybody_means(world: World, which: Reads) -> None:
    read(world, ("fixer", "ada", ""))

    with pytest.raises(BadInput):
        world.control.erase_reads(OPERATOR, which, WHY)
    assert kept(world, "fixer") == [("ada", "")]


def test_only_an_operator_erases_reads(world: World) -> None:
    for caller in (Caller("agent", "fixer"), Caller("person", "ada"), Caller("anyone")):
        with pytest.raises(Forbidden):
            world.control.erase_reads(caller, Reads(agent="fixer"), WHY)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "home") as made:
        read(made, ("fixer", "ada", ""))
        yield made


def interlock(world: World, *arguments: str) -> tuple[int, str]:
    """The real command, as at this machine."""
    told = Process(world.path.parent)(*arguments, "--home", str(world.path))
    return told.status, told.out


def test_the_command_erases_says_how_many_and_the_list_shows_it(home: World) -> None:
    assert interlock(home, "erase", "--reads", "--agent", "fixer", "--reason", WHY) == (0, "erased: 1 read of fixer\n")
    again = interlock(home, "erase", "--reads", "--agent", "nobody", "--reason", WHY)
    listed = interlock(home, "reads", "fixer")
    told = json.loads(interlock(home, "reads", "fixer", "--json")[1])

    assert again == (0, "there are no such reads; nothing was erased\n")
    assert "1 reads erased" in listed[1]
    assert told["reads"][-1]["erased"] == 1
    assert told["reads"][-1]["reason"] == WHY
    with closing(sqlite3.connect(home.path / "ledger.db")) as file:
        assert file.execute("SELECT count(*) FROM vault_blobs WHERE scope LIKE 'passed/%'").fetchone() == (0,)


@pytest.mark.parametrize(
    "arguments",
    [(), ("abc", "--reads"), ("abc", "--agent", "fixer"), ("--reads", "--since", "yesterday"), ("--agent", "fixer")],
)
def test_a_command_that_can_be_misread_erases_nothing(home: World, arguments: tuple[str, ...]) -> None:
    status, _ = interlock(home, "erase", *arguments, "--reason", WHY)

    assert status == 2
    assert kept(home, "fixer") == [("ada", "")]


def test_times_are_utc_unless_they_say_otherwise(home: World) -> None:
    early = interlock(home, "erase", "--reads", "--until", "2026-11-02T13:00:00+01:00", "--reason", WHY)
    late = interlock(home, "erase", "--reads", "--since", "2026-11-02", "--until", "2026-11-03", "--reason", WHY)

    assert early == (0, "there are no such reads; nothing was erased\n")
    assert late == (0, "erased: 1 read of fixer\n")
