"""One connection to the gate: HTTP/1.1 to it as the endpoint, or `CONNECT host:443` and then TLS in that host's name.

httptools reads, uvicorn's server takes connections in and lets them go. Its own protocol is not used: an ASGI scope,
its events and two writes an answer cost a read more than what is asked about it. Here a request is a `Turn`, taken one
after the other; those that a client sends ahead wait, and while they do it is not read from.

Bounds: of a head how long it is and how long it takes, of what is thrown away how long that takes, of a connection
that asks nothing how long it is kept. Bodies are bounded in bodies.py, connections in serve.py.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from interlock.errors import InterlockError
from interlock.gates.aws.turn import Turn
from interlock.gates.http.protocol import DISCARD_SECONDS, HEAD_BYTES, HEAD_SECONDS, HEAD_TOO_LONG

CONNECT: Final = b"CONNECT "
CONNECT_BYTES: Final = 4 * 1024
HANDSHAKE_SECONDS: Final = 10.0
#: How long a client may take to say goodbye in TLS.
FAREWELL_SECONDS: Final = 1.0

NOT_HTTP: Final = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 30\r\n"
    b"connection: close\r\n\r\nInvalid HTTP request received."
)
FULL_WHY: Final = b"Service Unavailable"
FULL: Final = ((b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"19"), (b"connection", b"close"))

_LINE: Final = re.compile(rb"CONNECT ([A-Za-z0-9.-]{1,253}):([0-9]{1,5}) HTTP/1\.[01]\r\n")

#: The TLS context for this AWS host; raises InterlockError for any other host.
Contexts = Callable[[str], ssl.SSLContext]


class AwsProtocol(asyncio.Protocol):
    """Before its first byte nobody knows which of the two it is."""

    #: Set on the class that a server is started with: what answers a turn, and whether calls that do not come through a
    #: tunnel are taken on a connection without TLS.
    answer: Callable[[Turn], Awaitable[None]]
    contexts: Contexts
    plain = True

    transport: asyncio.Transport

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        tunnel: str = "",
    ) -> None:
        self.loop = _loop or asyncio.get_running_loop()
        #: The client does not take what is written.
        self.full = False
        self._config = config
        self._state = server_state
        self._app_state = app_state
        self._tunnel = tunnel
        self._closed_in = bool(tunnel) or self.plain
        self._first: bytearray | None = None if tunnel else bytearray()
        self._upgrade: asyncio.Task[None] | None = None
        self._parser = httptools.HttpRequestParser(self)
        # What comes behind a request that closes the connection is dropped, and its answer goes out.
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        #: The turn that is answered, the one whose body comes, and those that wait.
        self._turn: Turn | None = None
        self._coming: Turn | None = None
        self._ahead: deque[Turn] = deque()
        self._held = False
        self._room: asyncio.Future[None] | None = None
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._in_head, self._head_bytes, self._came = True, 0, 0
        self._clock: asyncio.TimerHandle | None = None
        #: When this connection is closed, by the loop's clock; 0 while a turn takes its time.
        self._ends = 0.0
        #: Whether that is because of a head that has begun.
        self._head_began = False

    # asyncio's calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a stream's is one
        self.transport = transport
        self._state.connections.add(self)  # type: ignore[arg-type]  # it asks no more of one than `shutdown`
        self._closed_in = self._closed_in or transport.get_extra_info("sslcontext") is not None
        self._head_began = True
        self._end_in(HEAD_SECONDS)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._state.connections.discard(self)
        if self._clock is not None:
            self._clock.cancel()
        self.resume_writing()
        for turn in (self._turn, self._coming, *self._ahead):
            if turn is not None:
                turn.lose()
        self._ahead.clear()

    def data_received(self, data: bytes) -> None:
        if self._upgrade is not None:
            self.transport.abort()  # it spoke before it was let through
        elif self._first is None:
            self._feed(data)
        else:
            self._begin(data)

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def shutdown(self) -> None:
        """The server's call: no further turn. Who has all of its answer is not waited for to say goodbye in TLS.

        A call that did not come whole was not begun, and is not waited for.
        """
        if self._turn is not None and (self._turn.whole or self._turn.began):
            self._turn.keeps = False
            return
        if self._turn is not None:
            self.transport.abort()
            return
        self.transport.close()
        if not self.transport.get_write_buffer_size():
            self.loop.call_later(FAREWELL_SECONDS, self.transport.abort)

    def abort(self) -> None:
        """The end, whatever is under way."""
        self.transport.abort()

    # the turn's calls

    def hold(self) -> None:
        if not self._held:
            self._held = True
            self.transport.pause_reading()

    def go_on(self) -> None:
        if self._held and not self._ahead and not self.transport.is_closing():
            self._held = False
            self.transport.resume_reading()

    async def drained(self) -> None:
        while self.full:
            self._room = self.loop.create_future()
            await self._room

    def answered(self, turn: Turn) -> None:
        self._state.total_requests += 1
        self._turn = None
        if not turn.keeps and turn.whole:
            self.transport.close()
        if self.transport.is_closing():
            return
        if self._ahead:
            self._take(self._ahead.popleft())
        elif not turn.whole:
            self._end_in(DISCARD_SECONDS)  # its sender gets to read the answer
        elif not self._head_began:
            self._end_in(self._config.timeout_keep_alive)
        self.go_on()

    # the parser's calls

    def on_message_begin(self) -> None:
        self._url, self._headers = b"", []

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            self._headers.append((name, value))
        else:  # behind a body in chunks; nothing there is believed, and no more of it taken than of a head
            self._head_bytes += len(name) + len(value)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(HEAD_TOO_LONG)

    def on_headers_complete(self) -> None:
        long = self._came > HEAD_BYTES or self._head_bytes > HEAD_BYTES
        self._in_head, self._head_bytes, self._head_began, self._ends = False, 0, False, 0.0
        if long and len(self._url) + sum(len(name) + len(value) for name, value in self._headers) > HEAD_BYTES:
            self._refuse(HEAD_TOO_LONG)
        if self.transport.is_closing():
            return
        version = self._parser.get_http_version()
        turn = Turn(
            self,
            self._parser.get_method().decode("ascii"),
            self._url,
            version,
            self._headers,
            self._tunnel,
            self._closed_in,
            version == "1.1" and self._parser.should_keep_alive(),
        )
        self._coming = turn
        if self._turn is None:
            self._take(turn)
        else:
            self._ahead.append(turn)
            self.hold()

    def on_body(self, body: bytes) -> None:
        if self._coming is not None:
            self._coming.feed(body)

    def on_message_complete(self) -> None:
        self._in_head, self._head_bytes = True, 0
        turn, self._coming = self._coming, None
        if turn is None:
            return
        if turn.over and not turn.keeps:
            self.transport.close()  # what was thrown away of it has come to its end
        elif turn.over:
            self._end_in(self._config.timeout_keep_alive)
        turn.end()

    # bytes

    def _feed(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._came = len(data)
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # the request is refused in words
        except httptools.HttpParserError:
            self._refuse(NOT_HTTP)
            return
        if not self._in_head or not self._head_bytes:
            return
        if self._head_bytes > HEAD_BYTES:
            self._refuse(HEAD_TOO_LONG)
        elif not self._head_began:
            self._head_began = True
            self._end_in(HEAD_SECONDS)

    def _take(self, turn: Turn) -> None:
        """Have this turn answered."""
        self._turn = turn
        turn.task = self.loop.create_task(self._serve(turn))
        self._state.tasks.add(turn.task)

    async def _serve(self, turn: Turn) -> None:
        tasks, most = self._state.tasks, self._config.limit_concurrency
        try:
            if most is not None and max(len(tasks), len(self._state.connections)) >= most:
                await turn.answer(503, FULL, FULL_WHY)
            else:
                await type(self).answer(turn)
        finally:
            if turn.task is not None:
                tasks.discard(turn.task)
            if not (turn.over or turn.gone):
                turn.abort()

    def _refuse(self, raw: bytes) -> None:
        """Answer what is no request, and end."""
        if not self.transport.is_closing():
            if self._coming is None or not self._coming.over:  # else it has its answer already
                self.transport.write(raw)
            self.transport.close()

    # the clock: one timer, which mostly finds that what it was set for has come

    def _end_in(self, seconds: float) -> None:
        self._ends = self.loop.time() + seconds
        if self._clock is None or self._clock.when() > self._ends:
            self._watch()

    def _watch(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
        self._clock = self.loop.call_at(self._ends, self._overdue)

    def _overdue(self) -> None:
        self._clock = None
        if not self._ends or self.transport.is_closing():
            return
        if self.loop.time() < self._ends:
            self._watch()
        else:
            self.transport.close()

    # the tunnel

    def _begin(self, data: bytes) -> None:
        """The first bytes: a tunnel is asked for, or this is HTTP for us."""
        assert self._first is not None  # noqa: S101 - only called before that is decided
        self._first += data
        if not CONNECT.startswith(self._first[: len(CONNECT)]):
            first, self._first = bytes(self._first), None
            self._feed(first)
            return
        if b"\r\n\r\n" not in self._first:
            if len(self._first) > CONNECT_BYTES:
                self._refuse_tunnel("431 Request Header Fields Too Large", "the head of a CONNECT is shorter")
            return
        found = _LINE.match(self._first)
        if found is None or not self._first.endswith(b"\r\n\r\n") or self._first.count(b"\r\n\r\n") != 1:
            self._refuse_tunnel("400 Bad Request", "this CONNECT cannot be read")
            return
        self._open_tunnel(found[1].decode().lower(), int(found[2]))

    def _open_tunnel(self, host: str, port: int) -> None:
        try:
            context = type(self).contexts(host) if port == 443 else None
        except InterlockError as error:
            self._refuse_tunnel("403 Forbidden", error.message)
            return
        if context is None:
            self._refuse_tunnel("403 Forbidden", "only port 443 of AWS hosts can be reached through here")
            return
        self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._upgrade = self.loop.create_task(self._upgraded(host, context))

    async def _upgraded(self, host: str, context: ssl.SSLContext) -> None:
        """TLS in the name of the host, and HTTP within it. Whoever does not finish the handshake is cut off."""
        inner = type(self)(self._config, self._state, self._app_state, self.loop, tunnel=host)
        self._ends = 0.0
        self._state.connections.discard(self)
        try:
            transport = await self.loop.start_tls(
                self.transport,
                inner,
                context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=FAREWELL_SECONDS,
            )
        except (OSError, RuntimeError):  # SSLError is an OSError; RuntimeError: it was closed meanwhile
            self.transport.abort()
            return
        if transport is not None:
            inner.connection_made(transport)

    def _refuse_tunnel(self, status: str, why: str) -> None:
        body = why.encode()
        head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {len(body)}\r\n"
        self._refuse(head.encode() + b"connection: close\r\n\r\n" + body)


def protocol_with(answer: Callable[[Turn], Awaitable[None]], contexts: Contexts, *, plain: bool) -> type[AwsProtocol]:
    """The protocol class of one server: uvicorn makes its instances itself, and passes them nothing of ours."""
    told = {"answer": staticmethod(answer), "contexts": staticmethod(contexts), "plain": plain}
    return type("Protocol", (AwsProtocol,), told)
