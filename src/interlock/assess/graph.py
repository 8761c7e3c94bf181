"""Graph: who feels what happens to whom, as numbers alone, in rows that lie one after the other.

Plain values: nodes are 0, 1, 2, …, and an arc leads from the node to which something happens to the one that feels it.
A column says what kind of arc it is, and a table which of so many events pass along it and what they are beyond. It is
made for a million arcs: built in about a second, and flooded in a fraction of one.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final

#: Columns are kept in one byte each.
COLUMNS: Final = 256


class Graph:
    """The arcs of node n are `starts[n]` to `starts[n + 1]`: who feels it (`tails`), by what kind (`columns`).

    `arcs` says as which of the arcs that were given each one came; those of one node keep their order.
    """

    __slots__ = ("arcs", "columns", "nodes", "present", "starts", "tails")

    def __init__(self, nodes: int, heads: Sequence[int], tails: Sequence[int], columns: bytes | bytearray) -> None:
        counts = [0] * (nodes + 1)
        for head in heads:
            counts[head + 1] += 1
        self.nodes = nodes
        self.starts = array("i", accumulate(counts))
        self.tails = placed = array("i", [0]) * len(heads)
        self.arcs = arcs = array("i", [0]) * len(heads)
        kinds = bytearray(len(heads))
        # Each arc is put where the next one of its head belongs. One pass over arrays is half of what sorting takes.
        free = self.starts[:-1]
        for arc, (head, tail, column) in enumerate(zip(heads, tails, columns, strict=True)):
            at = free[head]
            free[head] = at + 1
            placed[at] = tail
            arcs[at] = arc
            kinds[at] = column
        self.columns = bytes(kinds)
        self.present = sorted(set(self.columns))

    def row(self, node: int) -> range:
        """Where the arcs of this node lie in `tails`, `columns` and `arcs`."""
        return range(self.starts[node], self.starts[node + 1])


class Flood:
    """What each node has felt so far. Sets of events are bits; inside only the events count that can come up at all.

    The fewer they are, the less memory is read at random, and that is what takes the time.
    """

    __slots__ = ("_events", "_full", "_graph", "_left", "_rows", "_ways")

    def __init__(self, graph: Graph, rows: Sequence[Sequence[int]], events: int) -> None:
        """`rows[event][column]` is what the event becomes along an arc of this column: a set of events, or none, 0.

        `events` are those that are met from outside.
        """
        self._graph = graph
        possible, open_ = events, events
        while open_:
            open_ = _onward(rows, open_, graph.present) & ~possible
            possible |= open_
        self._events = [event for event in range(len(rows)) if possible >> event & 1]
        self._rows = [
            {column: self._inside(rows[event][column]) for column in graph.present if rows[event][column]}
            for event in self._events
        ]
        self._ways: dict[int, tuple[list[int], int | None]] = {}
        self._full = (1 << len(self._events)) - 1
        #: Of each node the events that it has not felt yet.
        self._left = (
            bytearray([self._full]) * graph.nodes if self._full < COLUMNS else array("I", [self._full]) * graph.nodes
        )

    def felt(self, node: int) -> list[int]:
        """The events that the node feels."""
        left = self._left[node]
        return [event for place, event in enumerate(self._events) if not left >> place & 1]

    def meet(self, node: int, events: int) -> None:
        """The node has felt these, and they went on from it already."""
        self._left[node] &= self._full ^ self._inside(events)

    def run(self, news: Mapping[int, Iterable[int]]) -> list[int]:
        """Let events spread until nobody feels anything new; the nodes that had felt nothing before, nearest first.

        `news` lists, for each set of events, the nodes that feel just these for the first time.
        """
        left, full = self._left, self._full
        met: list[int] = []
        waves = {self._inside(events): list(nodes) for events, nodes in news.items()}
        for events, nodes in waves.items():
            met += [node for node in nodes if left[node] == full]
            for node in nodes:
                left[node] &= full ^ events
        while waves:
            fresh: dict[int, int] = {}
            for events, nodes in waves.items():
                self._spread(events, nodes, fresh, met)
            waves = {}
            for node, events in fresh.items():
                if events in waves:
                    waves[events].append(node)
                else:
                    waves[events] = [node]
        return met

    def _spread(self, events: int, nodes: list[int], fresh: dict[int, int], met: list[int]) -> None:
        """One step from these nodes, which have all just felt these events, to what is `fresh` where."""
        left, full = self._left, self._full
        starts, tails, columns = self._graph.starts, self._graph.tails, self._graph.columns
        row, out = self._ways.get(events) or self._way(events)
        if out is not None:  # whatever the kind of arc is: it need not be looked at
            for node in nodes if out else ():
                for tail in tails[starts[node] : starts[node + 1]]:
                    if new := out & left[tail]:
                        if left[tail] == full:
                            met.append(tail)
                        left[tail] ^= new
                        fresh[tail] = fresh.get(tail, 0) | new
            return
        for node in nodes:
            begin, end = starts[node], starts[node + 1]
            for tail, column in zip(tails[begin:end], columns[begin:end], strict=True):
                if new := row[column] & left[tail]:
                    if left[tail] == full:
                        met.append(tail)
                    left[tail] ^= new
                    fresh[tail] = fresh.get(tail, 0) | new

    def _way(self, events: int) -> tuple[list[int], int | None]:
        """What a set of events becomes: column by column, and by any of them if that is the same."""
        row = [0] * COLUMNS
        for place, cells in enumerate(self._rows):
            if events >> place & 1:
                for column, becomes in cells.items():
                    row[column] |= becomes
        ways = {row[column] for column in self._graph.present}
        self._ways[events] = row, ways.pop() if len(ways) == 1 else None
        return self._ways[events]

    def _inside(self, events: int) -> int:
        """A set of events as it is kept here."""
        inside = 0
        for place, event in enumerate(self._events):
            inside |= (events >> event & 1) << place
        return inside


def _onward(rows: Sequence[Sequence[int]], events: int, columns: Iterable[int]) -> int:
    """What these events may be one step further."""
    beyond = 0
    for event, row in enumerate(rows):
        if events >> event & 1:
            for column in columns:
                beyond |= row[column]
    return beyond
