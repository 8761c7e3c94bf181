"""A stack update is seen before it is done, and what was seen is what is done."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from tests.unit.execute.aws.aws_world import Account

from interlock.assess.rollback import way_back_of
from interlock.assess.undo import Undoing
from interlock.errors import BadProposal, Stale
from interlock.execute.aws.answer import from_bytes
from interlock.execute.aws.stacks import StackPlanner
from interlock.execute.planners import planner_for
from interlock.read.readers import reader_for

STACK = ("aws.cloudformation.stack", "shop")


def template(*queues: str) -> str:
    return json.dumps({"Resources": {name: {"Type": "AWS::SQS::Queue"} for name in queues}})


def stacked(account: Account) -> Any:
    client = account.client("cloudformation")
    client.create_stack(StackName="shop", TemplateBody=template("A", "B"))
    return client


def update(account: Account, *queues: str):  # type: ignore[no-untyped-def]  # an order
    parameters = {"StackName": "shop", "TemplateBody": template(*queues)}
    return account.order("cloudformation:UpdateStack", parameters, STACK, verb="update")


def planned(account: Account, order: Any) -> Any:
    plan = StackPlanner(account.waits.append).plan(order.payload, order.target, None)
    return order._replace(payload=plan.package), plan


def resources(client: Any) -> list[str]:
    found = client.describe_stack_resources(StackName="shop")["StackResources"]
    return sorted(each["LogicalResourceId"] for each in found)


def test_an_update_becomes_a_change_set_and_nothing_else(account: Account) -> None:
    client = stacked(account)

    _, plan = planned(account, update(account, "A", "C"))
    package = json.loads(plan.package)

    assert resources(client) == ["A", "B"]
    changes = [each["ResourceChange"] for page in package["changeSets"] for each in page["Changes"]]
    assert {("Add", "C"), ("Remove", "B")} <= {(each["Action"], each["LogicalResourceId"]) for each in changes}
    assert plan.identity.lineage == package["changeSets"][0]["ChangeSetId"]


def test_exactly_that_change_set_is_executed_and_answered_as_an_update(account: Account) -> None:
    client = stacked(account)
    order, _ = planned(account, update(account, "A", "C"))

    done = account.run(order)
    answer = ElementTree.fromstring(from_bytes(account.vault[done.output]).body)
    space = "{http://cloudformation.amazonaws.com/doc/2010-05-15/}"

    assert resources(client) == ["A", "C"]
    assert answer.tag == f"{space}UpdateStackResponse"
    assert ":stack/shop/" in str(answer.findtext(f"{space}UpdateStackResult/{space}StackId"))


def test_the_plan_is_read_as_what_it_does_to_things_by_their_own_names(account: Account) -> None:
    stacked(account)
    _, plan = planned(account, update(account, "A", "C"))

    change = reader_for("aws")(plan.package, "http", "production").change
    effects = {(each.verb, each.resource.type): each for each in change.effects}

    assert change.fully_known
    assert change.kind == "aws"
    assert effects["update", "aws.cloudformation.stack"].needs == ("cloudformation:ExecuteChangeSet",)
    assert effects["delete", "aws.sqs.queue"].resource.name.startswith("arn:aws:sqs:eu-central-1:123456789012:shop-B-")
    assert ("create", "cloudformation.AWS::SQS::Queue") in effects


def test_undoing_brings_the_template_back(account: Account) -> None:
    client = stacked(account)
    order, _ = planned(account, update(account, "A", "C"))
    done = account.run(order)

    account.undo(order, done)

    assert resources(client) == ["A", "B"]


def test_a_stack_that_its_change_set_made_goes_again_as_a_whole(account: Account) -> None:
    client = account.client("cloudformation")
    client.create_change_set(
        StackName="shop", ChangeSetName="made-elsewhere", ChangeSetType="CREATE", TemplateBody=template("A", "B")
    )
    parameters = {"StackName": "shop", "ChangeSetName": "made-elsewhere"}
    order, plan = planned(account, account.order("cloudformation:ExecuteChangeSet", parameters, STACK, verb="execute"))

    change = reader_for("aws")(plan.package, "http", "production").change
    assert [each.verb for each in change.effects] == ["create"] * 3
    done = account.run(order)
    assert resources(client) == ["A", "B"]
    account.undo(order, done)

    assert client.describe_stacks()["Stacks"] == []


def create(account: Account, **more: Any) -> Any:
    parameters = {"StackName": "shop", "TemplateBody": template("A", "B"), **more}
    return account.order("cloudformation:CreateStack", parameters, STACK, verb="create")


def test_a_stack_that_is_made_is_seen_beforehand_and_made_as_it_was_seen(account: Account) -> None:
    client = account.client("cloudformation")
    order, plan = planned(account, create(account))
    change = reader_for("aws")(plan.package, "http", "production").change

    assert {each.resource.type for each in change.effects} == {
        "aws.cloudformation.stack",
        "cloudformation.AWS::SQS::Queue",
    }
    assert [each.verb for each in change.effects] == ["create"] * 3
    assert change.effects[0].way_back is not None
    assert change.effects[0].way_back.step == "delete the stack"
    assert account.client("sqs").list_queues().get("QueueUrls", []) == []
    done = account.run(order)
    answer = ElementTree.fromstring(from_bytes(account.vault[done.output]).body)
    assert answer.tag.endswith("CreateStackResponse")
    assert resources(client) == ["A", "B"]
    account.undo(order, done)
    assert client.describe_stacks()["Stacks"] == []


def test_the_same_stack_is_planned_again_upon_the_change_set_that_is_there(account: Account) -> None:
    _, first = planned(account, create(account))
    _, second = planned(account, create(account))

    assert first.identity == second.identity


def test_a_stack_that_is_there_is_not_made(account: Account) -> None:
    client = stacked(account)

    with pytest.raises(BadProposal, match="already"):
        planned(account, create(account))
    assert client.list_change_sets(StackName="shop")["Summaries"] == []


def test_what_a_change_set_does_not_take_is_refused_when_a_stack_is_made(account: Account) -> None:
    with pytest.raises(BadProposal, match="`EnableTerminationProtection`"):
        planned(account, create(account, EnableTerminationProtection=True))


def test_nothing_is_promised_to_be_kept_of_what_an_update_deletes(account: Account) -> None:
    """It is gone at once: its template comes back, its contents do not."""
    stacked(account)
    order, _ = planned(account, update(account, "A"))
    rehearsal = account.rehearse(order)
    change = reader_for("aws")(order.payload, "http", "production").change
    judged = way_back_of(change, rehearsal, Undoing({}, {}))

    assert rehearsal.rollback.kept == ""
    assert judged.verdict not in ("valid", "valid-with-loss")


def test_a_change_set_that_is_gone_is_stale(account: Account) -> None:
    client = stacked(account)
    order, plan = planned(account, update(account, "A", "C"))
    client.delete_change_set(ChangeSetName=plan.identity.lineage)

    with pytest.raises(Stale):
        account.run(order)

    assert resources(client) == ["A", "B"]


def test_a_plan_cannot_be_proposed(account: Account) -> None:
    stacked(account)
    order, plan = planned(account, update(account, "A", "C"))

    assert planner_for(order.target, plan.package) is not None
    with pytest.raises(BadProposal, match="cannot be proposed"):
        StackPlanner().plan(plan.package, order.target, None)


def test_what_cannot_be_seen_beforehand_is_refused(account: Account) -> None:
    stacked(account)
    parameters = {"StackName": "shop", "TemplateBody": template("A"), "StackPolicyDuringUpdateBody": "{}"}
    order = account.order("cloudformation:UpdateStack", parameters, STACK)

    with pytest.raises(BadProposal, match="`StackPolicyDuringUpdateBody`"):
        StackPlanner().plan(order.payload, order.target, None)


def test_a_service_that_is_spelt_with_escapes_is_planned_too(account: Account) -> None:
    payload = b'{"service": "\\u0063loudformation", "operation": "UpdateStack", "parameters": {"StackName": "shop"}}'

    assert planner_for(account.target(), payload) is not None


@pytest.mark.parametrize(
    ("name", "parameters", "takes"),
    [
        ("cloudformation:UpdateStack", {"StackName": "shop"}, True),
        ("cloudformation:ExecuteChangeSet", {"ChangeSetName": "x", "StackName": "shop"}, True),
        ("cloudformation:DeleteStack", {"StackName": "shop"}, False),
        ("cloudformation:CreateStack", {"StackName": "shop"}, True),
        ("cloudformation:ListStacks", {}, False),
        ("sqs:DeleteQueue", {"QueueUrl": "https://x/cloudformation/UpdateStack"}, False),
    ],
)
def test_only_what_changes_a_stack_is_planned(
    account: Account, name: str, parameters: dict[str, Any], takes: bool
) -> None:
    order = account.order(name, parameters)
    as_json = msgspec.json.encode(
        {"service": name.partition(":")[0], "operation": name.partition(":")[2], "parameters": parameters}
    )

    assert (planner_for(order.target, order.payload) is not None) == takes
    assert (planner_for(order.target, as_json) is not None) == takes
