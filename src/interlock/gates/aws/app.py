"""The edge of a call: from bytes to the target and back, every refusal in the shape of AWS.

In this order, cheapest first: head, key and scope, signature, body; then the short road for reads, or the whole road.
Whatever goes wrong inside, nothing passes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from interlock.aws import sigv4
from interlock.aws.calls import understand
from interlock.aws.chunks import Chain, chain
from interlock.aws.request import Request, to_bytes
from interlock.errors import BadInput, Broken, Forbidden, InterlockError, KeyLost, TargetError
from interlock.gates.aws import form, heads
from interlock.gates.aws.answers import refusal
from interlock.gates.aws.bodies import Bodies, Body
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
from interlock.gates.aws.turn import Gone, Turn
from interlock.gates.aws.upstream import Answer, RawHeaders
from interlock.identify.verbs import Caller
from interlock.model.proposal import Proposal

log: Final = logging.getLogger("interlock.aws")

KIND: Final = "aws:http"
#: Bodies up to this size are understood in the loop; a thread takes longer to start than they do.
SMALL_BODY: Final = 64 * 1024
MOST_SERVICES: Final = 1_000


class App:
    """What answers the turns of all connections. Lives in one loop."""

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

    async def answer(self, turn: Turn) -> None:
        call = _Call(turn)
        try:
            await self._serve(call, turn)
        except Gone:
            return
        except InterlockError as error:
            await call.refuse(error)
        except Exception as bug:  # the edge of a call: a bug becomes a 500, and nothing passes
            log.exception("a call stumbled", exc_info=bug)
            await call.refuse(Broken("this is a bug of ours; nothing passed", hint="the log has it", code="bug"))

    async def _serve(self, call: _Call, turn: Turn) -> None:
        head = call.head = heads.read(turn.method, turn.target, turn.version, turn.headers, turn.tunnel)
        if not turn.closed_in:
            raise Forbidden("beyond this machine calls come over TLS, or through the proxy", code="no-tls")
        admitted = self._entrance.admit(head)
        if self.problems:
            raise KeyLost(
                f"the gate is not armed: {self.problems[0]}", hint="look at its health page", code="not-armed"
            )
        body = await self._bodies.take(turn, head, admitted.claim, lambda: _links(admitted))
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
        await _unless_gone(turn, self._road(call, asked))

    async def _road(self, call: _Call, asked: Asked) -> None:
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

    def __init__(self, turn: Turn) -> None:
        self.head: Head | None = None
        self.request: Request | None = None
        self._turn = turn

    async def forward(self, answer: Answer) -> None:
        """The target's answer, byte for byte."""
        try:
            headers, whole = own_headers(answer.headers), answer.whole()
            if whole is not None:
                await self._turn.answer(answer.status, headers, whole)
            else:
                await self._stream(answer.status, headers, answer.pieces())
        finally:
            answer.close()

    async def give(self, reply: Reply) -> None:
        """The answer of a call that went the whole road."""
        headers = own_headers([(name.encode(), text.encode()) for name, text in reply.headers])
        await self._stream(reply.status, headers, reply.pieces())

    async def refuse(self, error: InterlockError) -> None:
        if self._turn.began:
            self._turn.abort()
            return
        if error.http_status >= 500:
            log.warning("refused", extra={"fields": {"code": error.code, "why": error.message, "where": error.where}})
        made = refusal(error, self.request or self._guessed())
        headers = made.headers
        if isinstance(error, BadInput):
            headers = [*headers, (b"connection", b"close")]  # what still comes of it is nobody's next request
        with suppress(Gone):
            await self._turn.answer(made.status, headers, made.body)

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

    async def _stream(self, status: int, headers: RawHeaders, pieces: AsyncIterator[bytes]) -> None:
        """Piece by piece, as fast as the client takes them. What breaks off there breaks off here too."""
        await self._turn.start(status, headers)
        try:
            async for piece in pieces:
                await self._turn.send(piece)
        except TargetError:
            self._turn.abort()
            raise Gone from None
        self._turn.finish()


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


async def _unless_gone(turn: Turn, work: Awaitable[None]) -> None:
    """Do this, unless the client goes away before it is done."""
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(turn.left())
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
