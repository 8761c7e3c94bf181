"""What a survey found makes of a change: what is inside is named, and what is kept lowers the class."""

from __future__ import annotations

import msgspec
import pytest

from interlock.model.change import Change, Effect, Resource
from interlock.model.inventory import Edge, Inventory, Item
from interlock.read.aws.given import given
from interlock.read.reader import SurveyedReader
from interlock.read.readers import reader_for

STACK = Resource("aws.cloudformation.stack", "reporting")
TABLE = Resource("aws.dynamodb.table", "orders")
DATABASE = Resource("aws.rds.db-instance", "orders")
BUCKET = Resource("aws.s3.bucket", "reports")


def call(service: str, operation: str, **parameters: object) -> Change:
    payload = msgspec.json.encode({"service": service, "operation": operation, "parameters": parameters})
    return reader_for("aws")(payload, "", "production").change


def item(resource: Resource, *kept: str, protections: tuple[str, ...] = ()) -> Item:
    return Item(resource, kept=kept, protections=protections)


def inside(*resources: Resource, of: Resource = STACK) -> tuple[Edge, ...]:
    return tuple(Edge(resource, of, "contains") for resource in resources)


def found(*items: Item, edges: tuple[Edge, ...] = (), complete: bool = True) -> Inventory:
    return Inventory("prod", items=items, edges=edges, complete=complete)


def one(change: Change, resource: Resource) -> Effect:
    [effect] = [effect for effect in change.effects if effect.resource.key == resource.key]
    return effect


def class_of(change: Change, resource: Resource) -> str | None:
    back = one(change, resource).way_back
    return back.reversibility if back is not None else None


def test_the_reader_promises_to_look_at_what_was_found() -> None:
    assert isinstance(reader_for("aws"), SurveyedReader)


def test_what_a_stack_contains_is_named_one_by_one() -> None:
    change = call("cloudformation", "DeleteStack", StackName="reporting")

    named = given(change, found(item(STACK), item(TABLE), edges=inside(TABLE, BUCKET)))

    assert [STACK.key, TABLE.key, BUCKET.key] == [effect.resource.key for effect in named.effects]
    assert {"delete"} == {effect.verb for effect in named.effects}
    assert class_of(named, TABLE) == "irreversible"
    assert class_of(named, STACK) == "disruptive-inverse"


def test_a_stack_in_a_stack_is_opened_too_and_a_circle_ends() -> None:
    nested = Resource("aws.cloudformation.stack", "inner")
    change = call("cloudformation", "DeleteStack", StackName="reporting")

    edges = (*inside(nested), *inside(TABLE, STACK, of=nested))
    named = given(change, found(item(STACK), edges=edges))

    assert {STACK.key, nested.key, TABLE.key} == {effect.resource.key for effect in named.effects}
    assert len(named.effects) == 3


def test_what_the_stack_retains_is_only_let_go_of() -> None:
    change = call("cloudformation", "DeleteStack", StackName="reporting")

    named = given(change, found(item(STACK), item(TABLE, "retained"), edges=inside(TABLE)))

    assert one(named, TABLE).verb == "update"
    assert one(named, TABLE).traits == ("forgets",)
    assert class_of(named, TABLE) == "exact-inverse"


@pytest.mark.parametrize("complete", [True, False])
def test_only_a_complete_survey_makes_the_stack_itself_any_better(complete: bool) -> None:
    change = call("cloudformation", "DeleteStack", StackName="reporting")

    named = given(change, found(item(STACK), edges=inside(TABLE), complete=complete))

    assert class_of(named, STACK) == ("disruptive-inverse" if complete else "irreversible")
    assert "cascades" in one(named, STACK).traits
    assert one(named, TABLE).verb == "delete"


def test_a_stack_that_was_not_found_stays_as_bad_as_it_was() -> None:
    change = call("cloudformation", "DeleteStack", StackName="reporting")

    assert change == given(change, found(item(TABLE)))


def test_a_rebuilt_environment_replaces_what_is_in_it() -> None:
    environment = Resource("aws.elasticbeanstalk.environment", "reporting")
    change = call("elasticbeanstalk", "RebuildEnvironment", EnvironmentName="reporting")

    named = given(change, found(item(environment), item(DATABASE), edges=inside(DATABASE, of=environment)))

    assert one(named, DATABASE).verb == "replace"
    assert "leaves-a-gap" in one(named, DATABASE).traits
    assert class_of(named, DATABASE) == "irreversible"


def test_everything_under_a_prefix_becomes_objects() -> None:
    prefix = Resource("aws.s3.object", "reports/2026/")
    object_ = Resource("aws.s3.object", "reports/2026/11.csv")
    change = reader_for("aws")(b"aws s3 rm s3://reports/2026/ --recursive", "cli", "production").change

    named = given(change, found(item(prefix), item(object_, "versioning"), edges=inside(object_, of=prefix)))

    assert one(named, object_).aspect == "content"
    assert one(named, object_).needs == ("s3:DeleteObject", "s3:ListBucket")
    assert class_of(named, object_) == "exact-inverse"


def test_what_does_not_cascade_is_not_opened() -> None:
    change = call(
        "cloudformation", "UpdateTerminationProtection", StackName="reporting", EnableTerminationProtection=True
    )

    assert len(given(change, found(item(STACK), edges=inside(TABLE))).effects) == 1


@pytest.mark.parametrize(
    ("word", "class_"),
    [
        ("snapshot:s1", "verified-copy"),
        ("backup:b1", "verified-copy"),
        ("replica:r1", "verified-copy"),
        ("automated-backup", "irreversible"),  # it goes with the instance, unless the call keeps it
        ("versioning", "irreversible"),  # worth nothing for a database
        ("definition", "irreversible"),
        ("a word that nobody knows", "irreversible"),
    ],
)
def test_a_database_is_lost_unless_a_copy_stays(word: str, class_: str) -> None:
    change = call("rds", "DeleteDBInstance", DBInstanceIdentifier="orders")

    assert class_of(given(change, found(item(DATABASE, word))), DATABASE) == class_


def test_automated_backups_count_only_where_the_call_keeps_them() -> None:
    change = call("rds", "DeleteDBInstance", DBInstanceIdentifier="orders", DeleteAutomatedBackups=False)

    named = given(change, found(item(DATABASE, "automated-backup")))

    assert class_of(named, DATABASE) == "grace-period"


def test_evidence_says_what_it_is() -> None:
    change = call("rds", "DeleteDBInstance", DBInstanceIdentifier="orders")

    back = one(given(change, found(item(DATABASE, "snapshot:s1"))), DATABASE).way_back

    assert back is not None
    assert back.evidence == ("snapshot `s1` of it is there",)
    assert back.verdict == "valid-with-loss"
    assert back.step


@pytest.mark.parametrize(("version", "class_"), [({}, "exact-inverse"), ({"VersionId": "v1"}, "irreversible")])
def test_versioning_saves_an_object_and_no_version(version: dict[str, str], class_: str) -> None:
    thing = Resource("aws.s3.object", "reports/a")
    change = call("s3", "DeleteObject", Bucket="reports", Key="a", **version)

    assert class_of(given(change, found(item(thing, "versioning"))), thing) == class_


def test_point_in_time_recovery_is_worth_more_for_an_item_than_for_its_table() -> None:
    evidence = found(item(TABLE, "point-in-time-recovery"))

    table = given(call("dynamodb", "DeleteTable", TableName="orders"), evidence)
    deleted = given(call("dynamodb", "DeleteItem", TableName="orders", Key={"id": {"S": "1"}}), evidence)
    written = given(call("dynamodb", "PutItem", TableName="orders", Item={"id": {"S": "1"}}), evidence)

    assert class_of(table, TABLE) == "grace-period"
    assert class_of(deleted, TABLE) == "verified-copy"
    assert class_of(written, TABLE) == "verified-copy"


def test_what_refuses_the_call_is_no_copy() -> None:
    change = call("rds", "DeleteDBInstance", DBInstanceIdentifier="orders")

    named = given(change, found(item(DATABASE, protections=("deletion protection",))))

    assert class_of(named, DATABASE) == "grace-period"


def test_a_protection_that_refuses_nothing_is_no_evidence() -> None:
    change = call("rds", "DeleteDBInstance", DBInstanceIdentifier="orders")

    assert class_of(given(change, found(item(DATABASE, protections=("a good name",)))), DATABASE) == "irreversible"


def test_a_definition_that_was_read_makes_an_update_exact() -> None:
    change = call("rds", "ModifyDBInstance", DBInstanceIdentifier="orders", Port=5433)
    plain = call("rds", "ModifyDBInstance", DBInstanceIdentifier="orders", CopyTagsToSnapshot=True)

    evidence = found(item(DATABASE, "definition"))

    assert class_of(given(plain, evidence), DATABASE) == "exact-inverse"
    assert class_of(given(change, evidence), DATABASE) == "disruptive-inverse"


def test_a_kind_that_nobody_knows_is_not_made_any_better() -> None:
    thing = Resource("aws.iotfleetwise.vehicle", "v")
    change = call("iotfleetwise", "DeleteVehicle", vehicleName="v")

    assert change == given(change, found(item(thing, "snapshot:s", "backup:b", "copy")))


def test_a_group_stands_in_for_an_instance() -> None:
    thing = Resource("aws.ec2.instance", "i-0a")
    change = call("ec2", "TerminateInstances", InstanceIds=["i-0a"])

    assert class_of(given(change, found(item(thing, "auto-scaling:web"))), thing) == "disruptive-inverse"


def test_a_forced_delete_has_no_window_whatever_was_found() -> None:
    secret = Resource("aws.secretsmanager.secret", "orders")
    forced = call("secretsmanager", "DeleteSecret", SecretId="orders", ForceDeleteWithoutRecovery=True)

    assert class_of(given(forced, found(item(secret, "recovery-window:30"))), secret) == "irreversible"


def test_more_than_can_be_named_is_not_understood() -> None:
    from interlock.read.aws import given as room

    many = tuple(Resource("aws.s3.object", f"reports/{number}") for number in range(room.MOST + 1))
    change = call("cloudformation", "DeleteStack", StackName="reporting")

    named = given(change, found(item(STACK), edges=inside(*many)))

    assert named.unknown
    assert named.degraded
    assert class_of(named, STACK) == "irreversible"


@pytest.mark.parametrize(("operation", "named"), [("DeleteStack", True), ("ExecuteChangeSet", False)])
def test_what_a_stack_would_retain_is_named_when_the_stack_goes_and_only_then(operation: str, named: bool) -> None:
    more = {"ChangeSetName": "c"} if operation == "ExecuteChangeSet" else {}
    change = call("cloudformation", operation, StackName="reporting", **more)

    edges = (Edge(TABLE, STACK, "after"),)
    seen = given(change, found(item(STACK), item(TABLE, "retained"), edges=edges))

    assert (TABLE.key in {effect.resource.key for effect in seen.effects}) is named
    if named:
        assert one(seen, TABLE).traits == ("forgets",)
