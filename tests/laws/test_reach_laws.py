"""Laws of the reach: what holds however a change spreads, over every kind of edge and whatever attributes are known."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from interlock.assess.reach import reach_of
from interlock.assess.spread import EDGE_KINDS
from interlock.assess.world import World
from interlock.model.assessment import Reach
from interlock.model.canon import canonical
from interlock.model.change import KNOWN, TRAITS, VERBS, Change, Effect, Resource
from interlock.model.inventory import Edge, Flow, Inventory, Item

NAMES = "abcdef"
FIELDS = ("id", "note", "size")

things = [Resource("t.one" if name < "d" else "t.two", name) for name in NAMES]
resources = st.sampled_from(things)
fields = st.lists(st.sampled_from(FIELDS), max_size=2, unique=True).map(tuple)
effects = st.builds(
    Effect,
    st.sampled_from(VERBS),
    resources,
    st.sampled_from(["planned", "planned", "planned", *KNOWN]),
    st.sampled_from(["structure", "structure", "structure", "content", "authority", "process"]),
    fields=fields,
    traits=st.lists(st.sampled_from(TRAITS), max_size=1).map(tuple),
    part=st.integers(0, 2),
    cause=st.sampled_from(["", "why"]),
)
changes = st.builds(lambda listed: Change("t", tuple(listed), 3), st.lists(effects, max_size=4))
edges = st.builds(
    Edge,
    resources,
    resources,
    st.sampled_from(["uses", "uses", "follows", *EDGE_KINDS]),
    st.sampled_from(["hard", "hard", "soft", "mention"]),
    st.sampled_from(["", "seen", "told"]),
    fields,
    fields,
)
flows = st.builds(Flow, st.sampled_from(["t.one", "t.two"]), st.sampled_from(["", *FIELDS]), fields, st.booleans())
#: Everything that an edge names is known: else an edge can give a thing the name of another.
inventories = st.builds(
    lambda links, told, whole: Inventory(
        "w", items=tuple(map(Item, things)), edges=tuple(links), complete=whole, flows=tuple(told)
    ),
    st.lists(edges, max_size=12),
    st.lists(flows, max_size=3),
    st.booleans(),
)


def reach(change: Change, inventory: Inventory) -> Reach:
    return reach_of(change, World.of(inventory), inventory, None).reach


def names(reached) -> set[str]:
    return {each.resource.name for each in reached}


def within(less: Reach, more: Reach) -> bool:
    return all(
        names(one) <= names(other)
        for one, other in ((less.changed, more.changed), (less.must, more.must), (less.may, more.may))
    )


@given(changes, inventories)
def test_changed_is_in_must_and_must_in_may_whatever_is_known_of_attributes(change, inventory) -> None:
    found = reach(change, inventory)

    assert names(found.changed) <= names(found.must) <= names(found.may)
    assert all(each.chain for each in found.may)


@given(changes, inventories, edges)
def test_an_edge_never_shrinks_reach(change, inventory, edge) -> None:
    more = msgspec.structs.replace(inventory, edges=(*inventory.edges, edge))

    assert within(reach(change, inventory), reach(change, more))


@given(changes, inventories, flows)
def test_knowing_more_of_a_type_never_shrinks_reach(change, inventory, flow) -> None:
    more = msgspec.structs.replace(inventory, flows=(*inventory.flows, flow))

    assert within(reach(change, inventory), reach(change, more))


@given(changes, inventories, effects)
def test_an_effect_never_shrinks_reach(change, inventory, effect) -> None:
    more = msgspec.structs.replace(change, effects=(*change.effects, effect))

    assert within(reach(change, inventory), reach(more, inventory))


@given(changes, inventories)
def test_forgetting_what_is_read_never_shrinks_what_may_be_reached(change, inventory) -> None:
    known = names(reach(change, inventory).may)

    for forgotten in ({"fields": ()}, {"into": ()}, {"fields": (), "into": ()}):
        blind = tuple(msgspec.structs.replace(edge, **forgotten) for edge in inventory.edges)
        assert known <= names(reach(change, msgspec.structs.replace(inventory, edges=blind)).may)


@given(changes, inventories)
def test_forgetting_which_attributes_change_never_shrinks_what_may_be_reached(change, inventory) -> None:
    """Of what loses a part, the attributes say which part: without them it is another event."""
    kept = [effect for effect in change.effects if effect.verb != "delete" and "loses-data" not in effect.traits]
    known = reach(msgspec.structs.replace(change, effects=tuple(kept)), inventory)
    blind = tuple(msgspec.structs.replace(effect, fields=()) for effect in kept if effect.aspect != "content")
    blind += tuple(effect for effect in kept if effect.aspect == "content")

    assert names(known.may) <= names(reach(msgspec.structs.replace(change, effects=blind), inventory).may)


@given(changes, inventories)
def test_a_softer_edge_is_never_felt_more_surely(change, inventory) -> None:
    soft = tuple(msgspec.structs.replace(edge, strength="soft") for edge in inventory.edges)
    found = reach(change, msgspec.structs.replace(inventory, edges=soft))

    assert names(found.must) == names(found.changed)
    assert names(found.may) <= names(reach(change, inventory).may)


@given(changes, inventories, st.randoms(use_true_random=False))
def test_no_order_shows(change, inventory, random) -> None:
    def shuffled(values: tuple) -> tuple:
        return tuple(random.sample(values, len(values)))

    other = msgspec.structs.replace(
        inventory,
        items=shuffled(inventory.items),
        edges=shuffled(inventory.edges),
        flows=shuffled(inventory.flows),
    )
    mixed = msgspec.structs.replace(change, effects=shuffled(change.effects))

    assert canonical(reach(change, inventory)) == canonical(reach(mixed, other))


@given(changes, inventories, st.permutations(NAMES))
def test_renaming_everything_renames_the_reach(change, inventory, order) -> None:
    new = dict(zip(NAMES, (f"z{letter}" for letter in order), strict=True))

    def renamed(value: object) -> object:
        if isinstance(value, Resource):
            return Resource(value.type, new[value.name])
        if isinstance(value, msgspec.Struct):
            return type(value)(**{name: renamed(getattr(value, name)) for name in value.__struct_fields__})
        return tuple(renamed(each) for each in value) if isinstance(value, tuple) else value

    before, after = reach(change, inventory), reach(renamed(change), renamed(inventory))  # type: ignore[arg-type]

    for one, other in ((before.changed, after.changed), (before.must, after.must), (before.may, after.may)):
        lengths = {new[each.resource.name]: len(each.chain) for each in one}
        assert lengths == {each.resource.name: len(each.chain) for each in other}
