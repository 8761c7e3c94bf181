"""What a store promises the ledger. Two stores keep it: stores/sqlite.py and stores/postgres.py.

A store keeps four things: entries, the head (how many there are, the left edge of their tree, and the newest
signed checkpoint), the tree's inner nodes at every eighth level (derived, so that proofs are quick), and the
vault's wrapped keys and sealed blobs. It judges nothing and verifies nothing; the ledger above it does.

The promises:

1. `writing()` is one transaction. When it is left normally, all of it is durable (a power cut does not undo it);
   when it is left by an exception, nothing of it ever happened.
2. Whatever is recorded follows upon the head that `writing()` showed. A store may lock the head on entering (it
   must when told to `hold`), or let go of everything on leaving, with StoreError and code `MOVED`, when somebody
   else has moved the head meanwhile; the next `writing()` then shows the new head and locks it.
3. `(stream, position)` and `index` are unique.
4. Reads see committed entries only, and may run while others write.
5. Every method may be called from any thread; `writing()` from one thread at a time.
6. A store that is down, locked, full or read-only raises StoreError with a hint, within a bounded time. Where
   the connection was lost and certainly nothing was recorded, its code is `LOST`, and trying again is safe.
   Where it cannot be told whether a transaction was recorded, its code is `UNKNOWN`.
7. A store whose bytes are damaged raises Corrupt.
8. `erase` removes keys and blobs of its scopes from the store's own files as far as the store is able to.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple, Protocol

from interlock.ledger.entry import Stored

LOST = "store-lost"
MOVED = "store-moved"
UNKNOWN = "store-unknown"
NODE_STEP = 8


#: Streams that are followed: their entries are read in the log's order without touching the others, of which there may
#: be a thousand times as many. A store keeps an index of them, derived, in the same transaction as the entries.
FOLLOWED: Final = "case/"


class Head(NamedTuple):
    """The end of the log. `frontier` is Frontier.to_bytes(), `checkpoint` a signed note, `vkey` the log's key."""

    size: int
    frontier: bytes
    checkpoint: str
    vkey: str


class Node(NamedTuple):
    """The root of a complete subtree at a level that is a multiple of NODE_STEP."""

    level: int
    index: int  # type: ignore[assignment]  # the log's own word; it hides a method of tuple that nobody asks
    hash: bytes


class Contents(NamedTuple):
    """A new scope: its wrapped key and first blobs (digest, sealed), to be kept with the entries that name them."""

    scope: str
    wrapped: bytes
    blobs: tuple[tuple[str, bytes], ...]


def beyond(prefix: str) -> str:
    """What comes after all names that begin with this prefix, in the order of their bytes; empty for no prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else ""  # the last letters of Unicode are in no name


class Readable(Protocol):
    """What can be read, inside a transaction or outside."""

    def head(self) -> Head | None:
        """The head, or None when the log was never begun."""

    def entries(self, start: int, stop: int) -> list[Stored]:
        """Entries start … stop-1 in order, as far as they are there."""

    def nodes(self, level: int, start: int, stop: int) -> list[bytes]:
        """The hashes of nodes start … stop-1 of a level in order, as far as they are there."""


class Transaction(Readable, Protocol):
    """What can be done upon a head. `held` says that nobody else can change it before this transaction ends."""

    @property
    def held(self) -> bool: ...

    def tails(self, streams: Sequence[str]) -> dict[str, int]:
        """For each of these streams that has entries, its next free position."""

    def extend(self, entries: Sequence[Stored], nodes: Sequence[Node], head: Head) -> None:
        """Add entries and nodes and put the head there."""

    def scopes(self, names: Sequence[str]) -> set[str]:
        """Which of these scopes the vault has, or had before they were erased."""

    def keep(self, contents: Sequence[Contents]) -> None:
        """Add new scopes to the vault, upon a held head. One that came meanwhile ends the transaction as MOVED does."""

    def derive(self, nodes: Sequence[Node]) -> None:
        """Throw away all that is derived from the entries and make it anew, with these nodes."""


class Store(Readable, Protocol):
    """A store, open."""

    @property
    def where(self) -> str:
        """The store's address for messages, without its password."""

    def writing(self, *, hold: bool = False) -> AbstractContextManager[Transaction]:
        """Change the log in one durable transaction, upon the head that it shows; with `hold`, that head is locked."""

    def stream(self, name: str, since: int, limit: int) -> list[Stored]:
        """At most `limit` entries of a stream from position `since` on, in order."""

    def length(self, name: str) -> int:
        """How many entries a stream has."""

    def astray(self) -> str:
        """A stream whose entries the store would not find where they are; empty when it finds all of them."""

    def followed(self, start: int, stop: int, limit: int) -> list[Stored]:
        """At most `limit` of the entries start … stop-1 whose streams begin with FOLLOWED, in order."""

    def streams(self, prefix: str) -> list[str]:
        """The streams whose names begin with `prefix`, in the order of their first entries."""

    def add_key(self, scope: str, wrapped: bytes) -> bytes:
        """Keep a scope's wrapped key unless it has one, durably; returns the one that is kept."""

    def key(self, scope: str) -> bytes | None:
        """A scope's wrapped key: None when it never had one, empty when it was erased."""

    def add_blob(self, scope: str, digest: str, sealed: bytes) -> bool:
        """Keep a blob durably unless it is there; False (and nothing kept) when the scope has no key."""

    def blob(self, scope: str, digest: str) -> bytes | None:
        """A sealed blob."""

    def erase(self, *scopes: str) -> int:
        """Destroy wrapped keys and blobs of these scopes, durably; how many blobs there were. They stay erased."""

    def close(self) -> None:
        """Let go of files and connections; a second call does nothing."""
