"""World: an inventory made ready for questions: what is known of a thing, and who depends on it.

Built once per assessment, in one pass, and never changed. A thing is known by type and name. A name whose type the
text could not tell (a view written to like a table) is found by name alone, and then means all things of that name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from interlock.assess.spread import EDGE_KINDS
from interlock.model.canon import canonical
from interlock.model.change import Resource
from interlock.model.inventory import Edge, Inventory, Item

_COLUMN: Final = {(kind, hard): 2 * index + hard for index, kind in enumerate(EDGE_KINDS) for hard in (False, True)}


class World:
    """Things are numbered; `incoming[n]` lists the edges that lead to thing n, by ordinal in `edges`.

    `sources[e]` is the dependent of edge e and `columns[e]` its column in the compiled table of `spread`.
    """

    __slots__ = ("_by_name", "_items", "_numbers", "columns", "edges", "incoming", "keys", "resources", "sources")

    def __init__(self, items: Iterable[Item], edges: tuple[Edge, ...]) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._by_name: dict[str, list[int]] = {}
        self._items: dict[int, Item] = {}
        self.resources: list[Resource] = []
        self.keys: list[tuple[str, str]] = []
        self.edges = edges
        self.incoming: list[list[int]] = []
        for item in items:
            number = self._number(item.resource)
            known = self._items.get(number)
            self._items[number] = item if known is None else _agreed(known, item)
        self.sources: list[int] = []
        self.columns: list[int] = []
        self._link(edges)

    @classmethod
    def of(cls, inventory: Inventory | None) -> World:
        """The world as surveyed; an empty one when nobody surveyed."""
        return cls((), ()) if inventory is None else cls(inventory.items, inventory.edges)

    def find(self, resource: Resource) -> tuple[int, ...]:
        """The numbers that this resource can mean: itself where it was surveyed, else everything of its name."""
        number = self._numbers.get((resource.type, resource.name))
        if number is not None and number in self._items:
            return (number,)
        named = self._by_name.get(resource.name, ())
        return tuple(named) if len(named) < 2 else tuple(sorted(named, key=self.keys.__getitem__))

    def items(self, resource: Resource) -> tuple[Item, ...]:
        """What is known of the resource: one item, or none, or all that share its name."""
        if not self._items:
            return ()
        return tuple(self._items[number] for number in self.find(resource) if number in self._items)

    def any_critical(self) -> bool:
        """Whether anything at all is marked critical."""
        return any(item.critical for item in self._items.values())

    def item(self, number: int) -> Item | None:
        """What is known of thing `number`; None for one that only edges name."""
        return self._items.get(number)

    def _link(self, edges: tuple[Edge, ...]) -> None:
        numbers, number, resources, incoming = self._numbers, self._number, self.resources, self.incoming
        for ordinal, edge in enumerate(edges):
            # A thing that is known by this very spelling is the usual case, and there may be a million of them.
            source, target = edge.source, edge.target
            one = numbers.get((source.type, source.name))
            two = numbers.get((target.type, target.name))
            if one is None or (resources[one] is not source and resources[one] != source):
                one = number(source)
            if two is None or (resources[two] is not target and resources[two] != target):
                two = number(target)
            self.sources.append(one)
            self.columns.append(_COLUMN[edge.kind, edge.strength == "hard"])
            incoming[two].append(ordinal)

    def _number(self, resource: Resource) -> int:
        key = (resource.type, resource.name)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.resources)
            self.resources.append(resource)
            self.keys.append(key)
            self.incoming.append([])
            self._by_name.setdefault(resource.name, []).append(number)
        elif (spelled := self.resources[number]) != resource:
            # Two reports place one thing differently: one spelling is shown, whichever report came first.
            self.resources[number] = min(spelled, resource, key=canonical)
        return number


def _agreed(one: Item, other: Item) -> Item:
    """Two reports of one thing, as far as they agree: what they differ in is not known, critical in one is critical."""
    first, second = sorted((one, other), key=canonical)
    return Item(
        resource=first.resource,
        size=first.size if first.size == second.size else None,
        keys=tuple(key for key in first.keys if key in second.keys),
        fields=tuple(field for field in first.fields if field in second.fields),
        critical=first.critical or second.critical,
        protections=tuple(each for each in first.protections if each in second.protections),
    )
