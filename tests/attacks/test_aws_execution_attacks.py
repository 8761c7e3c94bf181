"""Attacks on the execution of AWS calls: to send something else, elsewhere, with more rights, or with nothing kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.moto_world import ACCOUNT, REGION, Moto
from tests.unit.execute.aws.aws_world import Account, Gate

from interlock.aws.request import Request, from_bytes, to_bytes
from interlock.errors import InterlockError, Refused, TargetError
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.narrow import Scope, narrow, wishes
from interlock.execute.aws.work import work_of
from interlock.model.change import Change, Effect, Resource

HERE = Scope(ACCOUNT, REGION)


@pytest.fixture
def account(moto: Moto, tmp_path: Path) -> Account:
    return Account(moto, tmp_path)


def database(account: Account, name: str = "orders") -> None:
    account.client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="u",
        MasterUserPassword="password1",
    )


def delete(account: Account, **changes: Any):  # type: ignore[no-untyped-def]  # an order
    return account.order(
        "rds:DeleteDBInstance",
        {"DBInstanceIdentifier": "orders", "SkipFinalSnapshot": True},
        ("aws.rds.db-instance", "orders"),
        **changes,
    )


def there(account: Account) -> bool:
    return bool(account.client("rds").describe_db_instances()["DBInstances"])


def real(account: Account, request: Request):  # type: ignore[no-untyped-def]  # an order
    order = account.order("s3:DeleteObject", {"Bucket": "b", "Key": "k"}, payload=to_bytes(request))
    return order._replace(target=msgspec.structs.replace(order.target, address="aws"))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.com",
        "rds.eu-central-1.amazonaws.com.evil.example.com",
        "s3.us-east-1.amazonaws.com",
        "169.254.169.254",
        "127.0.0.1:8080",
        "evil.example.com#s3.eu-central-1.amazonaws.com",
        "sts.eu-central-1.amazonaws.com",
    ],
)
def test_a_request_is_sent_to_no_other_host_than_its_services(account: Account, host: str) -> None:
    request = Request("DELETE", host, "/b/k", "s3", REGION)

    with pytest.raises(InterlockError) as caught:
        work_of(real(account, request).payload, real(account, request).target)

    assert caught.value.code in ("foreign-host", "not-understood")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"account": "999999999999"}, "other-account"),
        ({"region": "us-west-2"}, "other-region"),
        ({"service": "sqs", "operation": "PurgeQueue", "parameters": {"QueueUrl": "q"}}, "other-service"),
    ],
)
def test_a_call_past_the_targets_own_bounds_is_not_sent(account: Account, changes: dict[str, Any], code: str) -> None:
    account.settings["service"] = "rds"
    call = {"service": "rds", "operation": "StopDBInstance", "parameters": {"DBInstanceIdentifier": "orders"}}
    order = account.order(
        "rds:StopDBInstance", {"DBInstanceIdentifier": "orders"}, payload=json.dumps(call | changes).encode()
    )

    with pytest.raises(Refused) as caught:
        account.run(order)

    assert caught.value.code == code


def test_what_is_not_understood_is_not_sent(account: Account) -> None:
    database(account)
    request = from_bytes(delete(account).payload)
    odd = msgspec.structs.replace(request, body=request.body + b"&Unheard=1", body_digest="", body_size=0)

    with pytest.raises(Refused, match="not understood"):
        account.run(delete(account, payload=to_bytes(odd)))

    assert there(account)


def test_a_change_that_needs_nothing_gets_no_credential(account: Account) -> None:
    database(account)
    order = delete(account)
    order = order._replace(change=Change("aws", (Effect("delete", Resource("aws.rds.db-instance", "orders")),)))
    account.settings["backups"] = "no"
    order = order._replace(target=account.target())

    with pytest.raises(Refused) as caught:
        account.run(order)

    assert caught.value.code == "not-narrowed"
    assert there(account)


def test_nothing_is_destroyed_when_the_copy_fails(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    database(account)
    asked = Hands.find

    def failing(hands: Hands, service: str, operation: str, missing: tuple[str, ...], /, **more: Any) -> Any:
        found = asked(hands, service, operation, missing, **more)
        if operation == "describe_db_snapshots" and found:
            found["DBSnapshots"][0]["Status"] = "failed"
        return found

    monkeypatch.setattr(Hands, "find", failing)

    with pytest.raises(TargetError, match="`failed`"):
        account.run(delete(account))

    assert there(account)


def test_a_snapshot_of_our_name_that_holds_something_else_is_no_copy(account: Account) -> None:
    database(account)
    database(account, "decoy")
    account.client("rds").create_db_snapshot(DBInstanceIdentifier="decoy", DBSnapshotIdentifier="interlock-a1b2c3d4")

    with pytest.raises(TargetError) as caught:
        account.run(delete(account))

    assert caught.value.code == "foreign-copy"
    assert there(account)


def test_a_no_of_aws_is_a_failure_and_the_gate_has_the_answer(account: Account) -> None:
    gate = Gate()
    order = account.order("sqs:DeleteQueue", {"QueueUrl": "http://x/123456789012/never"}, exchange=gate)
    executor = account.executor()

    with pytest.raises(TargetError, match="AWS answered") as caught:
        list(executor.execute(order, account.seal))

    assert caught.value.code == "answered-no"
    assert gate.status == 400
    assert executor.look(order, "run") == "not-done"


def test_a_no_after_a_copy_says_that_the_copy_is_left(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    database(account)
    order = delete(account)
    executor = account.executor()
    steps = executor.execute(order, account.seal)
    for step in steps:
        if (step.phase, step.name) == ("did", "backup"):
            account.client("rds").delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
            break

    with pytest.raises(TargetError, match="DBInstanceNotFound"):
        list(steps)

    assert executor.look(order, "run") == "in-part"
    assert "interlock-a1b2c3d4" in executor.account(order, "run")


def test_the_credential_is_in_no_step_and_nothing_that_is_kept(account: Account) -> None:
    database(account)

    done = account.run(delete(account))

    shown = repr(done.steps).encode() + b"".join(account.vault.values())
    assert b"hunter2" not in shown
    assert b"AKIAINTERLOCK" not in shown


def test_backups_that_are_switched_off_leave_the_call_as_it_is(account: Account) -> None:
    database(account)
    account.settings["backups"] = "no"

    done = account.run(delete(account))

    assert done.told == [("about", "call"), ("did", "call")]
    assert "no way back" in done.steps[0].detail
    assert not done.images


def test_a_source_that_says_so_is_not_narrowed_and_that_is_said(account: Account) -> None:
    database(account)
    static = {"source": "static", "file": str(account.folder / "key"), "narrow": False}
    account.target()
    account.settings |= {"write": json.dumps(static), "backups": "no"}

    done = account.run(delete(account))

    assert "not narrowed" in done.steps[0].detail


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("reports/*", "arn:aws:s3:::reports/${*}"),
        ("reports/a?c", "arn:aws:s3:::reports/a${?}c"),
        ("reports/${aws:username}", "arn:aws:s3:::reports/${$}{aws:username}"),
        ("reports/\u4e2d", "arn:aws:s3:::reports/*"),
    ],
)
def test_a_name_with_signs_of_policies_in_it_means_itself_alone(name: str, written: str) -> None:
    policy = json.loads(narrow({"s3:DeleteObject": [name]}, HERE).policy)

    assert policy["Statement"][0] == {"Effect": "Allow", "Action": ["s3:DeleteObject"], "Resource": [written]}


def test_many_names_never_become_more_actions() -> None:
    effects = tuple(
        Effect("delete", Resource("aws.s3.object", f"reports/{number}/{'x' * 40}"), needs=("s3:DeleteObject",))
        for number in range(1000)
    )

    found = narrow(wishes(Change("aws", effects), HERE), HERE)
    first, second = json.loads(found.policy)["Statement"]

    assert len(found.policy) <= 2048
    assert found.widened
    assert first["Action"] == ["s3:DeleteObject"]
    assert first["Resource"] == ["arn:aws:s3:::reports/*"]
    assert second["Condition"] == {"Bool": {"aws:ViaAWSService": "true"}}


def test_too_many_actions_are_refused() -> None:
    with pytest.raises(Refused, match="too many actions"):
        narrow({f"ec2:SomeVeryLongActionName{number}": [] for number in range(200)}, HERE)


def test_what_a_call_does_not_name_is_held_to_account_and_region() -> None:
    effect = Effect("create", Resource("aws.ec2.instance", "ec2"), needs=("ec2:TerminateInstances",))

    policy = json.loads(narrow(wishes(Change("aws", (effect,)), HERE), HERE).policy)

    assert policy["Statement"][0]["Resource"] == [f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*"]


@pytest.mark.parametrize(
    ("resource", "action", "written"),
    [
        (
            Resource("aws.rds.db-instance", "Orders"),
            "rds:DeleteDBInstance",
            f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders",
        ),
        (Resource("aws.kms.key", "alias/app"), "kms:DisableKey", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"),
        (Resource("aws.kms.key", "1234"), "kms:DisableKey", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"),
    ],
)
def test_names_are_written_as_policies_know_them(resource: Resource, action: str, written: str) -> None:
    effect = Effect("delete", resource, needs=(action,))

    policy = json.loads(narrow(wishes(Change("aws", (effect,)), HERE), HERE).policy)

    assert policy["Statement"][0]["Resource"] == [written]
