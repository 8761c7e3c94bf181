"""The surveyor of `terraform`: what of a root module the operator cannot lose.

What stands in the state, and what depends on what in it, is told by the plan, which our own planner made on that very
state; so it is not told twice here. What only the operator knows is added: which of it is critical.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from interlock.errors import TargetError
from interlock.model.change import Change, Resource
from interlock.model.inventory import Inventory, Item
from interlock.model.target import Bounds, Target

#: The type in an address: `module.a["x"].aws_db_instance.main[0]`.
_ADDRESS: Final = re.compile(r"(?:module\.[\w-]+(?:\[[^\]]*\])?\.)*([\w-]+)\.[\w-]+(?:\[.*\])?")


def survey(target: Target, change: Change, *, bounds: Bounds, now: int, monotonic: Callable[[], int]) -> Inventory:
    """The critical resources, by their addresses. What is critical and is no address is a limit, not passed over."""
    del change, bounds, monotonic
    if not Path(target.address).is_dir():
        raise TargetError("there is no such folder", where=target.address, hint="make it; it is never created")
    items = []
    limits = []
    for address in dict.fromkeys(target.critical):
        found = _ADDRESS.fullmatch(address)
        if found is None:
            limits.append(f"critical `{address}` is no address of a resource")
        else:
            items.append(Item(Resource(f"terraform.{found[1]}", address, target.environment), critical=True))
    return Inventory(
        target.name,
        target.environment,
        items=tuple(items),
        surveyed_at=now,
        complete=not limits,
        limits=tuple(limits),
    )
