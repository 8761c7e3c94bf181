"""The demo's story, scene by scene, on the real road."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.errors import Unauthenticated
from interlock.judge import Senses
from interlock.model.case import Case
from interlock.practice import shop
from interlock.practice.demo import CLEAN_UP, FIX, READ, Demo, Stock
from interlock.practice.offline import Checked

PASSPHRASE = "four words are enough"
ORDERS = 3_000


class Told:
    """What the scenes left, in order, told once for all tests."""

    def __init__(self, folder: Path) -> None:
        senses = Senses(
            now=lambda: time.time_ns() // 1_000_000,
            monotonic=lambda: time.monotonic_ns() // 1_000_000,
            entropy=secrets.token_bytes,
        )
        self.folder = folder
        with Demo(folder, senses, orders=ORDERS) as demo:
            self.before: Stock = demo.prepare(PASSPHRASE, lambda _: None)
            self.read: Case = demo.propose(READ)
            self.rows = demo.control.output(self.read)
            self.held: Case = demo.propose(FIX)
            self.own = demo.approve_own(self.held)
            with pytest.raises(Unauthenticated) as wrong:
                demo.vote(self.held, "not the words it was", approve=True)
            self.wrong = str(wrong.value)
            self.approved = demo.vote(self.held, PASSPHRASE, approve=True)
            self.fixed = demo.run(self.approved)
            self.after_fix = demo.stock()
            self.undone = demo.undo(self.fixed)
            self.after_undo = demo.stock()
            self.denied: Case = demo.propose(CLEAN_UP)
            self.alone = demo.without_a_gate(CLEAN_UP)
            self.after = demo.stock()
            self.entries = {
                case.id: demo.control.record.entries(f"case/{case.id}") for case in demo.control.record.cases()
            }
            self.checked: Checked = demo.verify(self.denied)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    yield Told(tmp_path_factory.mktemp("demo"))


def test_the_read_is_allowed_runs_and_shows_its_rows(told: Told) -> None:
    assert told.read.state == "done"
    assert b"pending" in told.rows


def test_the_fix_waits_for_one_person(told: Told) -> None:
    assert told.held.state == "held"
    assert told.held.decision is not None
    assert {requirement.text for requirement in told.held.decision.requirements} == {"approval 1"}


def test_what_the_fix_would_touch_was_measured_and_is_what_it_touched(told: Told) -> None:
    assert told.held.assessment is not None
    assert told.held.assessment.rows == 2 * shop.STUCK, "the orders, and an event for each by the trigger"
    assert told.after_fix.pending == 0
    assert told.after_fix.events == told.before.events + shop.STUCK


def test_the_operator_cannot_approve_it_herself(told: Told) -> None:
    assert "ada" in told.own


def test_a_wrong_passphrase_signs_nothing(told: Told) -> None:
    assert "passphrase" in told.wrong
    assert "not the words it was" not in told.wrong
    assert len(told.approved.votes) == 1


def test_undo_gives_back_exactly_what_was_there(told: Told) -> None:
    assert (told.fixed.state, told.undone.state) == ("done", "undone")
    assert told.before == told.after_undo


def test_the_clean_up_is_denied_with_its_rows_measured_and_touches_nothing(told: Told) -> None:
    assert told.denied.state == "denied"
    assert told.denied.assessment is not None
    assert told.denied.assessment.rows == told.before.orders + told.before.lines + told.before.payments
    assert told.before == told.after


def test_without_a_gate_the_same_text_takes_everything(told: Told) -> None:
    assert (told.alone.orders, told.alone.lines, told.alone.payments) == (0, 0, 0)


def test_the_agent_gets_a_token_and_nothing_of_the_target(told: Told) -> None:
    """What an agent is told of its case names no path, key or address of the target."""
    with_secrets = (str(told.folder), "shop.db", "PRIVATE")
    for case in (told.read, told.held, told.denied):
        assert not any(secret in repr(case) for secret in with_secrets)


def test_every_scene_is_in_the_record(told: Told) -> None:
    kinds = {id: [type(entry.what).__name__ for entry in entries] for id, entries in told.entries.items()}

    assert kinds[told.denied.id] == ["Proposed", "WasRead", "Assessed", "Decided"]
    fix = kinds[told.undone.id]
    assert fix[:6] == ["Proposed", "WasRead", "Assessed", "Decided", "Voted", "Approved"]
    assert fix.count("Started") == fix.count("Finished") == 2
    assert told.entries[told.denied.id][0].by == "agent:fixer"


def test_the_record_verifies_offline_and_an_edit_of_one_word_is_found(told: Told) -> None:
    assert told.checked.edit.endswith("deny -> allow")
    assert (told.checked.honest.ok, told.checked.honest.pinned) == (True, True)
    assert not told.checked.edited.ok
