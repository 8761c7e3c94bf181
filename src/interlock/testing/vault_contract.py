"""The vault's part of the contract of a ledger's store, and the fixtures of both parts."""

from __future__ import annotations

import contextlib
import random
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interlock.errors import Conflict, NotFound
from interlock.ledger.audit import verify
from interlock.ledger.log import Item, Ledger, open_ledger
from interlock.ledger.note import Signer
from interlock.ledger.vault import Vault

SIGNER = Signer("ledger.example/contract", bytes(range(32)))
MASTER = bytes(32)


def together(work: Callable[[int], None], count: int) -> None:
    """Run the work on so many threads at once and wait; the first failure is raised."""
    failures: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


class VaultContract:
    """A store keeps sealed contents, and destroys them when told to."""

    @pytest.fixture
    def url(self) -> str:
        raise NotImplementedError("the subclass names a fresh store")

    @pytest.fixture
    def mark(self, tmp_path: Path) -> Path:
        return tmp_path / "high-water"

    @pytest.fixture
    def ledger(self, url: str, mark: Path) -> Iterator[Ledger]:
        with open_ledger(url, signer=SIGNER, high_water=mark) as ledger:
            yield ledger

    def test_the_vault_keeps_what_it_is_given_and_gives_it_back(self, ledger: Ledger) -> None:
        vault = Vault(ledger.store, MASTER, entropy=random.Random(1).randbytes)  # noqa: S311 - repeatable
        digest = vault.put("case/1", b"the prompt")

        assert vault.get("case/1", digest) == b"the prompt"
        assert vault.put("case/1", b"the prompt") == digest
        assert vault.put("case/2", b"the prompt") != digest
        assert vault.get("case/1", vault.put("case/1", b"")) == b""
        with pytest.raises(NotFound):
            vault.get("case/2", digest)
        with pytest.raises(NotFound):
            vault.get("case/never", digest)

    def test_erasing_a_scope_destroys_it_alone_and_every_proof_still_verifies(self, ledger: Ledger, mark: Path) -> None:
        vault = Vault(ledger.store, MASTER, entropy=random.Random(1).randbytes)  # noqa: S311 - repeatable
        digests = [vault.put("case/1", b"prompt"), vault.put("case/1", b"output"), vault.put("case/2", b"other")]
        ledger.append([Item("case", None, digest.encode()) for digest in digests])
        before = ledger.checkpoint()

        assert vault.erase("case/1") == 2
        assert ledger.store.key("case/1") == b""
        assert [ledger.store.blob("case/1", digest) for digest in digests[:2]] == [None, None]
        with pytest.raises(NotFound) as gone:
            vault.get("case/1", digests[0])
        assert gone.value.code == "erased"
        with pytest.raises(Conflict):
            vault.put("case/1", b"a late write")
        assert vault.get("case/2", digests[2]) == b"other"
        assert vault.erase("case/1") == 0
        assert verify(ledger.store, vkey=str(SIGNER.verifier), checkpoints=[before], high_water=mark).ok

    def test_of_many_first_writers_of_a_scope_all_use_one_key(self, ledger: Ledger) -> None:
        vault = Vault(ledger.store, MASTER, entropy=random.SystemRandom().randbytes)
        digests: list[str] = []

        def put(_: int) -> None:
            digests.append(vault.put("case/1", b"same"))

        together(put, 8)

        assert len(set(digests)) == 1
        assert vault.get("case/1", digests[0]) == b"same"

    def test_contents_are_kept_with_the_entries_that_begin_their_scope_or_not_at_all(self, ledger: Ledger) -> None:
        vault = Vault(ledger.store, MASTER, entropy=random.Random(1).randbytes)  # noqa: S311 - repeatable
        fresh = vault.fresh("case/1")
        digest = fresh.seal(b"the prompt")
        assert fresh.seal(b"the prompt") == digest
        assert ledger.store.key("case/1") is None

        assert ledger.append([Item("case/1", 0, digest.encode())], fresh.contents) == (0,)
        assert vault.get("case/1", digest) == b"the prompt"
        lost = vault.fresh("case/2")
        lost.seal(b"never kept")
        with pytest.raises(Conflict):
            ledger.append([Item("case/1", 0, b"taken")], lost.contents)
        assert ledger.store.key("case/2") is None
        assert ledger.append([Item("case/3", 0, b"")], vault.fresh("case/3").contents) == (1,)

    def test_a_scope_that_is_there_or_was_erased_is_a_conflict_of_that_append_alone(self, ledger: Ledger) -> None:
        vault = Vault(ledger.store, MASTER, entropy=random.SystemRandom().randbytes)
        vault.put("there", b"x")
        vault.put("erased", b"x")
        vault.erase("erased")
        for scope in ("there", "erased"):
            with pytest.raises(Conflict):
                ledger.append([Item(f"begin/{scope}", 0, b"")], vault.fresh(scope).contents)
        assert ledger.size() == 0
        outcomes: list[bool] = []

        def race(number: int) -> None:
            fresh = vault.fresh("contested")
            fresh.seal(b"%d" % number)
            try:
                ledger.append([Item(f"race/{number}", 0, b"")], fresh.contents)
                outcomes.append(True)
            except Conflict:
                outcomes.append(False)

        together(race, 12)

        assert outcomes.count(True) == 1
        assert ledger.append([Item("after", 0, b"")]) == (1,)
        assert verify(ledger.store, vkey=str(SIGNER.verifier)).ok

    def test_scopes_begun_through_append_and_through_the_vault_at_once_break_nothing(self, ledger: Ledger) -> None:
        vault = Vault(ledger.store, MASTER, entropy=random.SystemRandom().randbytes)

        def race(number: int) -> None:
            for scope in range(15):
                if number % 2:
                    vault.put(f"s{scope}", b"%d" % number)
                    continue
                fresh = vault.fresh(f"s{scope}")
                fresh.seal(b"%d" % number)
                with contextlib.suppress(Conflict):
                    ledger.append([Item(f"s{scope}/{number}", 0, b"")], fresh.contents)

        together(race, 6)

        assert ledger.append([Item("after", 0, b"")])
        assert verify(ledger.store, vkey=str(SIGNER.verifier)).ok

    def test_no_plaintext_reaches_the_store(self, ledger: Ledger) -> None:
        vault = Vault(ledger.store, MASTER, entropy=random.Random(1).randbytes)  # noqa: S311 - repeatable
        digest = vault.put("case/1", b"a very private sentence")
        sealed = ledger.store.blob("case/1", digest)

        assert sealed is not None
        assert b"private" not in sealed
        assert b64encode(b"private") not in sealed
