"""One batch of the writer: the appends that wait, what they will add together, and their answers."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from interlock.errors import Conflict, InterlockError
from interlock.ledger.entry import Item, Stored, check_items, leaf
from interlock.ledger.head import grow
from interlock.ledger.storage import Contents, Node, Transaction
from interlock.ledger.tree import Frontier

MAX_TAILS = 100_000
OVERTAKEN = "overtaken"
AWAKE = 4  # how many of a batch are woken at once


class Asked(NamedTuple):
    """One of several appends that are served together, each by itself: see `Ledger.append`."""

    items: Sequence[Item]
    contents: Sequence[Contents] = ()
    upon: Mapping[str, int] | None = None


class Append:
    """One caller's append on its way through the writer: `done` is locked until there is an outcome.

    `interruptible` says that its caller may leave before: it waits on the main thread, where signals come in.
    """

    __slots__ = ("bytes", "contents", "done", "error", "following", "indexes", "interruptible", "items", "upon")

    def __init__(self, asked: Asked) -> None:
        """BadInput when an item cannot be an entry."""
        self.items, self.contents = asked.items, asked.contents
        self.upon = asked.upon or {}
        self.bytes = check_items(self.items) + sum(len(sealed) for one in self.contents for _, sealed in one.blobs)
        self.error: InterlockError | None = None
        self.indexes: tuple[int, ...] = ()
        self.following: Append | None = None
        self.interruptible = threading.current_thread() is threading.main_thread()
        self.done = threading.Lock()
        self.done.acquire()

    def wait(self) -> None:
        """Until there is an outcome; then whoever follows is woken."""
        try:
            self.done.acquire()
        finally:
            if self.following is not None:
                self.following.done.release()


class Plan:
    """What one batch will add: each append gets its entries, or a conflict of its own."""

    def __init__(self, frontier: Frontier, tails: dict[str, int]) -> None:
        self.frontier = frontier
        self.entries: list[Stored] = []
        self.nodes: list[Node] = []
        self.contents: list[Contents] = []
        self._scopes: set[str] = set()
        self._tails = tails

    def load(self, tx: Transaction, batch: list[Append]) -> None:
        """Learn the next positions of the streams that are not remembered."""
        tails = self._tails
        if len(tails) > MAX_TAILS:
            tails.clear()
        unknown = {item[0] for waiting in batch for item in waiting.items if item[0] not in tails}
        unknown.update(name for waiting in batch for name in waiting.upon if name not in tails)
        if unknown:
            found = tx.tails(list(unknown))
            for name in unknown:
                tails[name] = found.get(name, 0)

        begun = [one.scope for waiting in batch for one in waiting.contents]
        if begun:
            self._scopes = tx.scopes(begun)

    def add(self, waiting: Append) -> None:
        for one in waiting.contents:
            if one.scope in self._scopes:
                waiting.error = Conflict(f"the contents of `{one.scope}` were begun before")
                return
        tails, before = self._tails, list[tuple[str, int]]()
        for stream, count in waiting.upon.items():
            if tails[stream] != count:
                waiting.error = Conflict(
                    f"`{stream}` has {tails[stream]} entries, not {count} as when it was read",
                    hint="read the stream again and decide anew",
                    code=OVERTAKEN,
                )
                return
        entries, first = list[Stored](), self.frontier.size
        for stream, expected, data in waiting.items:
            position = tails[stream]
            if expected is not None and expected != position:
                for name, tail in reversed(before):
                    tails[name] = tail
                waiting.error = Conflict(
                    f"`{stream}` has moved on: it has {position} entries, not {expected} as when it was read",
                    hint="somebody was first; look at it again",
                )
                return
            before.append((stream, position))
            tails[stream] = position + 1
            entries.append(Stored(first + len(entries), stream, position, data))
        for entry in entries:
            grow(self.frontier, leaf(entry.stream.encode(), entry.position, entry.data), self.nodes)
        self.entries += entries
        self.contents += waiting.contents
        self._scopes.update(one.scope for one in waiting.contents)
        waiting.error = None
        waiting.indexes = tuple(range(first, first + len(entries)))


def answer(batch: list[Append], error: InterlockError | None) -> None:
    """Say the outcome to every caller, and wake them: a few, and each of those the next.

    Woken all at once they would stand in line for the one turn that Python has, and ask for it again every 5 ms. A
    caller that can be interrupted is woken from here, so that nobody's waking hangs on it.
    """
    chained = [waiting for waiting in batch if not waiting.interruptible]
    for waiting, following in zip(chained, chained[AWAKE:], strict=False):
        waiting.following = following
    for waiting in batch:
        if error is not None:
            waiting.error = error
    for waiting in (*chained[:AWAKE], *(waiting for waiting in batch if waiting.interruptible)):
        waiting.done.release()
