"""uvicorn's HTTP protocol with the bounds that it lacks: how long a request's head may be, and how long it may take.

Without them a connection that sends one header byte a minute is kept for ever, and one that never ends its headers is
buffered for ever. A body that was refused before it was read is thrown away as it comes, so that its sender gets to
read the refusal; that is bounded in time here. Other bodies are bounded in app.py, connections in serve.py.
When the server stops, only whole requests are waited for.
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES: Final = 32 * 1024
HEAD_SECONDS: Final = 10.0
DISCARD_SECONDS: Final = 30.0


def _last_word(status: bytes, code: bytes, message: bytes) -> bytes:
    """The answer to what never became a request; it ends the connection."""
    said = b'{"error":{"code":"%b","message":"%b"}}' % (code, message)
    head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
    return head % (status, len(said)) + said


HEAD_TOO_LONG: Final = _last_word(
    b"431 Request Header Fields Too Large", b"head-too-long", b"the head of a request has at most 32768 bytes"
)
NO_REQUEST: Final = _last_word(
    b"400 Bad Request",
    b"bad-request",
    b"this is no request of HTTP/1.1 with one meaning: a path, each header on a line of its own, one length",
)


class BoundedProtocol(HttpToolsProtocol):
    """One connection. One clock: for a head from its begin to its end, for what is thrown away from the reply on."""

    _clock: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _fields = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._start_clock(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        # Headers that came whole in one read are counted one by one in on_header.
        if self._in_head and self._head_bytes > HEAD_BYTES:
            self._refuse()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._fields = 0
        if self._clock is None:
            self._start_clock(HEAD_SECONDS)

    def on_url(self, url: bytes) -> None:
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(name + value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_clock()
        if self.transport.is_closing():
            return
        if not self.url.startswith(b"/"):  # an address with a host in it: that host and the Host header may differ
            self.send_400_response("")
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self._stop_clock()
        if not self.transport.is_closing():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._in_head and not self.transport.is_closing():
            self._start_clock(DISCARD_SECONDS)

    def shutdown(self) -> None:
        """The server's call. A request that did not come whole was not begun, and is not waited for."""
        if self._in_head:
            super().shutdown()
        else:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's words are not ours
        """What no request could be made of gets an error of the shape that all errors have."""
        if not self.transport.is_closing():
            self.transport.write(NO_REQUEST)
            self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Who asks for another protocol is answered in this one; there is nothing to be installed for that."""

    def _count(self, field: bytes) -> None:
        self._fields += len(field)
        if self._fields > HEAD_BYTES:
            self._refuse()

    def _start_clock(self, seconds: float) -> None:
        self._stop_clock()
        self._clock = self.loop.call_later(seconds, self._too_slow)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(HEAD_TOO_LONG)
            self.transport.close()
