"""Joints: the nodes that hold a graph together, and how much is felt from one.

Plain numbers, on a Graph, and every kind of arc counts alike. Nothing recurses: a chain of a million is no deeper than
one of ten, and the time grows with the arcs alone.
"""

from __future__ import annotations

from array import array

from interlock.assess.graph import Graph


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


def _both_ways(graph: Graph) -> Graph:
    """The same graph with every arc in both directions."""
    heads = array("i", (node for node in range(graph.nodes) for _ in graph.row(node)))
    return Graph(graph.nodes, heads + graph.tails, graph.tails + heads, bytes(2 * len(heads)))
