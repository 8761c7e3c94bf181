"""A stack that goes: what holds data in it is copied first, and what cannot be is named and keeps it from passing."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from tests.moto_world import ACCOUNT, REGION
from tests.unit.execute.aws.aws_world import NOW, Account

from interlock.assess.assess import assess
from interlock.assess.rollback import way_back_of
from interlock.assess.undo import Undoing
from interlock.errors import Stale, TargetError
from interlock.execute.aws.stacks import StackPlanner
from interlock.execute.executor import Order
from interlock.model.change import Change
from interlock.model.inventory import Inventory
from interlock.model.target import Bounds, Environment
from interlock.read.aws.reader import AwsReader
from interlock.survey.aws.aws import survey

PRODUCTION = Environment("production")
COPIES = "interlock-a1b2c3d4-"


def database(name: str = "orders", **more: Any) -> dict[str, Any]:
    properties = {
        "DBInstanceIdentifier": name, "DBInstanceClass": "db.t3.micro", "Engine": "postgres",
        "AllocatedStorage": "5", "MasterUsername": "u", "MasterUserPassword": "secret-password",
    }  # fmt: skip
    return {"Type": "AWS::RDS::DBInstance", "Properties": properties, "DeletionPolicy": "Delete", **more}


def table(name: str = "carts", **more: Any) -> dict[str, Any]:
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    kinds = [{"AttributeName": "id", "AttributeType": "S"}]
    properties = {
        "TableName": name,
        "KeySchema": key,
        "AttributeDefinitions": kinds,
        "BillingMode": "PAY_PER_REQUEST",
    }
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties, **more}


ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"RoleName": "reader", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}


def stacked(account: Account, **resources: Any) -> Any:
    client = account.client("cloudformation")
    client.create_stack(StackName="shop", TemplateBody=json.dumps({"Resources": resources}))
    return client


def surveyed(account: Account, change: Change) -> Inventory:
    return survey(account.target(), change, bounds=Bounds(180_000, age=0), now=NOW, monotonic=lambda: 0)


def judged(account: Account, order: Order) -> tuple[Order, Inventory]:
    """The order with the change as it is at this target, which is what is voted on."""
    change = AwsReader()(order.payload, "http", "production").change
    found = surveyed(account, change)
    return order._replace(change=AwsReader().given(change, found)), found


def deleted(account: Account, **more: Any) -> tuple[Order, Inventory]:
    return judged(account, account.order("cloudformation:DeleteStack", {"StackName": "shop", **more}))


def class_of(account: Account, order: Order, found: Inventory) -> Any:
    rehearsal = account.rehearse(order)
    return assess(order.change, inventory=found, rehearsal=rehearsal, claimed=PRODUCTION, found=PRODUCTION)


def verbs(order: Order) -> dict[str, str]:
    return {each.resource.name.rpartition(":")[2].rpartition("/")[2]: each.verb for each in order.change.effects}


def test_all_that_holds_data_is_copied_before_the_stack_goes(account: Account) -> None:
    client = stacked(account, Database=database(), Table=table(), Role=ROLE)
    order, found = deleted(account)

    assessment = class_of(account, order, found)
    done = account.run(order)

    assert (assessment.rollback.kept, assessment.rollback.verdict) == ("copy", "valid-with-loss")
    assert assessment.reversibility == "verified-copy"
    assert done.told == [("about", "backup"), ("did", "backup"), ("about", "call"), ("did", "call")]
    assert client.describe_stacks()["Stacks"] == []
    snapshots = account.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    backups = account.client("dynamodb").list_backups()["BackupSummaries"]
    assert [each["DBInstanceIdentifier"] for each in snapshots] == ["orders"]
    assert [each["TableName"] for each in backups] == ["carts"]
    assert all(each["DBSnapshotIdentifier"].startswith(COPIES) for each in snapshots)
    assert all(each["BackupName"].startswith(COPIES) for each in backups)


def test_two_things_of_one_kind_have_two_copies(account: Account) -> None:
    stacked(account, One=database("one"), Two=database("two"))
    order, _ = deleted(account)

    account.run(order)

    snapshots = account.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert {"one", "two"} == {each["DBInstanceIdentifier"] for each in snapshots}
    assert len({each["DBSnapshotIdentifier"] for each in snapshots}) == 2


@pytest.mark.parametrize(
    ("odd", "named"),
    [
        (QUEUE, "jobs"),
        ({"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "audit"}}, "audit"),
        ({"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "events", "ShardCount": 1}}, "events"),
    ],
)
def test_what_cannot_be_copied_is_named_and_keeps_the_whole_from_being_kept(
    account: Account, odd: dict[str, Any], named: str
) -> None:
    stacked(account, Database=database(), Odd=odd)
    order, found = deleted(account)

    rehearsal = account.rehearse(order)
    assessment = class_of(account, order, found)

    assert assessment.rollback.kept == ""
    assert assessment.rollback.verdict == "invalid"
    assert assessment.reversibility == "irreversible"
    assert [limit for limit in rehearsal.limits if named in limit]


def test_a_copy_that_is_not_possible_is_named(account: Account) -> None:
    stacked(account, Files={"Type": "AWS::EFS::FileSystem", "Properties": {}})
    order, _ = deleted(account)

    rehearsal = account.rehearse(order)

    assert rehearsal.rollback.kept == ""
    assert "cannot be copied: a file system can only be copied with a role" in rehearsal.limits[1]


def test_a_stack_that_holds_no_data_is_made_again_from_its_template(account: Account) -> None:
    client = stacked(account, Role=ROLE)
    order, found = deleted(account)

    assessment = class_of(account, order, found)
    done = account.run(order)
    assert client.describe_stacks()["Stacks"] == []
    account.undo(order, done)

    assert assessment.rollback.kept == "copy"
    assert assessment.rollback.steps == ("make the stack again from its template",)
    assert [each["StackName"] for each in client.describe_stacks()["Stacks"]] == ["shop"]
    assert "reader" in {each["RoleName"] for each in account.client("iam").list_roles()["Roles"]}


def test_what_was_copied_is_restored_and_that_the_stack_is_not_is_said(account: Account) -> None:
    stacked(account, Database=database(), Table=table())
    order, _ = deleted(account)
    done = account.run(order)

    with pytest.raises(TargetError, match="of the stack itself nothing was made again"):
        account.undo(order, done)

    assert [each["DBInstanceIdentifier"] for each in account.client("rds").describe_db_instances()["DBInstances"]] == [
        "orders"
    ]
    assert account.client("dynamodb").list_tables()["TableNames"] == ["carts"]


def test_what_stands_there_again_is_not_written_over(account: Account) -> None:
    stacked(account, Table=table())
    order, _ = deleted(account)
    done = account.run(order)
    properties = table()["Properties"]
    account.client("dynamodb").create_table(**properties)

    with pytest.raises(TargetError, match=r"stands there and was not written over; `interlock-a1b2c3d4-\d` is its"):
        account.undo(order, done)


def test_what_the_template_retains_or_snapshots_is_not_counted_as_destroyed(account: Account) -> None:
    stacked(
        account,
        Kept=table("kept", DeletionPolicy="Retain"),
        Shot=database("shot", DeletionPolicy="Snapshot"),
        Plain={key: value for key, value in database("plain").items() if key != "DeletionPolicy"},
    )
    order, _ = deleted(account)

    ways = {each.resource.name.rpartition(":")[2]: each.way_back for each in order.change.effects}

    assert {"shop": "delete", "kept": "update", "shot": "delete", "plain": "delete"}.items() <= verbs(order).items()
    assert ways["table/kept"] is not None
    assert ways["table/kept"].reversibility == "exact-inverse"
    for name in ("shot", "plain"):  # without a policy CloudFormation takes a snapshot of a database, too
        assert ways[name] is not None
        assert "its stack takes a snapshot of it as it goes" in ways[name].evidence


def test_a_template_in_yaml_is_read_for_what_it_retains(account: Account) -> None:
    body = """
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    Properties: {QueueName: !Sub 'jobs'}
"""
    account.client("cloudformation").create_stack(StackName="shop", TemplateBody=body)
    order, found = deleted(account)

    assert verbs(order) == {"shop": "delete", "jobs": "update"}
    assert class_of(account, order, found).rollback.kept == "copy"


def test_automated_backups_go_with_a_database_that_its_stack_takes_along(account: Account) -> None:
    inside = database()
    inside["Properties"]["BackupRetentionPeriod"] = 7
    stacked(account, Database=inside)

    order, _ = deleted(account)
    [effect] = [each for each in order.change.effects if each.resource.type == "aws.rds.db-instance"]

    assert effect.way_back is not None
    assert effect.way_back.reversibility == "irreversible"


def test_a_bucket_goes_with_its_stack_only_when_it_is_empty(account: Account) -> None:
    stacked(account, Bucket={"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "reports"}})
    order, found = deleted(account)

    assessment = class_of(account, order, found)

    assert assessment.rollback.kept == "until-closed"
    assert assessment.reversibility == "grace-period"


def test_a_custom_resource_is_nothing_that_anybody_can_keep(account: Account) -> None:
    custom = {
        "Type": "Custom::Empties",
        "Properties": {"ServiceToken": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"},
    }
    stacked(account, Table=table())
    order, _ = deleted(account)
    effect = order.change.effects[1]
    odd = msgspec.structs.replace(
        effect, resource=msgspec.structs.replace(effect.resource, type="aws.cloudformation.custom-resource", name="x")
    )
    order = order._replace(change=msgspec.structs.replace(order.change, effects=(*order.change.effects, odd)))

    assert custom["Type"].startswith("Custom::")
    assert account.rehearse(order).rollback.kept == ""


def test_a_stack_that_grew_since_it_was_approved_is_stale_and_stays(account: Account) -> None:
    client = stacked(account, Table=table())
    order, _ = deleted(account)
    client.update_stack(
        StackName="shop", TemplateBody=json.dumps({"Resources": {"Table": table(), "More": table("b")}})
    )

    with pytest.raises(Stale, match="is in the stack now"):
        account.run(order)

    assert {"carts", "b"} == set(account.client("dynamodb").list_tables()["TableNames"])
    assert account.client("dynamodb").list_backups()["BackupSummaries"] == []


def test_a_stack_that_grows_while_it_is_copied_is_stale_and_stays(account: Account) -> None:
    client = stacked(account, Table=table())
    order, _ = deleted(account)
    steps = account.executor().execute(order, account.seal)

    def grown() -> None:
        for step in steps:
            if step.phase == "about" and step.name == "backup":
                body = {"Resources": {"Table": table(), "Role": ROLE}}
                client.update_stack(StackName="shop", TemplateBody=json.dumps(body))

    with pytest.raises(Stale, match="holds other things than before"):
        grown()

    assert account.client("dynamodb").list_tables()["TableNames"] == ["carts"]


def test_a_retained_name_that_is_not_in_the_stack_makes_the_call_unknown(account: Account) -> None:
    stacked(account, Table=table())

    order, _ = deleted(account, RetainResources=["Table", "Ghost"])

    # The stack is whole: it would not listen to either name.
    assert len(order.change.unknown) == 2
    assert "`shop/Ghost` is nothing that the stack lets go of" in order.change.unknown
    assert verbs(order)["carts"] == "delete"


def planned(account: Account, resources: dict[str, Any]) -> tuple[Order, Inventory]:
    parameters = {"StackName": "shop", "TemplateBody": json.dumps({"Resources": resources})}
    order = account.order("cloudformation:UpdateStack", parameters, verb="update")
    plan = StackPlanner(account.waits.append).plan(order.payload, order.target, None)
    return judged(account, order._replace(payload=plan.package))


def test_what_an_update_deletes_is_copied_before_its_change_set_is_executed(account: Account) -> None:
    stacked(account, Table=table(), Role=ROLE)
    order, found = planned(account, {"Role": ROLE})

    rehearsal = account.rehearse(order)
    done = account.run(order)

    assert rehearsal.complete
    assert rehearsal.rollback.kept == "copy"
    assert way_back_of(order.change, rehearsal, Undoing({}, {})).kept == "copy"
    assert done.told == [("about", "backup"), ("did", "backup"), ("about", "soften"), ("did", "soften")]
    assert account.client("dynamodb").list_tables()["TableNames"] == []
    assert [each["TableName"] for each in account.client("dynamodb").list_backups()["BackupSummaries"]] == ["carts"]
    assert found.items


def test_what_an_update_loses_without_a_copy_is_named(account: Account) -> None:
    stacked(account, Table=table(), Queue=QUEUE)
    order, _ = planned(account, {"Table": table()})

    rehearsal = account.rehearse(order)

    assert rehearsal.rollback.kept == ""
    assert [limit for limit in rehearsal.limits if "jobs" in limit]


def test_a_crash_before_the_call_is_looked_up_with_the_copies_it_left(account: Account) -> None:
    stacked(account, Table=table())
    order, _ = deleted(account)
    assert account.executor().look(order, "run") == "not-done"
    steps = account.executor().execute(order, account.seal)
    for step in steps:
        if (step.phase, step.name) == ("did", "backup"):
            break
    steps.close()

    assert account.executor().look(order, "run") == "in-part"
