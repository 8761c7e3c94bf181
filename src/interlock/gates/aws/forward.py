"""Forwarding a read: the request goes out as it came, signed with a credential that cannot write.

What the target answers is the client's, byte for byte; only what belongs to the connection is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from interlock.aws import sigv4
from interlock.aws.request import Request
from interlock.gates.aws.upstream import Answer, Origin, Pool, RawHeaders
from interlock.model.target import Target

#: A credential that ends sooner than this is asked for again, in milliseconds.
MARGIN_MS: Final = 60_000
#: How long one is used without asking again, however long it lives: its source may have been changed.
LONGEST_MS: Final = 5 * 60_000
MOST_CREDENTIALS: Final = 1_000

OF_THE_CONNECTION: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-connection", b"te", b"trailer", b"upgrade"}
    | {b"transfer-encoding"}
)


class Credential(sigv4.Keys, Protocol):
    """Keys that end some time."""

    @property
    def expires_at(self) -> int: ...


class Place(Protocol):
    """Where a request goes, and the name that it is asked by there."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def tls(self) -> bool: ...

    @property
    def name(self) -> str: ...


class Ways(NamedTuple):
    """How reads reach a target: the credential that cannot write (it may have to be fetched), and the place."""

    credential: Callable[[Target, str, str], Credential]
    place: Callable[[str, str], Place]


class Forwarder:
    """Sends reads on. `now` is unix milliseconds."""

    def __init__(self, ways: Ways, pool: Pool, now: Callable[[], int]) -> None:
        self._ways = ways
        self._pool = pool
        self._now = now
        self._credentials: dict[tuple[str, str, str], tuple[Credential, int]] = {}
        self._fetching: dict[tuple[str, str, str], asyncio.Future[Credential]] = {}

    def close(self) -> None:
        """Let go of every kept connection."""
        self._pool.close()

    async def read(self, target: Target, request: Request) -> Answer:
        """The answer to this read. Raises TargetError, and what the source of the credential raises."""
        key = (target.name, request.service, request.region)
        now = self._now()
        known = self._credentials.get(key)
        credential = known[0] if known is not None and known[1] > now else await self._fetched(target, key)
        place = self._ways.place(target.address, request.host)
        raw = message(request, credential, place.name, now)
        return await self._pool.ask(Origin(place.host, place.port, place.tls), request.method, raw)

    async def _fetched(self, target: Target, key: tuple[str, str, str]) -> Credential:
        """The credential from its source, in a thread; those who want the same one at once wait for one fetch."""
        fetching = self._fetching.get(key)
        if fetching is None:
            fetching = asyncio.ensure_future(asyncio.to_thread(self._ways.credential, target, key[1], key[2]))
            self._fetching[key] = fetching
            fetching.add_done_callback(lambda _: self._fetching.pop(key, None))
        credential = await asyncio.shield(fetching)
        now = self._now()
        ends = credential.expires_at - MARGIN_MS if credential.expires_at else now + LONGEST_MS
        if len(self._credentials) >= MOST_CREDENTIALS:
            self._credentials.clear()
        self._credentials[key] = (credential, min(ends, now + LONGEST_MS))
        return credential


def message(request: Request, keys: sigv4.Keys, host: str, now: int) -> bytes:
    """The request as it is sent: the client's headers and ours, all of them signed."""
    at = _signed_at(now // 1000)
    headers = [("host", host), *request.headers]
    headers += sigv4.sign(
        keys,
        request.method,
        request.path,
        request.query,
        headers,
        service=request.service,
        region=request.region,
        at=at,
        payload=request.body_digest,
    )
    target = f"{request.path}?{request.query}" if request.query else request.path
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers.append(("content-length", str(len(request.body))))
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    return f"{request.method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + request.body


@lru_cache(maxsize=2)
def _signed_at(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y%m%dT%H%M%SZ")


def own_headers(headers: RawHeaders) -> RawHeaders:
    """The headers of the answer itself, in lower case, without those of the connection that it came over."""
    return [(low, value) for name, value in headers if (low := name.lower()) not in OF_THE_CONNECTION]
