"""Walk: one breadth-first walk over a world, from what is touched to everything that feels it.

A state is a thing and the event that happens to it (thing x WIDTH + event), because the same thing may be met as
`altered` and later as `gone`, and only the second takes its dependents along. Each state is met once, so a walk costs
at most edges x events steps, circles included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from interlock.assess.spread import EVENTS, MUST, SPREAD, compiled
from interlock.assess.world import World
from interlock.model.inventory import Edge, EdgeKind

WIDTH: Final = len(EVENTS)
#: How many lines of a chain are shown at most; the middle of a longer one is counted.
LINES: Final = 16

_TABLE: Final = compiled(SPREAD)

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


class Walk:
    """`first` holds the things met, in order, each with the state in which it was met first.

    `cut` holds the things that were seen next to those but not entered because there was no room.
    """

    __slots__ = ("cut", "depth", "first", "origin", "parent", "via", "world")

    def __init__(self, world: World) -> None:
        self.world = world
        self.first: dict[int, int] = {}
        self.cut: set[int] = set()
        self.depth: dict[int, int] = {}
        self.parent: dict[int, int] = {}
        self.via: dict[int, int] = {}
        self.origin: dict[int, int] = {}

    def run(self, seeds: Iterable[int], *, only_certain: bool, room: int) -> None:
        """Walk from the seed states until nothing new is met, or `room` things beyond the seeds were."""
        frontier = list(dict.fromkeys(seeds))
        for state in frontier:
            self.depth[state] = 0
            self.origin[state] = state
            self.first.setdefault(state // WIDTH, state)
        while frontier:
            frontier.sort(key=self._order)
            found = self._step(frontier, only_certain)
            found.sort(key=self._order)
            frontier = []
            for state in found:
                thing = state // WIDTH
                if thing not in self.first:
                    if room <= 0:
                        self.cut.add(thing)
                        continue
                    room -= 1
                    self.first[thing] = state
                frontier.append(state)

    def chain(self, thing: int, lines: Mapping[int, str]) -> tuple[str, ...]:
        """The lines of evidence from the seed to this thing, the seed first."""
        state = self.first[thing]
        steps = self.depth[state]
        seed = lines[self.origin[state] // WIDTH]
        shown: list[str] = []
        while steps and len(shown) < LINES - 2:
            shown.append(says(self.world.edges[self.via[state]]))
            state = self.parent[state]
            steps -= 1
        if steps == 1:
            shown.append(says(self.world.edges[self.via[state]]))
        elif steps:
            shown.append(f"… {steps:,} steps more …")
        return (seed, *reversed(shown))

    def _step(self, frontier: list[int], only_certain: bool) -> list[int]:
        """The states one step further; of several ways to one the first in order is kept."""
        columns, sources, incoming = self.world.columns, self.world.sources, self.world.incoming
        depth, parent = self.depth, self.parent
        found: list[int] = []
        for state in frontier:
            thing, event = divmod(state, WIDTH)
            row = _TABLE[event]
            for edge in incoming[thing]:
                felt = row[columns[edge]]
                if felt is None or (only_certain and felt[0] != MUST):
                    continue
                after = sources[edge] * WIDTH + felt[1]
                if after not in depth:
                    depth[after] = depth[state] + 1
                    parent[after] = state
                    self.via[after] = edge
                    self.origin[after] = self.origin[state]
                    found.append(after)
                elif parent.get(after) == state:
                    self.via[after] = min(self.via[after], edge, key=self._says)
        return found

    def _order(self, state: int) -> tuple[tuple[str, str], int]:
        thing, event = divmod(state, WIDTH)
        return self.world.keys[thing], event

    def _says(self, edge: int) -> str:
        return says(self.world.edges[edge])


def says(edge: Edge) -> str:
    """One edge as a line of evidence."""
    evidence = f" ({edge.evidence})" if edge.evidence else ""
    return f"`{edge.source.name}` {SAYS[edge.kind]} `{edge.target.name}`{evidence}"
