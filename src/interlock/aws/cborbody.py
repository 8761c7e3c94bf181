"""CBOR bodies (RFC 8949), as much as smithy's rpc-v2-cbor uses; parsed strictly: no name twice, and all of it read."""

from __future__ import annotations

import struct
from typing import Final

from interlock.aws.gaps import DEEPEST, Gaps, quoted
from interlock.aws.typed import Moment

#: How many bytes follow the first one, by its lower five bits.
WIDTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}
FLOATS: Final = {25: ">e", 26: ">f", 27: ">d"}
SIMPLE: Final[dict[int, bool | None]] = {20: False, 21: True, 22: None, 23: None}
#: More values than this are in no body of AWS; each takes its time.
MOST: Final = 200_000
OPEN: Final = 31
BREAK: Final = 0xFF


class _Odd(ValueError):
    """What is no CBOR, or none that smithy writes."""


def parsed(body: bytes, gaps: Gaps) -> object:
    """The value of the body. What it is not, or not only, is a gap; None when there is nothing to go by."""
    reader = _Reader(body)
    try:
        value = reader.item(0)
        if reader.at != len(body):
            raise _Odd("goes on behind its end")
    except _Odd as odd:
        gaps.add(f"the body {odd}")
    except UnicodeDecodeError:
        gaps.add("the body holds text that is no UTF-8")
    else:
        return value
    return None


class _Reader:
    """Reads from `at` on."""

    __slots__ = ("at", "body", "count")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0
        self.count = 0

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.body):
            raise _Odd("ends in the middle of a CBOR value")
        taken = self.body[self.at : end]
        self.at = end
        return taken

    def item(self, depth: int) -> object:
        if depth > DEEPEST:
            raise _Odd("is nested too deeply")
        self.count += 1
        if self.count > MOST:
            raise _Odd("holds more values than are read")
        first = self.take(1)[0]
        major, low = first >> 5, first & 31
        if major == 7:
            return self.simple(low)
        size = self.size(low, major)
        if major == 0:
            return size
        if major == 1:
            return -1 - size
        if major == 2:
            return b"".join(self.parts(2)) if size < 0 else self.take(size)
        if major == 3:
            return "".join(part.decode("utf-8") for part in (self.parts(3) if size < 0 else [self.take(size)]))
        if major == 4:
            return self.list(size, depth)
        if major == 5:
            return self.map(size, depth)
        return self.tagged(size, depth)

    def size(self, low: int, major: int) -> int:
        """What follows the first byte: a value, or a length, -1 where it is open."""
        if low < 24:
            return low
        if low in WIDTHS:
            return int.from_bytes(self.take(WIDTHS[low]), "big")
        if low == OPEN and 2 <= major <= 5:
            return -1
        raise _Odd("is no CBOR")

    def ended(self) -> bool:
        """Whether the end of an open list, map or text is here; then it is passed."""
        if self.body[self.at : self.at + 1] != bytes([BREAK]):
            return False
        self.at += 1
        return True

    def parts(self, major: int) -> list[bytes]:
        """The parts of an open text or of open bytes."""
        found = []
        while not self.ended():
            first = self.take(1)[0]
            size = self.size(first & 31, major)
            if first >> 5 != major or size < 0:
                raise _Odd("is no CBOR")
            found.append(self.take(size))
        return found

    def list(self, size: int, depth: int) -> list[object]:
        found: list[object] = []
        while not self.ended() if size < 0 else len(found) < size:
            found.append(self.item(depth + 1))
        return found

    def map(self, size: int, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        while not self.ended() if size < 0 else len(found) < size:
            key = self.item(depth + 1)
            if type(key) is not str:
                raise _Odd("has a name that is no text")
            if key in found:
                raise _Odd(f"has a name twice in one map: {quoted(key)}")
            found[key] = self.item(depth + 1)
        return found

    def tagged(self, tag: int, depth: int) -> object:
        """Tag 1 is a point in time; smithy writes no other."""
        value = self.item(depth + 1)
        if tag != 1 or type(value) not in (int, float):
            raise _Odd(f"has a tag that is not known: {tag}")
        return Moment(value)

    def simple(self, low: int) -> object:
        if low in FLOATS:
            found: float = struct.unpack(FLOATS[low], self.take(WIDTHS[low]))[0]
            return found
        if low in SIMPLE:
            return SIMPLE[low]
        raise _Odd("is no CBOR that smithy writes")
