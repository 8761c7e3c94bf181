"""Graph: who feels what happens to whom, as numbers alone, in rows that lie one after the other.

Plain values: nodes are 0, 1, 2, …, and an arc leads from the node to which something happens to the one that feels it.
A column says what kind of arc it is, and a table which of so many events pass along it and what they are beyond. It is
made for a million arcs: built in about a second, and flooded in a fraction of one.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
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
        order = sorted(range(len(heads)), key=heads.__getitem__)
        counts = [0] * nodes
        for head in heads:
            counts[head] += 1
        self.nodes = nodes
        self.starts = array("i", accumulate(counts, initial=0))
        self.arcs = array("i", order)
        self.tails = array("i", map(tails.__getitem__, order))
        self.columns = bytes(map(columns.__getitem__, order))
        self.present = sorted(set(self.columns))

    def row(self, node: int) -> range:
        """Where the arcs of this node lie in `tails`, `columns` and `arcs`."""
        return range(self.starts[node], self.starts[node + 1])


class Flood:
    """What each node has felt so far, as a set of events in bits. `left[n]` holds those that n has not felt yet."""

    __slots__ = ("_graph", "_rows", "full", "left")

    def __init__(self, graph: Graph, rows: Sequence[Sequence[int]]) -> None:
        """`rows[event][column]` is what the event becomes along an arc of this column: a set of events, or none, 0."""
        self._graph = graph
        self._rows = rows
        self.full = (1 << len(rows)) - 1
        self.left = array("I", [self.full]) * graph.nodes

    def felt(self, node: int) -> int:
        """The events that the node feels."""
        return self.full ^ self.left[node]

    def meet(self, node: int, events: int) -> None:
        """The node has felt these, and they went on from it already."""
        self.left[node] &= self.full ^ events

    def run(self, news: dict[int, list[int]]) -> list[int]:
        """Let events spread until nobody feels anything new; the nodes that had felt nothing before, nearest first.

        `news` lists, for each set of events, the nodes that feel just these for the first time.
        """
        left, full = self.left, self.full
        met: list[int] = []
        for events, nodes in news.items():
            for node in nodes:
                if left[node] == full:
                    met.append(node)
                left[node] &= full ^ events
        while news:
            found: dict[int, list[int]] = {}
            for events, nodes in news.items():
                self._spread(events, nodes, found, met)
            news = found
        return met

    def _spread(self, events: int, nodes: list[int], found: dict[int, list[int]], met: list[int]) -> None:
        """One step from these nodes, which have all just felt these events."""
        left, full = self.left, self.full
        starts, tails, columns = self._graph.starts, self._graph.tails, self._graph.columns
        row = self._row(events)
        ways = {row[column] for column in self._graph.present}
        if len(ways) == 1:  # whatever the kind of arc is: it need not be looked at
            out = ways.pop()
            for node in nodes if out else ():
                for tail in tails[starts[node] : starts[node + 1]]:
                    if new := out & left[tail]:
                        if left[tail] == full:
                            met.append(tail)
                        left[tail] ^= new
                        found.setdefault(new, []).append(tail)
            return
        for node in nodes:
            begin, end = starts[node], starts[node + 1]
            for tail, column in zip(tails[begin:end], columns[begin:end], strict=True):
                if new := row[column] & left[tail]:
                    if left[tail] == full:
                        met.append(tail)
                    left[tail] ^= new
                    found.setdefault(new, []).append(tail)

    def _row(self, events: int) -> list[int]:
        """What a set of events becomes, column by column."""
        row = [0] * COLUMNS
        for event, cells in enumerate(self._rows):
            if events >> event & 1:
                for column in self._graph.present:
                    row[column] |= cells[column]
        return row
