"""Crux: what the business cannot lose, as people declared it and as the graph of what depends on what shows it.

The rules of this room: declared is what somebody marked, in the target's configuration, in a survey or by a tag.
Computed is what many things stand on, directly or through others, and what alone holds two parts of the graph
together. Both are shown, and where they differ that is said. Only edges that are hard count, and a graph of more than
BOUND edges is not computed: then only what was declared is known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from interlock.assess.graph import Graph
from interlock.assess.joints import joints, reached
from interlock.assess.taken import Key
from interlock.model.inventory import EdgeKind, Inventory, Item

#: Tags by which people mark what they cannot lose, in small letters, and the values that say so.
DECLARING: Final[dict[str, frozenset[str]]] = {
    "critical": frozenset({"true", "yes", "1", "high", "critical"}),
    "business-critical": frozenset({"true", "yes", "1"}),
    "criticality": frozenset({"critical", "high", "highest", "mission-critical", "business-critical", "tier-0", "0"}),
    "slo-tier": frozenset({"0", "tier-0", "tier0", "critical"}),
    "service-tier": frozenset({"0", "tier-0", "tier0", "critical"}),
}

#: At least so many things must stand on it, and so large a share of all that are known.
LEAST: Final = 10
SHARE: Final = 5  # one in five

#: More edges are not looked through, more things are not asked about, no more dependents of one are counted
#: than would do, and no more steps are taken for all of them.
BOUND: Final = 50_000
ASKED: Final = 100
COUNTED: Final = 1_000
STEPS: Final = 100_000

#: Edges along which nothing stands on anything.
_LOOSE: Final[frozenset[EdgeKind]] = frozenset({"after", "copies", "mentions"})


class Crux(NamedTuple):
    """What stands on one thing, how much falls off the graph when it goes, and whether that makes it critical.

    `dependents` is counted only as far as is needed to say so: then there may be more. Only where they are few is it
    looked up how much is `cut_off`. `holds`: it holds something itself, so that it may be critical though nothing
    stands on it.
    """

    dependents: int
    cut_off: int
    shown: bool
    holds: bool


def with_declared(inventory: Inventory | None) -> Inventory | None:
    """The inventory with everything marked critical that a tag declares."""
    if inventory is None:
        return None
    found = {
        place: msgspec.structs.replace(item, critical=True)
        for place, item in enumerate(inventory.items)
        if not item.critical and is_tagged(item)
    }
    if not found:
        return inventory
    items = tuple(found.get(place, item) for place, item in enumerate(inventory.items))
    return msgspec.structs.replace(inventory, items=items)


def is_tagged(item: Item) -> bool:
    """Whether a tag says that the business cannot lose it."""
    return any(map(_declares, item.resource.tags))


@lru_cache(maxsize=4_096)
def _declares(tag: tuple[str, str]) -> bool:
    return tag[1].lower() in DECLARING.get(tag[0].lower(), ())


def standing_of(inventory: Inventory | None, asked: Collection[Key]) -> dict[Key, Crux]:
    """What stands on the asked things that the inventory knows; those on which most stands directly come first."""
    if not asked or inventory is None or len(inventory.edges) > BOUND:
        return {}
    ground = _Ground(inventory)
    least = max(LEAST, -(-len(ground.keys) // SHARE))
    numbers = [ground.numbers[key] for key in dict.fromkeys(asked) if key in ground.numbers]
    numbers.sort(key=lambda number: (-len(ground.above.row(number)), ground.keys[number]))
    found: dict[Key, Crux] = {}
    steps = STEPS
    for number in numbers[:ASKED]:
        dependents = reached(ground.above, number, max(least, COUNTED))
        unsure = dependents < least and number in ground.joints
        cut_off, walked = ground.cut_off(number) if unsure else (0, 0)
        steps -= dependents + walked
        if steps < 0:
            break
        shown = max(dependents, cut_off) >= least
        found[ground.keys[number]] = Crux(dependents, cut_off, shown, number in ground.holding)
    return found


class _Ground:
    """Things by number; `above` leads from each to those that stand on it, `beside` to all that it is linked with.

    `holding` are those that hold something themselves, `joints` those that alone hold parts together.
    """

    def __init__(self, inventory: Inventory) -> None:
        self.numbers: dict[Key, int] = {}
        self.keys: list[Key] = []
        self.holding: set[int] = set()
        for item in inventory.items:
            number = self._number(item.resource.key)
            if item.size is not None or item.fields or item.keys or "data" in item.planes:
                self.holding.add(number)
        links = {
            (self._number(edge.target.key), self._number(edge.source.key))
            for edge in inventory.edges
            if edge.strength == "hard" and edge.kind not in _LOOSE and edge.source.key != edge.target.key
        }
        below, above = [one for one, _ in links], [other for _, other in links]
        self.above = Graph(len(self.keys), below, above, bytes(len(links)))
        self.beside = Graph(len(self.keys), below + above, above + below, bytes(2 * len(links)))
        self.joints = frozenset(joints(self.above))

    def _number(self, key: Key) -> int:
        number = self.numbers.setdefault(key, len(self.keys))
        if number == len(self.keys):
            self.keys.append(key)
        return number

    def cut_off(self, number: int) -> tuple[int, int]:
        """How many things are no more linked with the largest part when this one goes; and how many were walked."""
        seen, pieces = {number}, []
        for start in self._beside(number):
            if start in seen:
                continue
            seen.add(start)
            waiting, size = [start], 0
            while waiting:
                size += 1
                new = {other for other in self._beside(waiting.pop()) if other not in seen}
                seen |= new
                waiting.extend(new)
            pieces.append(size)
        return sum(pieces) - max(pieces, default=0), len(seen)

    def _beside(self, number: int) -> Sequence[int]:
        row = self.beside.row(number)
        return self.beside.tails[row.start : row.stop]
