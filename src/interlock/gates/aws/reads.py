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
from interlock.passing import Passage

log: Final = logging.getLogger("interlock.aws")

#: How long an answer is kept back for its record.
RECORD_SECONDS: Final = 20.0


class _Recording:
    """A read on its way into the record: `done`, and then with why it is not there."""

    __slots__ = ("done", "ends", "error", "passage", "waiting")

    def __init__(self, passage: Passage, ends: float) -> None:
        self.passage = passage
        self.ends = ends
        self.done = False
        self.error: InterlockError | None = None
        self.waiting: asyncio.Future[None] | None = None

    def settle(self, error: InterlockError | None) -> None:
        if not self.done:
            self.done, self.error = True, error
            if self.waiting is not None and not self.waiting.done():
                self.waiting.set_result(None)


class Reads:
    """The short road. Lives in one loop."""

    def __init__(self, desk: Desk, forwarder: Forwarder, threads: Threads) -> None:
        self._desk = desk
        self._forwarder = forwarder
        self._threads = threads
        self._loop: asyncio.AbstractEventLoop | None = None
        #: What was asked for in this turn of the loop, what is not on record yet, what came back since the last turn.
        self._asked: list[_Recording] = []
        self._open: dict[_Recording, None] = {}
        self._settled: deque[tuple[_Recording, InterlockError | None]] = deque()
        self._waking = False
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Let go of the connections to targets. Called in the loop."""
        self._forwarder.close()
        if self._timer is not None:
            self._timer.cancel()

    def remembered(self, caller: Caller, proposal: Proposal, key: str) -> Passage | None:
        """The passage of a proposal that was judged a moment ago; takes no time."""
        return self._desk.glance(caller, proposal, key, judge=False)

    async def judged(self, caller: Caller, proposal: Proposal, key: str) -> Passage | None:
        """The passage of this proposal, if it has one: the target may have to be asked."""
        return await self._threads.run("judge", lambda: self._desk.glance(caller, proposal, key))

    async def answer(self, target: Target, request: Request, passage: Passage) -> Answer:
        """The target's answer, its passing on record. Raises what kept it from that; the answer is let go then."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        recording = self._recording(loop, passage)
        answer = await self._forwarder.read(target, request)
        if not recording.done:
            recording.waiting = loop.create_future()
            try:
                await recording.waiting
            except BaseException:
                answer.close()
                raise
        error = recording.error
        if error is not None and not (isinstance(error, StoreError) and _goes_without(target)):
            answer.close()
            raise error
        if error is not None:
            log.warning("a read passed without its record", extra={"fields": {"target": target.name}})
        return answer

    def _recording(self, loop: asyncio.AbstractEventLoop, passage: Passage) -> _Recording:
        """What one turn of the loop asks for goes to the record at once."""
        recording = _Recording(passage, loop.time() + RECORD_SECONDS)
        if not self._asked:
            loop.call_soon(self._hand_over)
        self._asked.append(recording)
        self._open[recording] = None
        if self._timer is None:
            self._timer = loop.call_at(recording.ends, self._late, loop)
        return recording

    def _hand_over(self) -> None:
        """The thread that records gets to run when we let it, and then finds all of them."""
        asked, self._asked = self._asked, []
        for recording in asked:
            self._desk.passing.take(recording.passage, partial(self._done, recording))

    def _done(self, recording: _Recording, error: InterlockError | None) -> None:
        """Called on another thread, for each of a batch; the loop is woken once for all of them."""
        self._settled.append((recording, error))
        if not self._waking and self._loop is not None:
            self._waking = True
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._waking = False  # before anything is taken: what comes after that wakes us anew
        while self._settled:
            recording, error = self._settled.popleft()
            self._open.pop(recording, None)
            recording.settle(error)

    def _late(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer for all that are open, the oldest first: most are on record long before it."""
        self._timer = None
        now = loop.time()
        for recording in list(self._open):
            if recording.ends > now:
                self._timer = loop.call_at(recording.ends, self._late, loop)
                return
            del self._open[recording]
            recording.settle(StoreError("the record takes too long", hint="try again"))


def _goes_without(target: Target) -> bool:
    """Whether this target's reads pass, by its own configuration, when the store is down."""
    return ("reads_without_record", "yes") in target.settings
