"""Reply: an answer that comes in from an executor's thread and goes out to everybody who waits for it in the loop.

What came is kept (in memory while it is small, then in a file without a name), so that each taker reads at its own pace
from the beginning, in constant memory. Nobody is told the end before the road has recorded it (`seal`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from threading import Lock

from interlock.aws.request import INLINE_BYTES
from interlock.errors import TargetError
from interlock.gates.aws.bodies import Body
from interlock.gates.aws.nameless import PIECE, Nameless


class Reply:
    """One answer. Written by one thread, read in one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, folder: Path) -> None:
        self.status = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        self.size = 0
        self.whole = False
        self._loop = loop
        self._folder = folder
        self._lock = Lock()
        self._memory = bytearray()
        self._file: Nameless | None = None
        self._sealed = False
        self._broken = False
        self._waiting: list[asyncio.Future[None]] = []

    # from the thread

    def begin(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        self.status, self.headers = status, tuple(headers)

    def add(self, piece: bytes) -> None:
        """Raises OSError when there is no room for it."""
        with self._lock:
            if self._file is None and self.size + len(piece) > INLINE_BYTES:
                self._file = Nameless(self._folder)
                self._file.write(self._memory)
                self._memory.clear()
            if self._file is None:
                self._memory += piece
            else:
                self._file.write(piece)
            self.size += len(piece)
        if self.streams:
            self._loop.call_soon_threadsafe(self._wake)

    def end(self) -> None:
        """All of it came."""
        self.whole = True

    # in the loop

    @property
    def streams(self) -> bool:
        """Whether it is too large to wait for its end before it is given out."""
        return self._file is not None

    def seal(self, *, broken: bool = False) -> None:
        """The road has recorded how it ended; takers get the end too, or are told that it breaks off."""
        self._sealed, self._broken = True, broken or not self.whole
        self._wake()

    async def came(self) -> None:
        """Until something more came."""
        waiting = self._loop.create_future()
        self._waiting.append(waiting)
        await waiting

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body from its beginning. Raises TargetError (`half`) where it breaks off."""
        at = 0
        while True:
            piece = self._read(at)
            if piece:
                at += len(piece)
                yield piece
            elif self._sealed:
                if self._broken:
                    raise TargetError("AWS broke off in the middle of its answer", code="half")
                return
            else:
                await self.came()

    def _read(self, at: int) -> bytes:
        with self._lock:
            if self._file is not None:
                return self._file.read(at)
            return bytes(self._memory[at : at + PIECE])

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)


class Carried:
    """What an executor asks the gate for (`Exchange`): the body that is too large to be kept, where the answer goes."""

    def __init__(self, body: Body, reply: Reply) -> None:
        self._body = body
        self._reply = reply

    def send(self) -> Iterator[bytes]:
        return self._body.pieces()

    def receive(self, status: int, headers: Sequence[tuple[str, str]], chunks: Iterator[bytes]) -> None:
        self._reply.begin(status, headers)
        for chunk in chunks:
            self._reply.add(chunk)
        self._reply.end()
