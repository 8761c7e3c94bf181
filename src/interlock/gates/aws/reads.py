"""Reads that policy allows as they are: sent on at once, their answers given out when their passing is on record."""

from __future__ import annotations

import asyncio
import contextlib
import logging
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
from interlock.passing import Passage

log: Final = logging.getLogger("interlock.aws")

#: How long an answer is kept back for its record.
RECORD_SECONDS: Final = 20.0


class Reads:
    """The short road. Lives in one loop."""

    def __init__(self, desk: Desk, forwarder: Forwarder, threads: Threads) -> None:
        self._desk = desk
        self._forwarder = forwarder
        self._threads = threads

    async def passage(self, caller: Caller, proposal: Proposal, key: str, *, judge: bool) -> Passage | None:
        """The passage of this proposal, if it has one. `judge`: it is worth judging, where nobody remembers it."""
        passage = self._desk.glance(caller, proposal, key, judge=False)
        if passage is not None or not judge:
            return passage
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
        """Done when it is on record, with why it is not."""
        loop = asyncio.get_running_loop()
        recorded: asyncio.Future[InterlockError | None] = loop.create_future()

        def settle(error: InterlockError | None) -> None:
            if not recorded.done():
                recorded.set_result(error)

        def done(error: InterlockError | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                loop.call_soon_threadsafe(settle, error)

        self._desk.passing.take(passage, done)
        return recorded


def _goes_without(target: Target) -> bool:
    """Whether this target's reads pass, by its own configuration, when the store is down."""
    return ("reads_without_record", "yes") in target.settings
