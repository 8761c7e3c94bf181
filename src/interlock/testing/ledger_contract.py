"""The contract of a ledger's store, as tests: whoever keeps it can be a store.

Subclass `LedgerContract` in a test module, give it a `url` fixture that names a fresh, empty store, and pytest
runs the rest. Children are real processes, and `kill -9` is a real one.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from interlock.errors import BadInput, Conflict, StoreError
from interlock.ledger.audit import verify
from interlock.ledger.batch import OVERTAKEN
from interlock.ledger.checkpoint import open_checkpoint
from interlock.ledger.entry import leaf_of
from interlock.ledger.log import Item, Ledger, Stored, open_ledger
from interlock.ledger.tree import verify_consistency, verify_inclusion
from interlock.ledger.vault import Vault
from interlock.testing.crowd_contract import CrowdContract
from interlock.testing.vault_contract import MASTER, SIGNER, VaultContract, together

# A child appends one entry to each of three streams at a time, and says so when it was acknowledged.
CHILD = """
import sys
from pathlib import Path
from interlock.ledger.log import Item, open_ledger
from interlock.ledger.note import Signer
url, mark, name, count = sys.argv[1:]
signer = Signer("ledger.example/contract", bytes(range(32)))
with open_ledger(url, signer=signer, high_water=Path(mark)) as ledger:
    for number in range(int(count)):
        data = b"%d of %s" % (number, name.encode())
        ledger.append([Item(f"{name}/{part}", number, data) for part in "abc"])
        print(number, flush=True)
"""


def start_child(url: str, mark: Path, name: str, count: int) -> subprocess.Popen[str]:
    """A process of its own that writes to the same store."""
    command = [sys.executable, "-c", CHILD, url, str(mark), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


class LedgerContract(VaultContract, CrowdContract):
    """Every store passes this."""

    def test_a_new_ledger_is_empty_and_signed(self, ledger: Ledger) -> None:
        assert ledger.size() == 0
        assert open_checkpoint(ledger.checkpoint(), SIGNER.verifier).size == 0
        assert ledger.stream("a") == []
        assert ledger.streams("") == []

    def test_an_entry_is_read_back_as_it_was_given(self, ledger: Ledger) -> None:
        data = bytes(range(256)) * 3
        assert ledger.append([Item("case/ü 1", 0, data)]) == (0,)
        assert ledger.append([Item("case/ü 1", None, b"")]) == (1,)

        expected = [Stored(0, "case/ü 1", 0, data), Stored(1, "case/ü 1", 1, b"")]
        assert ledger.stream("case/ü 1") == expected
        assert ledger.stream("case/ü 1", since=1) == expected[1:]
        assert list(ledger.read(0, 99)) == expected

    def test_long_streams_and_logs_are_read_whole_and_in_order(self, ledger: Ledger) -> None:
        ledger.append([Item("long", None, b"%d" % number) for number in range(2500)])

        assert [entry.position for entry in ledger.stream("long")] == list(range(2500))
        assert [entry.index for entry in ledger.read(7, 2400)] == list(range(7, 2400))

    def test_streams_that_grew_side_by_side_are_each_read_from_anywhere(self, ledger: Ledger) -> None:
        names = ["a", "b", "c"]
        for number in range(70):  # sizes that fall on and beside whatever a store groups them by
            names_now = names if number % 3 else names[:2]
            ledger.append([Item(name, None, b"%d" % number) for name in names_now for _ in range(3)])
        everything = list(ledger.read(0, 999))

        for name in (*names, "nobody"):
            expected = [entry for entry in everything if entry.stream == name]
            assert ledger.length(name) == len(expected)
            for since in range(len(expected) + 2):
                assert ledger.stream(name, since) == expected[since:]
                for limit in (0, 1, 2, 63, 64, 65):
                    assert ledger.store.stream(name, since, limit) == expected[since : since + limit]

    def test_streams_are_listed_by_exact_prefix_in_the_order_of_their_first_entries(self, ledger: Ledger) -> None:
        for name in ("case/b", "case/a", "case%x", "CASE/c", "case/b", "cas_/d", "other"):
            ledger.append([Item(name, None, b"x")])

        assert ledger.streams("case/") == ["case/b", "case/a"]
        assert ledger.streams("cas_") == ["cas_/d"]
        assert ledger.streams("case%") == ["case%x"]
        assert len(ledger.streams("")) == 6

    def test_streams_that_are_followed_are_read_in_order_and_no_others(self, ledger: Ledger) -> None:
        names = [
            "case/1",
            "case",
            "case0",
            "case.",
            "case/",
            "case/ü",
            "Case/1",
            "passed/fixer",
            "case/1",
            "a",
        ]
        for name in names * 3:
            ledger.append([Item(name, None, name.encode())])
        everything = list(ledger.read(0, 999))

        expected = [entry for entry in everything if entry.stream.startswith("case/")]
        assert len(expected) == 12
        assert list(ledger.followed(0, 999)) == expected
        assert list(ledger.followed(4, 20)) == [entry for entry in expected if 4 <= entry.index < 20]
        assert ledger.store.followed(0, 999, 5) == expected[:5]
        assert list(ledger.followed(30, 999)) == []

    def test_streams_are_listed_to_the_end_of_their_prefix(self, ledger: Ledger) -> None:
        for name in ("a", "aü", "a\U0001f600", "b", "ü1", "ý"):
            ledger.append([Item(name, None, b"x")])

        assert ledger.streams("a") == ["a", "aü", "a\U0001f600"]
        assert ledger.streams("ü") == ["ü1"]

    def test_an_append_of_several_items_is_all_or_nothing(self, ledger: Ledger) -> None:
        ledger.append([Item("a", 0, b"1")])
        with pytest.raises(Conflict):
            ledger.append([Item("b", 0, b"1"), Item("b", 1, b"2"), Item("a", 0, b"taken")])

        assert ledger.size() == 1
        assert ledger.stream("b") == []
        assert ledger.append([Item("b", 0, b"1"), Item("b", 1, b"2"), Item("a", 1, b"3")]) == (1, 2, 3)

    def test_a_position_that_is_not_next_is_a_conflict(self, ledger: Ledger) -> None:
        ledger.append([Item("a", 0, b"1")])
        for position in (0, 2, 2**40):
            with pytest.raises(Conflict):
                ledger.append([Item("a", position, b"2")])

        assert ledger.append([Item("a", 1, b"2")]) == (1,)

    def test_what_cannot_be_an_entry_is_refused_and_harms_nobody(self, ledger: Ledger) -> None:
        bad: list[list[Item]] = [
            [],
            [Item("", 0, b"")],
            [Item("a\nb", 0, b"")],
            [Item("a\x00", 0, b"")],
            [Item("\ud800", 0, b"")],
            [Item("x" * 513, 0, b"")],
            [Item("ü" * 300, 0, b"")],
            [Item("a", -1, b"")],
            [Item("a", 0, "text")],  # type: ignore[arg-type]  # what an untyped caller could give
        ]
        for items in bad:
            with pytest.raises(BadInput):
                ledger.append(items)

        assert ledger.append([Item("a", 0, b"")]) == (0,)

    def test_four_ledgers_on_one_store_agree_on_one_order(self, url: str, tmp_path: Path) -> None:
        ledgers = [open_ledger(url, signer=SIGNER, high_water=tmp_path / f"mark{number}") for number in range(4)]
        won: list[int] = []

        def work(number: int) -> None:
            for position in range(25):
                ledgers[number].append([Item(f"own/{number}", position, b""), Item("all", None, b"%d" % number)])
                try:
                    ledgers[number].append([Item("contested", position, b"%d" % number)])
                    won.append(position)
                except Conflict:
                    pass

        try:
            together(work, 4)
            report = verify(ledgers[0].store, vkey=str(SIGNER.verifier))
            contested = [entry.position for entry in ledgers[3].stream("contested")]
            total = ledgers[1].stream("all")
        finally:
            for ledger in ledgers:
                ledger.close()

        assert report.ok, report.problems
        assert sorted(won) == contested
        assert len(total) == 100

    def test_who_was_refused_upon_a_newer_head_goes_on_from_there(self, ledger: Ledger, url: str, mark: Path) -> None:
        """Refused with contents, the newest head was seen and nothing was added to it."""
        vault = Vault(ledger.store, MASTER, entropy=os.urandom)
        for number in range(4):
            ledger.append([Item("mine", number, b"")])
        with open_ledger(url, signer=SIGNER, high_water=mark) as other:
            other.append([Item("theirs", None, b"%d" % number) for number in range(5)])
        with pytest.raises(Conflict):
            ledger.append([Item("theirs", 0, b"")], vault.fresh("case/1").contents)

        assert ledger.append([Item("mine", 4, b"")]) == (9,)

    def test_four_processes_on_one_store_lose_nothing(self, url: str, mark: Path) -> None:
        children = [start_child(url, mark, f"child{number}", 40) for number in range(4)]
        said = [child.communicate(timeout=60)[0].split() for child in children]

        assert [child.returncode for child in children] == [0] * 4
        assert said == [[str(number) for number in range(40)]] * 4
        with open_ledger(url, signer=SIGNER, high_water=mark) as ledger:
            assert ledger.size() == 4 * 40 * 3
            assert verify(ledger.store, vkey=str(SIGNER.verifier), high_water=mark).ok

    def test_what_was_acknowledged_before_kill_9_is_there_and_nothing_is_half_there(self, url: str, mark: Path) -> None:
        chance = random.Random(6962)  # noqa: S311 - when to kill, not what to hide
        for crash in range(4):
            child = start_child(url, mark, f"crash{crash}", 100_000)
            assert child.stdout is not None
            lines = [child.stdout.readline()]
            time.sleep(chance.random() * 0.15)
            child.send_signal(signal.SIGKILL)
            lines += child.communicate()[0].splitlines(keepends=True)
            acknowledged = sum(line.endswith("\n") for line in lines)

            with open_ledger(url, signer=SIGNER, high_water=mark) as ledger:
                lengths = [len(ledger.stream(f"crash{crash}/{part}")) for part in "abc"]
                report = verify(ledger.store, vkey=str(SIGNER.verifier), high_water=mark)
            assert report.ok, report.problems
            assert len(set(lengths)) == 1
            assert acknowledged <= lengths[0] <= acknowledged + 1

    def test_a_ledger_goes_on_where_it_was_left(self, url: str, mark: Path) -> None:
        for number in range(3):
            with open_ledger(url, signer=SIGNER, high_water=mark) as ledger:
                assert ledger.append([Item("a", number, b"%d" % number)]) == (number,)

        with open_ledger(url, signer=SIGNER, high_water=mark) as ledger:
            assert [entry.data for entry in ledger.stream("a")] == [b"0", b"1", b"2"]

    def test_every_proof_that_the_ledger_gives_verifies(self, ledger: Ledger) -> None:
        ledger.append([Item("a", None, b"%d" % number) for number in range(700)])
        old = open_checkpoint(ledger.checkpoint(), SIGNER.verifier)
        ledger.append([Item("b", None, b"%d" % number) for number in range(333)])
        new = open_checkpoint(ledger.checkpoint(), SIGNER.verifier)

        for index in (0, 255, 256, 699, 700, 1032):
            leaf = leaf_of(next(ledger.read(index, index + 1)))
            assert verify_inclusion(leaf, index, new.size, ledger.inclusion(index, new.size), new.root)
        proof = ledger.consistency(old.size, new.size)
        assert verify_consistency(old.size, new.size, old.root, new.root, proof)
        for index, size in ((5, 5), (0, 1034), (-1, 3)):
            with pytest.raises(BadInput):
                ledger.inclusion(index, size)
        with pytest.raises(BadInput):
            ledger.consistency(5, 1034)

    def test_every_projection_can_be_rebuilt(self, ledger: Ledger) -> None:
        ledger.append([Item("a", None, b"%d" % number) for number in range(256 * 5 + 3)])
        before = ledger.store.nodes(8, 0, 99)
        with ledger.store.writing() as tx:
            tx.derive([])
        assert ledger.store.nodes(8, 0, 99) == []

        assert ledger.rebuild() == 5
        assert ledger.store.nodes(8, 0, 99) == before
        assert verify(ledger.store, vkey=str(SIGNER.verifier)).ok

    def test_a_transaction_left_by_an_exception_never_happened(self, ledger: Ledger) -> None:
        ledger.append([Item("a", 0, b"1")])
        head = ledger.store.head()
        assert head is not None
        with pytest.raises(ZeroDivisionError), ledger.store.writing() as tx:
            tx.extend([Stored(1, "a", 1, b"2")], [], head._replace(size=2))
            raise ZeroDivisionError

        assert ledger.store.head() == head
        assert ledger.append([Item("a", 1, b"2")]) == (1,)

    def test_an_append_upon_another_stream_is_recorded_only_while_that_has_not_grown(self, ledger: Ledger) -> None:
        ledger.append([Item("agent", 0, b"1"), Item("agent", 1, b"2")])

        assert ledger.append([Item("case", 0, b"")], upon={"agent": 2, "never": 0}) == (2,)
        for upon in ({"agent": 1}, {"agent": 3}, {"agent": 2, "never": 1}):
            with pytest.raises(Conflict) as conflict:
                ledger.append([Item("case", 1, b"")], upon=upon)
            assert conflict.value.code == OVERTAKEN
        assert ledger.size() == 3

    def test_an_append_upon_a_stream_that_another_process_made_grow_is_refused(self, url: str, mark: Path) -> None:
        with open_ledger(url, signer=SIGNER, high_water=mark) as one, open_ledger(url, signer=SIGNER) as other:
            one.append([Item("agent", 0, b"1")])
            one.append([Item("case", 0, b"")], upon={"agent": 1})
            other.append([Item("agent", 1, b"2")])

            with pytest.raises(Conflict):
                one.append([Item("case", 1, b"")], upon={"agent": 1})
            assert one.append([Item("case", 1, b"")], upon={"agent": 2}) == (3,)

    def test_a_commit_that_breaks_off_leaves_nothing_behind_and_the_next_goes_on(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken: list[BaseException] = []

        def breaking(*_: object) -> str:
            raise RuntimeError("out of the blue")

        def alone() -> None:
            try:
                ledger.append([Item("a", 0, b"1"), Item("b", 0, b"2")])
            except RuntimeError as error:
                broken.append(error)

        with monkeypatch.context() as patch:
            patch.setattr("interlock.ledger.log.sign_checkpoint", breaking)
            thread = threading.Thread(target=alone)
            thread.start()
            thread.join()

        assert len(broken) == 1
        assert ledger.append([Item("a", 0, b"1"), Item("b", 0, b"2")]) == (0, 1)

    def test_a_closed_ledger_says_so(self, url: str, mark: Path) -> None:
        ledger = open_ledger(url, signer=SIGNER, high_water=mark)
        ledger.close()
        ledger.close()

        for use in (lambda: ledger.append([Item("a", 0, b"")]), ledger.size, lambda: ledger.stream("a")):
            with pytest.raises(StoreError):
                use()
