"""Processes that die in a test: a ledger that kills its own at an append of the choice, and one forked for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from interlock.ledger.log import Ledger


def deadly(fatal: int, when: str) -> list[int]:
    """Make the ledger kill this process at append number `fatal`, before or after it is durable; counts appends."""
    append: Callable[..., tuple[int, ...]] = Ledger.append
    seen = [0]

    def killing(ledger: Ledger, *given: object, **named: object) -> tuple[int, ...]:
        seen[0] += 1
        if seen[0] == fatal and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        indexes = append(ledger, *given, **named)
        if seen[0] == fatal and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return indexes

    Ledger.append = killing  # type: ignore[method-assign,assignment]
    return seen


def forked(work: Callable[[], object]) -> int:
    """Do this in a process of its own, which may die on the way; its wait status."""
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1]
