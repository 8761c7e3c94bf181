"""Fetching a plan and sending an answer: over TLS, to configured hosts alone, bounded in bytes, time and steps.

An address comes from outside, even though it is signed; so it leads nowhere that is not configured, whatever it names.
The token goes to `hosts` alone, never to where they lead on to. No text of an error from below is passed on: it may
hold an address with a signature in it.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from interlock.configuration import RunTasks
from interlock.errors import BadInput, TargetError

LEADS_ON: Final = frozenset({301, 302, 303, 307, 308})
STEPS: Final = 3
PIECE: Final = 1 << 16


class Limits(NamedTuple):
    """How much one exchange may take."""

    bytes: int = 256 * 1024 * 1024
    seconds: float = 120.0
    silent_seconds: float = 15.0
    answer_bytes: int = 64 * 1024


USUAL: Final = Limits()


class Response(NamedTuple):
    status: int
    location: str
    body: bytes


class Client:
    """Speaks to the configured hosts. It keeps nothing: neither tokens nor connections."""

    def __init__(self, settings: RunTasks, limits: Limits = USUAL) -> None:
        self._settings = settings
        self._limits = limits
        self._tls = ssl.create_default_context(cafile=str(settings.ca) if settings.ca else None)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def fetch(self, url: str, token: str) -> bytes:
        """The contents of this address. BadInput for an address that we do not go to, TargetError for the rest."""
        allowed = self._settings.hosts
        for _ in range(STEPS + 1):
            place = _place(url, allowed)
            headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
            if place.netloc in self._settings.hosts:
                headers["Authorization"] = f"Bearer {token}"
            response = self._exchange("GET", place, headers, b"", self._limits.bytes)
            if response.status in LEADS_ON:
                url = urljoin(url, response.location)
                allowed = self._settings.hosts | self._settings.downloads
            elif response.status == 200:
                return response.body
            else:
                raise _failed("the plan cannot be fetched", response.status)
        raise TargetError(f"the address of the plan leads on more than {STEPS} times")

    def answer(self, url: str, token: str, body: bytes) -> None:
        """Send the result of a task. It is led nowhere else. Raises as `fetch` does."""
        place = _place(url, self._settings.hosts)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/vnd.api+json"}
        response = self._exchange("PATCH", place, headers, body, self._limits.answer_bytes)
        if response.status not in (200, 201, 202, 204):
            raise _failed("the result is not taken", response.status)

    def _exchange(self, method: str, place: SplitResult, headers: dict[str, str], body: bytes, most: int) -> Response:
        """One request and its answer, within the limits."""
        limits = self._limits
        host, port = place.hostname or "", place.port or 443
        connection = http.client.HTTPSConnection(host, port, timeout=limits.silent_seconds, context=self._tls)
        path = (place.path or "/") + (f"?{place.query}" if place.query else "")
        try:
            with contextlib.closing(connection), _cut_after(connection, limits.seconds):
                connection.request(method, path, body or None, headers)
                response = connection.getresponse()
                if response.getheader("Content-Encoding", "identity").lower() != "identity":
                    raise TargetError("the answer is packed, which was not asked for")
                wanted = most if response.status == 200 else self._limits.answer_bytes
                return Response(response.status, response.getheader("Location", ""), _read(response, wanted))
        except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: a line that is no header
            raise TargetError(
                f"`{host}` cannot be reached, or breaks off ({type(error).__name__})", code="unreachable"
            ) from None


def _place(url: str, allowed: frozenset[str]) -> SplitResult:
    """The address, taken apart. BadInput for any but a plain https address of an allowed host."""
    try:
        place = urlsplit(url)
        port = place.port
    except ValueError:
        raise BadInput("the address of a run task cannot be read", code="bad-address") from None
    name = f"{place.hostname}:{port}" if port not in (None, 443) else place.hostname
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and "@" not in place.netloc
    if place.scheme != "https" or not plain or name not in allowed:
        raise BadInput(
            "the address of a run task is none of a configured host",
            hint="https, and a host in `run_tasks` of interlock.toml",
            code="foreign-address",
        )
    return place._replace(netloc=name)


def _read(response: http.client.HTTPResponse, most: int) -> bytes:
    body = bytearray()
    while piece := response.read1(PIECE):
        body += piece
        if len(body) > most:
            raise TargetError(f"an answer has at most {most:,} bytes here", code="too-large")
    if response.length:
        raise http.client.IncompleteRead(b"")  # it broke off, and half a plan is none
    return bytes(body)


@contextlib.contextmanager
def _cut_after(connection: http.client.HTTPSConnection, seconds: float) -> Iterator[None]:
    """Cut the connection when the time is over, however busy it looks: a server may send a byte now and then."""
    ends = time.monotonic() + seconds

    def cut() -> None:
        if connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
        if time.monotonic() > ends:
            raise TimeoutError
    finally:
        timer.cancel()


def _failed(what: str, status: int) -> TargetError:
    """An answer that is no success, by its status alone. `again` when asking later may help."""
    later = status in (204, 408, 409, 425, 429) or status >= 500
    return TargetError(f"{what}: status {status}", code="again" if later else "target")
