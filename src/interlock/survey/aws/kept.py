"""Kept: answers of AWS for a few seconds, so that the legs of one decision do not ask the same thing twice.

By target and call, never across targets. What failed is not kept. How old an answer may be is said by whoever asks.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, Final, NamedTuple

#: More answers than this are not kept; the oldest go.
MOST: Final = 20_000

Key = tuple[str, ...]


class Answer(NamedTuple):
    """What AWS answered, and when (unix milliseconds)."""

    value: Any
    at: int


class Kept:
    """Many threads read and write it."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, now: int, age: int) -> Answer | None:
        """The answer to this call if it is younger than `age` milliseconds; with 0 there is none."""
        with self._lock:
            found = self._answers.get(key)
        return found if found is not None and 0 <= now - found.at < age else None

    def put(self, key: Key, answer: Answer) -> None:
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            while len(self._answers) > MOST:
                self._answers.popitem(last=False)
