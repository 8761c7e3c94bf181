"""Crux: what the business cannot lose, as people declared it and as the graph of what depends on what shows it.

The rules of this room: declared is what somebody marked, in the target's configuration, in a survey or by a tag.
Computed is what many things stand on, directly or through others, and what alone holds two parts of the graph
together. Both are shown, and where they differ that is said. Only edges that are hard count, and a graph of more than
BOUND edges is not computed: then only what was declared is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

import msgspec

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

#: More edges are not looked through, and more things are not asked about.
BOUND: Final = 50_000
ASKED: Final = 500

#: Edges along which nothing stands on anything.
_LOOSE: Final[frozenset[EdgeKind]] = frozenset({"after", "copies", "mentions"})


class Crux(NamedTuple):
    """What stands on one thing, how much falls off the graph when it goes, and whether that makes it critical.

    `holds`: it holds something itself, so that it may be critical though nothing stands on it.
    """

    dependents: int
    cut_off: int
    shown: bool
    holds: bool


def with_declared(inventory: Inventory | None, names: Iterable[str]) -> Inventory | None:
    """The inventory with everything marked critical that a tag declares, or whose name is among `names`."""
    if inventory is None:
        return None
    wanted = frozenset(names)
    items = tuple(
        msgspec.structs.replace(item, critical=True)
        if not item.critical and (item.resource.name in wanted or is_tagged(item))
        else item
        for item in inventory.items
    )
    return msgspec.structs.replace(inventory, items=items)


def is_tagged(item: Item) -> bool:
    """Whether a tag says that the business cannot lose it."""
    return any(value.lower() in DECLARING.get(name.lower(), ()) for name, value in item.resource.tags)


def standing_of(inventory: Inventory | None, asked: Collection[Key]) -> dict[Key, Crux]:
    """What stands on each of the asked things that the inventory knows, in the order in which they were asked for."""
    if not asked or inventory is None or len(inventory.edges) > BOUND:
        return {}
    graph = _Graph(inventory)
    least = max(LEAST, -(-len(graph.keys) // SHARE))
    numbers = [graph.numbers[key] for key in dict.fromkeys(asked) if key in graph.numbers][:ASKED]
    cut = graph.cut_off() if numbers else {}
    found: dict[Key, Crux] = {}
    for number in numbers:
        dependents, cut_off = graph.standing_on(number), cut.get(number, 0)
        shown = max(dependents, cut_off) >= least
        found[graph.keys[number]] = Crux(dependents, cut_off, shown, number in graph.holding)
    return found


class _Graph:
    """Things by number; `above[n]` are those that stand on n, `beside[n]` all that it is linked with.

    `holding` are those that hold something themselves.
    """

    def __init__(self, inventory: Inventory) -> None:
        self.numbers: dict[Key, int] = {}
        self.keys: list[Key] = []
        self.above: list[set[int]] = []
        self.beside: list[set[int]] = []
        self.holding: set[int] = set()
        for item in inventory.items:
            number = self._number(item.resource.key)
            if item.size is not None or item.fields or item.keys or "data" in item.planes:
                self.holding.add(number)
        for edge in inventory.edges:
            if edge.strength != "hard" or edge.kind in _LOOSE:
                continue
            source, target = self._number(edge.source.key), self._number(edge.target.key)
            if source != target:
                self.above[target].add(source)
                self.beside[target].add(source)
                self.beside[source].add(target)

    def _number(self, key: Key) -> int:
        number = self.numbers.setdefault(key, len(self.keys))
        if number == len(self.keys):
            self.keys.append(key)
            self.above.append(set())
            self.beside.append(set())
        return number

    def standing_on(self, number: int) -> int:
        """How many things stand on it, directly or through others."""
        seen, waiting = {number}, [number]
        while waiting:
            for other in self.above[waiting.pop()]:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return len(seen) - 1

    def cut_off(self) -> dict[int, int]:
        """For each thing that alone holds parts together: how many things are no more linked with the largest part.

        One walk in depth over each part (Hopcroft and Tarjan's), without recursion.
        """
        found: dict[int, int] = {}
        order: list[int] = [-1] * len(self.keys)
        for root in range(len(self.keys)):
            if order[root] < 0:
                self._walk(root, order, found)
        return found

    def _walk(self, root: int, order: list[int], found: dict[int, int]) -> None:
        low: dict[int, int] = {root: 0}
        size: dict[int, int] = {root: 1}
        parts: dict[int, list[int]] = {}
        order[root] = count = 0
        stack = [(root, -1, iter(sorted(self.beside[root])))]
        while stack:
            thing, parent, others = stack[-1]
            other = next(others, None)
            if other is None:
                stack.pop()
                if parent >= 0:
                    low[parent] = min(low[parent], low[thing])
                    size[parent] += size[thing]
                    if low[thing] >= order[parent]:
                        parts.setdefault(parent, []).append(size[thing])
            elif order[other] < 0:
                count += 1
                order[other] = low[other] = count
                size[other] = 1
                stack.append((other, thing, iter(sorted(self.beside[other]))))
            elif other != parent:
                low[thing] = min(low[thing], order[other])
        for thing, sizes in parts.items():
            rest = size[root] - 1 - sum(sizes)
            pieces = [*sizes, rest] if rest else sizes
            if len(pieces) > 1:
                found[thing] = sum(pieces) - max(pieces)
