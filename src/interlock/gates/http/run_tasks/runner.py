"""The threads that judge runs, and the one that waits for held ones. What came twice is done once.

HCP was answered already; so whatever happens here, it has to hear the end of it, and what it does not hear in its time
counts as failed there. Tokens live here, in memory, for as long as a run is judged or waited for, and nowhere else.
"""

from __future__ import annotations

import hashlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from interlock.configuration import RunTasks
from interlock.control import Control
from interlock.errors import Broken, InterlockError
from interlock.gates.http.journal import log
from interlock.gates.http.run_tasks import task as one
from interlock.gates.http.run_tasks.client import USUAL, Client, Limits
from interlock.gates.http.run_tasks.request import RunTask, load_key
from interlock.identify.verbs import Caller

T = TypeVar("T")

LINE: Final = 64
THREADS: Final = 2
REMEMBERED: Final = 10_000
WAITERS: Final = 500


class Pace(NamedTuple):
    """How often things are tried, and with which pauses, in seconds. HCP wants to hear something every ten minutes."""

    tries: int = 4
    pause: float = 1.0
    look: float = 2.0
    sign: float = 240.0


STEADY: Final = Pace()


class _Waiting(NamedTuple):
    """A held case that its run waits for."""

    task: RunTask
    case: str
    until: float
    sign_at: float


class Runner:
    """`start` it, `stop` it; `take` a run that was signed."""

    def __init__(
        self,
        control: Control,
        settings: RunTasks,
        limits: Limits = USUAL,
        pace: Pace = STEADY,
    ) -> None:
        self.key = load_key(settings)
        self._control, self._settings, self._pace = control, settings, pace
        self._client = Client(settings, limits)
        self._line: queue.Queue[RunTask] = queue.Queue(LINE)
        self._seen: dict[str, None] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._waiting: dict[str, _Waiting] = {}
        self._unheard = ""
        self._threads = [
            threading.Thread(target=self._live, args=(work,), name=f"interlock-run-task-{index}", daemon=True)
            for index, work in enumerate([*[self._next] * THREADS, self._look])
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let what is judged come to its end. A run that is still waited for fails at HCP, when its time is over."""
        self._stopping.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def state(self) -> tuple[list[str], list[str]]:
        """(problems, degraded) for the health page."""
        dead = [thread.name for thread in self._threads if thread.ident is not None and not thread.is_alive()]
        problems = [f"the thread `{name}` has ended; restart" for name in dead if not self._stopping.is_set()]
        return problems, [self._unheard] if self._unheard else []

    def take(self, task: RunTask, raw: bytes) -> None:
        """Put a run in line. Broken when the line is full: HCP asks again. What came before is not done again."""
        digest = hashlib.sha256(raw).hexdigest()
        with self._lock:
            if digest in self._seen:
                return
            try:
                self._line.put_nowait(task)
            except queue.Full:
                raise Broken("too many runs at once", hint="try again in a minute", code="busy") from None
            self._seen[digest] = None
            while len(self._seen) > REMEMBERED:
                del self._seen[next(iter(self._seen))]

    def _live(self, work: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                work()
            except Exception:  # noqa: BLE001  # the thread outlives it; what it worked on fails at HCP in time
                log.exception("a run task stumbled")

    def _next(self) -> None:
        """Judge the next run in line, and tell HCP."""
        try:
            task = self._line.get(timeout=0.2)
        except queue.Empty:
            return
        try:
            told = self._tried(lambda: one.judge(self._control, self._settings, self._client, task))
        except InterlockError as error:
            told = one.refused(error)
        except Exception:
            self._send(task, one.refused(Broken("a bug of ours; the log says where")))
            raise
        self._send(task, told)
        if told.waits:
            now = time.monotonic()
            wait = _Waiting(task, told.waits, now + self._settings.wait_seconds, now + self._pace.sign)
            with self._lock:
                full = len(self._waiting) >= WAITERS
                if not full:
                    self._waiting[told.waits] = wait
            if full:
                self._end(wait)

    def _look(self) -> None:
        """See what became of the held cases, and give HCP a sign of life for those that still are."""
        self._stopping.wait(self._pace.look)
        for wait in list(self._waiting.values()):
            if self._stopping.is_set():
                return
            now = time.monotonic()
            case = self._control.case(self._caller(wait.task), wait.case)
            if case.state != "held" or now >= wait.until:
                self._end(wait)
            elif now >= wait.sign_at:
                self._send(wait.task, one.tell(self._control, self._settings, wait.task, case))
                with self._lock:
                    self._waiting[wait.case] = wait._replace(sign_at=now + self._pace.sign)

    def _end(self, wait: _Waiting) -> None:
        case = self._control.case(self._caller(wait.task), wait.case)
        with self._lock:
            self._waiting.pop(wait.case, None)
        self._send(wait.task, one.tell(self._control, self._settings, wait.task, case, over=True))

    def _caller(self, task: RunTask) -> Caller:
        return Caller("agent", one.whose(self._settings, task).agent)

    def _send(self, task: RunTask, told: one.Told) -> None:
        """Tell HCP, with patience. What it never hears is a failed run there; here the health page says so."""
        try:
            self._tried(lambda: self._client.answer(task.task_result_callback_url, task.access_token, told.body))
        except InterlockError as error:
            self._unheard = f"the result of a run could not be sent: {error.message}"
            log.warning("run task", extra={"fields": {"status": told.status, "code": error.code}})
            return
        self._unheard = ""
        log.info("run task", extra={"fields": {"status": told.status}})

    def _tried(self, work: Callable[[], T]) -> T:
        """This, again after a longer and longer pause where that may help. Raises the last error."""
        for attempt in range(self._pace.tries - 1):
            try:
                return work()
            except InterlockError as error:
                if error.code not in ("again", "unreachable"):
                    raise
            if self._stopping.wait(self._pace.pause * 2**attempt):
                break
        return work()
