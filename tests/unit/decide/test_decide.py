"""Decide: from rulings to one decision, with reasons that name what they are about."""

import pytest

from interlock.decide.decide import DOES_NOT_FIT, MAX_ORDINALS, NOT_UNDERSTOOD, decide, engine, remembered
from interlock.decide.verdict import ENGINE_ERROR, NO_PERMIT, merge
from interlock.errors import BadInput, BadPolicy
from interlock.model.agent import Capability, unregistered
from interlock.model.assessment import Finding
from interlock.model.decision import Requirement, parse_requirement
from interlock.model.target import Environment, Freeze, Hours
from interlock.policy.engine import Ruling

PERMIT = '@id("all") @because("all may") permit (principal, action, resource);\n'


def with_policies(text):
    return engine({"a.cedar": PERMIT + text})


def ids(decision):
    return [because.policy for because in decision.because]


def test_a_small_keyed_fix_with_a_simulated_way_back_is_allowed(court, starter):
    decision = court()

    assert (decision.outcome, ids(decision), decision.requirements) == ("allow", ["act-within-capability"], ())
    assert decision.digest == "the digest"
    assert decision.policy_version == starter.version


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_without_any_configuration_plain_reads_pass_and_nothing_else_does(court, world, environment):
    nobody = unregistered("nobody")
    read = world.effect(verb="read", keys=())
    seen = world.assessed(world.weighed("observe", reversibility="none-needed", count=0), environment=environment)

    assert court(seen, world.change(read), nobody).outcome == "allow"
    for tier in ("propose", "modify", "configure", "destroy"):
        assert court(world.assessed(world.weighed(tier), environment=environment), passport=nobody).outcome == "deny"
    for unread in ({"unknown": ("statement 2",)}, {}):
        known = {} if unread else {"known": "unknown"}
        proposed = world.change(world.effect(verb="read", **known), **unread)
        assert court(seen, proposed, nobody).outcome in ("hold", "deny")


def test_a_hold_says_what_would_lift_it_and_names_what_it_is_about(court, world):
    proposed = world.change(world.effect(verb="update", aspect="structure", cause="alter column type"))

    decision = court(world.assessed(world.weighed("configure")), proposed, world.fixer(capabilities=()))
    assert decision.outcome == "deny"

    capable = world.fixer(capabilities=(Capability("configure"),))
    decision = court(world.assessed(world.weighed("configure")), proposed, capable)
    assert decision.outcome == "hold"
    assert decision.requirements == (Requirement("approval", 1),)
    assert decision.because[0].because.endswith("(`orders`: alter column type)")
    assert decision.because[0].lift == "approval 1"
    assert decision.because[0].effects == (0,)


def test_the_worst_effect_decides_and_only_its_reasons_are_told(court, world):
    proposed = world.change(world.effect(), world.effect(resource=world.table("users")))

    decision = court(world.assessed(world.weighed(), world.weighed()), proposed)

    assert (decision.outcome, ids(decision)) == ("deny", ["needs-capability"])
    assert decision.because[0].effects == (1,)
    assert "`users`" in decision.because[0].because


def test_one_reason_stands_for_many_effects_and_lists_some_of_them(court, world):
    many = [world.effect(resource=world.table(f"t{number:03}")) for number in range(200)]

    decision = court(world.assessed(*[world.weighed()] * 200), world.change(*many))

    reason = next(because for because in decision.because if because.policy == "needs-capability")
    assert reason.because.endswith("(`t000`, and 199 more)")
    assert reason.effects == tuple(range(MAX_ORDINALS))


def test_effects_with_equal_facts_are_judged_once(court, world, starter):
    asked = []

    class Counting:
        version, rules, reads = starter.version, starter.rules, starter.reads

        def judge(self, question):
            asked.append(question)
            return starter.judge(question)

    many = [world.effect(resource=world.table(f"order_{number}")) for number in range(1_000)]
    court(world.assessed(*[world.weighed()] * 1_000), world.change(*many), engine=Counting())

    assert len(asked) == 1


def test_a_name_that_a_policy_reads_splits_the_effects(court, world):
    named = with_policies(
        '@id("users") @because("users are sacred") forbid (principal, action, resource == Resource::"users");'
        '@id("fixer") @because("not the fixer") forbid (principal == Agent::"mixer", action, resource);'
    )
    proposed = world.change(world.effect(), world.effect(resource=world.table("users")))
    assessment = world.assessed(world.weighed(), world.weighed())

    assert court(assessment, proposed, engine=named).because[0].effects == (1,)
    assert ids(court(passport=world.fixer(name="mixer"), engine=named)) == ["fixer"]


def test_no_permit_is_deny(court):
    nothing = engine({"a.cedar": '@id("x") @because("x") permit (principal, action == Action::"observe", resource);'})

    assert ids(court(engine=nothing)) == [NO_PERMIT]
    assert court(engine=nothing).outcome == "deny"


def test_a_hold_needs_a_permit_all_the_same(court):
    held = engine({"a.cedar": '@id("x") @because("x") @lift("approval 1") forbid (principal, action, resource);'})

    assert (court(engine=held).outcome, ids(court(engine=held))) == ("deny", [NO_PERMIT])


def test_a_final_forbid_denies_whatever_could_be_lifted_beside_it(court):
    both = with_policies(
        '@id("held") @because("x") @lift("approval 1") forbid (principal, action, resource);'
        '@id("final") @because("x") forbid (principal, action, resource);'
    )

    decision = court(engine=both)

    assert (decision.outcome, ids(decision), decision.requirements) == ("deny", ["final"], ())


def test_an_engine_that_cannot_say_is_deny(court, world):
    overflow = with_policies(
        '@id("x") @because("x") permit (principal, action, resource) when { context.rows * 9223372036854775807 > 1 };'
    )

    class Silent:
        version, rules = "v", {}

        def reads(self, path):
            return False

        def judge(self, question):
            return Ruling(("all",), (), ("out of order",))

    assert ids(court(engine=Silent())) == [ENGINE_ERROR]
    assert court(engine=Silent()).outcome == "deny"
    assert "out of order" in court(engine=Silent()).because[0].because
    assert court(engine=overflow).outcome == "allow"
    assert ids(court(world.assessed(world.weighed(count=2)), engine=overflow)) == [ENGINE_ERROR]


def test_what_was_not_understood_is_held_even_if_every_policy_allows_it(court, world):
    lenient = with_policies("")

    for proposed, assessment in (
        (world.change(unknown=("statement 2",)), world.assessed()),
        (world.change(world.effect(known="unknown")), world.assessed()),
        (world.change(), world.assessed(unknown=("`log` was written",))),
    ):
        decision = court(assessment, proposed, engine=lenient)
        assert (decision.outcome, ids(decision)) == ("hold", [NOT_UNDERSTOOD])
        assert decision.requirements == (Requirement("approval", 2),)
    assert court(engine=lenient).outcome == "allow"


@pytest.mark.parametrize("parts", [0, 1])
def test_a_script_of_comments_is_a_read_of_nothing(court, world, parts):
    empty = world.Change("sql:sqlite", (), parts=parts)
    nothing = world.Assessment("production", "observe", "none-needed")

    assert court(nothing, empty, unregistered("x")).outcome == "allow"
    assert court(nothing, empty, unregistered("x")).because[0].effects == ()
    assert court(nothing, world.Change("sql:sqlite", (), unknown=("?",)), unregistered("x")).outcome == "deny"
    assert court(world.Assessment("production", "destroy", "irreversible"), empty, unregistered("x")).outcome == "deny"


def test_an_assessment_of_something_else_decides_nothing(court, world):
    for decision in (
        court(world.assessed(world.weighed(), world.weighed())),
        court(world.assessed(), environment=world.STAGING),
    ):
        assert (decision.outcome, ids(decision)) == ("deny", [DOES_NOT_FIT])
        assert decision.digest == "the digest"


def test_what_the_assessment_puts_on_the_whole_change_holds_for_each_effect(court, world):
    assert ids(court(world.assessed(tier="destroy"))) == ["needs-capability"]
    assert "production-irreversible" in ids(court(world.assessed(reversibility="irreversible")))


def test_the_claim_of_another_environment_is_denied(court, world):
    finding = Finding("environment-disagrees", "high", "high", "claims `staging`")

    assert ids(court(world.assessed(findings=(finding,)))) == ["claim-disagrees"]


def test_limits_that_were_hit_are_said(court, world):
    decision = court(world.assessed(degraded=("survey cut", "both")), world.change(degraded=("too deep", "both")))

    assert decision.degraded == ("too deep", "both", "survey cut")
    assert decision.outcome == "hold"


def test_hours_that_cannot_be_told_are_closed_and_said(court, world):
    contract = Environment("production", hours=(Hours(timezone="Mars/Olympus"),))
    configure = world.fixer(capabilities=(Capability("configure"),))

    decision = court(world.assessed(world.weighed("configure")), passport=configure, environment=contract)

    assert Requirement("open-window") in decision.requirements
    assert any("Mars/Olympus" in text for text in decision.degraded)


def test_a_freeze_that_cannot_be_told_is_on(court):
    contract = Environment("production", freezes=(Freeze("christmas", 10, 5),))

    decision = court(environment=contract)

    assert decision.requirements == (Requirement("break-glass"),)
    assert any("christmas" in text for text in decision.degraded)


def test_an_equal_change_is_decided_from_memory_and_bound_to_its_own_digest(court, world, starter):
    given = (world.assessed(), world.change(), world.fixer(), world.PRODUCTION, starter, world.NOW)

    first, hits = decide(*given, binding="one"), remembered.cache_info().hits
    second = decide(*given, binding="two")

    assert remembered.cache_info().hits == hits + 1
    assert (first.digest, second.digest) == ("one", "two")
    assert first.because is second.because


def test_a_decision_from_memory_is_not_taken_past_the_end_of_the_working_hours(court, world):
    contract = Environment("production", hours=(Hours(days=(1, 2, 3, 4, 5, 6, 7), start_minute=0, end_minute=720),))
    configure = world.fixer(capabilities=(Capability("configure"),))
    morning = world.NOW - world.NOW % 86_400_000

    def lifted_by(moment):
        seen = world.assessed(world.weighed("configure"))
        return court(seen, passport=configure, environment=contract, now=moment).requirements

    assert Requirement("open-window") not in lifted_by(morning)
    assert Requirement("open-window") in lifted_by(morning + 80_000_000)
    assert Requirement("open-window") not in lifted_by(morning + 1)


def test_a_decision_from_memory_is_not_taken_for_another_agent_or_another_policy(court, world):
    assert court().outcome == "allow"
    assert court(passport=world.fixer(capabilities=())).outcome == "deny"
    assert (
        court(engine=with_policies('@id("no") @because("no") forbid (principal, action, resource);')).outcome == "deny"
    )


def test_names_from_the_proposal_cannot_break_out_of_a_reason(court, world):
    name = "users`); drop\n\x1b[2J\u202e" + "x" * 500
    proposed = world.change(world.effect(resource=world.table(name), cause="a`b\nc"))

    text = court(world.assessed(), proposed).because[0].because

    assert text.isprintable()
    assert text.count("`") == 2
    assert len(text) < 300


def test_the_same_reason_is_told_whatever_the_order_of_the_effects(court, world):
    first, second = world.effect(resource=world.table("b")), world.effect(resource=world.table("a"))
    weights = world.weighed(), world.weighed()

    one = court(world.assessed(*weights), world.change(first, second))
    other = court(world.assessed(*weights), world.change(second, first))

    assert [because.because for because in one.because] == [because.because for because in other.because]
    assert "`a`, and 1 more" in one.because[0].because


def test_requirements_are_joined_by_role_and_kind():
    wanted = [
        "approval 1",
        "approval 2 dba",
        "approval 3",
        "approval 1 dba",
        "open-window",
        "break-glass",
        "open-window",
    ]

    merged = merge(parse_requirement(text) for text in wanted)

    assert [each.text for each in merged] == ["approval 3", "approval 2 dba", "break-glass", "open-window"]


def test_policies_with_an_unknown_lift_are_refused():
    with pytest.raises(BadPolicy) as caught:
        with_policies('@id("x") @because("x") @lift("a cake") forbid (principal, action, resource);')

    assert caught.value.where == "a.cedar:2:1"


@pytest.mark.parametrize("role", ["-1", "Two", "d\u0431a", "x" * 64, "21st;"])
def test_an_approval_in_a_role_that_nobody_can_have_is_no_requirement(role):
    """It would hold for ever, and nobody would know why."""
    with pytest.raises(BadInput, match="is no requirement"):
        parse_requirement(f"approval 1 {role}")
