"""Attacks on the reading of change sets: hide a loss, smuggle a value out, make the reader fall over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interlock.assess.assess import assess
from interlock.errors import BadProposal
from interlock.model.canon import canonical
from interlock.model.change import Change
from interlock.model.target import Environment
from interlock.read.reader import Reading
from interlock.read.readers import reader_for

SECRET = "hunter2-in-clear-text"
TABLE = {
    "Action": "Remove",
    "LogicalResourceId": "Orders",
    "ResourceType": "AWS::DynamoDB::Table",
    "PolicyAction": "Delete",
    "BeforeContext": json.dumps({"Properties": {"TableName": "orders"}}),
}


def payload(*changes: dict[str, Any], **fields: Any) -> bytes:
    entries = [{"Type": "Resource", "ResourceChange": change} for change in changes]
    whole = {
        "ChangeSetId": "1",
        "StackName": "shop",
        "Status": "CREATE_COMPLETE",
        "ExecutionStatus": "AVAILABLE",
        "Changes": entries,
        **fields,
    }
    return json.dumps(whole).encode()


def read(raw: bytes) -> Reading:
    return reader_for("cloudformation")(raw, "", "production")


def change(raw: bytes) -> Change:
    return read(raw).change


def test_a_claim_of_evidence_among_the_properties_is_no_policy() -> None:
    """`@policy` is what the change set says, and nothing that a property can say."""
    context = json.dumps({"Properties": {"@policy": "Snapshot"}})
    found = change(payload({**TABLE, "ResourceType": "AWS::RDS::DBInstance", "BeforeContext": context}))

    assert found.effects[0].way_back is not None
    assert found.effects[0].way_back.reversibility == "irreversible"


@pytest.mark.parametrize(
    "claim",
    [
        {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "yes"}},
        {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": 1}},
        {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "{{changeSet:KNOWN_AFTER_APPLY}}"}},
        {
            "PointInTimeRecoverySpecification": [
                {"PointInTimeRecoveryEnabled": True},
                {"PointInTimeRecoveryEnabled": False},
            ]
        },
        {"PointInTimeRecoverySpecification": True},
        {"DeletionProtectionEnabled": "TRUE-ish"},
    ],
)
def test_half_evidence_lowers_nothing(claim: dict[str, Any]) -> None:
    context = json.dumps({"Properties": claim})
    found = change(payload({**TABLE, "BeforeContext": context}))

    assert found.effects[0].way_back is not None
    assert found.effects[0].way_back.reversibility == "irreversible"


def test_evidence_in_the_values_after_is_none() -> None:
    after = json.dumps({"Properties": {"DeletionProtectionEnabled": True}})
    found = change(payload({**TABLE, "AfterContext": after}))

    assert found.effects[0].way_back is not None
    assert found.effects[0].way_back.reversibility == "irreversible"


def test_a_delete_cannot_hide_behind_a_missing_page_or_an_unread_word() -> None:
    for hidden in (
        payload(NextToken="more"),
        payload({**TABLE, "PolicyAction": "Whatever"}),
        payload({**TABLE, "Action": "Modify ", "Replacement": "False"}),
        payload({**TABLE, "Action": "Modify", "Replacement": "false"}),
        payload(Changes=[{"Type": "resource", "ResourceChange": TABLE}]),
        payload(Changes=[{"Type": "Resource"}]),
    ):
        assert not change(hidden).fully_known


def test_no_value_of_a_resource_leaves_the_reader() -> None:
    """Not in the change, not in what is told, not in an error, wherever the value stands."""
    properties = {
        "MasterUserPassword": SECRET,
        "Environment": {"Variables": {"A": SECRET}},
        "Tags": [{"Key": "api_key", "Value": f"sk-{SECRET}-0123456789abcdef"}],
        "PolicyDocument": SECRET,
        "UserData": SECRET,
    }
    context = json.dumps({"Properties": properties, "Metadata": SECRET})
    detail = {
        "Target": {"Attribute": "Properties", "Name": "UserData", "BeforeValue": SECRET, "AfterValue": SECRET},
        "ChangeSource": "DirectModification",
    }
    kinds = ("AWS::RDS::DBInstance", "AWS::EC2::Instance", "AWS::IAM::Policy", "Our::Own::Thing", "Custom::It")
    changes = [
        {
            "Action": action,
            "LogicalResourceId": f"R{number}{action}",
            "ResourceType": kind,
            "Replacement": "Conditional",
            "Details": [detail],
            "BeforeContext": context,
            "AfterContext": context.replace("UserData", "UserData2"),
        }
        for number, kind in enumerate(kinds)
        for action in ("Add", "Modify", "Remove", "Import", "Dynamic", "SyncWithActual")
    ]
    parameters = [{"ParameterKey": "Password", "ParameterValue": SECRET}]
    reading = read(payload(*changes, Parameters=parameters, Description=SECRET, StatusReason=SECRET))

    assert SECRET.encode() not in canonical(reading.change) + canonical(reading.told)
    for broken in (payload(TABLE, Status=["x", SECRET]), payload(TABLE, Changes=SECRET), payload(TABLE, StackName=7)):
        with pytest.raises(BadProposal) as caught:
            read(broken)
        assert SECRET not in str(caught.value)


def test_names_that_write_to_a_terminal_are_refused_and_causes_are_not_shown() -> None:
    with pytest.raises(BadProposal) as caught:
        read(payload({**TABLE, "LogicalResourceId": "\x1b[2Jx"}))
    assert "\x1b" not in str(caught.value)

    detail = {"ChangeSource": "ResourceReference", "CausingEntity": "\x1b[2Jx"}
    found = change(
        payload(
            {
                **TABLE,
                "Action": "Modify",
                "Replacement": "True",
                "PolicyAction": "ReplaceAndDelete",
                "Details": [detail],
            }
        )
    )
    assert "\x1b" not in found.effects[0].cause
    assert "a strange name" in found.effects[0].cause


@pytest.mark.parametrize(
    "template",
    [
        {"Resources": {"A": {"Type": "T", "Properties": {"P": {"Ref": "A"}}}}},
        {"Resources": {"A": {"Type": "T", "DependsOn": "B"}, "B": {"Type": "T", "DependsOn": "A"}}},
        {"Resources": {"A": {"Type": 5, "Properties": [], "DependsOn": {"x": 1}}}},
        {"Resources": {"A": {"Type": "T", "Properties": {"P": {"Fn::GetAtt": [], "Fn::Sub": [], "Ref": {}}}}}},
        {"Resources": {"": {"Type": "T"}, "\x1b[2J": {"Type": "T", "Properties": {"P": {"Ref": ""}}}}},
        {"Resources": {"A": None}},
    ],
)
def test_a_template_that_goes_in_circles_or_makes_no_sense_is_survived(template: object) -> None:
    raw = json.dumps({"changeSet": json.loads(payload(TABLE)), "template": template}).encode()

    reading = read(raw)

    assert [effect.verb for effect in reading.change.effects] == ["delete"]
    assert b"\\u001b" not in canonical(reading.told)


def test_a_deep_value_does_not_end_the_process() -> None:
    deep: object = "x"
    for _ in range(400):
        deep = {"a": [deep]}
    context = json.dumps({"Properties": {"Tags": deep, "P": deep}})

    assert change(payload({**TABLE, "BeforeContext": context})).effects[0].verb == "delete"
    assert change(payload({**TABLE, "BeforeContext": '{"a":' * 200_000})).effects[0].known == "estimated"


def test_a_removed_table_is_assessed_as_lost_for_good() -> None:
    reading = read(payload(TABLE))

    production = Environment("production")
    found = assess(reading.change, inventory=reading.told, rehearsal=None, claimed=production, found=None)

    assert found.reversibility == "irreversible"
