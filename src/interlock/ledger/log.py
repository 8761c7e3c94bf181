"""class Ledger: append durably, read, prove. Many threads call; one at a time commits.

Group commit: a writer thread takes everything that waits, one transaction, one signed checkpoint in it, then wakes
the callers. A caller that is alone commits by itself, which spares it two changes of thread; never the main thread,
for there a signal could break in between any two steps. Nobody is answered before the entries are durable and the
high-water mark is up. What a crash leaves: before COMMIT nothing; after COMMIT the entries, perhaps with a high-water
mark that is one batch behind, which the next open finds to be extended by the head.

The head is believed only when it is the one we left, or when it is signed by our key and extends the one we left.
Anything else is Corrupt: that append and all after it fail, until a person has looked and opened the ledger anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from interlock.errors import BadConfiguration, BadInput, Corrupt, InterlockError, StoreError
from interlock.ledger.batch import Append, Asked, Plan, answer
from interlock.ledger.checkpoint import Checkpoint, sign_checkpoint
from interlock.ledger.entry import Item, Stored
from interlock.ledger.head import (
    CHUNK,
    Known,
    all_nodes,
    check_extends,
    check_head,
    corrupt,
    replay,
    subtrees,
)
from interlock.ledger.highwater import HighWater
from interlock.ledger.note import Signer
from interlock.ledger.storage import LOST, MOVED, Contents, Head, Store, Transaction
from interlock.ledger.tree import EMPTY_ROOT, consistency_proof, inclusion_proof

__all__ = ["Asked", "Item", "Ledger", "Stored", "open_ledger", "open_store"]

MAX_BATCH = 4096
MAX_BATCH_BYTES = 8 * 1024 * 1024
ATTEMPTS = 5
ALONE = 1.5
SMOOTH = 0.125


class Ledger:
    """An open log. Made by `open_ledger`; a context manager; every method may be called from any thread."""

    def __init__(self, store: Store, signer: Signer, high_water: HighWater | None, *, trust_head: bool) -> None:
        self.store = store
        self.verifier = signer.verifier
        self._signer = signer
        self._high_water = high_water
        self._known = self._begin(trust_head=trust_head)
        self._tails: dict[str, int] = {}
        self._broken: InterlockError | None = None
        self._queue: SimpleQueue[Append | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._turn = threading.Lock()  # whoever holds it commits
        self._crowd = 1.0  # how many were served at once lately
        self._vkey = str(self.verifier)
        self._closed = False
        self._writer = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._writer.start()

    # -- appending ---------------------------------------------------------------------------------------------

    def append(
        self, items: Sequence[Item], *contents: Contents, upon: Mapping[str, int] | None = None
    ) -> tuple[int, ...]:
        """Add all of these entries or none, durably; their indexes. Conflict when an expected position is not next.

        `contents` are kept with them, in the same transaction (vault.py). Conflict when a scope is not new.
        `upon` says how many entries other streams must have: the caller decided by them. Conflict, with the code
        OVERTAKEN, when one has grown since.
        """
        waiting = Append(Asked(items, contents, upon))
        with self._gate:
            self._require_open()
            alone = self._is_alone(waiting) and self._turn.acquire(blocking=False)
            if not alone:
                self._queue.put(waiting)
        if alone:
            try:
                self._serve([waiting])
            finally:
                self._turn.release()
        else:
            waiting.wait()
        if waiting.error is not None:
            raise copy(waiting.error)  # one failure may answer many callers, each with its own traceback
        return waiting.indexes

    def append_each(self, asked: Sequence[Asked]) -> list[tuple[int, ...] | InterlockError]:
        """Serve each of these as `append` does, all in one transaction; the indexes of each, or why it was not added.

        What is no entry is BadInput for all of them, and nothing is added.
        """
        batch = [Append(one) for one in asked]
        with self._gate:
            self._require_open()
            queued = any(waiting.interruptible for waiting in batch)
            if queued:
                for waiting in batch:
                    self._queue.put(waiting)
        if queued:
            for waiting in batch:
                waiting.wait()
        else:
            with self._turn:
                self._serve(batch)
        return [waiting.indexes if waiting.error is None else copy(waiting.error) for waiting in batch]

    def _require_open(self) -> None:
        if self._closed:
            raise StoreError("the ledger is closed", where=self.store.where)

    def _is_alone(self, waiting: Append) -> bool:
        """Nobody waits, and lately nobody did: where there is a crowd, one transaction for many is the cheaper way."""
        return not waiting.interruptible and self._crowd < ALONE and self._queue.empty()

    def _run(self) -> None:
        """The writer thread. Whatever ends it, nobody is left waiting and nothing more is taken."""
        batch: list[Append] = []
        try:
            while first := self._queue.get():
                with self._turn:
                    batch.append(first)
                    self._join(batch)
                    self._serve(batch)
                    self._crowd += (len(batch) - self._crowd) * SMOOTH
                batch.clear()
        finally:
            with self._gate:
                self._closed = True
            error = StoreError("the ledger was closed before this was recorded", where=self.store.where)
            answer(batch, error)
            while not self._queue.empty():
                late = self._queue.get()
                answer([late] if late else [], error)

    def _join(self, batch: list[Append]) -> None:
        """What else waits joins this batch, up to its bounds. Where the end is met it is put back.

        Done once before the store is asked, and again when it lets us in: who came while another process had its turn
        need not wait for the next one.
        """
        size = sum(waiting.bytes for waiting in batch)
        while len(batch) < MAX_BATCH and size < MAX_BATCH_BYTES:
            try:
                waiting = self._queue.get(block=False)
            except Empty:
                return
            if waiting is None:
                self._queue.put(None)
                return
            batch.append(waiting)
            size += waiting.bytes

    def _serve(self, batch: list[Append]) -> None:
        error: InterlockError | None = None
        for _ in range(ATTEMPTS):
            try:
                if self._broken is not None:
                    raise self._broken
                self._commit(batch)
            except InterlockError as failure:
                self._tails.clear()
                error = failure
                if failure.code in (LOST, MOVED):
                    continue
                if isinstance(failure, Corrupt):
                    self._broken = failure
            except BaseException:
                self._tails.clear()  # they may already count what was not recorded
                raise
            else:
                error = None
            break
        answer(batch, error)

    def _commit(self, batch: list[Append]) -> None:
        # Contents are several statements: with them the head is held, without them a lone writer needs but one.
        with self.store.writing(hold=any(waiting.contents for waiting in batch)) as tx:
            if tx.held and threading.current_thread() is self._writer:
                self._join(batch)
            self._follow(tx)
            plan = Plan(self._known.frontier.copy(), self._tails)
            plan.load(tx, batch)
            for waiting in batch:
                plan.add(waiting)
            if not plan.entries and tx.held:
                return
            if not plan.entries:
                # Nothing but conflicts, seen upon a head that may have moved: look again with the head held.
                raise StoreError("the head may have moved", where=self.store.where, code=MOVED)
            text = sign_checkpoint(plan.frontier.size, plan.frontier.root(), self._signer)
            head = Head(plan.frontier.size, plan.frontier.to_bytes(), text, self._vkey)
            if plan.contents:
                tx.keep(plan.contents)
            tx.extend(plan.entries, plan.nodes, head)
        self._known = Known(plan.frontier, text)
        if self._high_water is not None:
            self._high_water.rise(text, plan.frontier.size)

    def _follow(self, tx: Transaction) -> None:
        """Go on from the head as it stands now, when somebody else has moved it rightly."""
        head = tx.head()
        if head is not None and head.checkpoint == self._known.checkpoint and head.size == self._known.size:
            return
        if head is None:
            raise corrupt("the head is gone", self.store.where)
        old, new = self._known, check_head(head, self.verifier, self.store.where)
        between = replay(old, new, tx, self.store.where)
        if between is None:
            check_extends(Checkpoint("", old.size, old.frontier.root()), new, tx, self.store.where)
            self._tails.clear()
        else:
            for entry in between:
                self._tails[entry.stream] = entry.position + 1
        self._known = new

    def _begin(self, *, trust_head: bool) -> Known:
        """Check the head against its key and the mark, or begin an empty log."""
        where = self.store.where
        mark = self._mark()
        known = self._first_head(mark)
        if self._high_water is None:
            return known
        if mark is None and known.size and not trust_head:
            # Another process may have begun log and mark between our two looks. If so the mark is there now.
            mark = self._mark()
            known = self._first_head(mark)
            if mark is None:
                raise Corrupt(
                    f"the ledger has {known.size} entries, but its high-water mark is not there",
                    where=str(self._high_water),
                    hint="restore the file; where it is lost, `interlock ledger accept` verifies all and makes it anew",
                )
        if mark is None:
            self._high_water.begin(known.checkpoint, known.size)
        else:
            check_extends(mark, known, self.store, where)
        return known

    def _mark(self) -> Checkpoint | None:
        """The mark. It is read before the head: it is only raised after a commit, so the head cannot be behind it."""
        return self._high_water.checkpoint(self.verifier) if self._high_water else None

    def _first_head(self, mark: Checkpoint | None) -> Known:
        """The head, or a new one where there never was any: no mark and no entry speak of an older one."""
        head = self.store.head()
        if head is None:
            with self.store.writing(hold=True) as tx:
                head = tx.head()
                if head is None:
                    if (mark is not None and mark.size) or tx.entries(0, 1):
                        raise corrupt("the head is gone", self.store.where)
                    text = sign_checkpoint(0, EMPTY_ROOT, self._signer)
                    head = Head(0, b"", text, str(self.verifier))
                    tx.extend((), (), head)
        return check_head(head, self.verifier, self.store.where)

    # -- reading -----------------------------------------------------------------------------------------------

    def stream(self, name: str, since: int = 0) -> list[Stored]:
        """A stream's entries from position `since` on, in order."""
        found: list[Stored] = []
        while True:
            part = self.store.stream(name, since + len(found), CHUNK)
            found += part
            if len(part) < CHUNK:
                return found

    def length(self, name: str) -> int:
        """How many entries a stream has."""
        return self.store.length(name)

    def streams(self, prefix: str) -> list[str]:
        """The streams whose names begin with `prefix`, in the order of their first entries."""
        return self.store.streams(prefix)

    def read(self, start: int, stop: int) -> Iterator[Stored]:
        """Entries start … stop-1 of the whole log, as far as they are there."""
        while start < stop:
            part = self.store.entries(start, min(start + CHUNK, stop))
            if not part:
                return
            yield from part
            start = part[-1].index + 1

    def followed(self, start: int, stop: int) -> Iterator[Stored]:
        """Those of the entries start … stop-1 whose streams are followed (storage.py); the others are not touched."""
        while part := self.store.followed(start, stop, CHUNK):
            yield from part
            start = part[-1].index + 1

    def size(self) -> int:
        """How many entries the log has, as its store says now."""
        return self._head().size

    def checkpoint(self) -> str:
        """The newest signed checkpoint, as its store says now."""
        return self._head().checkpoint

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that entry `index` is in the log of the first `size` entries."""
        if not 0 <= index < size <= self.size():
            raise BadInput(f"there is no entry {index} among the first {size} of the ledger")
        return inclusion_proof(index, size, subtrees(self.store, self.store.where))

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the log of `new` entries begins with the log of `old` entries."""
        if not 0 <= old <= new <= self.size():
            raise BadInput(f"there are no {old} and {new} entries, in this order, in the ledger")
        return consistency_proof(old, new, subtrees(self.store, self.store.where))

    def rebuild(self) -> int:
        """Recompute what is derived from the entries; how many inner nodes there are."""
        with self.store.writing(hold=True) as tx:
            head = tx.head()
            if head is None:
                raise corrupt("the head is gone", self.store.where)
            check_head(head, self.verifier, self.store.where)
            nodes = all_nodes(tx, head.size)
            tx.derive(nodes)
        return len(nodes)

    def _head(self) -> Head:
        if (head := self.store.head()) is None:
            raise corrupt("the head is gone", self.store.where)
        return head

    # -- the end -----------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Record what waits, stop the writer, close the store. A second call does nothing."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._writer.join()
        with self._turn:
            self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(store_url: str) -> Store:
    """The store at `sqlite:///path` or `postgresql://…`, open."""
    if store_url.startswith("sqlite:///"):
        from interlock.ledger.stores.sqlite import SqliteStore

        return SqliteStore(Path(store_url.removeprefix("sqlite:///")))
    if store_url.startswith(("postgresql://", "postgres://")):
        # Imported here: asyncpg takes 100 ms that nobody on SQLite should wait for.
        from interlock.ledger.stores.postgres import PostgresStore

        return PostgresStore(store_url)
    scheme = store_url.partition(":")[0]
    raise BadConfiguration(f"no store is called `{scheme}`", hint="use sqlite:///PATH or postgresql://…")


def open_ledger(
    store_url: str,
    *,
    signer: Signer,
    high_water: Path | None = None,
    trust_head: bool = False,
    store: Callable[[str], Store] = open_store,
) -> Ledger:
    """Open or begin the log at `sqlite:///path` or `postgresql://…`.

    `high_water` is the file of the mark outside the store. Where it is missing although the log has entries the
    ledger does not open, unless `trust_head` accepts the present head (a new replica's first start).
    """
    opened = store(store_url)
    try:
        return Ledger(opened, signer, HighWater(high_water) if high_water else None, trust_head=trust_head)
    except BaseException:
        opened.close()
        raise
