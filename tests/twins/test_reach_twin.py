"""The reach, worked out again the slow and obvious way, and held against the fast one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.assess.reach import reach_of
from interlock.assess.spread import (
    BACKWARD,
    EDGE_KINDS,
    MAY,
    MUST,
    ON_ATTRIBUTE,
    SPREAD,
    attributes_of,
    beside,
    event_of,
    event_of_measured,
)
from interlock.assess.world import World
from interlock.model.change import VERBS, Change, Effect, Resource
from interlock.model.inventory import Edge, Flow, Inventory, Item, Measured, Rehearsal

NAMES = "abcdef"
FIELDS = ("id", "note", "size")

resources = st.sampled_from([Resource("t" if name < "d" else "u", name) for name in NAMES])
some = st.lists(st.sampled_from(FIELDS), max_size=2, unique=True).map(tuple)
edges = st.lists(
    st.builds(
        Edge,
        resources,
        resources,
        st.sampled_from([*EDGE_KINDS, "uses", "uses", "uses", "follows"]),
        st.sampled_from(["hard", "hard", "soft", "mention"]),
        fields=some,
        into=some,
    ),
    max_size=14,
)
flows = st.lists(
    st.builds(Flow, st.sampled_from("tu"), st.sampled_from(["", *FIELDS]), some, st.booleans()), max_size=4
)
effects = st.lists(
    st.builds(
        Effect,
        st.sampled_from(VERBS),
        resources,
        st.sampled_from(["parsed", "parsed", "parsed", "unknown"]),
        st.sampled_from(["content", "content", "structure", "structure", "structure", "authority", "process"]),
        st.sampled_from(["named", "filtered", "all"]),
        fields=some,
        traits=st.sampled_from(
            [(), (), ("loses-data",), ("runs-code",), ("dynamic",), ("leaves-a-gap",), ("renames",)]
        ),
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


def follow(listed: tuple[Flow, ...], kind: str, fields: set[str], anew: bool) -> tuple[set[str], bool]:
    """Which attributes change with these, and whether the thing is made anew, by doing it until nothing is added."""
    fields = set(fields)
    for _ in range(10):
        for flow in listed:
            if flow.type == kind and (flow.field in fields or (anew and flow.replaces)):
                fields |= {*flow.into}
                anew = anew or flow.replaces
    return fields, anew


def remade(listed: tuple[Flow, ...], kind: str) -> set[str]:
    """The attributes by which a thing of this type is made anew."""
    return {flow.field for flow in listed if flow.type == kind and flow.replaces and flow.field}


def felt_at(edge: Edge, certainty: int, what: str, listed: tuple[Flow, ...]) -> tuple[str, set[str]] | None:
    """Who feels along this edge what happened to its target, and as what: events, and attributes as `.name`."""
    named, kind = what.startswith("."), edge.source.type
    if named and what[1:] not in edge.fields:
        return None
    felt = ON_ATTRIBUTE.get(edge.kind) if named else SPREAD[what].get(edge.kind)  # type: ignore[call-overload]
    if felt is None or (what == "amended" and edge.fields and edge.kind in ON_ATTRIBUTE):
        return None
    unsure = edge.strength != "hard" or (edge.kind == "follows" and edge.fields and not named)
    if certainty == MUST and (felt.certainty == MAY or unsure):
        return None
    found = {felt.becomes}
    if certainty == MAY:
        into = {*edge.into} or remade(listed, kind)
        if edge.kind == "uses" and felt.becomes == "reshaped" and into and follow(listed, kind, into, False)[1]:
            found.add("replaced")
        return edge.source.name, found
    into = {*edge.into} if named and edge.kind == "uses" and len(edge.into) == 1 else set()
    if into or felt.becomes == "replaced":
        fields, anew = follow(listed, kind, into, felt.becomes == "replaced")
        found |= {f".{field}" for field in fields} | ({"replaced"} if anew else set())
    return edge.source.name, found


def begin(change: Change, inventory: Inventory, rehearsal: Rehearsal | None) -> tuple[dict[str, int], set]:
    """What is changed, and the states (certainty, name, event or attribute) in which it all begins."""
    items = {item.resource.name: item for item in inventory.items}
    changed: dict[str, int] = {}
    states: set[tuple[int, str, str]] = set()
    for effect in change.effects:
        name = effect.resource.name
        event = event_of(effect, (items[name],) if name in items else ())
        writes = effect.verb != "read" or effect.known == "unknown"
        if writes:
            changed[name] = 0
        fields, anew = follow(inventory.flows, effect.resource.type, {*attributes_of(effect)}, event == "replaced")
        update = effect.verb == "update" and effect.aspect != "content" and event != "touched"
        perhaps = update and not attributes_of(effect) and remade(inventory.flows, effect.resource.type)
        for certainty in (MUST, MAY):
            found = {beside(effect), event if writes or certainty == MAY else None}
            found |= {f".{field}" for field in fields}
            found |= {"replaced"} if (anew and update) or (perhaps and certainty == MAY) else set()
            states |= {(certainty, name, each) for each in found if each}
    for each in rehearsal.measured if rehearsal is not None else ():
        if each.count:
            states |= {(certainty, each.resource.name, event_of_measured(each.verb)) for certainty in (MUST, MAY)}
            if each.count > each.indirect:
                changed[each.resource.name] = 0
    return changed, states


def naive(change: Change, inventory: Inventory, rehearsal: Rehearsal | None) -> tuple[dict[str, int], ...]:
    """Each set as name -> number of steps from the nearest seed. Relaxes every edge until nothing changes any more."""
    changed, seeds = begin(change, inventory, rehearsal)
    states = dict.fromkeys(seeds, 0)
    again = True
    while again:
        again = False
        for (certainty, name, what), steps in list(states.items()):
            ways = [
                felt_at(edge, certainty, what, inventory.flows) for edge in inventory.edges if edge.target.name == name
            ]
            for edge in inventory.edges:
                back = BACKWARD.get(what, {}).get(edge.kind)  # type: ignore[call-overload]
                if back is not None and edge.source.name == name and certainty == MAY:
                    ways.append((edge.target.name, {back.becomes}))
            for there, found in filter(None, ways):
                for each in found:
                    if states.get((certainty, there, each), 99) > steps + 1:
                        states[certainty, there, each] = steps + 1
                        again = True
    nearest: dict[int, dict[str, int]] = {MUST: {}, MAY: {}}
    for (certainty, name, _), steps in states.items():
        nearest[certainty][name] = min(steps, nearest[certainty].get(name, 99))
    must = {**nearest[MUST], **changed}
    return changed, must, {**nearest[MAY], **must}


@given(effects, edges, flows, st.lists(st.sampled_from(NAMES), unique=True), st.none() | counts)
@settings(max_examples=200, deadline=None)
def test_the_fast_reach_is_the_obvious_one(what, links, told, names, seen) -> None:
    """Equal sets, and chains exactly as long as the shortest way."""
    change = Change("t", tuple(what), len(what))
    items = tuple(Item(Resource("t" if name < "d" else "u", name), 5, (("id",),), ("id", "note")) for name in names)
    inventory = Inventory("w", items=items, edges=tuple(links), flows=tuple(told))
    rehearsal = None if seen is None else Rehearsal(tuple(seen))

    reach = reach_of(change, World.of(inventory), inventory, rehearsal).reach

    for fast, slow in zip((reach.changed, reach.must, reach.may), naive(change, inventory, rehearsal), strict=True):
        assert {each.resource.name: len(each.chain) - 1 for each in fast} == slow


@given(effects, edges, flows, st.integers(0, 4))
@settings(max_examples=100, deadline=None)
def test_what_is_beyond_the_list_is_counted_to_the_last(what, links, told, bound) -> None:
    """However few are listed: those listed and those counted are together all that feel it."""
    change = Change("t", tuple(what), len(what))
    inventory = Inventory("w", edges=tuple(links), flows=tuple(told))
    world = World.of(inventory)

    whole = reach_of(change, world, inventory, None)
    cut = reach_of(change, world, inventory, None, bound=bound)

    _, must, may = naive(change, inventory, None)
    listed = [each.resource.name for each in cut.reach.may]
    missing = {*must} - {each.resource.name for each in cut.reach.must} | {*may} - {*listed}
    assert cut.reach.frontier >= len(missing)
    assert (cut.reach.frontier == 0) == (cut.reach == whole.reach)
    assert cut.grave == whole.grave
    assert listed == [name for name in (each.resource.name for each in whole.reach.may) if name in listed] or missing
