"""Calling the target over HTTP/1.1 from the event loop: kept connections, and answers byte for byte as they come.

Nothing is decompressed, followed, repeated or normalised, and no more of an answer is held than one piece: when nobody
takes it, the target is not read from. Only reads go this way, so that a kept connection which turns out to be dead may
be tried once more on a new one.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

import httptools

from interlock.errors import TargetError

CONNECT_SECONDS: Final = 5.0
#: How long an answer may take to begin, and to go on.
ANSWER_SECONDS: Final = 60.0
IDLE_SECONDS: Final = 30.0
#: Connections to one place, and how many of them are kept when nothing is asked.
MOST: Final = 256
MOST_IDLE: Final = 64
HEAD_BYTES: Final = 64 * 1024
#: Bytes of an answer that may wait here before the target is no longer read from, and for going on.
HIGH_WATER: Final = 256 * 1024
LOW_WATER: Final = 64 * 1024

RawHeaders = list[tuple[bytes, bytes]]


class Origin(NamedTuple):
    """Where to connect to, and under which name TLS is asked for; `tls` False for plain HTTP."""

    host: str
    port: int
    tls: bool


class _Link(asyncio.Protocol):
    """One connection to the target, and the answer that is under way on it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.idle_since = 0.0
        self.used = False
        self._begin("")

    def _begin(self, method: str) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.headers: RawHeaders = []
        self.status = 0
        self.began = self.complete = self.broken = self.kept_open = False
        self.waiting: asyncio.Future[None] | None = None
        self.pieces: deque[bytes] = deque()
        self._method = method
        self._held = self._head_bytes = 0
        self._paused = False

    @property
    def closed(self) -> bool:
        return self.transport is None or self.transport.is_closing()

    def ask(self, method: str, raw: bytes) -> None:
        """Send this request; the answer is awaited with `more`."""
        assert self.transport is not None  # noqa: S101 - a link is handed out only after it was made
        self._begin(method)
        self.transport.write(raw)

    async def more(self, seconds: float) -> None:
        """Until something came: the head, a piece, the end. Raises TimeoutError."""
        if self.complete or self.broken:
            return
        loop = asyncio.get_running_loop()
        self.waiting = loop.create_future()
        timer = loop.call_later(seconds, self._late, self.waiting)
        try:
            await self.waiting
        finally:
            timer.cancel()
            self.waiting = None

    def take(self) -> bytes:
        """What came of the body so far."""
        taken = self.pieces.popleft() if len(self.pieces) == 1 else b"".join(self.pieces)
        self.pieces.clear()
        self._held = 0
        if self._paused and self.transport is not None:
            self._paused = False
            self.transport.resume_reading()
        return taken

    @property
    def reusable(self) -> bool:
        return self.complete and self.kept_open and not self.closed

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    @staticmethod
    def _late(waiting: asyncio.Future[None]) -> None:
        if not waiting.done():
            waiting.set_exception(TimeoutError())

    def _wake(self) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(None)

    # asyncio's calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a stream's is one
        self.transport = transport

    def connection_lost(self, _exc: Exception | None) -> None:
        self._end()
        self.transport = None

    def eof_received(self) -> None:
        self._end()

    def data_received(self, data: bytes) -> None:
        if self.complete:
            self.close()  # something came that nobody asked for
            return
        if not self.began:
            self._head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            if not self.complete:
                self.broken = True
                self.close()
        if not self.began and self._head_bytes > HEAD_BYTES:
            self.broken = True
            self.close()
        self._wake()

    def _end(self) -> None:
        """An answer that said no length ends with its connection; any other one is broken then."""
        if not self.complete:
            named = {name.lower() for name, _ in self.headers}
            ends_so = self.began and not named & {b"content-length", b"transfer-encoding"}
            self.complete, self.broken = ends_so, not ends_so
        self._wake()

    # the parser's calls

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self.parser.get_status_code()
        if status < 200:
            self.headers = []  # an interim answer; the real one follows
            return
        self.status = status
        self.began = True
        said = b",".join(value.lower() for name, value in self.headers if name.lower() == b"connection")
        self.kept_open = self.parser.get_http_version() == "1.1" and b"close" not in said
        if self._method == "HEAD":
            self.complete = True  # what its headers say of a body is said of another request

    def on_body(self, body: bytes) -> None:
        self.pieces.append(body)
        self._held += len(body)
        if self._held > HIGH_WATER and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()

    def on_message_complete(self) -> None:
        if self.began:
            self.complete = True


class Answer:
    """An answer whose head is here and whose body is taken piece by piece. `close` it, whatever happens."""

    def __init__(self, link: _Link, pool: Pool, origin: Origin) -> None:
        self.status = link.status
        self.headers = link.headers
        self._link = link
        self._pool = pool
        self._origin = origin

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises TargetError (`half`) when it breaks off, or nothing of it comes any more."""
        link = self._link
        while True:
            if link.pieces:
                yield link.take()
            elif link.complete:
                return
            elif link.broken:
                raise TargetError("AWS broke off in the middle of its answer", code="half")
            else:
                try:
                    await link.more(ANSWER_SECONDS)
                except TimeoutError as error:
                    raise TargetError("AWS does not go on with its answer", code="half") from error

    def whole(self) -> bytes | None:
        """The body, where all of it is here already; None where it has to be waited for."""
        if not self._link.complete:
            return None
        return self._link.take() if self._link.pieces else b""

    def close(self) -> None:
        """Give the connection back, or close it where it is in the middle of something."""
        self._pool.give_back(self._origin, self._link)


class Pool:
    """Connections by origin. Lives in one event loop."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._trust = trust
        self._idle: dict[Origin, deque[_Link]] = {}
        self._room: dict[Origin, asyncio.Semaphore] = {}

    async def ask(self, origin: Origin, method: str, raw: bytes) -> Answer:
        """Send these bytes and wait for the head of the answer. Raises TargetError: `unreachable`, `slow`, `half`."""
        room = self._room.setdefault(origin, asyncio.Semaphore(MOST))
        await room.acquire()
        link: _Link | None = None
        try:
            link = self._kept(origin) or await self._connected(origin)
            again = link.used
            await self._head(link, method, raw)
            if not link.began and again:
                link.close()
                link = await self._connected(origin)
                await self._head(link, method, raw)
            if not link.began:
                raise TargetError("AWS closed the connection without an answer", code="half")
        except BaseException:
            room.release()
            if link is not None:
                link.close()
            raise
        return Answer(link, self, origin)

    def give_back(self, origin: Origin, link: _Link) -> None:
        self._room[origin].release()
        idle = self._idle.setdefault(origin, deque())
        if link.reusable and len(idle) < MOST_IDLE:
            link.used = True
            link.idle_since = asyncio.get_running_loop().time()
            idle.append(link)
        else:
            link.close()

    def close(self) -> None:
        for idle in self._idle.values():
            for link in idle:
                link.close()
        self._idle.clear()

    async def _head(self, link: _Link, method: str, raw: bytes) -> None:
        link.ask(method, raw)
        loop = asyncio.get_running_loop()
        ends = loop.time() + ANSWER_SECONDS
        while not (link.began or link.complete or link.broken):
            try:
                await link.more(max(ends - loop.time(), 0))
            except TimeoutError as error:
                raise TargetError(f"AWS did not answer within {int(ANSWER_SECONDS)} s", code="slow") from error

    def _kept(self, origin: Origin) -> _Link | None:
        idle = self._idle.get(origin)
        oldest = asyncio.get_running_loop().time() - IDLE_SECONDS
        while idle:
            link = idle.pop()
            if not link.closed and link.idle_since >= oldest:
                return link
            link.close()
        return None

    async def _connected(self, origin: Origin) -> _Link:
        loop = asyncio.get_running_loop()
        context = self._context() if origin.tls else None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, link = await loop.create_connection(_Link, origin.host, origin.port, ssl=context)
        except (OSError, TimeoutError) as error:
            why = "its certificate is not trusted" if isinstance(error, ssl.SSLError) else "nobody answers there"
            raise TargetError(f"AWS cannot be reached: {why}", where=origin.host, code="unreachable") from error
        return link

    def _context(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = ssl.create_default_context()
        return self._trust
