"""The part of a ledger's contract that is about many callers at once."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from interlock.errors import BadInput, Conflict, StoreError
from interlock.ledger.audit import verify
from interlock.ledger.batch import Append, Asked
from interlock.ledger.log import Item, Ledger, open_ledger
from interlock.testing.vault_contract import SIGNER, together

RACERS = 100


class CrowdContract:
    """Callers do not get in each other's way, and each gets its own answer."""

    def test_appends_that_are_served_together_are_each_added_or_not_by_itself(self, ledger: Ledger) -> None:
        ledger.append([Item("agent", 0, b"1")])
        asked = [
            Asked([Item("a", 0, b"1"), Item("a", 1, b"2")]),
            Asked([Item("b", 0, b"1"), Item("a", 0, b"taken")]),
            Asked([Item("c", 0, b"1")], (), {"agent": 0}),
            Asked([Item("a", 2, b"3"), Item("d", 0, b"1")], (), {"agent": 1}),
        ]
        served: list[object] = []
        thread = threading.Thread(target=lambda: served.extend(ledger.append_each(asked)))
        thread.start()
        thread.join()

        assert [served[0], served[3]] == [(1, 2), (3, 4)]
        assert [type(outcome) for outcome in served[1:3]] == [Conflict, Conflict]
        assert [entry.data for entry in ledger.stream("a")] == [b"1", b"2", b"3"]
        assert [ledger.length(name) for name in "bcd"] == [0, 0, 1]
        assert ledger.append_each([Asked([Item("e", 0, b"")]), Asked([Item("e", 0, b"")])])[0] == (5,)

    def test_of_appends_that_are_served_together_nothing_is_added_when_one_is_no_entry(self, ledger: Ledger) -> None:
        with pytest.raises(BadInput):
            ledger.append_each([Asked([Item("a", 0, b"1")]), Asked([Item("", 0, b"1")])])

        assert ledger.size() == 0

    def test_of_a_hundred_that_want_one_position_exactly_one_gets_it(self, ledger: Ledger) -> None:
        won: list[int] = []
        lost: list[int] = []

        def race(number: int) -> None:
            try:
                ledger.append([Item(f"mine/{number}", 0, b""), Item("prize", 0, b"%d" % number)])
                won.append(number)
            except Conflict:
                lost.append(number)

        together(race, RACERS)

        assert len(won) == 1
        assert len(lost) == RACERS - 1
        assert [entry.data for entry in ledger.stream("prize")] == [b"%d" % won[0]]
        assert ledger.streams("mine/") == [f"mine/{won[0]}"]

    def test_many_threads_append_without_gap_or_loss(self, ledger: Ledger) -> None:
        def work(number: int) -> None:
            for _ in range(20):
                ledger.append([Item("all", None, b"%d" % number)])

        together(work, 16)

        assert sorted(entry.data for entry in ledger.stream("all")) == sorted([b"%d" % n for n in range(16)] * 20)
        assert verify(ledger.store, vkey=str(SIGNER.verifier)).ok

    def test_a_caller_that_is_alone_commits_by_itself_and_a_crowd_and_the_main_thread_do_not(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        committers: list[str] = []
        commit = Ledger._commit

        def seen(of: Ledger, batch: list[Append]) -> None:
            committers.append(threading.current_thread().name)
            time.sleep(0.01)
            commit(of, batch)

        def crowd(number: int) -> None:
            for position in range(9):
                ledger.append([Item(f"s{number}", position, b"")])

        monkeypatch.setattr(Ledger, "_commit", seen)
        ledger.append([Item("main", None, b"")])
        alone = threading.Thread(target=ledger.append, args=([Item("alone", None, b"")],), name="alone")
        alone.start()
        alone.join()
        together(crowd, 6)

        assert committers[:2] == ["ledger-writer", "alone"]
        assert committers.count("ledger-writer") > len(committers) / 2
        assert len(committers) < 2 + 6 * 9
        assert ledger.size() == 2 + 6 * 9

    def test_closing_while_others_append_answers_everybody(self, url: str, mark: Path) -> None:
        ledger = open_ledger(url, signer=SIGNER, high_water=mark)
        outcomes: list[bool] = []

        def work(number: int) -> None:
            if number == 0:
                time.sleep(0.02)
                ledger.close()
                return
            for position in range(1000):
                try:
                    ledger.append([Item(f"s{number}", position, b"")])
                except StoreError:
                    outcomes.append(False)
                    return
                outcomes.append(True)

        together(work, 9)

        with open_ledger(url, signer=SIGNER, high_water=mark) as again:
            assert again.size() == sum(outcomes)
