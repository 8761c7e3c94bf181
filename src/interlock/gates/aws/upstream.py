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
        self.parser: httptools.HttpResponseParser | None = None
        self.idle_since = 0.0
        self.used = False
        self.loop = asyncio.get_running_loop()
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None
        self._ends = 0.0
        self._begin("")

    def _begin(self, method: str) -> None:
        self.headers: RawHeaders = []
        self.status = 0
        self.began = self.complete = self.broken = self.kept_open = False
        self.waiting: asyncio.Future[None] | None = None
        self.pieces: list[bytes] = []
        self._method = method
        self._held = self._head_bytes = 0

    @property
    def closed(self) -> bool:
        return self.transport is None or self.transport.is_closing()

    def ask(self, method: str, raw: bytes) -> None:
        """Send this request; the answer is awaited with `more`."""
        assert self.transport is not None  # noqa: S101 - a link is handed out only after it was made
        self._begin(method)
        if self.parser is None:
            self.parser = httptools.HttpResponseParser(self)
        self.transport.write(raw)

    async def more(self, ends: float) -> None:
        """Until something came: the head, a piece, the end. Raises TimeoutError at this time of the loop's."""
        if self.complete or self.broken:
            return
        self._ends = ends
        if self._timer is None or self._timer.when() > ends:
            self._watch()
        self.waiting = self.loop.create_future()
        try:
            await self.waiting
        finally:
            self.waiting = None

    def take(self) -> bytes:
        """What came of the body so far."""
        taken = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
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

    def _watch(self) -> None:
        """One timer for all answers of this link: most come long before it, and leave it where it is."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(self._ends, self._late)

    def _late(self) -> None:
        self._timer = None
        if self.waiting is None or self.waiting.done():
            return
        if self.loop.time() < self._ends:
            self._watch()
        else:
            self.waiting.set_exception(TimeoutError())

    def _wake(self) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(None)

    # asyncio's calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a stream's is one
        self.transport = transport

    def connection_lost(self, _exc: Exception | None) -> None:
        self._end()
        self.transport = self.parser = None
        if self._timer is not None:
            self._timer.cancel()

    def eof_received(self) -> None:
        self._end()

    def data_received(self, data: bytes) -> None:
        if self.complete or self.parser is None:
            self.close()  # something came that nobody asked for
            return
        if not self.began:
            self._head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.broken = not self.complete
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

    def on_message_begin(self) -> None:
        if self.complete:
            raise ValueError("a second answer")  # nobody asked for it, and nothing of it is the first one's

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        assert self.parser is not None  # noqa: S101 - it is the parser that calls
        status = self.parser.get_status_code()
        if status < 200:
            self.headers = []  # an interim answer; the real one follows
            return
        self.status = status
        self.began = True
        self.kept_open = self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive()
        if self._method == "HEAD":
            self.complete = True  # what its headers say of a body is said of another request
            self.parser = None  # and this one waits for that body

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

    def __init__(self, link: _Link, pool: Pool, place: _Place) -> None:
        self.status = link.status
        self.headers = link.headers
        self._link = link
        self._pool = pool
        self._place = place

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
                    await link.more(self._place.loop.time() + ANSWER_SECONDS)
                except TimeoutError as error:
                    raise TargetError("AWS does not go on with its answer", code="half") from error

    def whole(self) -> bytes | None:
        """The body, where all of it is here already; None where it has to be waited for."""
        if not self._link.complete:
            return None
        return self._link.take() if self._link.pieces else b""

    def close(self) -> None:
        """Give the connection back, or close it where it is in the middle of something."""
        self._pool.give_back(self._place, self._link)


class _Place:
    """The connections to one origin: how many are in use, those that wait for use, and who waits for one."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.busy = 0
        self.idle: deque[_Link] = deque()
        self.waiting: deque[asyncio.Future[None]] = deque()

    async def vacant(self) -> None:
        """Until somebody leaves, who hands its room over."""
        turn = self.loop.create_future()
        self.waiting.append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.busy -= 1


class Pool:
    """Connections by origin. Lives in one event loop."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._trust = trust
        self._places: dict[Origin, _Place] = {}
        self._closed = False

    async def ask(self, origin: Origin, method: str, raw: bytes) -> Answer:
        """Send these bytes and wait for the head of the answer. Raises TargetError: `unreachable`, `slow`, `half`."""
        place = self._places.get(origin)
        if place is None:
            place = self._places[origin] = _Place(asyncio.get_running_loop())
        if place.busy < MOST:
            place.busy += 1
        else:
            await place.vacant()
        link: _Link | None = None
        try:
            link = _kept(place) or await self._connected(origin)
            again = link.used
            await _head(link, method, raw)
            if not link.began and again:
                link.close()
                link = await self._connected(origin)
                await _head(link, method, raw)
            if not link.began:
                raise TargetError("AWS closed the connection without an answer", code="half")
        except BaseException:
            place.leave()
            if link is not None:
                link.close()
            raise
        return Answer(link, self, place)

    def give_back(self, place: _Place, link: _Link) -> None:
        place.leave()
        if link.reusable and len(place.idle) < MOST_IDLE and not self._closed:
            link.used = True
            link.idle_since = place.loop.time()
            place.idle.append(link)
        else:
            link.close()

    def close(self) -> None:
        """Let go of what is kept, and keep nothing any more."""
        self._closed = True
        for place in self._places.values():
            for link in place.idle:
                link.close()
            place.idle.clear()

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


async def _head(link: _Link, method: str, raw: bytes) -> None:
    """Ask, and wait for the head of the answer, or for the end of the connection."""
    link.ask(method, raw)
    ends = link.loop.time() + ANSWER_SECONDS
    while not (link.began or link.complete or link.broken):
        try:
            await link.more(ends)
        except TimeoutError as error:
            raise TargetError(f"AWS did not answer within {int(ANSWER_SECONDS)} s", code="slow") from error


def _kept(place: _Place) -> _Link | None:
    """A connection that is open still, the one that was used last."""
    oldest = place.loop.time() - IDLE_SECONDS
    while place.idle:
        link = place.idle.pop()
        if not link.closed and link.idle_since >= oldest:
            return link
        link.close()
    return None
