"""World: an inventory made ready for questions: what is known of a thing, and who depends on it.

Built once per assessment, in one pass, and never changed. A thing is known by type and name. A name whose type the
text could not tell (a view written to like a table) is found by name alone, and then means all things of that name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from interlock.assess.flows import Flows
from interlock.assess.graph import Graph
from interlock.assess.spread import BACKWARD_KINDS, EDGE_KINDS, EVENTS, backward, column
from interlock.model.canon import canonical
from interlock.model.change import Resource
from interlock.model.inventory import Edge, EdgeKind, Flow, Inventory, Item

_COLUMN: Final = {
    (kind, strength, named, remakes): column(kind, hard=strength == "hard", named=named, remakes=remakes)
    for kind in EDGE_KINDS
    for strength in ("hard", "soft", "mention")
    for named in (False, True)
    for remakes in (False, True)
}


class World:
    """Things are numbered. `graph` has an arc for each edge, by its ordinal in `edges`, from target to source.

    An edge that is felt from its other end, too, has a second arc; `edge_of` tells of any arc which edge it is.
    `sources[e]` is the dependent of edge e. `flows` knows which attributes are read at all, and what follows from them.
    """

    __slots__ = (
        "_back", "_by_name", "_items", "_numbers", "_readers", "edges", "flows", "graph", "keys", "resources",
        "sources",
    )  # fmt: skip

    def __init__(self, items: Iterable[Item], edges: tuple[Edge, ...], flows: Iterable[Flow] = ()) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._by_name: dict[str, list[int]] = {}
        self._items: dict[int, Item] = {}
        self._readers: dict[int, dict[int, list[int]]] = {}
        self._back: list[int] = []
        self.resources: list[Resource] = []
        self.keys: list[tuple[str, str]] = []
        self.edges = edges
        self.flows = Flows(flows, edges)
        for item in items:
            number = self._number(item.resource)
            known = self._items.get(number)
            self._items[number] = item if known is None else _agreed(known, item)
        self.sources: list[int] = []
        self.graph = self._link(edges)

    @property
    def width(self) -> int:
        """How many states a thing can be in: an event that happens to it, or an attribute of it that changes."""
        return len(EVENTS) + len(self.flows.numbers)

    @classmethod
    def of(cls, inventory: Inventory | None) -> World:
        """The world as surveyed; an empty one when nobody surveyed."""
        return NOWHERE if inventory is None else cls(inventory.items, inventory.edges, inventory.flows)

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

    def critical(self) -> list[int]:
        """The things that are marked critical."""
        return [number for number, item in self._items.items() if item.critical]

    def item(self, number: int) -> Item | None:
        """What is known of thing `number`; None for one that only edges name."""
        return self._items.get(number)

    def edge_of(self, arc: int) -> tuple[Edge, bool]:
        """The edge that this arc stands for, and whether it is felt backwards along it."""
        count = len(self.edges)
        return (self.edges[arc], False) if arc < count else (self.edges[self._back[arc - count]], True)

    def edges_to(self, number: int) -> list[Edge]:
        """The edges by which others depend on thing `number`."""
        arcs, count = self.graph.arcs, len(self.edges)
        return [self.edges[arcs[at]] for at in self.graph.row(number) if arcs[at] < count]

    def readers(self, number: int) -> dict[int, list[int]]:
        """Where in the graph those arcs of thing `number` lie that are known to read an attribute, by its number."""
        found = self._readers.get(number)
        if found is None:
            found = self._readers[number] = {}
            arcs, count = self.graph.arcs, len(self.edges)
            for at in self.graph.row(number):
                for field in self.edges[arcs[at]].fields if arcs[at] < count else ():
                    found.setdefault(self.flows.numbers[field], []).append(at)
        return found

    def _link(self, edges: tuple[Edge, ...]) -> Graph:
        numbers, number, resources, sources, flows = (
            self._numbers, self._number, self.resources, self.sources, self.flows,
        )  # fmt: skip
        targets: list[int] = []
        columns = bytearray()
        back: list[tuple[int, int, EdgeKind]] = []
        for edge in edges:
            # A thing that is known by this very spelling is the usual case, and there may be a million of them.
            source, target, kind = edge.source, edge.target, edge.kind
            one = numbers.get((source.type, source.name))
            two = numbers.get((target.type, target.name))
            if one is None or (resources[one] is not source and resources[one] != source):
                one = number(source)
            if two is None or (resources[two] is not target and resources[two] != target):
                two = number(target)
            remakes = flows.known and kind == "uses" and flows.remakes(source.type, edge.into)
            columns.append(_COLUMN[kind, edge.strength, bool(edge.fields), remakes])
            if kind in BACKWARD_KINDS:
                self._back.append(len(sources))
                back.append((one, two, kind))
            sources.append(one)
            targets.append(two)
        for one, _, kind in back:
            targets.append(one)
            columns.append(backward(kind))
        return Graph(len(resources), targets, [*sources, *(two for _, two, _ in back)], columns)

    def _number(self, resource: Resource) -> int:
        key = (resource.type, resource.name)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.resources)
            self.resources.append(resource)
            self.keys.append(key)
            self._by_name.setdefault(resource.name, []).append(number)
        elif (spelled := self.resources[number]) != resource:
            # Two reports place one thing differently: one spelling is shown, whichever report came first.
            self.resources[number] = min(spelled, resource, key=canonical)
        return number


#: The world of which nobody knows anything.
NOWHERE: Final = World((), ())


def _agreed(one: Item, other: Item) -> Item:
    """Two reports of one thing, as far as they agree: what they differ in is not known.

    What makes a thing matter more counts when either says it.
    """
    first, second = sorted((one, other), key=canonical)
    return Item(
        resource=first.resource,
        size=first.size if first.size == second.size else None,
        keys=tuple(key for key in first.keys if key in second.keys),
        fields=tuple(field for field in first.fields if field in second.fields),
        critical=first.critical or second.critical,
        protections=tuple(each for each in first.protections if each in second.protections),
        planes=tuple(sorted({*first.planes, *second.planes})),
        groups=tuple(sorted({*first.groups, *second.groups})),
    )
