"""What people only read of a thing, and what a new thing is to nobody yet."""

from __future__ import annotations

import json

import pytest

from interlock.read.lasting.lasting import judge, while_made
from interlock.read.readers import reader_for


def updated(type_: str, was: dict[str, object], becomes: dict[str, object]) -> tuple[tuple[str, ...], str]:
    technology = "cloudformation" if "::" in type_ else "terraform"
    found = judge(technology, type_, "update", {"name": "x", **was}, {"name": "x", **becomes})
    return found.traits, found.aspect


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("aws_kms_key", "description"),
        ("aws_vpc_security_group_ingress_rule", "description"),
        ("aws_cloudtrail", "tags"),
        ("google_storage_bucket", "labels"),
        ("AWS::KMS::Key", "Description"),
        ("AWS::CloudTrail::Trail", "Tags"),
    ],
)
def test_words_and_tags_alone_only_describe(type_: str, name: str) -> None:
    assert updated(type_, {name: "a"}, {name: "b"}) == (("only-describes",), "structure")


@pytest.mark.parametrize(
    ("type_", "was", "becomes"),
    [
        ("aws_kms_key", {"description": "a", "policy": "{}"}, {"description": "b", "policy": "[]"}),
        ("aws_kms_key", {"tags": {"team": "a"}}, {"tags": {"team": "admin"}}),
        ("aws_iam_role", {"tags": {"team": "a"}}, {"tags": {"team": "admin"}}),
        ("google_compute_instance", {"tags": ["web"]}, {"tags": ["web", "ssh"]}),
        ("kubernetes_labels", {"labels": {"a": "b"}}, {"labels": {"a": "c"}}),
        ("aws_kms_key", {}, {}),
    ],
)
def test_what_decides_something_does_more_than_describe(
    type_: str, was: dict[str, object], becomes: dict[str, object]
) -> None:
    assert "only-describes" not in updated(type_, was, becomes)[0]


def test_a_description_beside_a_value_that_is_not_known_yet_does_more() -> None:
    found = judge(
        "terraform", "aws_kms_key", "update", {"description": "a"}, {"description": "b"}, frozenset({"policy"})
    )

    assert "only-describes" not in found.traits


def test_what_is_being_made_keeps_no_record_and_no_key_yet() -> None:
    assert while_made("terraform", "aws_cloudtrail", ("audit",)) == ()
    assert while_made("terraform", "aws_kms_key", ("encryption", "data", "identity")) == ("data", "identity")
    assert while_made("terraform", "aws_security_group", ("routing", "identity")) == ("routing",)
    assert while_made("terraform", "aws_iam_role", ("identity",)) == ("identity",)


def test_only_what_the_state_does_not_hold_yet_counts_as_being_made() -> None:
    def planes(actions: list[str], state: list[object]) -> set[str]:
        values = {"name": "t", "enable_logging": True}
        change = {"actions": actions, "before": values if state else None, "after": values}
        named = {"address": "aws_cloudtrail.t", "mode": "managed", "type": "aws_cloudtrail", "name": "t"}
        plan = {
            "format_version": "1.2",
            "resource_changes": [{**named, "change": change}],
            "planned_values": {"root_module": {"resources": [{**named, "values": values}]}},
            "prior_state": {"values": {"root_module": {"resources": state}}},
        }
        told = reader_for("terraform")(json.dumps(plan).encode(), "", "production").told
        return {plane for item in told.items for plane in item.planes}

    there: list[object] = [{"address": "aws_cloudtrail.t", "mode": "managed", "type": "aws_cloudtrail", "values": {}}]

    assert planes(["create"], []) == set()
    assert planes(["delete", "create"], there) == {"audit"}
