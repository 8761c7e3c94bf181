"""The joints of a graph, found again by taking each node away and looking what is left."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.assess.graph import Graph
from interlock.assess.joints import NOWHERE, circles, gates, joints, reached, widest

COUNT = 8
arcs = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)), max_size=16)


def graph(pairs: list[tuple[int, int]], count: int = COUNT) -> Graph:
    heads, tails = [head for head, _ in pairs], [tail for _, tail in pairs]
    return Graph(count, heads, tails, bytes(len(pairs)))


def beyond(pairs: list[tuple[int, int]], start: int, without: int = NOWHERE) -> set[int]:
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


@given(arcs)
@settings(max_examples=200, deadline=None)
def test_a_gate_is_the_last_that_every_way_goes_through(pairs) -> None:
    found = gates(graph(pairs), 0)
    all_of_it = beyond(pairs, 0)

    for node in range(COUNT):
        on_every_way = {0, *(one for one in all_of_it - {0, node} if node not in beyond(pairs, 0, one))}
        if node == 0 or node not in all_of_it:
            assert found[node] == NOWHERE
        else:
            # The last of them is the one that all the others are gates of, too.
            assert found[node] in on_every_way
            assert on_every_way - {found[node]} == gates_above(found, found[node])


def gates_above(found: list[int], node: int) -> set[int]:
    above = set()
    while found[node] != NOWHERE:
        node = found[node]
        above.add(node)
    return above


@given(arcs)
@settings(max_examples=200, deadline=None)
def test_a_circle_is_what_reaches_itself_and_comes_after_what_it_leads_to(pairs) -> None:
    groups = circles(graph(pairs))

    assert sorted(node for group in groups for node in group) == list(range(COUNT))
    seen: set[int] = set()
    for group in groups:
        for node in group:
            assert {other for other in beyond(pairs, node) if node in beyond(pairs, other)} == set(group)
            assert beyond(pairs, node) <= seen | set(group)
        seen |= set(group)


@given(arcs, st.integers(0, COUNT))
@settings(max_examples=100, deadline=None)
def test_what_is_reached_is_counted_to_the_bound(pairs, bound) -> None:
    for node in range(COUNT):
        assert reached(graph(pairs), node, bound) == min(bound, len(beyond(pairs, node)) - 1)


@given(arcs)
@settings(max_examples=100, deadline=None)
def test_the_widest_are_those_from_which_most_is_reached(pairs) -> None:
    slow = sorted((-(len(beyond(pairs, node)) - 1), node) for node in range(COUNT))

    assert widest(graph(pairs), COUNT, COUNT) == [(node, -count) for count, node in slow if count]
    assert widest(graph(pairs), 2, COUNT) == [(node, -count) for count, node in slow if count][:2]


def test_a_long_chain_is_no_deeper_than_a_short_one() -> None:
    chain = graph([(node, node + 1) for node in range(49_999)], 50_000)

    assert joints(chain) == list(range(1, 49_999))
    assert gates(chain, 0) == [NOWHERE, *range(49_999)]
    assert len(circles(chain)) == 50_000
    assert widest(chain, 1, 100_000) == [(0, 49_999)]
