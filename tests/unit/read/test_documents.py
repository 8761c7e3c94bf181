"""Policy documents: what allows more than before, statement by statement."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interlock.read.documents import covers, denies, names_somebody, opens_document


def allow(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::b/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}


def bound(*members: str, role: str = "roles/viewer", **more: Any) -> dict[str, Any]:
    return {"role": role, "members": list(members), **more}


TLS = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
BOTH = allow(["s3:GetObject", "s3:PutObject"])
ROOT = "arn:aws:iam::111111111111:root"

NARROWER: list[tuple[list[Any], list[Any]]] = [
    ([BOTH], [allow()]),
    ([BOTH], [allow(["s3:PutObject", "s3:GetObject"])]),
    ([BOTH], [{**BOTH, "Sid": "read"}]),
    ([BOTH], [allow(), allow("s3:PutObject")]),
    ([allow("s3:getobject")], [allow("s3:GetObject")]),
    ([allow("s3:*")], [allow("s3:Get*")]),
    ([allow("*", "*")], [allow("s3:Get*")]),
    ([allow()], [allow(resource="arn:aws:s3:::b/logs/*")]),
    ([allow()], [allow(**TLS)]),
    ([allow(Condition={"StringEquals": {"a": ["1", "2"]}})], [allow(Condition={"StringEquals": {"a": "1"}})]),
    ([allow(Condition={"StringNotEquals": {"a": "1"}})], [allow(Condition={"StringNotEquals": {"a": ["1", "2"]}})]),
    ([{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}],
     [{"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}]),
    ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], [allow("s3:GetObject", "*")]),
    ([allow(), deny("s3:Delete*")], [allow(), deny()]),
    ([allow(), deny(["a:b", "a:c"])], [allow(), deny(["a:c", "a:b"], Sid="never")]),
    ([allow(), deny(**TLS)], [allow(), deny()]),
    ([trust({"AWS": [ROOT, "222222222222"]})], [trust({"AWS": ROOT})]),
    ([trust({"AWS": ROOT})], [trust({"AWS": "111111111111"})]),
    ([trust({"AWS": ROOT})], [trust({"AWS": "arn:aws:iam::111111111111:role/deploy"})]),
    ([trust("*")], [trust({"AWS": ROOT})]),
    ([bound("user:a", "user:b")], [bound("user:b", "user:a")]),
    ([bound("user:a", "user:b")], [bound("user:a")]),
    ([bound("user:a")], [bound("user:a", condition={"expression": "x"})]),
]  # fmt: skip
WIDER: list[tuple[list[Any], list[Any]]] = [
    ([allow()], [BOTH]),
    ([allow("s3:Get*")], [allow("s3:*")]),
    ([allow("s3:Get?")], [allow("s3:Get*")]),
    ([allow(resource="arn:aws:s3:::b/logs/*")], [allow()]),
    ([allow(resource="arn:aws:s3:::B/*")], [allow()]),
    ([allow(**TLS)], [allow()]),
    ([allow(Condition={"StringEquals": {"a": "1"}})], [allow(Condition={"StringEquals": {"a": ["1", "2"]}})]),
    ([allow(Condition={"StringEquals": {"a": "1"}})], [allow(Condition={"StringLike": {"a": "1"}})]),
    ([allow(Condition={"StringNotEquals": {"a": ["1", "2"]}})], [allow(Condition={"StringNotEquals": {"a": "1"}})]),
    ([allow(Condition={"NumericLessThan": {"a": "1"}})], [allow(Condition={"NumericLessThan": {"a": "2"}})]),
    ([allow()], [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]),
    ([{"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}],
     [{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}]),
    ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], [allow("iam:PassRole", "*")]),
    ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], [allow("i*:PassRole", "*")]),
    ([allow()], [{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*"}]),
    ([allow(), deny()], [allow(), deny("s3:Delete*")]),
    ([allow(), deny()], [allow(), deny(**TLS)]),
    ([allow(), deny()], [allow()]),
    ([trust({"AWS": ROOT})], [trust({"AWS": [ROOT, "222222222222"]})]),
    ([trust({"AWS": "arn:aws:iam::111111111111:role/deploy"})], [trust({"AWS": ROOT})]),
    ([trust({"AWS": ROOT})], [trust({"Federated": "111111111111"})]),
    ([trust({"Service": "ec2.amazonaws.com"})], [trust({"Service": "lambda.amazonaws.com"})]),
    ([trust({"AWS": ROOT})], [trust("*")]),
    ([bound("user:a")], [bound("user:a", "user:b")]),
    ([bound("user:a")], [bound("user:a", role="roles/owner")]),
    ([bound("user:a", condition={"expression": "x"})], [bound("user:a")]),
    ([allow()], [allow(Strange="x")]),
]  # fmt: skip


def opens(before: list[Any], after: list[Any]) -> bool:
    return opens_document((text(before),), (text(after),), new=False)


def text(statements: list[Any]) -> str:
    return json.dumps({"bindings" if "role" in statements[0] else "Statement": statements})


@pytest.mark.parametrize(("before", "after"), NARROWER)
def test_what_stands_within_what_was_allowed_opens_nothing(before: list[Any], after: list[Any]) -> None:
    assert not opens(before, after)


@pytest.mark.parametrize(("before", "after"), WIDER)
def test_what_is_not_surely_within_opens(before: list[Any], after: list[Any]) -> None:
    assert opens(before, after)


def test_a_new_document_opens_where_it_is_for_everybody_or_allows_everything() -> None:
    for statement in (allow("*"), allow("*:*"), allow("iam:*"), trust("*"), trust({"AWS": ["*"]}), bound("allUsers")):
        assert opens_document((), (text([statement]),), new=True)
    for statement in (allow(), deny("*"), trust({"AWS": ROOT}), bound("user:a")):
        assert not opens_document((), (text([statement]),), new=True)


def test_a_statement_of_too_many_parts_is_only_compared_as_a_whole() -> None:
    many = allow([f"s3:{n}" for n in range(1_500)], [f"arn:{n}" for n in range(1_500)])

    assert opens([many], [{**many, "Sid": "other"}])
    assert not opens([many], [many])


def test_what_denies_and_what_names_somebody_is_seen_and_what_cannot_be_read_may() -> None:
    assert denies((text([allow(), deny()]),))
    assert not denies((text([allow()]),))
    assert names_somebody((text([trust({"AWS": ROOT})]),))
    assert not names_somebody((text([{**deny(), "Principal": "*"}]),))
    assert denies(("no JSON",))
    assert names_somebody(("no JSON",))


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("*", "anything", True),
        ("a*c", "abc", True),
        ("a*c", "a*bc", True),
        ("a*c", "ac", True),
        ("a*", "*a", False),
        ("a?c", "abc", True),
        ("a?c", "a*c", False),
        ("a?c", "a?c", True),
        ("a*b*c", "axbxbxc", True),
        ("a*b", "a", False),
        ("abc", "ABC", False),
        ("*" * 3_000, "a", False),
    ],
)
def test_a_pattern_covers_another_one(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) is expected
