"""Challenges that wait for their answer: in memory, few, each given out once.

They are kept by the process that made them, so with several replicas challenge and answer go to the same one (over one
connection, as docs/gates/http.md shows); another replica does not know the nonce, and the person asks again.
"""

from __future__ import annotations

import threading
from typing import Final

from interlock.identify.sessions import Challenge

#: A program answers in milliseconds. Whoever would push an honest challenge out must ask for this many in that time.
MOST: Final = 10_000


class Challenges:
    """A bounded store; when it is full the oldest goes, so that filling it locks nobody out."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._waiting: dict[str, Challenge] = {}
        self._lock = threading.Lock()

    def keep(self, challenge: Challenge) -> None:
        with self._lock:
            while len(self._waiting) >= self._most:
                del self._waiting[next(iter(self._waiting))]
            self._waiting[challenge.nonce] = challenge

    def take(self, nonce: str) -> Challenge | None:
        """The challenge of this nonce, forgotten in the same step."""
        with self._lock:
            return self._waiting.pop(nonce, None)
