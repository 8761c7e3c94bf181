"""Joints: the nodes that hold a graph together: where it falls apart, what lies on every way, what most is felt from.

Plain numbers, on a Graph, and every kind of arc counts alike. Nothing recurses: a chain of a million is no deeper than
one of ten. All but `widest` take a time that grows with the arcs alone.
"""

from __future__ import annotations

from array import array
from typing import Final

from interlock.assess.graph import Graph

#: How many nodes are followed to the end for each one that `widest` answers with.
TRIED: Final = 4
NOWHERE: Final = -1


def joints(graph: Graph) -> list[int]:
    """The nodes without which some part of the graph has no connection to another, whatever way the arcs point."""
    around = _both_ways(graph)
    starts, tails = around.starts, around.tails
    entered, lowest = [0] * graph.nodes, [0] * graph.nodes
    at = array("i", starts)
    found: set[int] = set()
    clock = 0
    for root in range(graph.nodes):
        if entered[root]:
            continue
        clock += 1
        entered[root] = lowest[root] = clock
        path, branches = [root], 0
        while path:
            node = path[-1]
            if at[node] < starts[node + 1]:
                near = tails[at[node]]
                at[node] += 1
                if not entered[near]:
                    clock += 1
                    entered[near] = lowest[near] = clock
                    path.append(near)
                else:
                    # The way by which it was entered counts as well: it only says what is so anyway.
                    lowest[node] = min(lowest[node], entered[near])
                continue
            path.pop()
            if not path:
                break
            above = path[-1]
            lowest[above] = min(lowest[above], lowest[node])
            if above == root:
                branches += 1
            elif lowest[node] >= entered[above]:
                found.add(above)
        if branches > 1:
            found.add(root)
    return sorted(found)


def gates(graph: Graph, root: int) -> list[int]:
    """For each node the last other one that is on every way to it from the root; NOWHERE for the root and for what it
    does not lead to.
    """
    order, number, parent = _entered(graph, root)
    before: list[list[int]] = [[] for _ in order]
    for place, node in enumerate(order):
        for at in graph.row(node):
            before[number[graph.tails[at]]].append(place)
    # Places in `order` from here on. `half` is the earliest place from which a way leads around those between.
    count = len(order)
    half, gate, best = list(range(count)), [0] * count, list(range(count))
    link = [NOWHERE] * count
    waiting: list[list[int]] = [[] for _ in order]
    for place in range(count - 1, 0, -1):
        half[place] = min(half[_least(one, link, best, half)] for one in before[place])
        waiting[half[place]].append(place)
        above = parent[place]
        link[place] = above
        for one in waiting[above]:
            least = _least(one, link, best, half)
            gate[one] = least if half[least] < above else above
        waiting[above].clear()
    for place in range(1, count):
        if gate[place] != half[place]:
            gate[place] = gate[gate[place]]
    found = [NOWHERE] * graph.nodes
    for place in range(1, count):
        found[order[place]] = order[gate[place]]
    return found


def widest(graph: Graph, most: int, bound: int) -> list[tuple[int, int]]:
    """The nodes from which most others are reached, and how many these are, at most `bound` of them counted.

    A cheap count that takes a node twice where two ways lead to it says which ones to try; those are counted truly.
    """
    groups = circles(graph)
    of = [0] * graph.nodes
    for number, nodes in enumerate(groups):
        for node in nodes:
            of[node] = number
    rough: list[int] = []
    for number, nodes in enumerate(groups):
        beyond = {of[graph.tails[at]] for node in nodes for at in graph.row(node)} - {number}
        rough.append(min(graph.nodes, len(nodes) + sum(rough[other] for other in beyond)))
    tried = sorted(range(graph.nodes), key=lambda node: (-rough[of[node]], node))[: most * TRIED]
    counted = sorted((-reached(graph, node, bound), node) for node in tried)
    return [(node, -count) for count, node in counted[:most] if count]


def reached(graph: Graph, node: int, bound: int) -> int:
    """How many other nodes are reached from this one; counting ends at `bound`."""
    seen, path = {node}, [node]
    while path and len(seen) <= bound:
        here = path.pop()
        for tail in graph.tails[graph.starts[here] : graph.starts[here + 1]]:
            if tail not in seen:
                seen.add(tail)
                path.append(tail)
    return min(bound, len(seen) - 1)


def circles(graph: Graph) -> list[list[int]]:
    """All nodes in groups in which each is reached from each; a group comes after all that it leads to."""
    starts, tails = graph.starts, graph.tails
    entered, lowest = [0] * graph.nodes, [0] * graph.nodes
    at = array("i", starts)
    done = bytearray(graph.nodes)
    groups: list[list[int]] = []
    waiting: list[int] = []
    clock = 0
    for root in range(graph.nodes):
        if entered[root]:
            continue
        path = [root]
        while path:
            node = path[-1]
            if not entered[node]:
                clock += 1
                entered[node] = lowest[node] = clock
                waiting.append(node)
            if at[node] < starts[node + 1]:
                near = tails[at[node]]
                at[node] += 1
                if not entered[near]:
                    path.append(near)
                elif not done[near]:
                    lowest[node] = min(lowest[node], entered[near])
                continue
            path.pop()
            if path:
                lowest[path[-1]] = min(lowest[path[-1]], lowest[node])
            if lowest[node] == entered[node]:
                group = [waiting.pop()]
                while group[-1] != node:
                    group.append(waiting.pop())
                for each in group:
                    done[each] = 1
                groups.append(group)
    return groups


def _both_ways(graph: Graph) -> Graph:
    """The same graph with every arc in both directions."""
    heads = array("i", (node for node in range(graph.nodes) for _ in graph.row(node)))
    return Graph(graph.nodes, heads + graph.tails, graph.tails + heads, bytes(2 * len(heads)))


def _entered(graph: Graph, root: int) -> tuple[list[int], dict[int, int], list[int]]:
    """What the root leads to, deepest way first: in order, the place of each in it, and the place each came from."""
    order, number, parent = [root], {root: 0}, [NOWHERE]
    path = [(root, iter(graph.row(root)))]
    while path:
        node, row = path[-1]
        for at in row:
            near = graph.tails[at]
            if near not in number:
                number[near] = len(order)
                order.append(near)
                parent.append(number[node])
                path.append((near, iter(graph.row(near))))
                break
        else:
            path.pop()
    return order, number, parent


def _least(place: int, link: list[int], best: list[int], half: list[int]) -> int:
    """The place with the earliest `half` on the way up from this one; the way is made shorter as it is gone."""
    if link[place] == NOWHERE:
        return place
    way = []
    while link[link[place]] != NOWHERE:
        way.append(place)
        place = link[place]
    top = place
    for one in reversed(way):
        above = link[one]
        if half[best[above]] < half[best[one]]:
            best[one] = best[above]
        link[one] = link[top]
    return best[way[0]] if way else best[top]
