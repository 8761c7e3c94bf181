"""Links: the edges that questions about the whole change ask for, picked out of an inventory in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from interlock.assess.taken import Key
from interlock.model.inventory import Edge, EdgeKind, Inventory, Plane

#: A thing that is in, owned by or removed with another one goes when that one goes.
HOLDING: Final[frozenset[EdgeKind]] = frozenset({"contains", "owns", "cascades"})


class Links(NamedTuple):
    """`copies` says of each original what copies of it there are; `through` of each thing what is reached through it.

    `planes` are what each thing is to others, where that is known; of two reports both count.
    """

    copies: dict[Key, list[Key]]
    through: dict[Key, list[Key]]
    planes: dict[Key, frozenset[Plane]]
    edges: tuple[Edge, ...]

    def pairs(self, things: frozenset[Key]) -> Iterator[tuple[Key, Key]]:
        """Each original and copy that are both among these, by name."""
        for original in sorted(things & self.copies.keys()):
            yield from ((original, copy) for copy in sorted(things.intersection(self.copies[original])))

    def holders(self, things: Iterable[Key]) -> dict[Key, list[Edge]]:
        """The hard edges by which these things hang on others, by thing."""
        wanted = frozenset(things)
        names = {name for _, name in wanted}  # most edges are passed by on the name alone
        found: dict[Key, list[Edge]] = {}
        for edge in self.edges if wanted else ():
            if edge.source.name in names and edge.strength == "hard" and edge.source.key in wanted:
                found.setdefault(edge.source.key, []).append(edge)
        return found


def links_of(inventory: Inventory | None) -> Links:
    """What this inventory knows of copies, ways of reaching and planes; nothing when there is none."""
    copies: dict[Key, list[Key]] = {}
    through: dict[Key, list[Key]] = {}
    planes: dict[Key, frozenset[Plane]] = {}
    if inventory is None:
        return Links(copies, through, planes, ())
    for edge in inventory.edges:
        if edge.kind == "copies":
            _note(copies, edge.target.key, edge.source.key)
        elif edge.kind == "configures":
            _note(through, edge.target.key, edge.source.key)
    for item in inventory.items:
        if item.planes:
            key = item.resource.key
            planes[key] = planes.get(key, frozenset()).union(item.planes)
    return Links(copies, through, planes, inventory.edges)


def _note(found: dict[Key, list[Key]], of: Key, what: Key) -> None:
    known = found.setdefault(of, [])
    if what != of and what not in known:
        known.append(what)
