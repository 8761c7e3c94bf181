"""The door to the CloudFormation reader: what it takes, what it refuses and why, and what a template adds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interlock.errors import BadProposal
from interlock.model.inventory import Inventory
from interlock.read.cloudformation.changeset import MAX_CHANGES
from interlock.read.cloudformation.text import MAX_BYTES
from interlock.read.reader import Reading
from interlock.read.readers import reader_for


def resource(name: str = "Queue", **fields: Any) -> dict[str, Any]:
    change = {"Action": "Add", "LogicalResourceId": name, "ResourceType": "AWS::SQS::Queue", **fields}
    return {"Type": "Resource", "ResourceChange": change}


def change_set(*changes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "ChangeSetId": "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/release/1",
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1",
        "StackName": "shop",
        "Status": "CREATE_COMPLETE",
        "ExecutionStatus": "AVAILABLE",
        "Changes": list(changes or [resource()]),
        **fields,
    }


def read(payload: object, environment: str = "production") -> Reading:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return reader_for("cloudformation")(raw, "", environment)


def told(payload: object) -> Inventory:
    found = read(payload).told
    assert found is not None
    return found


def refused(payload: object) -> BadProposal:
    with pytest.raises(BadProposal) as caught:
        read(payload)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_change_set_is_read_in_the_encodings_that_shells_write(encoding: str) -> None:
    raw = json.dumps(change_set()).encode(encoding)

    assert [effect.verb for effect in read(raw).change.effects] == ["create"]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "not-json"),
        (b"Changes: []", "not-json"),
        (b'{"Changes":[]}\0', "not-text"),
        (b"\xff\xfe{", "not-text"),
        (b"\x80{}", "not-text"),
        (b"[" * 100_000, "too-deep"),
        ([], "not-a-change-set"),
        ({}, "not-a-change-set"),
        (5, "not-a-change-set"),
        ("text", "not-a-change-set"),
        (None, "not-a-change-set"),
        ([5], "not-a-change-set"),
        ({"changeSets": []}, "not-a-change-set"),
        ({"Resources": {}}, "not-a-change-set"),
        ({"Stacks": []}, "not-a-change-set"),
        ({"Summaries": []}, "not-a-change-set"),
        ({"resource_changes": []}, "not-a-change-set"),
        ({"Changes": 5}, "not-a-change-set"),
        ({"Changes": []}, "not-a-change-set"),
        (change_set({"Type": "Resource", "ResourceChange": {"Action": "Add"}}), "not-a-change-set"),
        (change_set(resource("a\x1b[31mb")), "not-a-change-set"),
        (change_set(resource(ResourceType="")), "not-a-change-set"),
        (change_set(resource(), resource()), "given-twice"),
        ([change_set(), change_set()], "given-twice"),
    ],
)
def test_what_is_no_change_set_is_refused_with_its_reason(payload: object, code: str) -> None:
    error = refused(payload)

    assert error.code == code
    assert error.exit_status == 2


@pytest.mark.parametrize(
    ("status", "execution"),
    [
        ("FAILED", "UNAVAILABLE"),
        ("CREATE_PENDING", "UNAVAILABLE"),
        ("CREATE_IN_PROGRESS", "UNAVAILABLE"),
        ("DELETE_COMPLETE", "UNAVAILABLE"),
        ("CREATE_COMPLETE", "UNAVAILABLE"),
        ("CREATE_COMPLETE", "EXECUTE_IN_PROGRESS"),
        ("CREATE_COMPLETE", "EXECUTE_COMPLETE"),
        ("CREATE_COMPLETE", "EXECUTE_FAILED"),
        ("CREATE_COMPLETE", "OBSOLETE"),
        ("CREATE_COMPLETE", ""),
        ("", "AVAILABLE"),
        ("", ""),
    ],
)
def test_what_cannot_be_executed_is_refused(status: str, execution: str) -> None:
    error = refused(change_set(Status=status, ExecutionStatus=execution))

    assert error.code == "not-available"
    assert status in error.message
    assert execution in error.message


def test_an_empty_list_is_no_change_set() -> None:
    assert refused({"changeSet": []}).code == "not-a-change-set"


def test_a_payload_that_is_too_large_is_refused_unread() -> None:
    assert refused(b" " * (MAX_BYTES + 1)).code == "too-large"


def test_too_many_changes_are_refused() -> None:
    many = change_set(*[resource(f"Q{number}") for number in range(MAX_CHANGES + 1)])

    assert refused(many).code == "too-large"


def test_a_dialect_is_refused() -> None:
    with pytest.raises(BadProposal) as caught:
        reader_for("cloudformation")(b"{}", "yaml", "production")

    assert caught.value.code == "unknown-dialect"


def nested(parent: str, child: str, **fields: Any) -> dict[str, Any]:
    inner = resource("Inner", ResourceType="AWS::CloudFormation::Stack", Action="Modify", ChangeSetId=child)
    return change_set(inner, ChangeSetId=parent, **fields)


def test_change_sets_inside_of_each_other_are_refused() -> None:
    assert refused([nested("a", "b"), nested("b", "a", ParentChangeSetId="a")]).code == "circle"
    assert refused([change_set(), nested("a", "b"), nested("b", "a")]).code == "circle"


def test_a_change_set_under_two_parents_is_refused() -> None:
    shared = change_set(ChangeSetId="c", ParentChangeSetId="a")

    assert refused([nested("a", "c"), nested("b", "c"), shared]).code == "circle"


def test_a_nested_change_set_that_only_its_parent_can_execute_is_read() -> None:
    inner = change_set(ChangeSetId="c", ParentChangeSetId="a", ExecutionStatus="UNAVAILABLE", StackName="shop-Inner")

    names = [effect.resource.name for effect in read([nested("a", "c"), inner]).change.effects]

    assert names == ["shop/Inner", "shop/Inner/Queue"]


def test_the_place_of_a_resource_is_that_of_its_stack() -> None:
    found = read(change_set(resource(AfterContext='{"Properties": {"AvailabilityZone": "eu-west-1a"}}'))).change

    assert found.effects[0].resource.location == (
        ("account", "123456789012"),
        ("region", "eu-west-1"),
        ("state", "shop"),
        ("zone", "eu-west-1a"),
    )


def edges(payload: object) -> set[tuple[str, str, str, tuple[str, ...], tuple[str, ...], str]]:
    return {
        (each.source.name, each.kind, each.target.name, each.fields, each.into, each.evidence)
        for each in told(payload).edges
    }


TEMPLATE = {
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Reader": {
            "Type": "AWS::Lambda::Function",
            "DependsOn": ["Queue", "Nothing"],
            "Properties": {
                "Role": {"Fn::GetAtt": "Role.Arn"},
                "Environment": {"Fn::Sub": ["${Queue.Arn}-${AWS::Region}-${Own}", {"Own": {"Ref": "Queue"}}]},
                "Layers": [{"Fn::ImportValue": "layer"}],
            },
        },
        "Role": {"Type": "AWS::IAM::Role"},
    }
}


def test_a_template_tells_what_refers_to_what() -> None:
    assert edges({"changeSet": change_set(), "template": TEMPLATE}) == {
        ("shop/Reader", "uses", "shop/Role", ("Arn",), ("Role",), "template"),
        ("shop/Reader", "uses", "shop/Queue", ("Arn",), ("Environment",), "template"),
        ("shop/Reader", "uses", "shop/Queue", ("Ref",), ("Environment",), "template"),
        ("shop/Reader", "after", "shop/Queue", (), (), "template"),
    }


@pytest.mark.parametrize("wrapped", [TEMPLATE, {"TemplateBody": TEMPLATE}, {"TemplateBody": json.dumps(TEMPLATE)}])
def test_a_template_is_read_as_it_is_printed(wrapped: object) -> None:
    assert len(edges({"changeSet": change_set(), "template": wrapped})) == 4


@pytest.mark.parametrize("wrapped", ["Resources: *queue", {"TemplateBody": "a: b"}, {}, 5, {"Resources": []}])
def test_a_template_that_cannot_be_read_makes_the_telling_incomplete(wrapped: object) -> None:
    found = told({"changeSet": change_set(), "template": wrapped})

    assert not found.complete
    assert "`shop`: the template" in found.limits[0]


def test_what_is_imported_from_other_stacks_is_said() -> None:
    found = told({"changeSet": change_set(), "template": TEMPLATE})

    assert found.limits == ("`shop`: 1 values are imported from other stacks",)
    assert not found.complete


def test_without_a_template_the_telling_is_not_complete() -> None:
    assert told(change_set()).limits == ("no template of `shop` was given: only what its change set names is known",)


def test_a_template_without_imports_is_complete() -> None:
    plain = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}

    assert told({"changeSet": change_set(), "template": plain}).complete


def test_the_cause_of_a_change_is_an_edge_and_a_replacement_flows() -> None:
    detail = {
        "Target": {"Attribute": "Properties", "Name": "SubnetId", "RequiresRecreation": "Always"},
        "ChangeSource": "ResourceAttribute",
        "CausingEntity": "Subnet.SubnetId",
    }
    payload = change_set(resource("Host", Action="Modify", Replacement="True", Details=[detail]))

    assert edges(payload) == {("shop/Host", "uses", "shop/Subnet", ("SubnetId",), ("SubnetId",), "change set")}
    assert [(each.type, each.field, each.replaces) for each in told(payload).flows] == [
        ("cloudformation.AWS::SQS::Queue", "SubnetId", True)
    ]


@pytest.mark.parametrize("name", ["StackResources", "StackResourceSummaries"])
def test_listed_resources_are_items(name: str) -> None:
    row = {"StackName": "shop", "LogicalResourceId": "Table", "ResourceType": "AWS::DynamoDB::Table"}

    found = told({"changeSet": change_set(), "stackResources": {name: [row, 5, {"StackName": "other"}]}})

    assert [item.resource.name for item in found.items] == ["shop/Queue", "shop/Table"]
    assert found.items[1].planes == ("data",)


def test_a_resource_is_the_same_in_effects_items_and_edges() -> None:
    reading = read(
        {"changeSet": change_set(resource("Reader", ResourceType="AWS::Lambda::Function")), "template": TEMPLATE}
    )

    assert reading.told is not None
    effect = reading.change.effects[0].resource
    assert effect in [item.resource for item in reading.told.items]
    assert {edge.source for edge in reading.told.edges} == {effect}
