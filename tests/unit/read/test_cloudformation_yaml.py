"""Templates in YAML: the same values as in JSON, the short tags as functions, and nothing of what is not taken."""

from __future__ import annotations

import contextlib
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from interlock.aws.yaml_text import MAX_CHARACTERS, MAX_DEPTH, MAX_VALUES, NotRead, yaml_of
from interlock.read.cloudformation.template import template_of

TEMPLATE = """
AWSTemplateFormatVersion: 2010-09-09
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {DelaySeconds: 5, FifoQueue: yes, KmsMasterKeyId: '5'}
  Reader:
    Type: AWS::Lambda::Function
    DependsOn: [Queue]
    Properties:
      Role: !GetAtt Role.Arn
      Layers: [!ImportValue layer, !Ref Queue]
      Environment: !Sub
        - ${Queue.Arn}-${AWS::Region}-${Own}
        - Own: !GetAtt [Role, Arn]
      Code: |
        not: a
        mapping: !Ref Nothing
  Role: {Type: AWS::IAM::Role}
"""


def why_not(text: str) -> str:
    with pytest.raises(NotRead) as caught:
        yaml_of(text)
    return str(caught.value)


def test_a_template_in_yaml_says_what_the_same_one_in_json_says() -> None:
    whole = yaml_of(TEMPLATE)

    assert template_of(json.dumps(whole)) == template_of(TEMPLATE)
    found = template_of(TEMPLATE)
    assert found.types == {"Queue": "AWS::SQS::Queue", "Reader": "AWS::Lambda::Function", "Role": "AWS::IAM::Role"}
    assert found.properties["Queue"] == {"DelaySeconds": 5, "FifoQueue": True, "KmsMasterKeyId": "5"}
    assert {
        ("Reader", "Role", "Arn", "Role"),
        ("Reader", "Queue", "", "Layers"),
        ("Reader", "Queue", "Arn", "Environment"),
        ("Reader", "Role", "Arn", "Environment"),
    } <= set(found.references)
    assert found.after == (("Reader", "Queue"),)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: !Ref b", {"a": {"Ref": "b"}}),
        ("a: !Condition b", {"a": {"Condition": "b"}}),
        ("a: !GetAtt b.c", {"a": {"Fn::GetAtt": "b.c"}}),
        ("a: !GetAtt [b, c]", {"a": {"Fn::GetAtt": ["b", "c"]}}),
        ("a: !If [c, !Ref b, !Ref 'AWS::NoValue']", {"a": {"Fn::If": ["c", {"Ref": "b"}, {"Ref": "AWS::NoValue"}]}}),
        ("a: !Transform {Name: m}", {"a": {"Fn::Transform": {"Name": "m"}}}),
        ("a: !Base64\n  Fn::Sub: x", {"a": {"Fn::Base64": {"Fn::Sub": "x"}}}),
        ("a: !!str 5", {"a": "5"}),
        ("a: 2010-09-09", {"a": "2010-09-09"}),
        ("a: 0123", {"a": "0123"}),
        ("a: 1.5", {"a": "1.5"}),
        ("a: 99999999999999999999", {"a": "99999999999999999999"}),
        ("a:", {"a": None}),
        ("a: ''", {"a": ""}),
        ("a: [off, 'off', ~]", {"a": [False, "off", None]}),
        ("{}", {}),
        ("", None),
        ("# nothing", None),
        ('{"Resources": {"A": {"Type": "B"}}}', {"Resources": {"A": {"Type": "B"}}}),
    ],
)
def test_each_form_becomes_its_value(text: str, value: object) -> None:
    assert yaml_of(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x 1\nb: *x", "aliases"),
        ("a: &x {b: 1}\nc: {<<: *x}", "merge"),
        ("<<: {a: 1}", "merge"),
        ("a: 1\nb: 2\na: 3", "a key stands in it twice, at line 3"),
        ("? [a]\n: b", "a key in it is no text"),
        ("!Ref a: b", "a key in it is a merge or a function"),
        ("a: 1\n---\nb: 2", "more than one document"),
        ("a: !Unheard b", "a tag that nobody here knows"),
        ("a: !!python/object/apply:os.system [ls]", "a tag that nobody here knows"),
        ("a: !!binary aGk=", "a tag that nobody here knows"),
        ("a: !!timestamp 2010-09-09", "a tag that nobody here knows"),
        ("a: !<!Ref.x> b", "a tag that nobody here knows"),
        ("a: [", "it is no YAML, at line"),
        ("a: \x00", "it is no YAML"),
        ("\tx: 1", "it is no YAML"),
        ("%YAML 9.9\n---\na: 1", "it is no YAML"),
        ("[" * (MAX_DEPTH + 1), "nested deeper"),
        ("[" * 400_000, "nested deeper"),
        ("a: {" * 100_000, "nested deeper"),
        ("- 1\n" * (MAX_VALUES + 1), "values"),
        ("#" * (MAX_CHARACTERS + 1), "characters"),
    ],
)
def test_what_cloudformation_does_not_take_is_not_read_and_says_why(text: str, reason: str) -> None:
    assert reason in why_not(text)
    found = template_of(text)
    assert found.types == {}
    assert "the template was not read: " in found.limits[0]


def test_a_bomb_of_aliases_is_refused_at_its_first_alias() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]

    assert "aliases" in why_not("\n".join(lines))


def test_no_word_of_the_text_stands_in_a_reason() -> None:
    for text in ("MARKER: 1\nMARKER: 2", "a: !MARKER b", "MARKER: [", "a: &MARKER 1\nb: *MARKER"):
        assert "MARKER" not in why_not(text)


def test_as_deep_and_as_much_as_is_taken_is_read() -> None:
    assert yaml_of("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert len(yaml_of("- 1\n" * (MAX_VALUES - 1))) == MAX_VALUES - 1  # type: ignore[arg-type]  # it is a list


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text("ab: #'\"!&*-\n", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc:! ", min_size=1, max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_VALUES)
def test_whatever_is_written_as_yaml_is_read_as_it_was(value: object) -> None:
    assert yaml_of(yaml.safe_dump({"x": value})) == {"x": value}


@given(st.text("ab:-[]{}!&*'\"\n #?|>%@`,~<", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(NotRead):
        yaml_of(text)
