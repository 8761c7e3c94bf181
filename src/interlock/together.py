"""Together: callers that come at once are served by one of them, in one go.

Python runs one thread at a time. Threads that each do a little and take turns at it lose as much again by the turns as
the work takes; one thread that does it for all of them loses nothing, and what is shared (a commit) is paid once. It
takes the first step of all of them, then the second of all: what a step needs does not fit into the processor's cache
together with what all of them need, so that each by itself from its first step to its last takes a third longer.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from copy import copy
from typing import Final, Generic, TypeVar

Asked = TypeVar("Asked")
Made = TypeVar("Made")
Got = TypeVar("Got")

#: How many are served at once at most.
MOST: Final = 64
#: Where lately many came at once, whoever serves waits this long for most of them to come again. Seconds; how many are
#: many; and which share of them are most.
GATHER_SECONDS: Final = 0.001
MANY: Final = 2.0
SHARE: Final = 0.75
SMOOTH: Final = 0.25


class _Waiting(Generic[Asked, Got]):
    """One caller: what it asked, and what became of it."""

    __slots__ = ("asked", "error", "got", "leads", "woken")

    got: Got

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.error: BaseException | None = None
        self.leads = False  # woken to serve, and not because it was served
        self.woken = threading.Lock()
        self.woken.acquire()


class Together(Generic[Asked, Made, Got]):
    """`make` is done for each by itself, then `settle` for all that were made; each gets its own, or its own error.

    `make` yields between its steps. Not for the main thread: a signal could break in there between any two steps, and
    the others would wait for ever.
    """

    def __init__(
        self,
        make: Callable[[Asked], Generator[None, None, Made]],
        settle: Callable[[Sequence[Made]], Sequence[Got | Exception]],
    ) -> None:
        self._make, self._settle = make, settle
        self._gate = threading.Lock()
        self._queue: deque[_Waiting[Asked, Got]] = deque()
        self._led = False  # somebody serves, or was told to
        self._crowd = 1.0  # how many were served at once lately
        self._wanted: int | None = None  # at so many in the queue, `_enough` is let go
        self._enough = threading.Lock()

    def serve(self, asked: Asked) -> Got:
        """What is asked for, or the error that became of it."""
        mine: _Waiting[Asked, Got] = _Waiting(asked)
        with self._gate:
            leads = not self._led
            if leads:
                self._led = True
            else:
                self._queue.append(mine)
                if self._wanted is not None and len(self._queue) >= self._wanted:
                    self._wanted = None
                    self._enough.release()
        if not leads:
            mine.woken.acquire()
            leads = mine.leads
        if leads:
            self._lead(mine)
        if mine.error is not None:
            raise mine.error
        return mine.got

    def _lead(self, mine: _Waiting[Asked, Got]) -> None:
        batch = [mine]
        try:
            if self._crowd > MANY:
                self._gather()
            with self._gate:
                batch += [self._queue.popleft() for _ in range(min(len(self._queue), MOST - 1))]
            self._serve(batch)
        finally:
            self._crowd += (len(batch) - self._crowd) * SMOOTH
            with self._gate:
                following = self._queue.popleft() if self._queue else None
                self._led = following is not None
            for served in batch[1:]:
                served.woken.release()
            if following is not None:
                following.leads = True
                following.woken.release()

    def _gather(self) -> None:
        """Wait a moment: those who were just served ask again."""
        wanted = int(self._crowd * SHARE)
        with self._gate:
            if len(self._queue) >= wanted:
                return
            enough = self._enough = threading.Lock()
            enough.acquire()
            self._wanted = wanted
        enough.acquire(timeout=GATHER_SECONDS)
        with self._gate:
            self._wanted = None

    def _serve(self, batch: Sequence[_Waiting[Asked, Got]]) -> None:
        made = self._made(batch)
        try:
            outcomes = self._settle([one for _, one in made]) if made else ()
            for (waiting, _), outcome in zip(made, outcomes, strict=True):
                if isinstance(outcome, Exception):
                    waiting.error = outcome
                else:
                    waiting.got = outcome
        except BaseException as error:  # noqa: BLE001 - all of them are told, each with a traceback of its own
            for waiting, _ in made:
                waiting.error = copy(error)

    def _made(self, batch: Sequence[_Waiting[Asked, Got]]) -> list[tuple[_Waiting[Asked, Got], Made]]:
        """What was made for whom, in the order in which they came; who got an error instead is left out."""
        made: dict[_Waiting[Asked, Got], Made] = {}
        going = [(waiting, self._make(waiting.asked)) for waiting in batch]
        while going:
            on = []
            for waiting, steps in going:
                try:
                    next(steps)
                except StopIteration as end:
                    made[waiting] = end.value
                except BaseException as error:  # noqa: BLE001 - it is its caller's, who raises it; the others go on
                    waiting.error = error
                else:
                    on.append((waiting, steps))
            going = on
        return [(waiting, made[waiting]) for waiting in batch if waiting in made]
