"""Turn: one request on a connection, and the way back to its client.

What HTTP/1.1 wants of an answer stands here: its framing, that it is as long as it said, and whether the connection
goes on. An answer that is whole goes out in one write.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, Protocol

RawHeaders = Sequence[tuple[bytes, bytes]]

#: How long a client may take nothing of its answer.
SEND_SECONDS: Final = 60.0
#: Bytes of a body that may wait here before the client is no longer read from.
HIGH_WATER: Final = 64 * 1024
BODILESS: Final = frozenset({204, 304})

_LINES: Final = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\x00-\x08\x0a-\x1f\x7f]*\n)*")
_STATUS: Final = {status.value: b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode()) for status in HTTPStatus}


class Gone(Exception):
    """The client went away, or takes nothing any more."""


class Line(Protocol):
    """What a turn asks of its connection."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    full: bool

    def hold(self) -> None:
        """Read no more from the client for now."""

    def go_on(self) -> None:
        """Read from the client again."""

    async def drained(self) -> None:
        """Until the client has taken enough of what was written."""

    def answered(self, turn: Turn) -> None:
        """The answer to this turn went out whole."""


class Turn:
    """The request's head as its parts came, its body as it comes, its answer. Lives in one loop.

    `tunnel` is the AWS host that the proxy was asked for; `closed_in` says that nobody else can listen: TLS, a tunnel,
    or this very machine. `keeps`: the connection goes on after this answer.
    """

    #: Of the body, all is here; of the answer, something went out, or all of it.
    whole = began = over = False
    gone = False
    #: What answers it, while it does.
    task: asyncio.Task[None] | None = None

    _held = 0
    _asked_for = False
    _waiting: asyncio.Future[None] | None = None
    #: Bytes of the answer that are still to come; None where it comes in chunks.
    _left: int | None = 0
    _bodiless = False

    def __init__(
        self,
        line: Line,
        method: str,
        target: bytes,
        version: str,
        headers: list[tuple[bytes, bytes]],
        tunnel: str,
        closed_in: bool,
        keeps: bool,
    ) -> None:
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self.tunnel = tunnel
        self.closed_in = closed_in
        self.keeps = keeps
        self._line = line
        self._pieces: list[bytes] = []

    # the connection's calls

    def feed(self, piece: bytes) -> None:
        """More of the body came. What comes after the answer is nobody's."""
        if self.over:
            return
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held > HIGH_WATER:
            self._line.hold()
        self._wake()

    def end(self) -> None:
        """All of the body came."""
        self.whole = True
        self._wake()

    def lose(self) -> None:
        """The client went away."""
        self.gone = True
        self._wake()

    # the body

    def taken(self) -> bytes:
        """What is here of the body."""
        taken = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        return taken

    async def more(self) -> bytes:
        """What came of the body, as soon as anything did; `whole` says whether more will come. Raises Gone."""
        if not self._pieces and not self.whole:
            self._ask_for()
            self._line.go_on()
            await self._moved()
        if self.gone:
            raise Gone
        return self.taken()

    async def left(self) -> None:
        """Until the client goes away."""
        while not self.gone:
            await self._moved()

    def _ask_for(self) -> None:
        """A client that waits to be asked for its body is asked, once."""
        if self._asked_for or self.began or self.gone:
            return
        self._asked_for = True
        if any(name.lower() == b"expect" and value.lower() == b"100-continue" for name, value in self.headers):
            self._line.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _moved(self) -> None:
        if not self.gone:
            self._waiting = self._line.loop.create_future()
            await self._waiting

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    # the answer

    async def answer(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """The whole answer. Raises Gone."""
        await self._room()
        head = self._head(status, headers)
        if self._bodiless:
            body = b""
        elif self._left is None:
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        elif self._left != len(body):
            raise ValueError("the answer is not as long as it says")
        self.began = True
        self._line.transport.write(head + body)
        self._finished()

    async def start(self, status: int, headers: RawHeaders) -> None:
        """The head of an answer whose body follows in pieces. Raises Gone."""
        await self._room()
        head = self._head(status, headers)
        self.began = True
        self._line.transport.write(head)

    async def send(self, piece: bytes) -> None:
        """A piece, as soon as the client has taken enough of those before. Raises Gone."""
        await self._room()
        if self._bodiless or not piece:
            return
        if self._left is None:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        else:
            self._left -= len(piece)
            if self._left < 0:
                raise ValueError("the answer is longer than it says")
        self._line.transport.write(piece)

    def finish(self) -> None:
        """That was all of it."""
        if self._left is None:
            self._line.transport.write(b"0\r\n\r\n")
        elif self._left and not self._bodiless:
            raise ValueError("the answer is shorter than it says")
        self._finished()

    def abort(self) -> None:
        """The client has half an answer, and is not to take it for a whole one."""
        self._line.transport.abort()

    async def _room(self) -> None:
        if self._line.full and not self.gone:
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._line.drained()
            except TimeoutError:
                self.abort()
                raise Gone from None
        if self.gone or self._line.transport.is_closing():
            raise Gone

    def _head(self, status: int, headers: RawHeaders) -> bytes:
        lines = b"".join([b"%b: %b\n" % header for header in headers])
        if not _LINES.fullmatch(lines) or lines.count(b"\n") != len(headers):
            raise ValueError("a header of the answer has no place in HTTP")
        self._bodiless = self.method == "HEAD" or status in BODILESS
        self._left, closes = None, False
        for name, value in headers:
            if name == b"content-length":
                self._left = int(value)
            elif name == b"connection":
                closes = b"close" in value
        ours = b"transfer-encoding: chunked\r\n" if self._left is None and not self._bodiless else b""
        if self._bodiless:
            self._left = 0
        if closes:
            self.keeps = False
        elif not self.keeps:
            ours += b"connection: close\r\n"
        first = _STATUS.get(status) or b"HTTP/1.1 %d \r\n" % status
        return b"%b%b%b\r\n" % (first, lines.replace(b"\n", b"\r\n"), ours)

    def _finished(self) -> None:
        self.over = True
        self._pieces.clear()
        self._line.answered(self)
