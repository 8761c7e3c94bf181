"""Heads, checked: is this stored head signed by our key, and does it extend what we saw before?

A `Known` is a head that has been checked. Two ways lead from one to the next: replaying the few entries between
them, or, when there are many, a consistency proof; both end at a root that the log's key has signed. The proofs
take inner nodes from the store, which is sound: a wrong node gives a proof that does not verify.
"""

from __future__ import annotations

from typing import NamedTuple

from interlock.errors import BadInput, Corrupt
from interlock.ledger.checkpoint import Checkpoint, open_checkpoint
from interlock.ledger.entry import Stored, leaf_of
from interlock.ledger.note import Verifier
from interlock.ledger.storage import NODE_STEP, Head, Node, Readable
from interlock.ledger.tree import Frontier, Subtree, consistency_proof, node_hash, root_of, verify_consistency

REPLAY_MAX = 1024
CHUNK = 1024
LOOK = "nothing more is recorded; run `interlock ledger verify`, keep the file as it is, and find out who changed it"


class Known(NamedTuple):
    """A head that was checked. `frontier` must not be changed; copy it."""

    frontier: Frontier
    checkpoint: str

    @property
    def size(self) -> int:
        return self.frontier.size


def corrupt(message: str, where: str) -> Corrupt:
    """The error for a ledger that does not verify."""
    return Corrupt(message, where=where, hint=LOOK)


def check_head(head: Head, verifier: Verifier, where: str) -> Known:
    """The head as known, when its checkpoint is signed by this key and says what the head says; else Corrupt."""
    try:
        checkpoint = open_checkpoint(head.checkpoint, verifier, where)
        frontier = Frontier.from_bytes(head.size, head.frontier)
    except (BadInput, ValueError, TypeError) as error:
        raise corrupt("the stored head is malformed", where) from error
    if checkpoint.size != head.size or frontier.root() != checkpoint.root:
        raise corrupt("the stored head is not what its signed checkpoint says", where)
    return Known(frontier, head.checkpoint)


def check_extends(old: Checkpoint, new: Known, source: Readable, where: str) -> None:
    """Corrupt unless the tree of `new` begins with that of `old`."""
    if new.size < old.size:
        raise corrupt(f"the ledger has {new.size} entries, but it had {old.size}: its tail was cut", where)
    proof = [] if new.size == old.size else consistency_proof(old.size, new.size, subtrees(source, where))
    if not verify_consistency(old.size, new.size, old.root, new.frontier.root(), proof):
        raise corrupt(f"the first {old.size} entries are not those that were there before", where)


def replay(old: Known, new: Known, source: Readable, where: str) -> list[Stored] | None:
    """The entries between two heads when they lead from one to the other; None when they are too many to replay."""
    if not 0 <= new.size - old.size <= REPLAY_MAX:
        return None
    entries = source.entries(old.size, new.size)
    frontier = old.frontier.copy()
    for entry in entries:
        frontier.append(leaf_of(entry))
    if frontier.size != new.size or frontier.root() != new.frontier.root():
        raise corrupt(f"the entries after {old.size} are not those that the checkpoint was signed for", where)
    return entries


def subtrees(source: Readable, where: str) -> Subtree:
    """The roots of complete subtrees, from stored nodes and, below level 8, from the entries themselves."""

    def subtree(level: int, index: int) -> bytes:
        base = level - level % NODE_STEP
        start, count = index << (level - base), 1 << (level - base)
        if base:
            hashes = source.nodes(base, start, start + count)
        else:
            hashes = [leaf_of(entry) for entry in source.entries(start, start + count)]
        if len(hashes) != count:
            raise corrupt(f"entries or nodes between {index << level} and {(index + 1) << level} are missing", where)
        return root_of(hashes)

    return subtree


def grow(frontier: Frontier, leaf: bytes, nodes: list[Node]) -> None:
    """Append a leaf and note the nodes at every eighth level that it completes."""
    index, level, roots = frontier.size, 0, frontier.roots
    if index & 0xFF != 0xFF:
        frontier.append(leaf)
        return
    while index & 1:
        leaf = node_hash(roots.pop(), leaf)
        index >>= 1
        level += 1
        if level % NODE_STEP == 0:
            nodes.append(Node(level, index, leaf))
    roots.append(leaf)
    frontier.size += 1


def all_nodes(source: Readable, size: int) -> list[Node]:
    """The nodes of a tree of `size` leaves, recomputed from the entries alone."""
    frontier, nodes = Frontier(), list[Node]()
    for start in range(0, size, CHUNK):
        for entry in source.entries(start, min(start + CHUNK, size)):
            grow(frontier, leaf_of(entry), nodes)
    return nodes
