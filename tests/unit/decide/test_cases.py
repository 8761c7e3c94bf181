"""Case files: the starter's own cases, that each starter policy is needed by one, and what is no case file."""

import re

import pytest

from interlock.decide.cases import run_cases
from interlock.decide.check import check
from interlock.decide.decide import engine
from interlock.errors import BadPolicy
from interlock.policy.starter import starter_cases, starter_files
from interlock.policy.text import pieces

STARTER = starter_files()
POLICIES = {
    re.search(r'@id\("(.*?)"\)', piece.text)[1]: (file, piece.text)
    for file, text in STARTER.items()
    for piece in pieces(file, text)
}
#: Without these the outcome stays the same, and only its reason gets worse.
ONLY_REASONS = {"needs-capability"}


def run(text, by):
    return run_cases("cases.toml", text, by)


def failures(text, by):
    return [(result.name, result.differs) for result in run(text, by) if not result.passed]


def without(policy):
    file, text = POLICIES[policy]
    less = {**STARTER, file: STARTER[file].replace(text, "")}
    return engine({name: kept for name, kept in less.items() if pieces(name, kept)})


def test_the_starter_policies_decide_as_their_cases_say(starter):
    assert failures(starter_cases(), starter) == []


def test_the_starter_policies_have_nothing_for_the_lint():
    report = check(STARTER)

    assert report.remarks == ()
    assert report.policies == len(POLICIES)


@pytest.mark.parametrize("policy", sorted(POLICIES.keys() - ONLY_REASONS))
def test_without_this_policy_some_case_comes_out_otherwise(policy):
    outcomes_alone = re.sub(r"^policies = .*$", "", starter_cases(), flags=re.MULTILINE)

    assert failures(outcomes_alone, without(policy))


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_each_starter_policy_is_named_as_the_reason_of_a_case(policy):
    assert f'"{policy}"' in "".join(re.findall(r"^policies = .*$", starter_cases(), flags=re.MULTILINE))


def test_a_case_that_comes_out_otherwise_says_how(starter):
    text = """
[base]
context.rows = 5

[[case]]
name = "outcome"
expect = "deny"

[[case]]
name = "reason"
expect = "allow"
policies = ["frozen"]

[[case]]
name = "lift"
facts.context.environment.frozen = true
expect = "hold"
requires = ["approval 2"]

[[case]]
name = "base"
facts.context.capability.max_rows = 4
expect = "hold"
policies = ["production-modify"]
"""
    outcome, reason, lift, base = run(text, starter)

    assert outcome.differs == "expected deny, got allow by act-within-capability"
    assert reason.differs == "`frozen` is not among the reasons, which are act-within-capability"
    assert lift.differs == "what would lift it is break-glass"
    assert base.passed
    assert (lift.where, lift.outcome, lift.policies, lift.requires) == (
        "cases.toml:14:1",
        "hold",
        ("frozen",),
        ("break-glass",),
    )


def case(lines):
    return f'[[case]]\nname = "x"\nexpect = "allow"\n{lines}\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1 to"),
        ("case = 1", "1 to"),
        ("case = [1]", "`name`"),
        ("not toml", "no TOML"),
        ("x = " + "[" * 5_000, "no TOML"),
        (case("") + "[other]\nx = 1\n", "nothing else"),
        ('[[case]]\nexpect = "allow"', "`name`"),
        ('[[case]]\nname = "x"', "`expect`"),
        (case("").replace("allow", "perhaps"), "`expect`"),
        (case('action = "drop"'), "`action`"),
        (case("action = 1"), "`action`"),
        (case("surprise = 1"), "`name`"),
        (case("facts.context.row = 1"), "no fact `context.row`"),
        (case("facts.context = 1"), "no fact `context`"),
        (case("facts = 1"), "table of facts"),
        (case("facts.context.rows = true"), "Long"),
        (case("facts.context.rows = 1.5"), "Long"),
        (case('facts.context.unknown = "yes"'), "Bool"),
        (case("facts.context.unknown = 1"), "Bool"),
        (case('facts.context.verb = "drop"'), "never says `drop`"),
        (case('facts.context.verb = ["read"]'), "String"),
        (case('facts.context.traits = ["cascade"]'), "never says `cascade`"),
        (case('facts.context.traits = "cascades"'), "Set<String>"),
        (case("facts.context.traits = [1]"), "Set<String>"),
        (case("facts.context.environment.name = 2020-01-01"), "String"),
        (case('policies = ["no-such-policy"]'), "no policy `no-such-policy`"),
        (case('policies = "frozen"'), "list of texts"),
        (case("requires = [1]"), "list of texts"),
        (case('requires = ["a cake"]'), "a cake"),
        ("[base]\ncontext.row = 1\n" + case(""), "no fact `context.row`"),
    ],
)
def test_what_is_no_case_file_is_refused_and_never_a_case_that_passes(starter, text, says):
    with pytest.raises(BadPolicy) as caught:
        run(text, starter)

    assert says in caught.value.message
    assert caught.value.where.startswith("cases.toml")
    assert caught.value.hint
