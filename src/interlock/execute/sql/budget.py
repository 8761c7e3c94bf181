"""How much work a script may be: by time in a rehearsal, by SQLite's own instruction count in an execution.

An executor has no clock of its own (no clock stands below the road), so an execution is bounded by the number of
virtual machine instructions that SQLite runs, which is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import apsw

#: SQLite asks every so many instructions whether to go on.
STRIDE: Final = 20_000
#: An execution may take this many (some tens of seconds).
EXECUTE_INSTRUCTIONS: Final = 4_000_000_000
#: A read may take this many (some seconds).
READ_INSTRUCTIONS: Final = 1_000_000_000


class BoundHit(Exception):
    """A bound was reached; the message says which. `passing`: it may not be there at another time."""

    def __init__(self, what: str, *, passing: bool = False) -> None:
        super().__init__(what)
        self.passing = passing


class Budget:
    """`spent` says whether work has to stop; asking it counts one stride."""

    def __init__(self, what: str, spent: Callable[[], bool]) -> None:
        self.what = what
        self._spent = spent

    def watch(self, connection: apsw.Connection) -> None:
        """Interrupt this connection's statements when the budget is spent."""
        connection.set_progress_handler(self._spent, STRIDE)

    def check(self) -> None:
        """For loops of our own: BoundHit when the budget is spent."""
        if self._spent():
            raise BoundHit(self.what, passing=True)


def by_time(milliseconds: int, monotonic: Callable[[], int], what: str) -> Budget:
    """A budget that is spent when `monotonic` has grown by so many milliseconds."""
    until = monotonic() + milliseconds
    return Budget(what, lambda: monotonic() >= until)


def by_instructions(instructions: int, what: str) -> Budget:
    """A budget that is spent after so many instructions (or loops of a stride each)."""
    left = instructions

    def spent() -> bool:
        nonlocal left
        left -= STRIDE
        return left < 0

    return Budget(what, spent)
