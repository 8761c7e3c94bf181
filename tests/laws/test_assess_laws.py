"""Laws of the assessment: what may never happen, whatever the change, the world and the evidence are."""

from __future__ import annotations

import msgspec
from hypothesis import assume, example, given
from hypothesis import strategies as st

from interlock.assess.assess import assess
from interlock.model.assessment import Assessment
from interlock.model.change import KNOWN, TIERS, TRAITS, VERBS, Change, Effect, Resource
from interlock.model.inventory import Edge, Inventory, Item, Measured, Rehearsal, RollbackProof
from interlock.model.target import Environment
from interlock.model.wayback import REVERSIBILITIES

PRODUCTION = Environment("production")
NAMES = "abcde"
COLUMNS = ("id", "note", "other")

resources = st.builds(Resource, st.sampled_from(["t.table", "t.view"]), st.sampled_from(NAMES))
effects = st.builds(
    Effect,
    st.sampled_from(VERBS),
    resources,
    st.sampled_from(KNOWN),
    st.sampled_from(["content", "content", "structure", "authority", "process"]),
    st.sampled_from(["named", "filtered", "all", "unknown"]),
    st.none() | st.integers(0, 5_000),
    st.sampled_from([(), ("id",), ("note",), ("id", "note")]),
    st.sampled_from([(), ("id",), ("note",)]),
    st.lists(st.sampled_from(TRAITS), max_size=3, unique=True).map(tuple),
    st.integers(0, 3),
)
changes = st.builds(
    lambda listed, unknown: Change("t", tuple(listed), len(listed), unknown),
    st.lists(effects, max_size=4),
    st.sampled_from([(), (), (), ("something",)]),
)
items = st.builds(
    Item,
    resources,
    st.none() | st.integers(0, 200_000),
    st.sampled_from([(), (("id",),), (("id",), ("note", "other"))]),
    st.just(COLUMNS),
    st.booleans(),
)
edges = st.builds(
    Edge,
    resources,
    resources,
    st.sampled_from(["contains", "references", "cascades", "nulls", "triggers", "reads", "owns"]),
    st.sampled_from(["hard", "soft", "mention"]),
    st.sampled_from(["", "seen", "told"]),
)
inventories = st.builds(
    lambda kept, links, whole: Inventory("w", "production", tuple(kept), tuple(links), 1, whole),
    st.lists(items, max_size=6),
    st.lists(edges, max_size=10),
    st.booleans(),
)
proofs = st.builds(
    RollbackProof, st.sampled_from(["none-needed", "valid", "valid-with-loss", "invalid", "unknown"]), st.booleans()
)
rehearsals = st.builds(
    lambda counts, proof, whole: Rehearsal(tuple(counts), (), proof, whole),
    st.lists(
        st.builds(
            lambda resource, verb, count, indirect: Measured(resource, verb, count, min(count, indirect)),
            resources,
            st.sampled_from(["create", "update", "delete"]),
            st.integers(0, 3_000),
            st.integers(0, 3_000),
        ),
        max_size=3,
    ),
    proofs,
    st.booleans(),
)


def judged(change: Change, inventory: Inventory | None = None, rehearsal: Rehearsal | None = None) -> Assessment:
    return assess(change, inventory=inventory, rehearsal=rehearsal, claimed=PRODUCTION, found=PRODUCTION)


def names(reached) -> set[tuple[str, str]]:
    return {each.resource.key for each in reached}


def back(assessment: Assessment) -> int:
    return REVERSIBILITIES.index(assessment.reversibility)


def risk(assessment: Assessment) -> int:
    assert assessment.risk is not None
    return assessment.risk.score


@given(changes, effects, st.none() | inventories, st.none() | rehearsals)
def test_adding_an_effect_never_lowers_the_tier(change, effect, inventory, rehearsal) -> None:
    more = msgspec.structs.replace(change, effects=(*change.effects, effect))
    less, after = judged(change, inventory), judged(more, inventory)

    assert TIERS.index(after.tier) >= TIERS.index(less.tier)
    assert back(after) >= back(less)
    assert risk(after) >= risk(less)
    assert names(less.reach.may) <= names(after.reach.may)
    # With one rehearsal for both, what was written unread without the effect is read with it: only that may get better.
    less, after = judged(change, inventory, rehearsal), judged(more, inventory, rehearsal)
    if not less.unknown or change.unknown:
        assert TIERS.index(after.tier) >= TIERS.index(less.tier)


@given(changes, st.none() | inventories, st.sampled_from(["none-needed", "valid", "valid-with-loss"]))
@example(
    Change("sql:sqlite", (Effect("read", Resource("sql.table", "orders"), traits=("loses-data",)),)),
    None,
    "valid-with-loss",
)
def test_more_evidence_never_raises_risk(change, inventory, verdict) -> None:
    """A survey, and then a whole rehearsal whose way back was walked, make nothing worse."""
    blind = judged(change)
    seen = judged(change, inventory)
    tried = judged(change, inventory, Rehearsal((), (), RollbackProof(verdict, simulated=True)))

    assert back(seen) <= back(blind)
    assert back(tried) <= back(seen)
    assert risk(tried) <= risk(seen)
    assert blind.tier == seen.tier == tried.tier
    for before, after in ((blind, seen), (seen, tried)):
        for one, other in zip(before.effects, after.effects, strict=True):
            assert REVERSIBILITIES.index(other.reversibility) <= REVERSIBILITIES.index(one.reversibility)
            assert one.keyed <= other.keyed
            # What was known is never forgotten.
            assert one.count is None or other.count is not None


@given(changes, inventories, rehearsals)
def test_a_rehearsal_that_was_cut_short_or_failed_proves_nothing(change, inventory, rehearsal) -> None:
    assume(rehearsal.rollback.verdict != "invalid")
    seen = judged(change, inventory)
    for broken in (
        msgspec.structs.replace(rehearsal, complete=False),
        msgspec.structs.replace(rehearsal, failed="it does not run"),
    ):
        tried = judged(change, inventory, broken)

        assert back(tried) >= back(seen)
        assert TIERS.index(tried.tier) >= TIERS.index(seen.tier)


@given(changes, st.none() | inventories)
def test_an_unknown_count_is_never_better_than_a_known_one(change, inventory) -> None:
    """Forgetting how many things an effect touches takes no finding of its number away and gives no total."""
    forgotten = msgspec.structs.replace(
        change, effects=tuple(msgspec.structs.replace(effect, count=None) for effect in change.effects)
    )
    known, unknown = judged(change, inventory), judged(forgotten, inventory)

    assert known.rows is not None or unknown.rows is None
    assert back(unknown) >= back(known)
    assert TIERS.index(unknown.tier) >= TIERS.index(known.tier)


@given(changes, inventories, edges, st.none() | rehearsals)
def test_an_edge_never_shrinks_reach(change, inventory, edge, rehearsal) -> None:
    more = msgspec.structs.replace(inventory, edges=(*inventory.edges, edge))
    before, after = judged(change, inventory, rehearsal).reach, judged(change, more, rehearsal).reach
    # A thing of which nothing was known is called what the text calls it, until an edge calls it something else.
    known = {each.resource.name for each in (*inventory.items,)}
    known |= {end.name for each in inventory.edges for end in (each.source, each.target)}
    assume({edge.source.name, edge.target.name} <= known)

    assert names(before.changed) <= names(after.changed)
    assert names(before.must) <= names(after.must)
    assert names(before.may) <= names(after.may)


@given(changes, st.none() | inventories, st.none() | rehearsals)
def test_changed_is_in_must_and_must_is_in_may(change, inventory, rehearsal) -> None:
    reach = judged(change, inventory, rehearsal).reach

    assert names(reach.changed) <= names(reach.must) <= names(reach.may)
    assert all(each.chain for each in reach.may)
    assert reach.frontier == 0
    assert not (reach.complete and inventory is None)


@given(changes, st.none() | inventories, st.none() | rehearsals)
def test_everything_that_was_measured_must_be_felt(change, inventory, rehearsal) -> None:
    reach = judged(change, inventory, rehearsal).reach
    felt = {name for _, name in names(reach.must)}

    for each in rehearsal.measured if rehearsal is not None else ():
        assert each.count == 0 or each.resource.name in felt


@given(changes, st.none() | inventories, st.none() | rehearsals)
def test_unknown_is_never_below_the_worst(change, inventory, rehearsal) -> None:
    seen = judged(change, inventory, rehearsal)

    if seen.unknown or not change.fully_known:
        assert seen.tier == "destroy"
        assert seen.reversibility == "irreversible"
        assert seen.unknown
        assert seen.rows is None
        assert not seen.reach.complete


@given(changes, st.none() | inventories, st.none() | rehearsals)
def test_the_same_input_gives_the_same_bytes(change, inventory, rehearsal) -> None:
    assert judged(change, inventory, rehearsal).digest == judged(change, inventory, rehearsal).digest


@given(changes, inventories, st.none() | rehearsals, st.randoms(use_true_random=False), st.integers(0, 10**12))
def test_order_and_time_of_a_survey_do_not_show(change, inventory, rehearsal, random, now) -> None:
    shuffled = msgspec.structs.replace(
        inventory,
        items=tuple(random.sample(inventory.items, len(inventory.items))),
        edges=tuple(random.sample(inventory.edges, len(inventory.edges))),
        surveyed_at=now,
    )

    assert judged(change, inventory, rehearsal).digest == judged(change, shuffled, rehearsal).digest


@given(changes, inventories, st.permutations(NAMES), st.none() | rehearsals)
def test_renaming_everything_gives_the_same_reach_renamed(change, inventory, order, rehearsal) -> None:
    new = dict(zip(NAMES, (f"z{letter}" for letter in order), strict=True))

    def renamed(value: object) -> object:
        if isinstance(value, Resource):
            return Resource(value.type, new[value.name])
        if isinstance(value, msgspec.Struct):
            fields = {name: renamed(getattr(value, name)) for name in value.__struct_fields__}
            return type(value)(**fields)
        return tuple(renamed(each) for each in value) if isinstance(value, tuple) else value

    before = judged(change, inventory, rehearsal)
    after = judged(renamed(change), renamed(inventory), renamed(rehearsal))  # type: ignore[arg-type]

    for one, other in (
        (before.reach.changed, after.reach.changed),
        (before.reach.must, after.reach.must),
        (before.reach.may, after.reach.may),
    ):
        lengths = {(each.resource.type, new[each.resource.name]): len(each.chain) for each in one}
        assert lengths == {each.resource.key: len(each.chain) for each in other}
    assert before.effects == after.effects
    assert (before.tier, before.reversibility, before.rows) == (after.tier, after.reversibility, after.rows)
    assert sorted(finding.id for finding in before.findings) == sorted(finding.id for finding in after.findings)
