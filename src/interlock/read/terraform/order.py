"""Order: which nodes of a graph stand in a circle, and which edges say nothing new. Plain numbers, no Terraform."""

from __future__ import annotations

from collections.abc import Sequence


def components(graph: Sequence[Sequence[int]]) -> list[int]:
    """The number of each node's strongly connected component; a component is numbered after all that it leads to."""
    found, low, number = [-1] * len(graph), [0] * len(graph), [0] * len(graph)
    counter = done = 0
    trail: list[int] = []
    for root in range(len(graph)):
        if number[root]:
            continue
        work = [(root, 0)]
        while work:
            node, at = work.pop()
            if at == 0:
                counter += 1
                number[node] = low[node] = counter
                trail.append(node)
            elif found[graph[node][at - 1]] < 0:
                low[node] = min(low[node], low[graph[node][at - 1]])
            while at < len(graph[node]) and number[graph[node][at]]:
                if found[graph[node][at]] < 0:
                    low[node] = min(low[node], number[graph[node][at]])
                at += 1
            if at < len(graph[node]):
                work.append((node, at + 1))
                work.append((graph[node][at], 0))
            elif low[node] == number[node]:
                while True:
                    last = trail.pop()
                    found[last] = done
                    if last == node:
                        break
                done += 1
    return found


def circular(graph: Sequence[Sequence[int]]) -> list[bool]:
    """Which nodes stand in a circle with others. One that only leads to itself does not."""
    of = components(graph)
    sizes = [0] * len(graph)
    for component in of:
        sizes[component] += 1
    return [sizes[component] > 1 for component in of]


def reached(graph: Sequence[Sequence[int]]) -> list[int]:
    """For each node, all that it leads to, as bits. Memory grows with the square: for some ten thousand nodes."""
    of = components(graph)
    members: list[list[int]] = [[] for _ in range(max(of, default=-1) + 1)]
    for node, component in enumerate(of):
        members[component].append(node)
    whole = [0] * len(members)
    for component, nodes in enumerate(members):
        bits = 0
        for node in nodes:
            for target in graph[node]:
                bits |= 1 << target
                if of[target] != component:
                    bits |= whole[of[target]]
        if len(nodes) > 1:
            bits |= sum(1 << node for node in nodes)
        whole[component] = bits
    return [whole[component] for component in of]


def reduced(graph: Sequence[Sequence[int]], through: Sequence[bool]) -> list[list[int]]:
    """The graph without edges that a path says already, where the graph lists far targets beside near ones.

    An edge goes when another target of the same node lists its target too: `through` says which may stand between.
    Nodes in a circle keep every edge and stand between nothing, so that no two edges vouch for each other; what is
    left does not depend on how the nodes are numbered.
    """
    circle = circular(graph)
    bits = [
        _bits(targets) & ~(1 << node) if through[node] and not circle[node] else 0 for node, targets in enumerate(graph)
    ]
    found = []
    for node, targets in enumerate(graph):
        covered = 1 << node
        if not circle[node]:
            for target in targets:
                if target != node:
                    covered |= bits[target]
        found.append([target for target in dict.fromkeys(targets) if not covered >> target & 1])
    return found


def _bits(targets: Sequence[int]) -> int:
    if not targets:
        return 0
    row = bytearray(max(targets) // 8 + 1)
    for target in targets:
        row[target >> 3] |= 1 << (target & 7)
    return int.from_bytes(row, "little")
