"""The reach, worked out again the slow and obvious way, and held against the fast one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.assess.reach import reach_of
from interlock.assess.spread import EDGE_KINDS, MAY, MUST, SPREAD, event_of, event_of_measured
from interlock.assess.world import World
from interlock.model.change import VERBS, Change, Effect, Resource
from interlock.model.inventory import Edge, Inventory, Item, Measured, Rehearsal

NAMES = "abcdef"

resources = st.sampled_from([Resource("t", name) for name in NAMES])
edges = st.lists(
    st.builds(
        Edge, resources, resources, st.sampled_from(EDGE_KINDS), st.sampled_from(["hard", "hard", "soft", "mention"])
    ),
    max_size=14,
)
effects = st.lists(
    st.builds(
        Effect,
        st.sampled_from(VERBS),
        resources,
        st.sampled_from(["parsed", "parsed", "parsed", "unknown"]),
        st.sampled_from(["content", "content", "structure", "authority", "process"]),
        st.sampled_from(["named", "filtered", "all"]),
        fields=st.sampled_from([(), ("id",), ("note",)]),
        traits=st.sampled_from([(), (), ("loses-data",), ("runs-code",), ("dynamic",)]),
    ),
    max_size=4,
)
counts = st.lists(
    st.builds(
        lambda resource, verb, count, indirect: Measured(resource, verb, count, min(count, indirect)),
        resources,
        st.sampled_from(["create", "update", "delete"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=3,
)


def naive(change: Change, inventory: Inventory, rehearsal: Rehearsal | None) -> tuple[dict[str, int], ...]:
    """Each set as name -> number of steps from the nearest seed. Relaxes every edge until nothing changes any more."""
    items = {item.resource.name: item for item in inventory.items}
    changed: dict[str, int] = {}
    states: dict[tuple[int, str, str], int] = {}  # (certainty, name, event) -> steps
    for effect in change.effects:
        name = effect.resource.name
        event = event_of(effect, (items[name],) if name in items else ())
        writes = effect.verb != "read" or effect.known == "unknown"
        if writes:
            changed[name] = 0
        if event is not None:
            for certainty in (MUST, MAY) if writes else (MAY,):
                states[certainty, name, event] = 0
    for each in rehearsal.measured if rehearsal is not None else ():
        if each.count:
            for certainty in (MUST, MAY):
                states[certainty, each.resource.name, event_of_measured(each.verb)] = 0
            if each.count > each.indirect:
                changed[each.resource.name] = 0
    again = True
    while again:
        again = False
        for (certainty, name, event), steps in list(states.items()):
            for edge in inventory.edges:
                felt = SPREAD[event].get(edge.kind)  # type: ignore[call-overload]
                if edge.target.name != name or felt is None:
                    continue
                reached = felt.certainty if edge.strength == "hard" else MAY
                if certainty == MUST and reached == MAY:
                    continue
                key = (certainty, edge.source.name, felt.becomes)
                if states.get(key, 99) > steps + 1:
                    states[key] = steps + 1
                    again = True
    nearest: dict[int, dict[str, int]] = {MUST: {}, MAY: {}}
    for (certainty, name, _), steps in states.items():
        nearest[certainty][name] = min(steps, nearest[certainty].get(name, 99))
    must = {**nearest[MUST], **changed}
    return changed, must, {**nearest[MAY], **must}


@given(effects, edges, st.lists(st.sampled_from(NAMES), unique=True), st.none() | counts)
@settings(max_examples=100, deadline=None)
def test_the_fast_reach_is_the_obvious_one(what, links, names, seen) -> None:
    """Equal sets, and chains exactly as long as the shortest way."""
    change = Change("t", tuple(what), len(what))
    items = tuple(Item(Resource("t", name), 5, (("id",),), ("id", "note")) for name in names)
    inventory = Inventory("w", items=items, edges=tuple(links))
    rehearsal = None if seen is None else Rehearsal(tuple(seen))

    reach = reach_of(change, World.of(inventory), inventory, rehearsal).reach

    for fast, slow in zip((reach.changed, reach.must, reach.may), naive(change, inventory, rehearsal), strict=True):
        assert {each.resource.name: len(each.chain) - 1 for each in fast} == slow
