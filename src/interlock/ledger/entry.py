"""One entry: what the caller gives, what the store keeps, and the exact bytes that are hashed as a leaf."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from interlock.errors import BadInput

MAX_DATA = 64 * 1024 * 1024
MAX_STREAM = 512
TOO_LARGE = "entry-too-large"  # the code of an entry that no ledger takes
LEAF_VERSION = 1


class Item(NamedTuple):
    """To be appended. `position` is the expected next position in the stream, or None for whatever is next."""

    stream: str
    position: int | None
    data: bytes


class Stored(NamedTuple):
    """As it stands in the log: `index` counts the whole log, `position` its stream, both from 0."""

    index: int  # type: ignore[assignment]  # the log's own word; it hides a method of tuple that nobody asks
    stream: str
    position: int
    data: bytes


def leaf(stream: bytes, position: int, data: bytes) -> bytes:
    """The leaf hash of an entry: version, length of the stream's name, name, position, data (RFC 6962 2.1)."""
    head = b"\x00\x01%b%b%b" % (len(stream).to_bytes(2, "big"), stream, position.to_bytes(8, "big"))
    return sha256(head + data).digest()


def leaf_of(entry: Stored) -> bytes:
    """The leaf hash of a stored entry."""
    return leaf(entry.stream.encode(), entry.position, entry.data)


def check_items(items: Sequence[Item]) -> int:
    """The total size of what is to be appended; BadInput when an item cannot be an entry."""
    if not items:
        raise BadInput("nothing to append")
    total = 0
    for stream, position, data in items:
        check_stream(stream)
        if position is not None and not 0 <= position < 2**62:
            raise BadInput(f"a position in `{stream}` is not a count from 0")
        if type(data) is not bytes:
            raise BadInput(f"an entry of `{stream}` is not bytes")
        if len(data) > MAX_DATA:
            raise BadInput(
                f"an entry of `{stream}` would have {len(data):,} bytes, more than the {MAX_DATA:,} that one may have",
                hint="nothing of it was recorded; propose less at once",
                code=TOO_LARGE,
            )
        total += len(data) + len(stream)
    return total


def check_stream(stream: str) -> None:
    """A stream's name: 1 to 512 bytes of printable UTF-8, no line breaks or control characters."""
    if not stream or len(stream) > MAX_STREAM or not stream.isprintable() or len(stream.encode()) > MAX_STREAM:
        raise BadInput(f"a stream's name must be 1 to {MAX_STREAM} bytes of printable text")
