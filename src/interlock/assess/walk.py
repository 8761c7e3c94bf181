"""Walk: one breadth-first walk over a world, from what is touched to everything that feels it.

A state is a thing and what happens to it (thing x width + code): one of the EVENTS, or the change of one attribute that
something is known to read. The same thing may be met as `altered` and later as `gone`, and only the second takes its
dependents along. Each state is met once, so a walk costs at most edges x events steps, circles included. What lies
beyond what is listed is not put in order and has no chains, but it is counted to the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from interlock.assess.graph import Flood
from interlock.assess.spread import EVENTS, MAY, MUST, compiled
from interlock.assess.world import World
from interlock.model.inventory import Edge, EdgeKind

#: How many lines of a chain are shown at most; the middle of a longer one is counted.
LINES: Final = 16
#: How many attributes one line names at most.
FIELDS: Final = 5

_TABLES: Final = {certainty: compiled(certainty) for certainty in (MAY, MUST)}
_EVENTS: Final = len(EVENTS)
#: The events in each set of events that the tables hold, by number.
_BITS: Final = {
    events: tuple(event for event in range(_EVENTS) if events >> event & 1)
    for events in {cell for table in _TABLES.values() for row in (*table.rows, table.read) for cell in row}
}
_REPLACED: Final = EVENTS.index("replaced")

#: What an edge of each kind says in a chain of evidence, the dependent first.
SAYS: Final[dict[EdgeKind, str]] = {
    "contains": "is in",
    "references": "references",
    "cascades": "goes with",
    "nulls": "is set to null with",
    "triggers": "is triggered by",
    "reads": "reads",
    "owns": "is owned by",
    "uses": "uses",
    "follows": "is replaced with",
    "after": "comes after",
    "configures": "is reached through",
    "mentions": "mentions",
    "copies": "is a copy of",
}
#: What it says where it is felt from its other end.
BACK: Final[dict[EdgeKind, str]] = {"copies": "is copied by"}


class Walk:
    """`first` holds the things met, in order, each with the state in which it was met first.

    `cut` holds the things beyond those for which there was room.
    """

    __slots__ = (
        "_certain", "_flood", "_table", "_width", "cut", "depth", "first", "origin", "parent", "via", "world",
    )  # fmt: skip

    def __init__(self, world: World, certainty: int) -> None:
        self.world = world
        self.first: dict[int, int] = {}
        self.cut: set[int] = set()
        self.depth: dict[int, int] = {}
        self.parent: dict[int, int] = {}
        self.via: dict[int, int] = {}
        self.origin: dict[int, int] = {}
        self._width = world.width
        self._table = _TABLES[certainty]
        self._certain = certainty == MUST
        self._flood: Flood | None = None

    def run(self, seeds: Iterable[int], *, room: int) -> None:
        """Walk from the seed states until nothing new is met. `room` things beyond the seeds are listed."""
        width = self._width
        frontier = list(dict.fromkeys(seeds))
        for state in frontier:
            self.depth[state] = 0
            self.origin[state] = state
            self.first.setdefault(state // width, state)
        beyond: list[int] = []
        while frontier:
            frontier.sort(key=self._order)
            found = self._step(frontier)
            found.sort(key=self._order)
            frontier = []
            for state in found:
                thing = state // width
                if thing not in self.first:
                    if room <= 0:
                        beyond.append(state)
                        continue
                    room -= 1
                    self.first[thing] = state
                frontier.append(state)
        if beyond:
            self._count(beyond)

    def chain(self, thing: int, lines: Mapping[int, str]) -> tuple[str, ...]:
        """The lines of evidence from the seed to this thing, the seed first."""
        state = self.first[thing]
        steps = self.depth[state]
        seed = lines[self.origin[state] // self._width]
        shown: list[str] = []
        while steps and len(shown) < LINES - 2:
            shown.append(self._says(self.via[state]))
            state = self.parent[state]
            steps -= 1
        if steps == 1:
            shown.append(self._says(self.via[state]))
        elif steps:
            shown.append(f"… {steps:,} steps more …")
        return (seed, *reversed(shown))

    def met(self) -> Iterator[tuple[int, int]]:
        """Every thing that was met and an event, as its number, that happens to it."""
        if self._flood is not None:
            for thing in (*self.first, *self.cut):
                yield from ((thing, event) for event in self._flood.felt(thing))
            return
        for state in self.depth:
            thing, code = divmod(state, self._width)
            if code < _EVENTS:
                yield thing, code

    def _count(self, beyond: list[int]) -> None:
        """Go on from the states that found no room, without order and without chains."""
        width = self._width
        if self._certain and self.world.flows.numbers:
            while beyond:
                beyond = self._step(beyond)
            self.cut = {state // width for state in self.depth} - self.first.keys()
            return
        news, known = self._by_thing(beyond), self._by_thing(self.depth.keys() - set(beyond))
        events = 0
        for felt in (*news.values(), *known.values()):
            events |= felt
        flood = self._flood = Flood(self.world.graph, self._table.rows, events)
        for thing, felt in known.items():
            flood.meet(thing, felt)
        alike: dict[int, list[int]] = {}
        for thing, felt in news.items():
            alike.setdefault(felt, []).append(thing)
        self.cut = set(flood.run(alike))

    def _by_thing(self, states: Iterable[int]) -> dict[int, int]:
        """The events of these states, as a set for each thing."""
        found: dict[int, int] = {}
        for state in states:
            thing, code = divmod(state, self._width)
            if code < _EVENTS:
                found[thing] = found.get(thing, 0) | 1 << code
        return found

    def _step(self, frontier: list[int]) -> list[int]:
        """The states one step further; of several ways to one the first in order is kept."""
        graph, width, rows, read = self.world.graph, self._width, self._table.rows, self._table.read
        starts, columns, tails = graph.starts, graph.columns, graph.tails
        depth, parent, bits = self.depth, self.parent, _BITS
        follows = self._certain and bool(self.world.flows.numbers)
        found: list[int] = []
        for state in frontier:
            thing, code = divmod(state, width)
            reads = code >= _EVENTS
            row = read if reads else rows[code]
            ways: Iterable[int] = (
                self.world.readers(thing).get(code - _EVENTS, ()) if reads else range(starts[thing], starts[thing + 1])
            )
            for at in ways:
                events = row[columns[at]]
                if not events:
                    continue
                base = tails[at] * width
                for felt in (*bits[events], *self._following(at, events, reads=reads)) if follows else bits[events]:
                    after = base + felt
                    if after not in depth:
                        depth[after] = depth[state] + 1
                        parent[after] = state
                        self.via[after] = graph.arcs[at]
                        self.origin[after] = self.origin[state]
                        found.append(after)
                    elif parent.get(after) == state:
                        self.via[after] = min(self.via[after], graph.arcs[at], key=self._says)
        return found

    def _following(self, at: int, events: int, *, reads: bool) -> Iterator[int]:
        """What surely comes with it: the attributes that change there in turn, and whether the thing is made anew."""
        world = self.world
        edge, _ = world.edge_of(world.graph.arcs[at])
        anew = bool(events >> _REPLACED & 1)
        into = edge.into if reads and edge.kind == "uses" and len(edge.into) == 1 else ()
        if into or anew:
            follows = world.flows.after(world.resources[world.graph.tails[at]].type, into, anew=anew)
            if follows.anew:
                yield _REPLACED
            yield from (_EVENTS + attribute for attribute in follows.attributes)

    def _order(self, state: int) -> tuple[tuple[str, str], int]:
        thing, code = divmod(state, self._width)
        return self.world.keys[thing], code

    def _says(self, arc: int) -> str:
        return says(*self.world.edge_of(arc))


def says(edge: Edge, backwards: bool = False) -> str:
    """One edge as a line of evidence, the one that feels it first."""
    evidence = f" ({edge.evidence})" if edge.evidence else ""
    if backwards:
        return f"`{edge.target.name}` {BACK[edge.kind]} `{edge.source.name}`{evidence}"
    how = "reads" if edge.fields and edge.kind == "uses" else SAYS[edge.kind]
    fields = ", ".join(f"`{field}`" for field in edge.fields[:FIELDS])
    more = f" and {len(edge.fields) - FIELDS} more" if len(edge.fields) > FIELDS else ""
    what = f"{fields}{more} of " if fields else ""
    return f"`{edge.source.name}` {how} {what}`{edge.target.name}`{evidence}"
