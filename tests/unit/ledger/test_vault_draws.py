"""What a new scope draws: once for all, and never the same nonce twice."""

from __future__ import annotations

import hmac
from pathlib import Path

import pytest

from interlock.ledger.log import Item, open_ledger
from interlock.ledger.note import Signer
from interlock.ledger.vault import KEY_SIZE, NONCE_SIZE, Vault

SIGNER = Signer("ledger.example/vault", bytes(range(32)))


def test_a_new_scope_draws_once_and_each_further_content_a_nonce_of_its_own(tmp_path: Path) -> None:
    sizes: list[int] = []

    def entropy(size: int) -> bytes:
        sizes.append(size)
        return bytes((len(sizes) * 64 + place) % 256 for place in range(size))

    with open_ledger(f"sqlite:///{tmp_path}/ledger.db", signer=SIGNER) as ledger:
        vault = Vault(ledger.store, bytes(32), entropy=entropy)
        fresh = vault.fresh("case/1")
        digests = [fresh.seal(b"one"), fresh.seal(b"two"), fresh.seal(b"three")]
        ledger.append([Item("case/1", 0, b"")], fresh.contents)
        wrapped = fresh.contents.wrapped[8 : 8 + NONCE_SIZE]
        nonces = [sealed[1 : 1 + NONCE_SIZE] for _, sealed in fresh.contents.blobs]

        assert sizes == [KEY_SIZE + 2 * NONCE_SIZE, NONCE_SIZE, NONCE_SIZE]
        assert len({wrapped, *nonces}) == 4
        assert [vault.get("case/1", digest) for digest in digests] == [b"one", b"two", b"three"]


@pytest.mark.parametrize("size", [0, 1, 64, 65, 4_096])
def test_the_digest_of_contents_is_the_hmac_that_the_format_names(tmp_path: Path, size: int) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db", signer=SIGNER) as ledger:
        fresh = Vault(ledger.store, bytes(32), entropy=bytes).fresh("case/1")
        digest = fresh.seal(bytes(size))

    key = hmac.digest(bytes(KEY_SIZE), b"interlock/vault/1/digest", "sha256")
    assert digest == hmac.digest(key, bytes(size), "sha256").hex()
