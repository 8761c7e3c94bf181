"""A customer who opens the cost report again and again, so that an outage is measured from outside."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from types import TracebackType
from typing import Final, NamedTuple, Self

from interlock.practice.reporting import Page, look

EVERY: Final = 0.5  # seconds


class Sight(NamedTuple):
    """What the customer saw, `at` seconds after the watch began."""

    at: float
    page: Page


class Watch:
    """Looks from the moment it is entered until it is left."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._began = 0.0
        self.sights: list[Sight] = []
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self.seconds = time.monotonic() - self._began

    def _look(self) -> None:
        while True:
            at = time.monotonic() - self._began
            self.sights.append(Sight(at, look(self._port)))
            if self._ended.wait(EVERY):
                # Once more, so that the last thing that was done is seen too.
                self.sights.append(Sight(time.monotonic() - self._began, look(self._port)))
                return


def outage(sights: list[Sight]) -> float:
    """For how long there was no report at all: each sight counts until the next one."""
    return sum(after.at - before.at for before, after in pairwise(sights) if not served(before))


def served(sight: Sight) -> bool:
    """Whether there was a report, stale or not."""
    return sight.page.status == 200
