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
#: A read has to be on record when its answer is here, and until it has to be begun for that, others may join its
#: commit: as long as the target lately took longer than so many records, up to so many seconds. Less than the least is
#: not worth a timer.
RECORDS: Final = 2
LONGEST: Final = 0.02
LEAST: Final = 0.0005
SMOOTH: Final = 0.125


class _Recording:
    """A read on its way into the record: `done`, and then with why it is not there."""

    __slots__ = ("done", "ends", "error", "handed", "passage", "waiting")

    def __init__(self, passage: Passage, ends: float) -> None:
        self.passage = passage
        self.ends = ends
        self.handed = 0.0  # to whoever records it, by the loop's clock
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
        #: What is to be recorded together, what is not on record yet, what came back since the last turn of the loop.
        self._asked: list[_Recording] = []
        self._open: dict[_Recording, None] = {}
        self._settled: deque[tuple[_Recording, InterlockError | None]] = deque()
        self._waking = False
        self._timer: asyncio.TimerHandle | None = None
        self._handing: asyncio.Handle | None = None
        #: Seconds that the target and the record lately took.
        self._target_takes = self._record_takes = 0.0

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
        recording, began = self._recording(loop, passage), loop.time()
        answer = await self._forwarder.read(target, request)
        self._target_takes += (loop.time() - began - self._target_takes) * SMOOTH
        if not recording.handed:
            self._hand_over()
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
        """What is asked for until the target may have answered goes to the record at once."""
        recording = _Recording(passage, loop.time() + RECORD_SECONDS)
        if self._handing is None:
            patience = min(self._target_takes - RECORDS * self._record_takes, LONGEST)
            late = partial(loop.call_later, patience) if patience >= LEAST else loop.call_soon
            self._handing = late(self._hand_over)
        self._asked.append(recording)
        self._open[recording] = None
        if self._timer is None:
            self._timer = loop.call_at(recording.ends, self._late, loop)
        return recording

    def _hand_over(self) -> None:
        """The thread that records gets to run when we let it, and then finds all of them."""
        if self._handing is not None:
            self._handing.cancel()
            self._handing = None
        asked, self._asked = self._asked, []
        now = self._loop.time() if self._loop is not None else 0.0
        for recording in asked:
            recording.handed = now
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
        now = self._loop.time() if self._loop is not None else 0.0
        while self._settled:
            recording, error = self._settled.popleft()
            self._record_takes += (now - recording.handed - self._record_takes) * SMOOTH
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
