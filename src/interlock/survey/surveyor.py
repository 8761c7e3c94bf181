"""What a surveyor promises to the road.

1. It only looks: it opens the target with a credential that cannot write.
2. It stays within its bounds; what it could not see is in `Inventory.limits` and makes `complete` False.
3. Every edge carries its evidence. Nothing is guessed from names.
4. A target that cannot be reached is TargetError with a hint; a target that does not exist is never created.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from interlock.model.change import Change
from interlock.model.inventory import Inventory
from interlock.model.target import Bounds, Target


class Surveyor(Protocol):
    """One technology's surveyor. `monotonic` gives milliseconds that only grow; `now` is unix milliseconds."""

    def __call__(
        self, target: Target, change: Change, *, bounds: Bounds, now: int, monotonic: Callable[[], int]
    ) -> Inventory: ...
