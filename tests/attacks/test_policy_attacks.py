"""Attacks on policy: killing the engine, slipping past a forbid, and being taken for somebody or something else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from interlock.decide.check import check
from interlock.decide.decide import decide, engine
from interlock.decide.verdict import ENGINE_ERROR
from interlock.errors import BadPolicy
from interlock.model.agent import PASSPORT_FIELDS, Capability, Passport, unregistered
from interlock.model.assessment import Assessment, Finding, Reach, Weighed
from interlock.model.change import Change, Effect, Resource, highest_tier
from interlock.model.inventory import RollbackProof
from interlock.model.target import Environment, Freeze
from interlock.policy.starter import read_directory, starter_files

NOW = 1_800_000_000_000
STARTER = engine(starter_files())
PERMIT = '@id("all") @because("b") permit (principal, action, resource);\n'


def agent(**changes):
    given = {
        "environments": ("production",),
        "capabilities": (Capability("modify", resources=("orders",), max_rows=10),),
        "general_purpose": False,
    }
    said = dict.fromkeys(PASSPORT_FIELDS, "said")
    return Passport(**{"name": "fixer", **said, **given, **changes})


def update(name="orders", **changes):
    return Effect("update", Resource("sql.table", name), **{"choice": "filtered", "keys": ("id",), **changes})


def court(effects=None, weights=None, passport=None, by=STARTER, contract=None, kind="sql:sqlite", **changes):
    """The decision on a small keyed fix in production, with whatever the attack changes of it."""
    effects = effects or [update()]
    weights = weights or [Weighed("modify", "exact-inverse", 1, True)] * len(effects)
    counts = [each.count for each in weights]
    given = {
        "effects": tuple(weights),
        "reach": Reach(),
        "rollback": RollbackProof("valid", simulated=True),
        "rows": None if None in counts else sum(counts),
    }
    tier = highest_tier(*(each.tier for each in weights))
    assessment = Assessment("production", tier, "none-needed", **{**given, **changes})
    contract = contract or Environment("production")
    passport = agent() if passport is None else passport
    return decide(assessment, Change(kind, tuple(effects)), passport, contract, by, NOW, binding="b")


def ids(decision):
    return [because.policy for because in decision.because]


def test_the_honest_fix_passes_so_that_the_attacks_below_mean_something():
    assert court().outcome == "allow"


# --- killing or dazing the engine ---

SHAPES = {
    "brackets": "'(' * n + 'true' + ')' * n",
    "negations": "'!(' * n + 'true' + ')' * n",
    "sets": "'[' * n + '1' + ']' * n + ' == [1]'",
    "records": "'{a: ' * n + '1' + '}' * n + ' == {a: 1}'",
    "or": "' || '.join(['context.unknown'] * n)",
    "plus": "' + '.join(['context.rows'] * n) + ' > 1'",
    "dots": "'context' + '.a' * n",
    "else if": "'if context.unknown then true else ' * n + 'true'",
    "if in if": "'if ' * n + 'true' + ' then true else true' * n",
}
CHILD = """
import sys, threading
from interlock.decide.check import check
from interlock.errors import BadPolicy

def attack():
    for n in [*range(1, 60), 200, 1_000, 5_000]:
        body = {shape}
        text = '@id("x") @because("b") permit (principal, action, resource) when {{ ' + body + ' }};'
        report = check({{"a.cedar": text}})
        if n > 60:
            assert report.remarks[0].code in ("policy-too-deep", "policy-too-large"), (n, report)
    print("alive")

threading.stack_size(512 * 1024)
thread = threading.Thread(target=attack)
thread.start()
thread.join()
"""


@pytest.mark.parametrize("shape", SHAPES)
def test_nested_policy_text_does_not_kill_the_process_even_on_a_small_stack(shape):
    """At every depth up to the bound the text is really parsed, on the smallest stack that a thread is given."""
    code = CHILD.format(shape=SHAPES[shape])

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr[-2_000:]


def test_a_forbid_too_long_to_evaluate_is_refused_when_loaded_and_not_skipped_when_needed():
    body = " || ".join(["context.rows > 1"] * 2_000)

    with pytest.raises(BadPolicy):
        engine({"a.cedar": PERMIT + f'@id("x") @because("b") forbid (principal, action, resource) when {{ {body} }};'})


def test_a_forbid_that_fails_while_it_is_evaluated_denies():
    body = "context.rows * 9223372036854775807 > 0"
    by = engine({"a.cedar": PERMIT + f'@id("x") @because("b") forbid (principal, action, resource) when {{ {body} }};'})

    assert ids(court(weights=[Weighed("modify", "exact-inverse", 2, True)], by=by)) == [ENGINE_ERROR]


def test_a_permit_that_fails_while_it_is_evaluated_denies_what_another_permits():
    body = "context.rows * 9223372036854775807 > 0"
    by = engine({"a.cedar": PERMIT + f'@id("x") @because("b") permit (principal, action, resource) when {{ {body} }};'})

    assert court(weights=[Weighed("modify", "exact-inverse", 2, True)], by=by).outcome == "deny"


def test_a_name_that_the_engine_cannot_carry_denies_where_policies_read_names():
    by = engine(
        {"a.cedar": PERMIT + '@id("x") @because("b") forbid (principal, action, resource == Resource::"users");'}
    )

    for name in ("x" * 5_000, "users\ud800"):
        assert ids(court([update(name)], by=by)) == [ENGINE_ERROR]
    assert court([update("users")], by=by).outcome == "deny"
    for name in ('users"', 'Resource::"users"', "users\n", "USERS", '"}, "attrs": {"critical": false'):
        assert court([update(name)], by=by).outcome == "allow"


def test_a_group_of_actions_is_never_quietly_empty():
    by = engine({"a.cedar": PERMIT + '@id("x") @because("b") forbid (principal, action in Action::"write", resource);'})

    for tier in ("modify", "configure", "destroy"):
        assert court(weights=[Weighed(tier, "exact-inverse", 1, True)], by=by).outcome == "deny"


# --- policy text that is not what it seems ---


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("f\u043erbid (principal, action, resource);", id="a letter of another alphabet"),
        pytest.param("forbid (principal, action, resource)\u200b;", id="a space of no width"),
        pytest.param("forbid (principal == ?principal, action, resource);", id="a template, which never applies"),
        pytest.param("forbid (principal, action, resource)", id="a missing semicolon at the end"),
        pytest.param('forbid (principal, action, resource) when { context.kind == "x };', id="text without an end"),
        pytest.param("forbid (principal, action, resource) when { context.nope };", id="a fact that does not exist"),
        pytest.param('forbid (principal, action == Action::"drop", resource);', id="an action that does not exist"),
        pytest.param('forbid (principal == User::"x", action, resource);', id="a type that does not exist"),
        pytest.param('forbid (principal, action, resource) when { context.rows > "1" };', id="two types compared"),
        pytest.param("\x00forbid (principal, action, resource);", id="a null byte"),
        pytest.param("forbid (principal, action, resource); // \x1b[1A\x1b[2K", id="a terminal escape"),
    ],
)
def test_a_set_with_a_policy_that_is_not_what_it_seems_is_refused(text):
    with pytest.raises(BadPolicy) as caught:
        engine({"a.cedar": PERMIT, "b.cedar": f'@id("x") @because("b") {text}'})

    assert caught.value.where.startswith("b.cedar:1:")


def test_two_policies_run_into_one_by_a_missing_semicolon_are_refused():
    with pytest.raises(BadPolicy):
        engine({"a.cedar": PERMIT.replace(";", "") + '@id("x") @because("b") forbid (principal, action, resource);'})


def test_a_policy_behind_a_carriage_return_is_no_comment():
    text = PERMIT + '// off: \r@id("x") @because("b") forbid (principal, action, resource);'

    assert set(engine({"a.cedar": text}).rules) == {"all", "x"}


def test_a_policy_cannot_speak_as_the_product():
    with pytest.raises(BadPolicy):
        engine({"a.cedar": PERMIT.replace('"all"', '"interlock:not-understood"')})


def test_ten_megabytes_of_policy_are_refused_at_once():
    with pytest.raises(BadPolicy) as caught:
        engine({"a.cedar": PERMIT * (10 * 1024 * 1024 // len(PERMIT))})

    assert caught.value.code == "policy-too-large"


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "a.cedar").write_bytes(PERMIT.encode() + b"// \xff\xfe")

    with pytest.raises(BadPolicy):
        read_directory(tmp_path)


def test_whoever_deletes_the_policies_is_not_taken_for_somebody_who_has_none(tmp_path):
    for sources in ({}, {"a.cedar": ""}, {"a.cedar": "// all of them\n// deleted"}):
        with pytest.raises(BadPolicy):
            engine(sources)
    with pytest.raises(BadPolicy):
        read_directory(tmp_path)


def test_any_other_text_is_another_version_so_that_approvals_die_with_it():
    versions = {
        engine(sources).version
        for sources in (
            starter_files(),
            {**starter_files(), "99.cedar": "// nothing"},
            {name: text for name, text in starter_files().items() if not name.startswith("60")},
            {name: text.replace("approval 2", "approval 1") for name, text in starter_files().items()},
        )
    }

    assert len(versions) == 4


@pytest.mark.parametrize(
    "was",
    [
        ("when { context.environment.frozen }", "when { context.environment.frozen && !context.environment.frozen }"),
        ("when { context.environment.frozen }", 'when { context.environment.frozen && context.verb == "UPDATE" }'),
        ("when { context.environment.frozen }", "when { context.environment.frozen } unless { true }"),
    ],
)
def test_a_forbid_that_was_quietly_switched_off_is_named_by_the_lint(was):
    edited = {name: text.replace(*was) for name, text in starter_files().items()}
    assert edited != starter_files()

    assert ("never-applies", "frozen") in [(remark.code, remark.policy) for remark in check(edited).remarks]


# --- an agent who wants round it ---


def test_one_large_change_cut_into_many_small_statements_is_still_large():
    pieces = [update() for _ in range(200)]

    assert court(pieces, [Weighed("modify", "exact-inverse", 10, True)] * 200).outcome == "deny"
    assert court(pieces[:2], [Weighed("modify", "exact-inverse", 9, True)] * 2).outcome == "hold"


def test_a_change_that_cannot_be_counted_is_not_a_small_one():
    assert court(weights=[Weighed("modify", "exact-inverse", None, True)]).outcome == "deny"
    assert court(rows=None).outcome == "deny"
    assert court(rows=5_000).outcome == "deny"


def test_a_harmless_effect_beside_a_harmful_one_hides_nothing():
    read = Effect("read", Resource("sql.table", "orders"))
    weights = [Weighed("observe", "none-needed", 0), Weighed("destroy", "irreversible", 5)]

    decision = court([read, Effect("delete", Resource("sql.table", "orders"))], weights)

    assert decision.outcome == "deny"
    assert all(because.effects == (1,) for because in decision.because)


def test_an_effect_that_the_assessment_lost_is_not_passed_over():
    effects = [update(), Effect("delete", Resource("sql.table", "users"))]

    assert court(effects, [Weighed("modify", "exact-inverse", 1, True)]).outcome == "deny"
    assert court([update()], [Weighed("observe", "none-needed", 0)] * 2).outcome == "deny"


def test_the_contract_of_a_milder_environment_does_not_serve():
    assert court(contract=Environment("staging", production=False)).outcome == "deny"


def test_claiming_a_milder_environment_is_denied():
    finding = Finding("environment-disagrees", "high", "high", "the proposal claims `staging`")

    assert "claim-disagrees" in ids(court(findings=(finding,)))


@pytest.mark.parametrize(
    "passport",
    [
        unregistered("fixer"),
        agent(retired=True),
        agent(owner=" "),
        agent(environments=()),
        agent(environments=("staging",)),
        agent(capabilities=()),
        agent(capabilities=(Capability("modify", resources=("users",)),)),
        agent(capabilities=(Capability("modify", verbs=("create",)),)),
        agent(capabilities=(Capability("propose"),)),
        agent(capabilities=(Capability("modify", environments=("staging",)),)),
        agent(capabilities=(Capability("modify", requires=("a blessing",)),)),
    ],
)
def test_a_passport_that_does_not_cover_it_denies(passport):
    assert court(passport=passport).outcome == "deny"


@pytest.mark.parametrize("name", ["Orders", "orders ", "orders\n", "\u043erders", "public.orders", "orders;users"])
def test_a_name_that_only_looks_like_a_granted_one_is_not_granted(name):
    assert "needs-capability" in ids(court([update(name)]))


@pytest.mark.parametrize("said", ["", " ", "\t\n"])
def test_an_authorisation_to_destroy_that_names_nobody_is_none(said):
    able = agent(capabilities=(Capability("destroy"),), general_purpose=True, destroy_authorised_by=said)

    assert "destroy-general-purpose" in ids(court(weights=[Weighed("destroy", "exact-inverse", 1)], passport=able))


def test_a_configured_agent_never_destroys_alone_in_production():
    able = agent(capabilities=(Capability("destroy"),), destroy_authorised_by="ada")

    decision = court(weights=[Weighed("destroy", "exact-inverse", 1, True)], passport=able)

    assert (decision.outcome, [each.text for each in decision.requirements]) == ("hold", ["approval 2"])


def test_words_of_the_change_move_nothing():
    """Neither the kind, nor a cause, nor a field's name is a fact that lets anything pass."""
    persuasive = update(cause="approved by the board; safe; read only", fields=("allow",), known="parsed")

    assert court([persuasive], weights=[Weighed("destroy", "irreversible", 1)]).outcome == "deny"
    assert court([persuasive], passport=unregistered("root"), kind="observe").outcome == "deny"


def test_a_freeze_without_an_end_before_its_start_cannot_be_outwaited():
    upside_down = Environment("production", freezes=(Freeze("f", NOW + 1, NOW),))

    assert [each.text for each in court(contract=upside_down).requirements] == ["break-glass"]
