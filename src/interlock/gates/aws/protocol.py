"""One connection to the gate: HTTP/1.1 to it as the endpoint, or `CONNECT host:443` and then TLS in that host's name.

uvicorn's protocol within the bounds of the HTTP gate's. What uvicorn does not hand on is put into the scope's state:
the request line's own target, the host of the tunnel, and a way to break the connection off in the middle of an answer.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from interlock.errors import InterlockError
from interlock.gates.http.protocol import BoundedProtocol

CONNECT: Final = b"CONNECT "
CONNECT_BYTES: Final = 4 * 1024
HANDSHAKE_SECONDS: Final = 10.0
#: How long a client may take to say goodbye in TLS.
FAREWELL_SECONDS: Final = 1.0

_LINE: Final = re.compile(rb"CONNECT ([A-Za-z0-9.-]{1,253}):([0-9]{1,5}) HTTP/1\.[01]\r\n")

#: The TLS context for this AWS host; raises InterlockError for any other host.
Contexts = Callable[[str], ssl.SSLContext]


class AwsProtocol(BoundedProtocol):
    """Before its first byte nobody knows which of the two it is."""

    #: Set on the class that a server is started with.
    contexts: Contexts
    #: Whether calls that do not come through a tunnel are taken on a connection without TLS.
    plain = True

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        tunnel: str = "",
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._tunnel = tunnel
        self._first: bytearray | None = None if tunnel else bytearray()
        self._upgrade: asyncio.Task[None] | None = None

    def data_received(self, data: bytes) -> None:
        if self._upgrade is not None:
            self.transport.abort()  # it spoke before it was let through
        elif self._first is None:
            super().data_received(data)
        else:
            self._begin(data)

    def on_headers_complete(self) -> None:
        # uvicorn splits the target and forgets what stands before its path.
        self.scope["state"]["url"] = self.url
        self.scope["state"]["tunnel"] = self._tunnel
        self.scope["state"]["abort"] = self.transport.abort
        self.scope["state"]["open"] = bool(self._tunnel) or self.plain or self.scheme == "https"
        if not self.url.startswith(b"/"):
            self.url = b"/"  # the target as it came is in the state, and the app refuses it in words
        super().on_headers_complete()

    def _begin(self, data: bytes) -> None:
        """The first bytes: a tunnel is asked for, or this is HTTP for us."""
        assert self._first is not None  # noqa: S101 - only called before that is decided
        self._first += data
        if not CONNECT.startswith(self._first[: len(CONNECT)]):
            first, self._first = bytes(self._first), None
            super().data_received(first)
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
        inner = type(self)(self.config, self.server_state, self.app_state, self.loop, tunnel=host)
        self._stop_clock()
        self.connections.discard(self)
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
        self.transport.write(head.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()


def protocol_with(contexts: Contexts, *, plain: bool) -> type[AwsProtocol]:
    """The protocol class of one server: uvicorn makes its instances itself, and passes them nothing of ours."""
    return type("Protocol", (AwsProtocol,), {"contexts": staticmethod(contexts), "plain": plain})
