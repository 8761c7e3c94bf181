"""Facts: the table, the schema and page that come from it, and what each fact says in doubt."""

import cedarpy
import pytest

from interlock.decide.decide import engine
from interlock.decide.facts import FACTS, schema
from interlock.decide.view import MAX_ROWS, View, moment_of
from interlock.model.agent import Capability, unregistered
from interlock.model.assessment import Finding, Reach, Reached, Risk, Touched
from interlock.model.change import TIERS, Signal
from interlock.model.inventory import RollbackProof
from interlock.model.target import Environment, Hours
from interlock.policy.engine import Question

TYPES = {"Bool": bool, "Long": int, "String": str, "Set<String>": frozenset}
BY_PATH = {fact.path: fact for fact in FACTS}


def view(world, assessment=None, proposed=None, passport=None, contract=None):
    assessment, proposed = assessment or world.assessed(), proposed or world.change()
    contract = contract or world.PRODUCTION
    made = View(assessment, proposed, passport or world.fixer(), contract, moment_of(contract, world.NOW))
    made.look_at(proposed.effects[0], assessment.effects[0])
    return made


def value(path, made):
    return BY_PATH[path].take(made)


def test_paths_are_unique_and_lie_under_the_three_roots():
    assert len(BY_PATH) == len(FACTS)
    assert {path.partition(".")[0] for path in BY_PATH} == {"principal", "resource", "context"}
    assert not any(path.endswith(".id") for path in BY_PATH), "`.id` stands for the name itself"


def test_every_fact_gives_its_type_and_its_words_and_so_does_its_usual_value(world):
    made = view(world)
    for fact in FACTS:
        for said in (fact.take(made), fact.usual):
            assert type(said) is TYPES[fact.type], fact.path
            words = said if isinstance(said, frozenset) else {said}
            assert not fact.words or words <= set(fact.words), fact.path


def test_the_usual_values_are_those_of_the_small_keyed_fix(world):
    different = {"principal.environments"}

    assert {fact.path: fact.take(view(world)) for fact in FACTS if fact.path not in different} == {
        fact.path: fact.usual for fact in FACTS if fact.path not in different
    }


def test_facts_of_whole_changes_do_not_look_at_an_effect(world):
    made = View(
        world.assessed(), world.change(), world.fixer(), world.PRODUCTION, moment_of(world.PRODUCTION, world.NOW)
    )

    for fact in FACTS:
        if fact.per == "change":
            fact.take(made)


def test_the_schema_is_one_that_cedar_takes_and_always_the_same():
    assert cedarpy.Schema.from_str(schema())
    assert schema() == schema(lambda path: True)
    assert "rows" not in schema(lambda path: path == "context.unknown")
    assert cedarpy.Schema.from_str(schema(lambda path: False))


def test_every_fact_can_be_read_by_a_policy_under_its_own_name(world):
    made = view(world)
    for fact in FACTS:
        condition = {
            "Bool": f"{fact.path} == {str(fact.take(made)).lower()}",
            "Long": f"{fact.path} == {fact.take(made)}",
            "String": f'{fact.path} == "{fact.take(made)}"',
            "Set<String>": f'{fact.path}.contains("x") == false',
        }[fact.type]
        text = f'@id("x") @because("x") permit (principal, action, resource) when {{ {condition} }};'
        only = engine({"a.cedar": text})

        ruling = only.judge(Question("a", "modify", "r", (fact.path,), (fact.take(made),)))

        assert (ruling.permits, ruling.errors) == (("x",), ()), fact.path


def test_every_tier_is_an_action_and_the_writing_ones_are_a_group():
    only = engine({"a.cedar": '@id("x") @because("x") permit (principal, action in Action::"write", resource);'})

    permitted = {tier: bool(only.judge(Question("a", tier, "r", (), ())).permits) for tier in TIERS}

    assert permitted == {"observe": False, "propose": False, "modify": True, "configure": True, "destroy": True}


@pytest.mark.parametrize(
    ("count", "rows", "expected"),
    [
        (1, 1, 1),
        (1, 5, 5),
        (5, 1, 5),
        (None, 5, MAX_ROWS),
        (5, None, MAX_ROWS),
        (2**60, 1, MAX_ROWS),
    ],
)
def test_of_two_figures_for_rows_the_larger_counts_and_a_missing_one_is_the_largest(world, count, rows, expected):
    made = view(world, world.assessed(world.weighed(count=count), rows=rows))

    assert value("context.rows", made) == expected
    assert value("context.rows_known", made) is (expected != MAX_ROWS)


def test_reads_and_things_without_content_need_no_count(world):
    read = world.assessed(world.weighed("observe", count=None), rows=None)
    structure = world.change(world.effect(aspect="structure"))

    assert value("context.rows", view(world, read)) == 0
    assert value("context.rows", view(world, world.assessed(world.weighed(count=None), rows=0), structure)) == 0


def test_rows_are_those_of_the_whole_change(world):
    two = world.change(world.effect(), world.effect(resource=world.table("order_items")))

    made = view(world, world.assessed(world.weighed(count=6), world.weighed(count=6), rows=0), two)

    assert value("context.rows", made) == 12
    assert value("context.resources", made) == 2
    assert value("context.capability.within_scope", made) is False


def test_resources_are_those_named_or_those_reached_whichever_are_more(world):
    reach = Reach(changed=tuple(Reached(world.table(f"t{number}")) for number in range(3)))

    assert value("context.resources", view(world, world.assessed(reach=reach))) == 3
    assert value("context.resources", view(world, world.assessed(world.weighed("observe"), reach=Reach()))) == 0


def test_the_worst_finding_counts(world):
    findings = (Finding("a", "low", "low", ""), Finding("b", "critical", "low", ""), Finding("c", "info", "low", ""))
    made = view(world, world.assessed(findings=findings))

    assert value("context.worst_severity", made) == 4
    assert value("context.findings", made) == {"a", "b", "c"}


def test_an_unregistered_agent_is_general_purpose_and_incomplete(world):
    made = view(world, passport=unregistered("x"))

    told = {path: value(path, made) for path in BY_PATH if path.startswith("principal.")}
    assert told == {
        "principal.name": "x",
        "principal.registered": False,
        "principal.passport_complete": False,
        "principal.general_purpose": True,
        "principal.destroy_authorised": False,
        "principal.retired": False,
        "principal.environments": frozenset(),
    }


def test_an_authorisation_by_nobody_is_none(world):
    assert value("principal.destroy_authorised", view(world, passport=world.fixer(destroy_authorised_by="ada"))) is True
    assert value("principal.destroy_authorised", view(world, passport=world.fixer(destroy_authorised_by=" "))) is False


def test_a_critical_resource_is_one_that_the_assessment_names(world):
    made = view(world, world.assessed(critical=("orders",)))
    other = view(world, world.assessed(critical=("users",)))

    assert (value("resource.critical", made), value("context.reaches_critical", made)) == (True, True)
    assert (value("resource.critical", other), value("context.reaches_critical", other)) == (False, True)


def test_the_way_back_is_told_as_it_was_found(world):
    made = view(world, world.assessed(rollback=RollbackProof("valid-with-loss", simulated=False)))

    assert value("context.rollback.verdict", made) == "valid-with-loss"
    assert value("context.rollback.simulated", made) is False


@pytest.mark.parametrize(
    ("condition", "met", "unmet"),
    [
        (
            "simulated-rollback",
            [{"rollback": RollbackProof("valid", simulated=True)}],
            [
                {"rollback": RollbackProof("valid", simulated=False)},
                {"rollback": RollbackProof("valid-with-loss", simulated=True)},
                {"rollback": RollbackProof("unknown", simulated=False)},
            ],
        ),
        ("verified-backup", [{"reversibility": "verified-copy"}], [{}, {"reversibility": "irreversible"}]),
        ("named-resources", [{}, {"choice": "named", "keyed": False}], [{"choice": "filtered", "keyed": False}]),
        ("open-window", [{}], [{"contract": Environment("production", hours=(Hours(days=()),))}]),
        ("staging-proof", [], [{}]),
        ("approval 2 dba", [], [{}]),
        ("break-glass", [], [{}]),
    ],
)
def test_each_condition_of_a_capability_is_met_by_its_own_evidence(world, condition, met, unmet):
    passport = world.fixer(capabilities=(Capability("modify", requires=(condition,)),))

    def missing(said):
        weight = {name: said[name] for name in ("reversibility", "keyed") if name in said}
        proposed = world.change(world.effect(choice=said.get("choice", "filtered")))
        rollback = {"rollback": said["rollback"]} if "rollback" in said else {}
        assessment = world.assessed(world.weighed(**weight), **rollback)
        return value("context.capability.missing", view(world, assessment, proposed, passport, said.get("contract")))

    assert [missing(said) for said in met] == [frozenset()] * len(met)
    assert all(missing(said) for said in unmet)


def test_a_limit_that_the_reader_or_the_assessment_hit_is_a_fact(world):
    assert value("context.degraded", view(world)) is False
    assert value("context.degraded", view(world, world.assessed(degraded=("cut",)))) is True
    assert value("context.degraded", view(world, proposed=world.change(degraded=("cut",)))) is True


def test_what_a_thing_is_to_others_and_whether_there_is_a_gentler_way_are_told_per_effect(world):
    weights = (world.weighed(planes=("audit", "data")), world.weighed())
    proposed = world.change(world.effect(), world.effect(gentler="change it in place"))
    made = View(
        world.assessed(*weights), proposed, world.fixer(), world.PRODUCTION, moment_of(world.PRODUCTION, world.NOW)
    )

    told = []
    for effect, weighed in zip(proposed.effects, weights, strict=True):
        made.look_at(effect, weighed)
        told.append((value("context.planes", made), value("context.gentler", made)))
    assert told == [({"audit", "data"}, False), (frozenset(), True)]


def test_signals_are_told_by_name_and_not_by_their_words(world):
    proposed = world.change(signals=(Signal("drift", "somebody"), Signal("state-lost")))

    assert value("context.signals", view(world, proposed=proposed)) == {"drift", "state-lost"}


def test_a_whole_group_is_what_the_assessment_found_to_be_one(world):
    whole = (Finding("whole-redundancy-group", "high", "high", ""),)

    assert value("context.domains_whole", view(world, world.assessed(findings=whole))) is True
    assert value("context.domains_whole", view(world, world.assessed(domains=(Touched("zone", "z", 9, 9),)))) is False


def test_a_reach_that_was_cut_is_told_and_is_beyond_every_bound_of_a_capability(world):
    passport = world.fixer(capabilities=(Capability("modify", max_reach=3),))

    def told(reach):
        made = view(world, world.assessed(reach=reach), passport=passport)
        return value("context.reach.cut", made), value("context.capability.within_scope", made)

    three = tuple(Reached(world.table(f"t{number}")) for number in range(3))
    assert told(Reach(may=three)) == (False, True)
    assert told(Reach(may=(*three, Reached(world.table("t"))))) == (False, False)
    assert told(Reach(may=three, frontier=1)) == (True, False)


def test_the_cap_on_reach_is_the_contracts(world):
    assert value("context.environment.max_reach", view(world)) == 0
    assert value("context.environment.max_reach", view(world, contract=Environment("production", max_reach=7))) == 7


def test_no_fact_looks_at_the_risk(world):
    """The risk is for sorting. What a policy says has to be a reason."""
    low, high = (view(world, world.assessed(risk=Risk(score, (("reach", score),)))) for score in (1, 99))

    assert [fact.path for fact in FACTS if fact.take(low) != fact.take(high)] == []
