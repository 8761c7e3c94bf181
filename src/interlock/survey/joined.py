"""Joined: several inventories as one. Nothing that one of them says can take away what another one says."""

from __future__ import annotations

from collections.abc import Iterable

from interlock.model.inventory import Inventory


def joined(inventories: Iterable[Inventory | None]) -> Inventory | None:
    """All that these know together; None when nobody knows anything.

    The first one that names a target or an environment is believed in that; so what was surveyed comes before what a
    payload tells of itself. It is complete only when each is, and as old as the oldest.
    """
    known = [inventory for inventory in inventories if inventory is not None]
    if len(known) < 2:
        return known[0] if known else None
    return Inventory(
        target=next((each.target for each in known if each.target), ""),
        environment=next((each.environment for each in known if each.environment), ""),
        items=tuple(item for each in known for item in each.items),
        edges=tuple(edge for each in known for edge in each.edges),
        surveyed_at=min((each.surveyed_at for each in known if each.surveyed_at), default=0),
        complete=all(each.complete for each in known),
        limits=tuple(dict.fromkeys(limit for each in known for limit in each.limits)),
        flows=tuple(dict.fromkeys(flow for each in known for flow in each.flows)),
    )
