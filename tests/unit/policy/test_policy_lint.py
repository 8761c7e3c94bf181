"""The lint: it names policies that say nothing, and leaves alone those that do."""

import pytest

from interlock.errors import BadInput
from interlock.policy.lint import check
from interlock.policy.logic import Language

SCHEMA = """
entity Agent { trusted: Bool, old: Bool };
entity Resource { name: String };
type Facts = { rows: Long, size: Long, verb: String, traits: Set<String>, live: Bool, open: Bool };
action write;
action look appliesTo { principal: [Agent], resource: [Resource], context: Facts };
action edit in [write] appliesTo { principal: [Agent], resource: [Resource], context: Facts };
action drop in [write] appliesTo { principal: [Agent], resource: [Resource], context: Facts };
"""
LANGUAGE = Language(
    groups={
        "look": frozenset({"look"}),
        "edit": frozenset({"edit"}),
        "drop": frozenset({"drop"}),
        "write": frozenset({"edit", "drop"}),
    },
    words={
        "action": frozenset({"look", "edit", "drop"}),
        "context.verb": frozenset({"read", "update", "delete"}),
        "context.traits": frozenset({"cascades", "rewrites"}),
    },
)


def lift(text):
    if not text.startswith("approval"):
        raise BadInput("no requirement")
    return text


def report(*policies, **files):
    texts = {}
    for number, (kind, body, *extra) in enumerate(policies):
        scope = body if body.startswith("(principal,") else f"(principal, action, resource) when {{ {body} }}"
        notes = " ".join(extra)
        texts[f"{number}.cedar"] = f'@id("p{number}") @because("x") {notes} {kind} {scope};'
    return check({**texts, **files}, SCHEMA, lift, LANGUAGE)


def codes(*policies):
    return [(remark.code, remark.policy) for remark in report(*policies).remarks]


#: Something that every set needs, so that the others can be looked at alone.
SOME = ("permit", "principal.trusted && context.open")


@pytest.mark.parametrize(
    "body",
    [
        "false",
        "true && false",
        "context.live && !context.live",
        "context.live == true && context.live == false",
        'context.verb == "read" && context.verb == "update"',
        'context.verb == "drop"',
        '["drop", "truncate"].contains(context.verb)',
        '["read"].contains(context.verb) && context.verb != "read"',
        'context.verb != "read" && context.verb != "update" && context.verb != "delete"',
        "context.rows > 5 && context.rows < 5",
        "context.rows > 5 && 6 > context.rows",
        "context.rows >= 6 && !(context.rows > 5)",
        "context.rows == 5 && context.rows == 6",
        '(context.rows > 5 || context.verb == "drop") && context.rows < 3',
        '(principal, action == Action::"look", resource) when { action == Action::"edit" }',
        '(principal, action in Action::"write", resource) when { action == Action::"look" }',
        '(principal, action in [Action::"edit", Action::"drop"], resource) unless { action in Action::"write" }',
        '(principal, action, resource) unless { action in [Action::"look", Action::"write"] }',
        "(principal, action, resource) when { context.live } unless { context.live }",
        "(principal, action, resource) unless { context.live || !context.live }",
    ],
)
def test_a_policy_that_can_never_apply_is_named(body):
    assert ("never-applies", "p0") in codes(("forbid", body), SOME)


@pytest.mark.parametrize(
    "body",
    [
        "context.live",
        "context.live && !context.open",
        "context.rows > 5 && context.size < 5",
        "context.rows > 4 && context.rows < 6",
        'context.verb != "read"',
        'context.live || context.verb == "read"',
        '(principal, action in Action::"write", resource) when { action == Action::"edit" }',
        '(principal, action, resource) unless { action == Action::"look" }',
        'resource.name == "a" || resource.name == "b"',
        'context.traits.containsAny(["cascades"]) && !context.traits.contains("rewrites")',
        "if context.live then context.rows > 5 else context.rows < 5",
        "context.rows + 1 > 5",
        "context.rows > context.size",
        'resource.name like "a*" && resource.name like "*b"',
        "context has rows && context.rows > 5",
        'principal == Agent::"x" && resource in Resource::"y"',
    ],
)
def test_a_policy_that_can_apply_is_left_alone(body):
    assert codes(("forbid", body), SOME) == []


@pytest.mark.parametrize(
    ("permit", "forbid"),
    [
        ("context.live", "(principal, action, resource)"),
        ("context.live && context.open", "context.open"),
        ("context.rows > 10", "context.rows > 5"),
        ("context.rows == 10", "context.rows > 5 || context.live"),
        ('context.verb == "read"', 'context.verb != "update"'),
        ('context.verb == "read"', '["read", "update"].contains(context.verb)'),
        ('(principal, action == Action::"edit", resource)', '(principal, action in Action::"write", resource)'),
        ("context.rows == 10 || context.rows == 12", "context.rows > 5"),
    ],
)
def test_a_permit_that_a_final_forbid_always_overrules_is_shadowed(permit, forbid):
    assert ("shadowed", "p0") in codes(("permit", permit), ("forbid", forbid), SOME)


def test_a_permit_is_not_shadowed_by_a_forbid_that_can_be_lifted_or_is_narrower():
    assert codes(("permit", "context.live"), ("forbid", "context.live", '@lift("approval 1")')) == []
    assert codes(("permit", "context.live"), ("forbid", "context.live && context.open")) == []
    assert codes(("permit", "context.rows > 5"), ("forbid", "context.rows > 6")) == []


@pytest.mark.parametrize(
    ("narrow", "wide", "named"),
    [
        (("permit", "context.live && context.open"), ("permit", "context.live"), True),
        (("forbid", "context.live && context.open"), ("forbid", "context.live"), True),
        (("forbid", "context.live && context.open", '@lift("approval 1")'), ("forbid", "context.live"), True),
        (("forbid", "context.live && context.open"), ("forbid", "context.live", '@lift("approval 1")'), False),
        (
            ("forbid", "context.live && context.open", '@lift("approval 1")'),
            ("forbid", "context.live", '@lift("approval 2")'),
            False,
        ),
        (("forbid", "context.live && context.open"), ("permit", "context.live"), False),
    ],
)
def test_a_policy_for_which_another_always_speaks_is_redundant(narrow, wide, named):
    assert (("redundant", "p0") in codes(narrow, wide, SOME)) is named


def test_of_two_policies_that_say_the_same_only_the_later_one_is_named():
    assert codes(("forbid", "context.live"), ("forbid", "context.live == true"), SOME) == [("redundant", "p1")]


def test_policies_without_any_condition_are_named():
    assert ("permits-everything", "p0") in codes(("permit", "(principal, action, resource)"))
    assert ("denies-everything", "p0") in codes(("forbid", "(principal, action, resource)"))
    assert codes(("forbid", "(principal, action, resource)", '@lift("approval 1")'), SOME) == []


def test_words_that_a_fact_never_says_are_named_where_they_stand():
    remarks = report(
        ("forbid", '\n  context.live &&\n  context.traits.containsAny(["cascades", "cascade"])'), SOME
    ).remarks

    assert [(remark.code, remark.where) for remark in remarks] == [("unknown-word", "0.cedar:3:43")]
    assert "cascades, rewrites" in remarks[0].hint


def test_annotations_that_mean_nothing_are_named():
    assert codes(("forbid", "context.live", '@becuase("typo")', '@control("D1")'), SOME) == [
        ("unknown-annotation", "p0")
    ]


def test_errors_come_first_and_make_the_set_unusable():
    found = report(
        ("permit", "(principal, action, resource)"), SOME, **{"z.cedar": "permit(principal action, resource);"}
    )

    assert [remark.severity for remark in found.remarks][:2] == ["error", "warning"]
    assert not found.usable
    assert report(SOME).usable


def test_several_errors_are_all_told():
    broken = {
        "y.cedar": "permit(principal action, resource);",
        "z.cedar": '@id("z") permit(principal, action, resource);',
    }

    assert [remark.where for remark in report(SOME, **broken).remarks] == ["y.cedar:1:18", "z.cedar:1:1"]


def test_many_ways_through_or_end_in_no_answer_and_not_in_no_end():
    ways = " && ".join(f"(context.rows > {n} || context.size > {n} || context.live)" for n in range(12))

    assert codes(("forbid", f"{ways} && !context.live"), SOME) == []
