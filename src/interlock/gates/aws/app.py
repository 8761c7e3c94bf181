"""The edge of a call: from bytes to the target and back, every refusal in the shape of AWS.

In this order, cheapest first: head, key and scope, signature, body; then the short road for reads, or the whole road.
Whatever goes wrong inside, nothing passes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final

from interlock.aws import sigv4
from interlock.aws.calls import understand
from interlock.aws.chunks import Chain, chain
from interlock.aws.request import Request, to_bytes
from interlock.errors import BadInput, Broken, Forbidden, InterlockError, KeyLost, TargetError
from interlock.gates.aws import form, heads
from interlock.gates.aws.answers import refusal
from interlock.gates.aws.bodies import Bodies, Body, Gone, Receive
from interlock.gates.aws.entrance import Admitted, Entrance
from interlock.gates.aws.errand import Asked
from interlock.gates.aws.fingerprint import fingerprint, whose
from interlock.gates.aws.forward import own_headers
from interlock.gates.aws.heads import Head
from interlock.gates.aws.holding import Holding
from interlock.gates.aws.readings import seems_to_read
from interlock.gates.aws.reads import Reads
from interlock.gates.aws.reply import Reply
from interlock.gates.aws.threads import Threads
from interlock.gates.aws.upstream import Answer
from interlock.identify.verbs import Caller
from interlock.model.proposal import Proposal

log: Final = logging.getLogger("interlock.aws")

KIND: Final = "aws:http"
#: How long a client may take nothing of its answer.
SEND_SECONDS: Final = 60.0
#: Bodies up to this size are understood in the loop; a thread takes longer to start than they do.
SMALL_BODY: Final = 64 * 1024
MOST_SERVICES: Final = 1_000

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Scope = MutableMapping[str, Any]


class App:
    """The ASGI application. Lives in one loop."""

    def __init__(
        self,
        entrance: Entrance,
        bodies: Bodies,
        reads: Reads,
        holding: Holding,
        threads: Threads,
        now: Callable[[], int],
    ) -> None:
        self._entrance = entrance
        self._bodies = bodies
        self._reads = reads
        self._holding = holding
        self._threads = threads
        self._now = now
        self._loaded: set[str] = set()
        #: What is wrong with this gate by its own self-test; while there is anything, no call passes.
        self.problems: tuple[str, ...] = ()

    def close(self) -> None:
        """Called in the loop, when nothing is served any more."""
        self._reads.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        call = _Call(scope, send)
        try:
            await self._serve(call, receive)
        except Gone:
            return
        except InterlockError as error:
            await call.refuse(error)
        except Exception as bug:  # the edge of a call: a bug becomes a 500, and nothing passes
            log.exception("a call stumbled", exc_info=bug)
            await call.refuse(Broken("this is a bug of ours; nothing passed", hint="the log has it", code="bug"))

    async def _serve(self, call: _Call, receive: Receive) -> None:
        head = call.head = heads.read(call.scope)
        if not call.scope["state"]["open"]:
            raise Forbidden("beyond this machine calls come over TLS, or through the proxy", code="no-tls")
        admitted = self._entrance.admit(head)
        if self.problems:
            raise KeyLost(
                f"the gate is not armed: {self.problems[0]}", hint="look at its health page", code="not-armed"
            )
        body = await self._bodies.take(receive, head, admitted.claim, lambda: _links(admitted))
        if not admitted.proved:
            self._entrance.prove(head, admitted, body.digest)
        request = call.request = form.request_of(head, admitted, body)
        caller, proposal = _proposal(admitted, request)
        if body.file is None:
            passage = self._reads.remembered(caller, proposal, admitted.key.access_key)
            if passage is None and await self._understood(request, seems_to_read):
                passage = await self._reads.judged(caller, proposal, admitted.key.access_key)
            if passage is not None:
                await call.forward(await self._reads.answer(admitted.target, request, passage))
                return
        mark = await self._understood(request, lambda request: fingerprint(request, understand(request)))
        asked = self._asked(head, admitted, caller, proposal, body, mark)
        await _unless_gone(receive, self._answer(call, asked))

    async def _answer(self, call: _Call, asked: Asked) -> None:
        async with self._holding.answering(asked) as reply:
            await call.give(reply)

    async def _understood(self, request: Request, work: Callable[[Request], Any]) -> Any:
        """What this makes of the request; in a thread where it could take long enough for others to notice."""
        if request.body_size <= SMALL_BODY and request.service in self._loaded:
            return work(request)
        found = await self._threads.run("look", lambda: work(request))
        if len(self._loaded) < MOST_SERVICES:
            self._loaded.add(request.service)
        return found

    def _asked(
        self, head: Head, admitted: Admitted, caller: Caller, proposal: Proposal, body: Body, mark: str
    ) -> Asked:
        claim, scope = admitted.claim, admitted.key.scope
        until = claim.at_ms + claim.expires * 1000
        invocation = head.header("amz-sdk-invocation-id")
        hold = next((int(value) for name, value in admitted.target.settings if name == "hold"), 50_000)
        return Asked(
            caller,
            claim.access_key,
            proposal,
            body,
            whose(scope.agent, scope.target, scope.environment, scope.operator, scope.author, mark),
            f"{claim.access_key}:{claim.signature}",
            f"{claim.access_key}:{invocation}" if invocation else "",
            max(until, self._now() + 2 * sigv4.SKEW_MS),
            # A presigned address, or a body that was not signed, leaves open what is sent under one signature.
            signature_is_whole=not claim.presigned and claim.payload not in (sigv4.UNSIGNED, sigv4.UNSIGNED_TRAILER),
            hold_seconds=hold / 1000,
        )


class _Call:
    """One call and the way back to its client."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.head: Head | None = None
        self.request: Request | None = None
        self._send = send
        self._started = False

    async def forward(self, answer: Answer) -> None:
        """The target's answer, byte for byte."""
        try:
            await self._start(answer.status, own_headers(answer.headers))
            whole = answer.whole()
            if whole is not None:
                await self._send({"type": "http.response.body", "body": whole, "more_body": False})
            else:
                await self._stream(answer.pieces())
        finally:
            answer.close()

    async def give(self, reply: Reply) -> None:
        """The answer of a call that went the whole road."""
        await self._start(reply.status, own_headers([(name.encode(), text.encode()) for name, text in reply.headers]))
        await self._stream(reply.pieces())

    async def refuse(self, error: InterlockError) -> None:
        if self._started:
            self._break_off()
            return
        if error.http_status >= 500:
            log.warning("refused", extra={"fields": {"code": error.code, "why": error.message, "where": error.where}})
        made = refusal(error, self.request or self._guessed())
        headers = made.headers
        if isinstance(error, BadInput):
            headers = [*headers, (b"connection", b"close")]  # what still comes of it is nobody's next request
        await self._start(made.status, headers)
        await self._send({"type": "http.response.body", "body": made.body, "more_body": False})

    def _guessed(self) -> Request:
        """What can be said of the call before it was believed, to find the form of its refusal."""
        if self.head is None:
            return Request("POST", "", "/", "", "")
        service = region = ""
        with suppress(InterlockError):
            claim = sigv4.claim(self.head.query, self.head.joined)
            service, region = claim.service, claim.region
        if not service and not _names_its_operation(self.head):
            service = "s3"  # what is not signed, and names no operation, is mostly a client without keys at a bucket
        return form.provisional(self.head, service, region)

    async def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        if status == 304:
            # uvicorn holds a body to its announced length, and only knows of HEAD that there is none.
            self.scope["method"] = "HEAD"
        self._started = True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _stream(self, pieces: AsyncIterator[bytes]) -> None:
        """Piece by piece, as fast as the client takes them. What breaks off there breaks off here too."""
        try:
            async for piece in pieces:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        except (TargetError, TimeoutError):
            self._break_off()
            raise Gone from None
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def _break_off(self) -> None:
        """The client has half an answer, and is not to take it for a whole one."""
        self.scope["state"]["abort"]()


def _proposal(admitted: Admitted, request: Request) -> tuple[Caller, Proposal]:
    scope = admitted.key.scope
    proposal = Proposal(
        KIND,
        to_bytes(request),
        scope.agent,
        scope.environment,
        scope.target,
        scope.session,
        scope.author,
        scope.operator,
    )
    return Caller("agent", scope.agent), proposal


def _links(admitted: Admitted) -> Chain:
    """What the chunks' signatures hang on: there is nothing to hang them on before the head's own was proved."""
    if not admitted.proved:
        raise BadInput("its chunks hang on a signature that was not proved", code="bad-chunks")
    return chain(admitted.claim, admitted.key.secret)


def _names_its_operation(head: Head) -> bool:
    return "x-amz-target" in head.joined or "x-www-form-urlencoded" in head.header("content-type")


async def _left(receive: Receive) -> None:
    """Until the client goes away. What still comes first is an empty body, which nobody took in."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _unless_gone(receive: Receive, work: Awaitable[None]) -> None:
    """Do this, unless the client goes away before it is done."""
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((doing, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise Gone
        await doing
    finally:
        for task in (doing, leaving):
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
