"""The joints of a graph, found again by taking each node away and looking what is left."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.assess.graph import Graph
from interlock.assess.joints import joints, reached

COUNT = 8
arcs = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)), max_size=16)


def graph(pairs: list[tuple[int, int]], count: int = COUNT) -> Graph:
    heads, tails = [head for head, _ in pairs], [tail for _, tail in pairs]
    return Graph(count, heads, tails, bytes(len(pairs)))


def beyond(pairs: list[tuple[int, int]], start: int, without: int = -1) -> set[int]:
    """All that is reached from here, with the start, without going over one node."""
    found = {start}
    for _ in range(COUNT):
        found |= {tail for head, tail in pairs if head in found and tail != without}
    return found


@given(arcs)
@settings(max_examples=200, deadline=None)
def test_a_joint_is_what_parts_fall_asunder_without(pairs) -> None:
    both = [*pairs, *((tail, head) for head, tail in pairs)]

    slow = [
        node
        for node in range(COUNT)
        if len({frozenset(beyond(both, near, node)) for near in beyond(both, node) - {node}}) > 1
    ]
    assert joints(graph(pairs)) == slow


@given(arcs, st.integers(0, COUNT))
@settings(max_examples=100, deadline=None)
def test_what_is_reached_is_counted_to_the_bound(pairs, bound) -> None:
    for node in range(COUNT):
        assert reached(graph(pairs), node, bound) == min(bound, len(beyond(pairs, node)) - 1)


def test_a_long_chain_is_no_deeper_than_a_short_one() -> None:
    chain = graph([(node, node + 1) for node in range(49_999)], 50_000)

    assert joints(chain) == list(range(1, 49_999))
    assert reached(chain, 0, 100_000) == 49_999
