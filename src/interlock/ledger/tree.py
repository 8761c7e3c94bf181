"""The RFC 6962 Merkle tree (section 2.1) as arithmetic on plain values: no store, no key, no I/O.

A leaf is hashed with a 0x00 prefix and an inner node with 0x01, so that neither can pass for the other.
A tree of n leaves is cut at the largest power of two below n. `Frontier` keeps only the roots of the complete
subtrees on the left (one for each bit of n), which is all that appending needs. Proofs ask their caller for
the roots of complete subtrees: `subtree(level, index)` is the root over leaves index*2^level … (index+1)*2^level - 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()

Subtree = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The left edge of a growing tree: the roots of its complete subtrees, largest first."""

    __slots__ = ("roots", "size")

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        if size < 0 or len(roots) != size.bit_count() or any(len(root) != HASH_SIZE for root in roots):
            raise ValueError("a frontier has one 32-byte root for each bit of its size")
        self.size = size
        self.roots = list(roots)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Frontier:
        """The frontier that `to_bytes` wrote."""
        return cls(size, [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)])

    def to_bytes(self) -> bytes:
        """The roots one after another."""
        return b"".join(self.roots)

    def copy(self) -> Frontier:
        """An independent frontier in the same state."""
        return Frontier(self.size, self.roots)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash; complete subtrees of equal size merge."""
        roots, size = self.roots, self.size
        while size & 1:
            leaf = sha256(b"\x01" + roots.pop() + leaf).digest()
            size >>= 1
        roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The Merkle tree hash of everything appended so far."""
        return fold(self.roots)


def fold(roots: Sequence[bytes]) -> bytes:
    """The root over neighbouring complete subtrees of falling size, given their roots left to right."""
    if not roots:
        return EMPTY_ROOT
    result = roots[-1]
    for root in reversed(roots[:-1]):
        result = node_hash(root, result)
    return result


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def split(size: int) -> int:
    """The largest power of two below `size`, which must be at least 2."""
    return 1 << (size - 1).bit_length() - 1


def range_root(start: int, stop: int, subtree: Subtree) -> bytes:
    """The root over leaves start … stop-1, where `start` is a multiple of the first subtree's size."""
    roots = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        roots.append(subtree(level, start >> level))
        start += 1 << level
    return fold(roots)


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """RFC 6962 2.1.1: the nodes that lead from leaf `index` to the root of the tree of `size` leaves."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    proof, start, stop = [], 0, size
    while stop - start > 1:
        middle = start + split(stop - start)
        if index < middle:
            proof.append(range_root(middle, stop, subtree))
            stop = middle
        else:
            proof.append(range_root(start, middle, subtree))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """RFC 6962 2.1.2: the nodes that show that the tree of `new` leaves begins with that of `old`."""
    if not 0 <= old <= new:
        raise ValueError("the old tree is larger than the new one")
    if old in (0, new):
        return []
    proof, start, stop, whole = [], 0, new, True
    while old != stop:
        middle = start + split(stop - start)
        if old <= middle:
            proof.append(range_root(middle, stop, subtree))
            stop = middle
        else:
            proof.append(range_root(start, middle, subtree))
            start, whole = middle, False
    if not whole:
        proof.append(range_root(start, stop, subtree))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Does the proof lead from the leaf hash at `index` to `root`? (RFC 9162 2.1.3.2)"""
    if not 0 <= index < size or len(proof) > 64:
        return False
    at, last, result = index, size - 1, leaf
    for node in proof:
        if last == 0 or len(node) != HASH_SIZE:
            return False
        if at & 1 or at == last:
            result = node_hash(node, result)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            result = node_hash(result, node)
        at >>= 1
        last >>= 1
    return last == 0 and result == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Does the tree (new, new_root) begin with the tree (old, old_root)? (RFC 9162 2.1.4.2)"""
    if not 0 <= old <= new or len(proof) > 128:
        return False
    if old == new:
        return not proof and old_root == new_root and (old > 0 or old_root == EMPTY_ROOT)
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path or any(len(node) != HASH_SIZE for node in path):
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at >>= 1
        last >>= 1
    older = newer = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            older, newer = node_hash(node, older), node_hash(node, newer)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            newer = node_hash(newer, node)
        at >>= 1
        last >>= 1
    return last == 0 and older == old_root and newer == new_root
