"""Laws of the shortcuts: what is left out because nothing of the kind is there changes no answer."""

from __future__ import annotations

from unittest.mock import patch

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from interlock.assess import assess as room
from interlock.assess.findings import FINDINGS
from interlock.assess.reach import reach_of
from interlock.assess.world import World
from interlock.model.change import KNOWN, TRAITS, VERBS, Change, Effect, Resource, Signal
from interlock.model.inventory import Edge, Inventory, Item, Measured, Rehearsal, RollbackProof
from interlock.model.target import Environment
from interlock.model.wayback import VERDICTS, WayBack

PRODUCTION, STAGING = Environment("production"), Environment("staging", production=False, strictness=1)
SIGNALS = (
    "state-lost", "state-moved", "wrong-workspace", "partial-plan", "unfinished-plan", "plan-time-code", "drift",
    "unproved-code",
)  # fmt: skip

things = st.builds(
    Resource,
    st.sampled_from(["t.one", "t.two"]),
    st.sampled_from("abcd"),
    st.sampled_from(["", "", "production", "elsewhere"]),
    st.sampled_from([(), (("region", "r1"),), (("region", "r2"), ("tenant", "x"))]),
    st.sampled_from([(), (("product", "p"),), (("Product", "q"), ("name", "n"))]),
)
effects = st.builds(
    Effect,
    st.sampled_from(VERBS),
    things,
    st.sampled_from(KNOWN),
    st.sampled_from(["content", "structure", "authority", "process"]),
    st.sampled_from(["named", "filtered", "all", "unknown"]),
    st.none() | st.integers(0, 5_000),
    traits=st.lists(st.sampled_from(TRAITS), max_size=2, unique=True).map(tuple),
    way_back=st.none() | st.builds(WayBack, st.just("irreversible"), st.sampled_from(VERDICTS)),
    gentler=st.sampled_from(["", "", "change it in place"]),
)
changes = st.builds(
    lambda listed, unknown, signals: Change("t", tuple(listed), len(listed), unknown, signals=tuple(signals)),
    st.lists(effects, max_size=4),
    st.sampled_from([(), (), ("something",)]),
    st.lists(st.builds(Signal, st.sampled_from(SIGNALS)), max_size=2),
)
inventories = st.builds(
    lambda kept, links, whole: Inventory("w", "production", tuple(kept), tuple(links), 1, whole),
    st.lists(
        st.builds(
            Item,
            things,
            st.none() | st.integers(0, 5_000),
            critical=st.booleans(),
            planes=st.sampled_from([(), ("identity",)]),
            groups=st.sampled_from([(), (("cluster", "c"),)]),
        ),
        max_size=5,
    ),
    st.lists(
        st.builds(Edge, things, things, st.sampled_from(["uses", "copies", "configures", "triggers", "contains"])),
        max_size=5,
    ),
    st.booleans(),
)
rehearsals = st.builds(
    lambda measured, verdict, simulated, failed: Rehearsal(
        tuple(measured), (), RollbackProof(verdict, simulated), not failed, failed="no" if failed else ""
    ),
    st.lists(
        st.builds(
            lambda thing, verb, count, indirect: Measured(thing, verb, count, min(count, indirect)),
            things,
            st.sampled_from(["create", "update", "delete"]),
            st.integers(0, 9),
            st.integers(0, 9),
        ),
        max_size=2,
    ),
    st.sampled_from(VERDICTS),
    st.booleans(),
    st.booleans(),
)


@given(changes, st.none() | inventories, st.none() | rehearsals, st.sampled_from([PRODUCTION, STAGING]))
def test_a_finding_that_is_not_looked_for_would_have_found_nothing(change, inventory, rehearsal, claimed) -> None:
    def assessed() -> object:
        room.remembered.cache_clear()
        return room.assess(
            change, inventory=inventory, rehearsal=rehearsal, claimed=claimed, found=PRODUCTION, secrets=("token",)
        )

    short = assessed()
    with patch.object(room, "asked", lambda _: FINDINGS):
        full = assessed()

    assert full == short


@given(changes, st.sampled_from([PRODUCTION, STAGING]), st.sampled_from([None, PRODUCTION, STAGING]))
def test_what_is_remembered_of_an_equal_change_is_what_it_would_be_assessed_as(change, claimed, found) -> None:
    told = {"inventory": None, "rehearsal": None, "claimed": claimed, "found": found}
    room.assess(change, **told, secrets=("token",))
    again = msgspec.json.decode(msgspec.json.encode(change), type=Change)

    from_memory, asked_before = room.assess(again, **told), room.remembered.cache_info().hits
    assert room.assess(again, **told) is from_memory
    assert room.remembered.cache_info().hits == asked_before + 1
    room.remembered.cache_clear()
    assert room.assess(again, **told) == from_memory


@given(changes, rehearsals, inventories)
def test_nothing_is_remembered_of_a_world(change, rehearsal, inventory) -> None:
    before = room.remembered.cache_info()
    for known, tried in ((inventory, None), (None, rehearsal), (inventory, rehearsal)):
        room.assess(change, inventory=known, rehearsal=tried, claimed=PRODUCTION, found=None)

    assert room.remembered.cache_info() == before


@given(changes, st.none() | rehearsals)
def test_where_nothing_touched_is_known_a_walk_would_have_met_nothing(change, rehearsal) -> None:
    """Beside one known thing that is touched as well and on which nothing depends, the walks are made."""
    alone = Resource("t.other", "alone")
    more = msgspec.structs.replace(change, effects=(*change.effects, Effect("update", alone)))
    inventory = Inventory("w", "production", (Item(alone),), (), 1, True)
    world = World.of(inventory)
    short, walked = (reach_of(each, world, inventory, rehearsal) for each in (change, more))

    def others(reached) -> list[object]:
        return [each for each in reached if each.resource != alone]

    assert [*short.reach.changed] == others(walked.reach.changed)
    assert [*short.reach.must] == others(walked.reach.must)
    assert [*short.reach.may] == others(walked.reach.may)
    assert short.reach.frontier == walked.reach.frontier
    assert short.reach.complete == walked.reach.complete
