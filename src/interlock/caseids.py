"""Case ids: what new cases are called."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

#: Ids of cases: how many are neighbours at most, within how many milliseconds, and how far apart.
RUN: Final = 1_024
RUN_MS: Final = 1_000
STEP: Final = 33
ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"


class CaseIds:
    """Ids for new cases: eight letters and digits that nobody mistakes for one another (Crockford's base 32), 40 bits.

    The first of a moment is drawn; those that follow at once are its neighbours, each two places away from the last.
    A burst of cases then stands together in every index of the store and changes a few of its pages, not one for each.
    An id is no secret, and two runs meet no more often than two draws would.
    """

    def __init__(self, entropy: Callable[[int], bytes], monotonic: Callable[[], int]) -> None:
        self._entropy, self._monotonic = entropy, monotonic
        self._lock = threading.Lock()
        self._number = self._left = self._drawn_at = 0

    def draw(self) -> str:
        """The next id."""
        now = self._monotonic()
        with self._lock:
            if not self._left or now - self._drawn_at >= RUN_MS:
                self._number, self._left, self._drawn_at = int.from_bytes(self._entropy(5), "big"), RUN, now
            self._number += STEP
            self._left -= 1
            number = self._number
        return "".join([ALPHABET[number >> shift & 31] for shift in range(35, -1, -5)])
