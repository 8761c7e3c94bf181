"""What an executor promises to the road.

1. `rehearse` really tries the change and takes it back: nothing of it is left at the target, whatever happens.
   It runs the same code that `execute` runs, so that what was measured is what will be done. It also applies the
   change to a copy, undoes it there and compares contents, which is the proof of the way back.
2. `execute`, `undo` and `close` are generators of steps. Before each step that changes the world they yield it with
   phase `about` and do nothing until they are resumed: the road has then recorded it durably. After it they yield it
   with phase `did`. A generator that is closed or thrown into rolls back whatever is not committed yet.
3. What would be done is compared with `order.measured` inside the same transaction. Any difference raises Stale and
   leaves the target as it was.
   While a step takes its time it may yield it with phase `during`, to have said how far it is.
4. `look` tells, from the target alone, whether a purpose of a case took effect there. It is how recovery decides.
   It never says not-done while an execution that has announced its step could still take effect; it raises then.
5. Reading runs with a credential that cannot write; writing with one that reaches only what the change names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from interlock.model.change import Change
from interlock.model.entry import Purpose
from interlock.model.execution import Step
from interlock.model.inventory import Measured, Rehearsal
from interlock.model.target import Bounds, Target

#: Seals bytes in the vault under the case and returns their digest; durable when it returns.
Seal = Callable[[bytes], str]
#: Opens what Seal sealed.
Unseal = Callable[[str], bytes]

#: `in-part`: it ended, and some of it took effect; `account` says which.
Seen = Literal["done", "not-done", "in-part", "unknown"]


class Exchange(Protocol):
    """What a gate holds open for the call that it waits for: a body too large to be kept, and where the answer goes."""

    def send(self) -> Iterator[bytes]:
        """The body, once, from its beginning; its digest is in the payload and is held against what is sent."""
        ...

    def receive(self, status: int, headers: Sequence[tuple[str, str]], chunks: Iterator[bytes]) -> None:
        """The answer as it comes in; returns when all of it was taken over, or raises what taking it met."""
        ...


def _nobody_knows() -> int:
    return 0


class Order(NamedTuple):
    """Everything that an executor needs to do one approved change, and no more.

    `digest` is recomputed by the road from what it is about to pass here. `measured` is what the rehearsal that was
    approved had measured. `writes` False means that the change only reads. `exchange` is there when a gate waits.
    `now` tells the time, in unix milliseconds, for credentials that end.
    """

    case: str
    digest: str
    change: Change
    payload: bytes
    target: Target
    measured: tuple[Measured, ...]
    writes: bool
    exchange: Exchange | None = None
    now: Callable[[], int] = _nobody_knows


class Executor(Protocol):
    """One technology's executor."""

    def rehearse(
        self, change: Change, payload: bytes, target: Target, *, bounds: Bounds, monotonic: Callable[[], int]
    ) -> Rehearsal: ...

    def execute(self, order: Order, seal: Seal) -> Iterator[Step]: ...

    def undo(self, order: Order, images: Sequence[str], unseal: Unseal) -> Iterator[Step]: ...

    def close(self, order: Order) -> Iterator[Step]: ...

    def look(self, order: Order, purpose: Purpose) -> Seen: ...

    def account(self, order: Order, purpose: Purpose) -> str:
        """What took effect of something that `look` calls in-part, in words."""
        ...
