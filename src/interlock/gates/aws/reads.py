"""Reads that policy allows as they are: sent on at once, their answers given out when their passing is on record."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from functools import partial
from typing import Final

from interlock.aws.request import Request
from interlock.errors import InterlockError, StoreError
from interlock.gates.aws.desk import Desk
from interlock.gates.aws.forward import Forwarder
from interlock.gates.aws.threads import Threads
from interlock.gates.aws.upstream import Answer
from interlock.identify.verbs import Caller
from interlock.model.proposal import Proposal
from interlock.model.target import Target
from interlock.passing import Done, Passage

log: Final = logging.getLogger("interlock.aws")

#: How long an answer is kept back for its record.
RECORD_SECONDS: Final = 20.0


class Reads:
    """The short road. Lives in one loop."""

    def __init__(self, desk: Desk, forwarder: Forwarder, threads: Threads) -> None:
        self._desk = desk
        self._forwarder = forwarder
        self._threads = threads
        #: What was asked for in this turn of the loop, and what was recorded since the last one.
        self._asked: list[tuple[Passage, Done]] = []
        self._settled: deque[tuple[asyncio.Future[InterlockError | None], InterlockError | None]] = deque()
        self._waking = False

    def close(self) -> None:
        """Let go of the connections to targets. Called in the loop."""
        self._forwarder.close()

    def remembered(self, caller: Caller, proposal: Proposal, key: str) -> Passage | None:
        """The passage of a proposal that was judged a moment ago; takes no time."""
        return self._desk.glance(caller, proposal, key, judge=False)

    async def judged(self, caller: Caller, proposal: Proposal, key: str) -> Passage | None:
        """The passage of this proposal, if it has one: the target may have to be asked."""
        return await self._threads.run("judge", lambda: self._desk.glance(caller, proposal, key))

    async def answer(self, target: Target, request: Request, passage: Passage) -> Answer:
        """The target's answer, its passing on record. Raises what kept it from that; the answer is let go then."""
        recorded = self._recorded(passage)
        answer = await self._forwarder.read(target, request)
        try:
            async with asyncio.timeout(RECORD_SECONDS):
                error = await recorded
        except TimeoutError:
            error = StoreError("the record takes too long", hint="try again")
        except BaseException:
            answer.close()
            raise
        if error is not None and not (isinstance(error, StoreError) and _goes_without(target)):
            answer.close()
            raise error
        if error is not None:
            log.warning("a read passed without its record", extra={"fields": {"target": target.name}})
        return answer

    def _recorded(self, passage: Passage) -> asyncio.Future[InterlockError | None]:
        """Done when it is on record, with why it is not. What one turn of the loop asks for goes there at once."""
        loop = asyncio.get_running_loop()
        recorded: asyncio.Future[InterlockError | None] = loop.create_future()
        if not self._asked:
            loop.call_soon(self._hand_over)
        self._asked.append((passage, partial(self._done, loop, recorded)))
        return recorded

    def _hand_over(self) -> None:
        """The recording thread gets to run when we let it, and then finds all of them."""
        asked, self._asked = self._asked, []
        for passage, done in asked:
            self._desk.passing.take(passage, done)

    def _done(
        self,
        loop: asyncio.AbstractEventLoop,
        recorded: asyncio.Future[InterlockError | None],
        error: InterlockError | None,
    ) -> None:
        """Called on another thread, for each of a batch; the loop is woken once for all of them."""
        self._settled.append((recorded, error))
        if not self._waking:
            self._waking = True
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._waking = False  # before anything is taken: what comes after that wakes us anew
        while self._settled:
            recorded, error = self._settled.popleft()
            if not recorded.done():
                recorded.set_result(error)


def _goes_without(target: Target) -> bool:
    """Whether this target's reads pass, by its own configuration, when the store is down."""
    return ("reads_without_record", "yes") in target.settings
