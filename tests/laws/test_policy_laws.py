"""Laws of deciding, held over random worlds and random policies; and Cedar itself as the twin of our semantics."""

from __future__ import annotations

from typing import NamedTuple

import cedarpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.decide.decide import decide, engine
from interlock.decide.facts import FACTS, schema
from interlock.decide.verdict import reasons_of
from interlock.model.agent import PASSPORT_FIELDS, Capability, Passport, unregistered
from interlock.model.assessment import Assessment, Finding, Reach, Reached, Weighed
from interlock.model.change import TIERS, TRAITS, VERBS, Change, Effect, Resource, highest_tier
from interlock.model.decision import Requirement, parse_requirement
from interlock.model.inventory import RollbackProof
from interlock.model.target import Environment, Freeze, Hours
from interlock.model.wayback import REVERSIBILITIES, worst_reversibility
from interlock.policy.cedar import load
from interlock.policy.engine import Question
from interlock.policy.starter import starter_files

NOW = 1_800_000_000_000
RANK = {"allow": 0, "hold": 1, "deny": 2}
STARTER = engine(starter_files())


class Item(NamedTuple):
    """One effect and what it was weighed as."""

    effect: Effect
    weighed: Weighed


class World(NamedTuple):
    """Everything that a decision hangs on, in parts that a law can change one by one."""

    items: tuple[Item, ...]
    passport: Passport
    contract: Environment
    unknown: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    rollback: RollbackProof = RollbackProof()
    complete: bool = True
    must: int = 0
    critical: tuple[str, ...] = ()

    @property
    def change(self) -> Change:
        return Change("sql:sqlite", tuple(item.effect for item in self.items), unknown=self.unknown)

    @property
    def assessment(self) -> Assessment:
        weighed = tuple(item.weighed for item in self.items)
        counts = [each.count for each in weighed if each.tier != "observe"]
        return Assessment(
            environment=self.contract.name,
            tier=highest_tier(*(each.tier for each in weighed)),
            reversibility=worst_reversibility(*(each.reversibility for each in weighed)),
            reach=Reach(must=(Reached(Resource("sql.table", "t")),) * self.must, complete=self.complete),
            effects=weighed,
            critical=self.critical,
            findings=self.findings,
            degraded=self.degraded,
            rollback=self.rollback,
            rows=None if None in counts else sum(count for count in counts if count is not None),
        )

    def decide(self, by=STARTER):
        return decide(self.assessment, self.change, self.passport, self.contract, by, NOW, binding="b")


names = st.sampled_from(["orders", "order_items", "users"])
# Biased to what passes, so that the laws see each outcome often and not only deny.
items = st.builds(
    Item,
    st.builds(
        Effect,
        verb=st.sampled_from(["read", "update", "update", *VERBS]),
        resource=st.builds(Resource, type=st.just("sql.table"), name=names),
        known=st.sampled_from(["parsed"] * 7 + ["unknown"]),
        aspect=st.sampled_from(["content", "content", "content", "structure", "authority", "process"]),
        choice=st.sampled_from(["named", "filtered", "all", "unknown"]),
        traits=st.sampled_from([(), (), (), *((trait,) for trait in TRAITS)]),
        cause=st.sampled_from(["", "no where"]),
    ),
    st.builds(
        Weighed,
        tier=st.sampled_from(["observe", "modify", "modify", *TIERS]),
        reversibility=st.sampled_from(["none-needed", "exact-inverse", "exact-inverse", *REVERSIBILITIES]),
        count=st.sampled_from([None, 0, 1, 1, 2, 11, 600, 2_000]),
        keyed=st.booleans(),
    ),
)
capabilities = st.builds(
    Capability,
    tier=st.sampled_from(TIERS[2:]),
    resources=st.sampled_from([("*",), ("order*",)]),
    max_rows=st.sampled_from([0, 1, 100]),
    max_resources=st.sampled_from([0, 1]),
    requires=st.sampled_from([(), (), ("simulated-rollback",), ("named-resources", "a cake")]),
)
passports = st.builds(
    lambda held, general, authorised: Passport(
        "fixer",
        *["said"] * len(PASSPORT_FIELDS),
        environments=("production", "staging"),
        capabilities=tuple(held),
        general_purpose=general,
        destroy_authorised_by=authorised,
    ),
    st.lists(capabilities, min_size=1, max_size=2),
    st.booleans(),
    st.sampled_from(["", "ada"]),
) | st.just(unregistered("nobody"))
contracts = st.builds(
    lambda production, hours, freezes: Environment(
        "production" if production else "staging", production=production, hours=hours, freezes=freezes
    ),
    st.booleans(),
    st.sampled_from([(), (), (Hours(days=(1,)),)]),
    st.sampled_from([(), (), (Freeze("f", NOW - 1, NOW + 1),)]),
)
worlds = st.builds(
    World,
    items=st.lists(items, max_size=4).map(tuple),
    passport=passports,
    contract=contracts,
    unknown=st.sampled_from([(), (), (), ("?",)]),
    degraded=st.sampled_from([(), (), ("cut",)]),
    findings=st.sampled_from([(), (), (Finding("a", "high", "high", ""),), (Finding("b", "critical", "high", ""),)]),
    rollback=st.sampled_from(
        [RollbackProof("valid", True), RollbackProof("valid", True), RollbackProof(), RollbackProof("invalid", True)]
    ),
    complete=st.sampled_from([True, True, False]),
    must=st.sampled_from([0, 1, 25]),
    critical=st.sampled_from([(), (), ("orders",)]),
)

CONDITIONS = [
    "true",
    "context.unknown",
    "context.rows > 10",
    "context.rows * 1000000 > 5",
    'context.verb == "update"',
    'context.traits.contains("cascades")',
    "principal.general_purpose",
    "context.environment.production && context.undo_rank >= 2",
    'action in Action::"write"',
    'resource == Resource::"orders"',
    "context.capability.granted",
    "context.reach.complete || context.keyed",
]
policies = st.tuples(
    st.sampled_from(["permit", "permit", "forbid"]),
    st.sampled_from(["", "", '@lift("approval 1")', '@lift("approval 2 dba")']),
    st.sampled_from(CONDITIONS),
)
sets = st.lists(policies, min_size=1, max_size=5)


def text_of(chosen, lifted=True):
    """The chosen policies as a set; `lifted` False leaves away the forbids that something lifts."""
    parts = []
    for number, (kind, note, body) in enumerate(chosen):
        lift = note if kind == "forbid" else ""
        if lifted or not lift:
            scope = f"{kind} (principal, action, resource) when {{ {body} }};"
            parts.append(f'@id("p{number}") @because("b") {lift}\n{scope}\n')
    return "".join(parts)


values = {
    "Bool": st.booleans(),
    "Long": st.sampled_from([0, 1, 10, 11, 2**53]),
    "String": st.sampled_from(["", "update", "orders", "production"]),
    "Set<String>": st.sampled_from([frozenset(), frozenset({"cascades"}), frozenset({"a", "b"})]),
}
questions = st.builds(
    Question,
    st.just("fixer"),
    st.sampled_from(TIERS),
    names,
    st.just(tuple(fact.path for fact in FACTS)),
    st.tuples(*(values[fact.type] for fact in FACTS)),
)


def only_read(question, by):
    pairs = [pair for pair in zip(question.paths, question.values, strict=True) if by.reads(pair[0])]
    return question._replace(paths=tuple(path for path, _ in pairs), values=tuple(value for _, value in pairs))


def cedar_itself(text, question):
    """What Cedar decides by itself of these policies as they are written, with every fact and the whole schema."""
    roots: dict[str, dict] = {"principal": {}, "resource": {}, "context": {}}
    for path, value in zip(question.paths, question.values, strict=True):
        *parents, name = path.split(".")
        record = roots
        for parent in parents:
            record = record.setdefault(parent, {})
        record[name] = sorted(value) if isinstance(value, frozenset) else value
    uids = {
        "principal": {"type": "Agent", "id": question.principal},
        "resource": {"type": "Resource", "id": question.resource},
        "action": {"type": "Action", "id": question.action},
    }
    entities = [{"uid": uids[root], "attrs": roots[root], "parents": []} for root in ("principal", "resource")]
    answer = cedarpy.is_authorized({**uids, "context": roots["context"]}, text, entities, schema())
    assert answer.decision is not cedarpy.Decision.NoDecision
    return answer.decision is cedarpy.Decision.Allow, bool(answer.diagnostics.errors)


@given(sets, questions)
def test_forbid_trumps_permit(chosen, question):
    """Allow is what Cedar allows of the set as written; deny is what it denies even without the forbids that lift."""
    by = engine({"a.cedar": text_of(chosen)})
    outcome = reasons_of(by, by.judge(only_read(question, by)))[0].outcome

    allowed, failed = cedar_itself(text_of(chosen), question)
    allowed_when_lifted, _ = cedar_itself(text_of(chosen, lifted=False), question)

    if failed:
        assert outcome == "deny"
    else:
        assert (outcome == "allow") is allowed
        assert (outcome == "deny") is not allowed_when_lifted


@given(sets, questions)
def test_facts_that_nobody_reads_change_nothing(chosen, question):
    """The narrowed engine, asked with what is read, rules as the whole one asked with everything."""
    sources = {"a.cedar": text_of(chosen)}
    by = engine(sources)

    assert load(sources, schema(), parse_requirement).judge(question) == by.judge(only_read(question, by))


@given(worlds, sets)
def test_unread_is_never_allowed(world, chosen):
    """Whatever the policies say, what was not understood is not allowed."""
    unread = world._replace(unknown=("statement 3",))

    assert unread.decide().outcome != "allow"
    assert unread.decide(engine({"a.cedar": text_of(chosen)})).outcome != "allow"


def demanded(decision):
    """What a hold asks for, as people in each role and conditions, so that two can be compared."""
    return {(each.kind, each.role): each.count for each in decision.requirements}


def no_milder(before, after):
    if RANK[after.outcome] != RANK[before.outcome]:
        return RANK[after.outcome] > RANK[before.outcome]
    old, new = demanded(before), demanded(after)
    return all(key in new and new[key] >= count for key, count in old.items())


@given(worlds, items, st.integers(0, 4))
def test_adding_an_effect_never_makes_the_outcome_milder(world, item, place):
    more = world._replace(items=(*world.items[:place], item, *world.items[place:]))

    assert no_milder(world.decide(), more.decide())


@given(worlds, st.randoms(use_true_random=False))
def test_the_order_of_effects_is_nothing_but_ordinals(world, random):
    shuffled = list(world.items)
    random.shuffle(shuffled)

    one, other = world.decide(), world._replace(items=tuple(shuffled)).decide()

    assert (one.outcome, one.requirements) == (other.outcome, other.requirements)
    assert [(each.policy, each.because, each.lift, len(each.effects)) for each in one.because] == [
        (each.policy, each.because, each.lift, len(each.effects)) for each in other.because
    ]


def better(world, number):
    """The same world with one thing better known, by number."""
    known = tuple(item._replace(weighed=_known(item.weighed)) for item in world.items)
    keyed = tuple(item._replace(weighed=_with(item.weighed, keyed=True)) for item in world.items)
    undo = tuple(
        item._replace(weighed=_with(item.weighed, reversibility="exact-inverse"))
        if item.weighed.reversibility not in ("none-needed", "exact-inverse")
        else item
        for item in world.items
    )
    simulated = RollbackProof("valid", simulated=True)
    steps = [
        {"items": known},
        {"items": keyed},
        {"items": undo},
        {"rollback": simulated},
        {"complete": True},
        {"unknown": ()},
        {"degraded": ()},
        {"findings": ()},
        {"must": 0},
        {"critical": ()},
    ]
    return world._replace(**steps[number])


def _known(weighed):
    return weighed if weighed.count is not None else _with(weighed, count=600)


def _with(weighed, **changes):
    fields = {name: getattr(weighed, name) for name in weighed.__struct_fields__}
    return Weighed(**{**fields, **changes})


@pytest.mark.parametrize("number", range(10))
def test_more_evidence_never_makes_the_outcome_stricter(number):
    @given(worlds)
    def law(world):
        assert no_milder(better(world, number).decide(), world.decide())

    law()


@given(worlds)
def test_a_decision_is_a_function_of_what_it_is_made_from(world):
    """A fresh engine and one that has judged much before say the same."""
    assert world.decide(FRESH) == world.decide()
    FRESH._rulings.clear()


FRESH = engine(starter_files())


@given(worlds)
def test_every_decision_says_why_and_only_holds_ask_for_something(world):
    decision = world.decide()

    assert decision.because
    assert bool(decision.requirements) is (decision.outcome == "hold")
    assert all(isinstance(each, Requirement) for each in decision.requirements)
    assert all(bool(each.lift) is (decision.outcome == "hold") for each in decision.because)


@given(worlds)
def test_an_agent_without_a_complete_passport_only_observes(world):
    nobody = world._replace(passport=unregistered("nobody"))

    if nobody.decide().outcome == "allow":
        assert all(item.weighed.tier == "observe" for item in nobody.items)


@given(worlds)
def test_a_general_purpose_agent_never_destroys_unless_authorised(world):
    if any(item.weighed.tier == "destroy" for item in world.items):
        passport = world.passport
        if passport.general_purpose and not passport.destroy_authorised_by:
            assert world.decide().outcome == "deny"
        elif world.contract.production:
            assert world.decide().outcome != "allow"
