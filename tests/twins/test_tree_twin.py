"""The fast Merkle tree agrees with a naive one written straight from RFC 6962, and with known vectors."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The leaves and roots of the Certificate Transparency test vectors for RFC 6962.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = largest_power_below(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """RFC 6962 2.1.2, word for word."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def leaves_of(size: int) -> list[bytes]:
    return [b"%d" % number for number in range(size)]


def subtree_of(leaves: list[bytes]):
    return lambda level, index: mth(leaves[index << level : (index + 1) << level])


sizes = st.integers(1, 70)


@pytest.mark.parametrize("size", range(9))
def test_the_roots_of_the_certificate_transparency_vectors_come_out(size):
    assert root_of(map(leaf_hash, LEAVES[:size])).hex() == ROOTS[size]
    assert mth(LEAVES[:size]).hex() == ROOTS[size]


def test_a_known_inclusion_proof_comes_out():
    wanted = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [node.hex() for node in inclusion_proof(5, 8, subtree_of(LEAVES))] == wanted


@settings(max_examples=60, deadline=None)
@given(sizes)
def test_roots_agree_with_the_twin_and_survive_being_written_down(size):
    frontier = Frontier()
    for leaf in leaves_of(size):
        frontier = Frontier.from_bytes(frontier.size, frontier.to_bytes())
        frontier.append(leaf_hash(leaf))

    assert frontier.root() == mth(leaves_of(size))


@settings(max_examples=100, deadline=None)
@given(sizes.flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_inclusion_proofs_agree_with_the_twin_and_verify(case):
    index, size = case
    leaves = leaves_of(size)
    proof = inclusion_proof(index, size, subtree_of(leaves))

    assert proof == path(index, leaves)
    assert verify_inclusion(leaf_hash(leaves[index]), index, size, proof, mth(leaves))


@settings(max_examples=100, deadline=None)
@given(sizes.flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size))))
def test_consistency_proofs_agree_with_the_twin_and_verify(case):
    old, new = case
    leaves = leaves_of(new)
    proof = consistency_proof(old, new, subtree_of(leaves))

    assert proof == (subproof(old, leaves, True) if old else [])
    assert verify_consistency(old, new, mth(leaves[:old]), mth(leaves), proof)


@settings(max_examples=100, deadline=None)
@given(sizes.flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))), st.data())
def test_a_changed_inclusion_proof_does_not_verify(case, data):
    index, size = case
    leaves = leaves_of(size)
    root, leaf, proof = mth(leaves), leaf_hash(leaves[index]), path(index, leaves)
    other = data.draw(st.integers(0, size))
    at = data.draw(st.integers(0, len(proof)))

    assert not verify_inclusion(leaf_hash(b"other"), index, size, proof, root)
    assert not verify_inclusion(leaf, index, size, [*proof[:at], bytes(32), *proof[at:]], root)
    assert not verify_inclusion(leaf, size, size, proof, root)
    assert not verify_inclusion(leaf, -1, size, proof, root)
    if other != index:
        assert not verify_inclusion(leaf, other, size, proof, root)
    if proof:
        assert not verify_inclusion(leaf, index, size, proof[:-1], root)
        assert not verify_inclusion(leaf, index, size, [*proof[:-1], proof[-1] + b"x"], root)


@settings(max_examples=100, deadline=None)
@given(sizes.flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size))))
def test_a_changed_consistency_proof_does_not_verify(case):
    old, new = case
    leaves = leaves_of(new)
    before, after = mth(leaves[:old]), mth(leaves)
    proof = subproof(old, leaves, True) if old else []

    assert not verify_consistency(old, new, mth([b"other", *leaves]), after, proof)
    assert not verify_consistency(old, new, before, after, [*proof, bytes(32)])
    assert not verify_consistency(new + 1, new, before, after, proof)
    if old:
        assert not verify_consistency(old, new, before, mth([b"other", *leaves]), proof)
    if proof:
        assert not verify_consistency(old, new, before, after, proof[:-1])
        assert not verify_consistency(old, new, before, after, [bytes(32), *proof[1:]])


def test_impossible_frontiers_and_proofs_are_refused():
    for size, roots in ((-1, []), (1, []), (2, [bytes(32)] * 2), (1, [bytes(31)])):
        with pytest.raises(ValueError, match="frontier"):
            Frontier(size, roots)
    with pytest.raises(ValueError, match="not in the tree"):
        inclusion_proof(3, 3, subtree_of([]))
    with pytest.raises(ValueError, match="larger"):
        consistency_proof(4, 3, subtree_of([]))
    assert not verify_consistency(0, 0, bytes(32), bytes(32), [])
    assert verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
