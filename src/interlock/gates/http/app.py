"""The edge of a request: from bytes to one handler and back, every error as `{"error": {code, message, where, hint}}`.

In this order, cheapest first and nothing read before it is wanted: host, origin, path, method, query, who, may they,
body, handler. Whatever goes wrong inside, nothing passes: a bug is a 500 that says so and no more.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from interlock.errors import Broken, InterlockError, TooFast
from interlock.gates.http import wire
from interlock.gates.http.entry import ANYONE, Who, admit, identify
from interlock.gates.http.journal import log
from interlock.gates.http.route import SMALL_BODY, Asked, Gate, Pool, Reply, Route, refusal
from interlock.gates.http.shapes import Nothing
from interlock.gates.http.table import PARAMS

T = TypeVar("T")

BODY_SECONDS: Final = 30.0
SEND_SECONDS: Final = 60.0
#: How long a waiting request sleeps between two looks, from the first to the longest.
LOOK_SECONDS: Final = (0.1, 0.2, 0.4, 0.8)
THREADS: Final[dict[Pool, int]] = {"quick": 8, "heavy": 8, "health": 2}
#: Requests that may stand in line for the threads of a pool before further ones are sent away.
LINE: Final = 64
WAITERS: Final = 500

#: On every reply. Nothing here is for a browser to show, keep, frame or fetch for another page.
HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
STRICT_TRANSPORT: Final = (b"strict-transport-security", b"max-age=31536000")


class App:
    """The ASGI application. `close` waits for the handlers that still run."""

    def __init__(self, gate: Gate, *, hosts: frozenset[str], tls: bool = False) -> None:
        self._gate = gate
        self._hosts = hosts
        self._headers = (*HEADERS, STRICT_TRANSPORT) if tls else HEADERS
        self._table = [(_pattern(route.path), route) for route in gate.routes]
        self._pools = {name: ThreadPoolExecutor(count, f"interlock-{name}") for name, count in THREADS.items()}
        self._busy = dict.fromkeys(THREADS, 0)
        self._waiting = 0

    def close(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request, started = Request(scope, receive), time.monotonic()
        try:
            reply = await self._answer(request, started)
        except ClientDisconnect:
            return
        except InterlockError as error:
            reply = _refused(error)
        except Exception as bug:  # noqa: BLE001  # the edge of a request: a bug becomes a 500, and nothing passes
            reply = _bug(bug)
        line = {"method": scope["method"], "status": reply.status, "ms": int((time.monotonic() - started) * 1000)}
        log.info("request", extra={"fields": line | scope["state"].get("told", {})})
        await self._send(reply, scope, receive, send)

    async def _answer(self, request: Request, started: float) -> Reply:
        head = wire.headers(request.scope["headers"])
        wire.require_host(head, self._hosts)
        wire.require_same_site(head)
        route, params = self._match(request.method, wire.path(request.scope["raw_path"]))
        told = request.scope["state"]["told"] = {"route": route.name}
        query = wire.query(request.scope["query_string"], route.query)

        def enter() -> Who:
            who = ANYONE if route.open else identify(self._gate.control.registry, head.get("authorization"))
            admit(route.verbs, who)
            return who

        who = await self._run("quick", enter) if not route.open else enter()
        told["caller"] = f"{who.caller.kind}:{who.caller.name}"
        raw, body = await self._body(request, head, route, who)
        reply = await self._run(route.pool, lambda: route.handler(Asked(self._gate, who, params, query, body, raw)))
        if not reply.wait:
            return reply

        def again() -> Reply:  # who was let in may have been revoked meanwhile
            return route.handler(Asked(self._gate, enter(), params, query, body, raw))

        return await self._wait(request, started, reply, route.pool, again)

    def _match(self, method: str, path: str) -> tuple[Route[Any, Any], dict[str, str]]:
        """The row for this path and method. Raises BadInput with 404 or 405."""
        allowed = []
        for pattern, route in self._table:
            if found := pattern.fullmatch(path):
                if route.method == method:
                    return route, found.groupdict()
                allowed.append(route.method)
        if not allowed:
            raise refusal(404, "not-found", "there is nothing under this path", "see /openapi.json")
        raise refusal(405, "method", f"this path takes {' or '.join(allowed)}", where=", ".join(allowed))

    async def _body(
        self, request: Request, head: dict[str, str], route: Route[Any, Any], who: Who
    ) -> tuple[bytes, object]:
        """The body, its bytes and what they say, read within bounds of size and time. Raises BadInput."""
        announced = head.get("content-length", "0")
        chunked = "transfer-encoding" in head
        if route.method == "GET" and (announced != "0" or chunked):
            raise refusal(400, "bad-body", "a GET has no body", where="body")
        if route.method == "GET" or (route.body is Nothing and announced == "0" and not chunked):
            return b"", Nothing()
        if route.guard is None:
            wire.require_json(head)
        # Whoever has not said who they are has not earned 16 MiB of our memory.
        limit = min(route.limit, SMALL_BODY * 16) if who.caller.kind == "anyone" else route.limit
        if not announced.isdecimal():
            raise refusal(400, "bad-length", "this Content-Length is no number", where="Content-Length")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                raw = await _read(request, int(announced), limit)
        except TimeoutError as error:
            raise refusal(408, "too-slow", f"the body took longer than {int(BODY_SECONDS)} s") from error
        return raw if route.guard else b"", await self._run("quick", lambda: self._decoded(route, head, raw))

    def _decoded(self, route: Route[Any, Any], head: dict[str, str], raw: bytes) -> object:
        """What the bytes say. Where a guard stands, it is asked before a byte of them is looked at."""
        if route.guard is None:
            return wire.body(raw, route.body)
        route.guard(self._gate, head, raw)
        if raw:
            wire.require_json(head)
        return wire.body(raw or b"{}", route.body)

    async def _wait(
        self, request: Request, started: float, reply: Reply, pool: Pool, again: Callable[[], Reply]
    ) -> Reply:
        """Ask again, with longer and longer pauses, until there is nothing to wait for. No thread is held meanwhile."""
        if self._waiting >= WAITERS:
            return reply
        self._waiting += 1
        try:
            looks = 0
            while reply.wait and (left := started + reply.wait - time.monotonic()) > 0:
                await asyncio.sleep(min(left, LOOK_SECONDS[min(looks, len(LOOK_SECONDS) - 1)]))
                if await request.is_disconnected():
                    raise ClientDisconnect
                reply = await self._run(pool, again)
                looks += 1
        finally:
            self._waiting -= 1
        return reply

    async def _run(self, pool: Pool, work: Callable[[], T]) -> T:
        """Do this in a thread of the pool; Broken when too many stand in line."""
        if self._busy[pool] >= THREADS[pool] + LINE:
            raise Broken("too many requests at once", hint="try again in a second", code="busy")
        self._busy[pool] += 1
        # Shielded: a request that is cancelled does not take its thread's place in the count along.
        job = asyncio.get_running_loop().run_in_executor(self._pools[pool], work)
        job.add_done_callback(lambda _: self._leave(pool))
        return await asyncio.shield(job)

    def _leave(self, pool: Pool) -> None:
        self._busy[pool] -= 1

    async def _send(self, reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
        response = Response(msgspec.json.encode(reply.value), reply.status, media_type="application/json")
        response.raw_headers.extend(self._headers)
        response.raw_headers.extend((name.encode(), value.encode("latin-1")) for name, value in reply.headers)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await response(scope, receive, send)
        except TimeoutError:
            log.info("a caller did not take its reply")


async def _read(request: Request, announced: int, limit: int) -> bytes:
    if announced > limit:
        raise _too_large(limit)
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > limit:
            raise _too_large(limit)
    return bytes(raw)


def _too_large(limit: int) -> InterlockError:
    return refusal(413, "too-large", f"a body has at most {limit} bytes here", where="body")


def _refused(error: InterlockError) -> Reply:
    """The error as its status and shape."""
    status = error.http_status
    headers: list[tuple[str, str]] = []
    if status == 401:
        headers.append(("www-authenticate", 'Bearer realm="interlock", Session realm="interlock"'))
    if status == 405:
        headers.append(("allow", error.where))
    if isinstance(error, TooFast):
        headers.append(("retry-after", str(error.seconds)))
    if status == 408:
        headers.append(("connection", "close"))  # elsewhere the rest of a body is read and thrown away, see protocol.py
    if status >= 500:
        fields = {"code": error.code, "status": status, "why": error.message, "where": error.where}
        log.warning("refused", extra={"fields": fields})
    told = error.as_dict()
    if "/" in error.where:
        told.pop("where", None)  # where our files and stores are is in the log, and no caller's business
    return Reply({"error": told}, status, tuple(headers))


def _bug(bug: Exception) -> Reply:
    """A bug of ours: the log has where, under a name that the caller is given; the caller gets no detail."""
    name = secrets.token_hex(4)
    log.error("bug", extra={"fields": {"incident": name}}, exc_info=bug)
    told = {"code": "bug", "message": "this is a bug of ours; nothing passed", "hint": f"the log has it under {name}"}
    return Reply({"error": told}, 500)


def _pattern(path: str) -> re.Pattern[str]:
    """The path as a pattern: `{case}` is whatever a case may be called."""
    parts = re.split(r"{(\w+)}", path)
    return re.compile(
        "".join(f"(?P<{part}>{PARAMS[part]})" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    )
