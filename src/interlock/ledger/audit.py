"""Verify a ledger offline, alone, from its bytes: no configuration, no server, no trust in what the copy says.

Everything is recomputed while the entries stream by: leaf hashes, tree, root, the gapless positions of each
stream, the derived nodes, and the root at the size of every checkpoint that somebody kept. Memory grows with
the number of streams, not with the number of entries.

What a verdict is worth depends on where the key came from. With a key that the verifier kept (`pinned`), a
rewritten history does not verify. With the key out of the copy itself, only accidents and unskilled edits are
found: whoever rewrites everything can sign it with a key of his own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from interlock.errors import BadInput, Corrupt, InterlockError
from interlock.ledger.checkpoint import Checkpoint, open_checkpoint
from interlock.ledger.entry import leaf
from interlock.ledger.head import grow
from interlock.ledger.highwater import HighWater
from interlock.ledger.note import Verifier, parse_note, parse_verifier
from interlock.ledger.source import Source, open_source
from interlock.ledger.storage import Node, Store
from interlock.ledger.tree import Frontier
from interlock.ledger.witness import cosignatures

MAX_PROBLEMS = 100
STEP = 10_000


class Problem(NamedTuple):
    """One thing that does not verify: a stable code, where, and a sentence."""

    code: str
    place: str
    sentence: str


class Report(NamedTuple):
    """The verdict. `witnessed` is the largest size that the quorum of witnesses has cosigned."""

    ok: bool
    origin: str
    size: int
    root: str
    pinned: bool
    witnessed: int
    problems: tuple[Problem, ...]


def verify(
    source: Path | Store,
    *,
    vkey: str | None = None,
    checkpoints: Sequence[str] = (),
    high_water: Path | None = None,
    witnesses: Sequence[str] = (),
    quorum: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Verify a SQLite copy, an export or an open store.

    `vkey` is the log's verifier key as the verifier kept it; `checkpoints` are signed notes kept from earlier (or
    cosigned ones); `witnesses` are verifier keys, of which `quorum` must have cosigned one of the checkpoints.
    """
    if quorum < 0 or quorum > len(witnesses):
        raise BadInput(f"a quorum of {quorum} cannot be had from {len(witnesses)} witnesses")
    pinned = parse_verifier(vkey) if vkey is not None else None
    cosigners = [parse_verifier(text) for text in witnesses]
    audit = _Audit(pinned)
    try:
        with open_source(source) as opened:
            audit.run(opened, checkpoints, high_water, progress)
            audit.check_quorum([*checkpoints, opened.checkpoint()], cosigners, quorum)
    except Corrupt as error:
        audit.add("damaged", error.where, error.message)
    except sqlite3.Error:
        audit.add("damaged", str(source), "the file is damaged or not a ledger")
    return audit.report()


class _Audit:
    def __init__(self, pinned: Verifier | None) -> None:
        self._pinned = pinned
        self._key = pinned
        self._frontier = Frontier()
        self._problems: list[Problem] = []
        self._more = 0
        self._kept: dict[int, list[tuple[str, bytes]]] = {}
        self._witnessed = 0

    def add(self, code: str, place: str, sentence: str) -> None:
        """Note a problem; after the hundredth they are only counted."""
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(Problem(code, place, sentence))
        else:
            self._more += 1

    def run(
        self,
        source: Source,
        checkpoints: Sequence[str],
        high_water: Path | None,
        progress: Callable[[int], None] | None,
    ) -> None:
        """Key, kept checkpoints, entries, head: in this order, because a source streams."""
        self._read_key(source)
        for number, text in enumerate(checkpoints, start=1):
            self._keep(text, f"checkpoint {number}")
        if high_water is not None:
            self._keep_mark(high_water)
        self._compare_kept()
        self._read_entries(source, progress)
        self._read_head(source)
        if not self._problems and (astray := source.astray()):
            self.add("place", source.place, f"the entries of `{astray}` are not found where they are")
        for size, kept in self._kept.items():
            for place, _ in kept:
                self.add("cut", place, f"it is at size {size}, but only {self._frontier.size} entries are left")

    def _read_key(self, source: Source) -> None:
        try:
            key = parse_verifier(source.vkey)
        except BadInput as error:
            self.add("key", source.place, f"the copy's own key is malformed: {error.message}")
            return
        if self._pinned is None:
            self._key = key
        elif key != self._pinned:
            self.add("key", source.place, f"the copy names the key `{key}`, not the one you gave")

    def _keep(self, text: str, place: str) -> None:
        checkpoint = self._open(text, place)
        if checkpoint is not None:
            self._kept.setdefault(checkpoint.size, []).append((place, checkpoint.root))

    def _keep_mark(self, path: Path) -> None:
        if self._key is None:
            return
        try:
            mark = HighWater(path).checkpoint(self._key)
        except Corrupt as error:
            self.add("checkpoint", str(path), error.message)
            return
        if mark is None:
            self.add("checkpoint", str(path), "the high-water mark is not there")
        else:
            self._kept.setdefault(mark.size, []).append((str(path), mark.root))

    def _open(self, text: str, place: str) -> Checkpoint | None:
        if self._key is None:
            self.add("signature", place, "there is no key to verify it with")
            return None
        try:
            return open_checkpoint(text, self._key, place)
        except BadInput as error:
            self.add("checkpoint", place, error.message)
        except Corrupt as error:
            self.add("signature", place, error.message)
        return None

    def _compare_kept(self) -> None:
        root = self._frontier.root() if self._frontier.size in self._kept else b""
        for place, wanted in self._kept.pop(self._frontier.size, ()):
            if root != wanted:
                sentence = f"the first {self._frontier.size} entries are not those that it was signed for"
                self.add("fork", place, sentence)

    def _read_entries(self, source: Source, progress: Callable[[int], None] | None) -> None:
        frontier, kept, nodes = self._frontier, self._kept, list[Node]()
        tails: dict[str, int] = {}
        for entry in source.entries():
            index, stream, position, data = entry
            try:
                grow(frontier, leaf(stream.encode(), position, data), nodes)
            except (TypeError, AttributeError, ValueError, OverflowError):
                self.add("entry", f"entry {index}", "its columns are not of the types that an entry has")
                return
            expected = tails.get(stream, 0)
            if index != frontier.size - 1:
                self.add("index", f"entry {index}", f"entry {frontier.size - 1} is missing or out of order")
                return
            if position != expected:
                self.add("position", f"entry {index}", f"`{stream}` goes on at {position} instead of {expected}")
            tails[stream] = position + 1
            if nodes:
                self._check_nodes(source, nodes)
            if frontier.size in kept:
                self._compare_kept()
            if progress is not None and frontier.size % STEP == 0:
                progress(frontier.size)
        if progress is not None:
            progress(frontier.size)

    def _check_nodes(self, source: Source, nodes: list[Node]) -> None:
        for level, index, wanted in nodes:
            if source.node(level, index) not in (None, wanted):
                place = f"entries {index << level} to {((index + 1) << level) - 1}"
                self.add("node", place, "they are not those that the stored inner node was made from")
        nodes.clear()

    def _read_head(self, source: Source) -> None:
        size, root = self._frontier.size, self._frontier.root()
        head = source.head()
        if head is not None and (head.size != size or head.frontier != self._frontier.to_bytes()):
            self.add("head", source.place, f"the head counts {head.size} entries; there are {size}, or others")
        checkpoint = self._open(source.checkpoint(), source.place)
        if checkpoint is None:
            return
        if checkpoint.size != size:
            self.add("cut", source.place, f"the checkpoint was signed for {checkpoint.size} entries; there are {size}")
        elif checkpoint.root != root:
            self.add("root", source.place, "the entries are not those that the checkpoint was signed for")

    def check_quorum(self, texts: Sequence[str], witnesses: Sequence[Verifier], quorum: int) -> None:
        """How far enough witnesses vouch; none although some are demanded is a problem, a false one too."""
        if self._key is None or not witnesses:
            return
        for number, text in enumerate(texts, start=1):
            place = f"checkpoint {number}" if number < len(texts) else "the newest checkpoint"
            try:
                checkpoint = open_checkpoint(text, self._key)
                vouched = len(cosignatures(parse_note(text), self._key, witnesses))
            except InterlockError as error:
                self.add("witness", place, error.message)
                continue
            if vouched >= max(quorum, 1):
                self._witnessed = max(self._witnessed, checkpoint.size)
        if quorum and not self._witnessed:
            self.add("witness", "checkpoints", f"none is cosigned by {quorum} of the given witnesses")

    def report(self) -> Report:
        """The verdict on what was seen."""
        if self._more:
            self._problems.append(Problem("more", "", f"and {self._more} problems more"))
        return Report(
            ok=not self._problems,
            origin=self._key.name if self._key else "",
            size=self._frontier.size,
            root=self._frontier.root().hex(),
            pinned=self._pinned is not None,
            witnessed=self._witnessed,
            problems=tuple(self._problems),
        )
