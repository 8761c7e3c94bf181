"""One figure, how large a run is, and the small arithmetic of measuring."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

Answer = TypeVar("Answer")


class Row(NamedTuple):
    """One figure. `goal` is empty or a bound: `≥ 20,000`, `≤ 1`."""

    what: str
    figure: float
    unit: str
    goal: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if not self.goal:
            return None
        sign, _, bound = self.goal.partition(" ")
        limit = float(bound.replace(",", ""))
        return self.figure >= limit if sign == "≥" else self.figure <= limit

    @property
    def shown(self) -> str:
        """The figure with as many digits as it deserves."""
        if self.figure != self.figure:  # not a number: it was not measured
            return "–"
        digits = 0 if self.figure >= 1_000 else 1 if self.figure >= 100 else 2
        return f"{self.figure:,.{digits}f}"


class Scale(NamedTuple):
    """How large a run is: seconds for what is counted by time, times for what is repeated, clients at once."""

    seconds: float
    times: int
    clients: tuple[int, ...]
    statements: int
    orders: int
    effects: int


FULL = Scale(1.5, 2_000, (1, 8, 32, 128), 5_000, 120_000, 100_000)
#: Enough to see that everything runs; the figures mean nothing.
TINY = Scale(0.05, 5, (1, 4), 20, 200, 50)


def per_second(work: Callable[[int], object], seconds: float) -> float:
    """How often a second the work can be done; it is given its number."""
    began, number = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        work(number)
        number += 1
    return number / (time.perf_counter() - began)


def waits(work: Callable[[int], object], times: int) -> list[float]:
    """How long each of so many runs took, in milliseconds, sorted."""
    taken = []
    for number in range(times):
        before = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - before) * 1e3)
    return sorted(taken)


def at(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of sorted values lies."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def in_thread(work: Callable[[], Answer]) -> Answer:
    """Run it where a server runs it, which is never the main thread."""
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(work()))
    thread.start()
    thread.join()
    return answers[0]


@contextlib.contextmanager
def kept_to(number: int) -> Iterator[None]:
    """This thread, and whatever it starts meanwhile, keeps to one core: this one of those that it may use.

    Where the system has no such thing it goes on as it is.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[number % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Crowd(NamedTuple):
    """What many clients got done together: how much a second, and how long each waited (milliseconds, sorted)."""

    rate: float
    waits: list[float]


def crowd(work: Callable[[int, int], object], clients: int, seconds: float) -> Crowd:
    """So many threads, each doing one thing after the other: `work(client, number)`."""
    stop = threading.Event()
    taken: list[list[float]] = [[] for _ in range(clients)]
    start = threading.Barrier(clients + 1)

    def client(number: int) -> None:
        done, mine, clock = 0, taken[number], time.perf_counter
        start.wait()
        while not stop.is_set():
            before = clock()
            work(number, done)
            mine.append((clock() - before) * 1e3)
            done += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    every = sorted(wait for mine in taken for wait in mine)
    return Crowd(len(every) / took, every)
