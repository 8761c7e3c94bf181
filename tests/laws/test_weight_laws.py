"""Laws of what a change weighs: its way back, its risk, and how much of each failure domain it takes with it."""

from __future__ import annotations

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from interlock.assess.assess import assess
from interlock.assess.risk import WEIGHTS
from interlock.assess.rollback import ORDER
from interlock.model.assessment import Assessment
from interlock.model.change import KNOWN, TIERS, TRAITS, VERBS, Change, Effect, Resource, Signal
from interlock.model.inventory import Edge, Inventory, Item, Rehearsal, RollbackProof
from interlock.model.target import Environment
from interlock.model.wayback import REVERSIBILITIES, VERDICTS, WayBack

PRODUCTION = Environment("production")
NAMES = "abcdefg"
KINDS = ("uses", "follows", "after", "configures", "mentions", "copies", "contains", "owns", "references")


def thing(name: str) -> Resource:
    """One of seven things; where it stands and whose it is follow from its name."""
    number = NAMES.index(name)
    places = (("region", f"r{number % 2}"), ("state", "s"), ("zone", f"z{number % 3}"))
    return Resource("t.node", name, location=places, tags=(("product", f"p{number % 3}"),))


things = st.sampled_from(NAMES).map(thing)
ways_back = st.none() | st.builds(
    WayBack,
    st.none() | st.sampled_from(REVERSIBILITIES),
    st.sampled_from(VERDICTS),
    st.sampled_from(["", "all of it"]),
    st.sampled_from([(), ("a snapshot is named",)]),
    st.sampled_from(["", "put it back"]),
    st.sampled_from(["", "no snapshot"]),
)
effects = st.builds(
    Effect,
    st.sampled_from(VERBS),
    things,
    st.sampled_from(["planned", "planned", "planned", *KNOWN]),
    st.sampled_from(["structure", "structure", "content", "authority", "process"]),
    count=st.none() | st.integers(0, 5_000),
    traits=st.lists(st.sampled_from(TRAITS), max_size=2, unique=True).map(tuple),
    way_back=ways_back,
    gentler=st.sampled_from(["", "", "change it in place"]),
)
changes = st.builds(
    lambda listed, unknown, signals: Change("t", tuple(listed), len(listed), unknown, signals=signals, unit="part"),
    st.lists(effects, max_size=4),
    st.sampled_from([(), (), (), ("something",)]),
    st.sampled_from([(), (), (Signal("drift"),)]),
)
items = st.builds(
    Item,
    things,
    st.none() | st.integers(0, 200_000),
    critical=st.booleans(),
    planes=st.sampled_from([(), (), ("identity",), ("encryption", "data"), ("routing",)]),
    groups=st.sampled_from([(), (("cluster", "c"),), (("cluster", "c"), ("set", "s"))]),
)
edges = st.builds(
    Edge, things, things, st.sampled_from(KINDS), st.sampled_from(["hard", "hard", "soft", "mention"]), st.just("seen")
)
inventories = st.builds(
    lambda kept, links, whole: Inventory("w", "production", tuple(kept), tuple(links), 1, whole),
    st.lists(items, max_size=7),
    st.lists(edges, max_size=10),
    st.booleans(),
)


def judged(change: Change, inventory: Inventory | None = None, rehearsal: Rehearsal | None = None) -> Assessment:
    return assess(change, inventory=inventory, rehearsal=rehearsal, claimed=PRODUCTION, found=PRODUCTION)


def risk(assessment: Assessment) -> int:
    assert assessment.risk is not None
    return assessment.risk.score


def parts(assessment: Assessment) -> dict[str, int]:
    assert assessment.risk is not None
    return dict.fromkeys(WEIGHTS, 0) | dict(assessment.risk.parts)


def back(assessment: Assessment) -> int:
    return REVERSIBILITIES.index(assessment.reversibility)


def verdict(assessment: Assessment) -> int:
    return ORDER.index(assessment.rollback.verdict)


@given(changes, effects, st.none() | inventories)
def test_adding_an_effect_never_lowers_the_weight(change, effect, inventory) -> None:
    more = msgspec.structs.replace(change, effects=(*change.effects, effect))
    less, after = judged(change, inventory), judged(more, inventory)

    assert TIERS.index(after.tier) >= TIERS.index(less.tier)
    assert back(after) >= back(less)
    assert verdict(after) >= verdict(less)
    assert risk(after) >= risk(less)
    assert [name for name, share in parts(less).items() if share > parts(after)[name]] == []


@st.composite
def proved(draw) -> tuple[Effect, Effect]:
    """One effect twice: as a reader first knows it, and with evidence that it can be had back more easily."""
    hard, easy = sorted((draw(st.sampled_from(REVERSIBILITIES)) for _ in range(2)), key=REVERSIBILITIES.index)[::-1]
    bad, good = sorted((draw(st.sampled_from(ORDER)) for _ in range(2)), key=ORDER.index)[::-1]
    was = msgspec.structs.replace(draw(ways_back) or WayBack(), reversibility=hard, verdict=bad)
    told = msgspec.structs.replace(was, reversibility=easy, verdict=good, evidence=(*was.evidence, "a copy stays"))
    effect = draw(effects)
    return msgspec.structs.replace(effect, way_back=was), msgspec.structs.replace(effect, way_back=told)


@given(changes, proved(), st.none() | inventories)
def test_more_evidence_never_raises_risk(change, pair, inventory) -> None:
    """Evidence that an effect can be had back, and then a rehearsal that walked back, make nothing worse."""
    before, known = (judged(msgspec.structs.replace(change, effects=(*change.effects, one)), inventory) for one in pair)
    more = msgspec.structs.replace(change, effects=(*change.effects, pair[1]))
    tried = judged(more, inventory, Rehearsal((), (), RollbackProof("valid", simulated=True)))

    for one, other in ((before, known), (known, tried)):
        assert back(other) <= back(one)
        assert verdict(other) <= max(verdict(one), ORDER.index("valid"))
        assert risk(other) <= risk(one)


@given(changes, inventories, edges)
def test_an_edge_never_lowers_risk(change, inventory, edge) -> None:
    """Except one that tells of a copy: a copy that stays is evidence."""
    assume(edge.kind != "copies")
    # A thing of which nothing was known is not found until an edge names it, and then more is known than before.
    known = {item.resource.name for item in inventory.items}
    known |= {end.name for each in inventory.edges for end in (each.source, each.target)}
    assume({edge.source.name, edge.target.name} <= known)
    more = msgspec.structs.replace(inventory, edges=(*inventory.edges, edge))
    before, after = judged(change, inventory), judged(change, more)

    assert back(after) >= back(before)
    assert verdict(after) >= verdict(before)
    assert risk(after) >= risk(before)


@given(changes, st.none() | inventories)
def test_what_is_not_known_weighs_at_least_as_much_as_what_is(change, inventory) -> None:
    def forgot(effect: Effect) -> Effect:
        way_back = effect.way_back
        if way_back is not None and way_back.verdict != "invalid":
            way_back = msgspec.structs.replace(way_back, reversibility="irreversible", verdict="unknown", evidence=())
        return msgspec.structs.replace(effect, count=None, way_back=way_back)

    forgotten = msgspec.structs.replace(change, effects=tuple(forgot(effect) for effect in change.effects))
    unread = msgspec.structs.replace(change, unknown=("something",))
    known = judged(change, inventory)

    assert risk(judged(forgotten, inventory)) >= risk(known)
    assert risk(judged(unread, inventory)) >= risk(known)


@given(changes, st.none() | inventories)
def test_a_risk_is_a_number_from_0_to_100_with_its_parts_largest_first(change, inventory) -> None:
    found = judged(change, inventory).risk

    assert found is not None
    assert 0 <= found.score < 100
    shares = [share for _, share in found.parts]
    assert shares == sorted(shares, reverse=True)
    assert all(0 < share <= WEIGHTS[name] for name, share in found.parts)
    assert (found.score == 0) == (not found.parts) or found.score == 0


@given(changes, inventories)
def test_no_more_of_a_domain_is_taken_than_there_is(change, inventory) -> None:
    for touched in judged(change, inventory).domains:
        assert touched.total is not None
        assert 0 < touched.touched <= touched.total


@given(changes, st.none() | inventories)
def test_what_is_invalid_is_never_taken_back_easily(change, inventory) -> None:
    seen = judged(change, inventory)

    for effect, each in zip(change.effects, seen.effects, strict=True):
        if effect.verb != "read" and effect.way_back is not None and effect.way_back.verdict == "invalid":
            assert each.reversibility == "irreversible"
            assert seen.rollback.verdict == "invalid"
        if (
            effect.verb != "read"
            and "loses-data" in effect.traits
            and not (effect.way_back and effect.way_back.evidence)
        ):
            assert each.reversibility == "irreversible"
            assert verdict(seen) >= ORDER.index("unknown")
    assert not seen.rollback.simulated


@given(changes, inventories, st.randoms(use_true_random=False), st.integers(0, 10**12))
def test_the_order_of_an_inventory_does_not_show(change, inventory, random, now) -> None:
    shuffled = msgspec.structs.replace(
        inventory,
        items=tuple(random.sample(inventory.items, len(inventory.items))),
        edges=tuple(random.sample(inventory.edges, len(inventory.edges))),
        surveyed_at=now,
    )

    assert judged(change, inventory).digest == judged(change, shuffled).digest
