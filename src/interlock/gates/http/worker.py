"""The worker: a thread that closes undo windows, settles what a dead process left, and repeats the gate's self-test.

What fails is told on the health page and tried again later, each case with a pause of its own that doubles, so that a
target that is down does not fill the ledger. The thread outlives whatever a beat raises; that too is told.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from interlock.control import Control
from interlock.errors import Conflict, InterlockError
from interlock.gates.http.journal import log
from interlock.model.case import Case

BEAT_SECONDS: Final = 1.0
ARM_SECONDS: Final = 300.0
SETTLE_SECONDS: Final = 15.0
#: A case that nobody has moved for so long is taken as left behind. Another process that still runs it records each
#: step, and no step takes this long.
IDLE_MS: Final = 60_000
LONGEST_PAUSE: Final = 3_600.0
#: A beat that takes longer is told on the health page.
LATE_SECONDS: Final = 60.0


class _Trouble(NamedTuple):
    """A case that could not be settled or closed: how often, when to try again, and why."""

    times: int
    again_at: float
    why: str


class Worker:
    """`start` it, `stop` it; `beat` is one round, which tests call themselves."""

    def __init__(self, control: Control, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._control = control
        self._monotonic = monotonic
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name="interlock-worker", daemon=True)
        self._troubles: dict[str, _Trouble] = {}
        self._problem = ""
        self._beat_at = self._arm_at = self._settle_at = monotonic()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the beat that runs come to its end."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def state(self) -> tuple[list[str], list[str]]:
        """(problems, degraded) for the health page."""
        problems = [self._problem] if self._problem else []
        if self._thread.ident is not None and not self._thread.is_alive():
            problems.append("the worker has ended; restart")
        degraded = [f"case `{case}`: {trouble.why}" for case, trouble in sorted(self._troubles.items())]
        silent = self._monotonic() - self._beat_at
        if silent > LATE_SECONDS:
            degraded.append(f"the worker has been busy with one thing for {int(silent)} s")
        return problems, degraded

    def beat(self) -> None:
        """One round. Raises what reading the record raises."""
        now = self._monotonic()
        if now >= self._arm_at:
            self._control.rearm()
            self._arm_at = now + ARM_SECONDS
        if now >= self._settle_at:
            self._each(self._control.interrupted(IDLE_MS), self._control.settle)
            self._settle_at = now + SETTLE_SECONDS
        self._each(self._control.due(), self._control.close_window)

    def _live(self) -> None:
        while not self._stopping.wait(BEAT_SECONDS):
            try:
                self.beat()
                self._problem = ""
            except InterlockError as error:
                self._problem = f"the worker: {error}"
            except Exception as bug:  # noqa: BLE001  # the thread outlives it and the health page tells of it
                self._problem = f"the worker: a bug of ours ({type(bug).__name__}); the log says where"
                log.exception("the worker stumbled")
            self._beat_at = self._monotonic()

    def _each(self, cases: Iterable[Case], act: Callable[[Case], Case]) -> None:
        for case in cases:
            trouble = self._troubles.get(case.id)
            if self._stopping.is_set() or (trouble and self._monotonic() < trouble.again_at):
                continue
            try:
                left = act(case).state == case.state
                why = "its target does not say yet what happened; it is asked again" if left else ""
            except Conflict:
                why = ""  # another process was first, and did it
            except InterlockError as error:
                why = str(error)
            self._note(case.id, why)

    def _note(self, case: str, why: str) -> None:
        before = self._troubles.pop(case, None)
        if why:
            times = before.times + 1 if before else 1
            pause = min(2.0**times, LONGEST_PAUSE)
            self._troubles[case] = _Trouble(times, self._monotonic() + pause, why)
