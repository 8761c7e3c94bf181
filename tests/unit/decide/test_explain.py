"""Explain: a decision told back with its policies, their places, and the facts that they read."""

from msgspec import structs

from interlock.decide.decide import engine
from interlock.decide.explain import explain
from interlock.model.change import Change
from interlock.model.decision import Because, Decision
from interlock.policy.starter import starter_files


def told(court, world, assessment, proposed, by=None):
    decision = court(assessment, proposed)
    by = by or court.engine
    return explain(decision, proposed, assessment, world.fixer(), world.PRODUCTION, by, world.NOW)


def test_each_reason_is_told_with_its_policy_its_place_and_what_it_read(court, world):
    proposed = world.change(world.effect(verb="read"), world.effect())
    weights = world.weighed("observe", reversibility="none-needed"), world.weighed(keyed=False)

    explanation = told(court, world, world.assessed(*weights, rows=3), proposed)
    (reason,) = explanation.reasons

    assert (explanation.outcome, explanation.current, explanation.requirements) == ("hold", True, ("approval 1",))
    assert reason.policy == "production-modify"
    assert reason.where.startswith("30-production.cedar:")
    assert reason.text.startswith('@id("production-modify")')
    assert reason.effects == ("update orders",)
    facts = dict(reason.facts)
    assert (facts["context.keyed"], facts["context.rows"], facts["context.rollback.verdict"]) == (False, 3, "valid")
    assert "context.unknown" not in facts


def test_rules_of_the_product_are_told_without_a_place(court, world):
    propose = world.assessed(world.weighed("propose", reversibility="exact-inverse"))
    passport = world.fixer(registered=False)
    decision = Decision("deny", (Because("interlock:no-permit", "no policy permits this", effects=(0,)),))
    decision = structs.replace(decision, policy_version=court.engine.version)

    (reason,) = explain(decision, world.change(), propose, passport, world.PRODUCTION, court.engine, world.NOW).reasons

    assert (reason.policy, reason.where, reason.text, reason.facts) == ("interlock:no-permit", "", "", ())
    assert reason.effects == ("update orders",)


def test_a_decision_on_no_effect_is_told_with_the_facts_of_the_whole_change(court, world):
    comment = Change("sql:sqlite", ())

    (reason,) = told(court, world, world.Assessment("production", "observe", "none-needed"), comment).reasons

    assert reason.policy == "observe"
    assert dict(reason.facts) == {"context.reversibility": "none-needed"}


def test_a_decision_under_other_policies_is_told_as_it_was_recorded(court, world):
    moved = engine({**starter_files(), "99-more.cedar": '@id("x") @because("x") forbid (principal, action, resource);'})

    explanation = told(court, world, world.assessed(), world.change(), moved)

    assert explanation.current is False
    assert [(reason.policy, reason.where, reason.facts) for reason in explanation.reasons] == [
        ("act-within-capability", "", ())
    ]
