"""A ledger that kills its process at an append of the test's choice, before or after that is durable."""

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
