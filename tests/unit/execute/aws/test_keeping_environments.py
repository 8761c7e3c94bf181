"""An environment is rebuilt beside the old one, which goes last; terminating one is put off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.unit.execute.aws.aws_world import Account

from interlock.errors import TargetError
from interlock.execute.aws.answer import from_bytes
from interlock.execute.aws.aws import AwsExecutor
from interlock.execute.aws.keeping import environments
from interlock.practice.cloud.process import Cloud

NAME = "reporting-prod"
ADDRESS = "reporting.eu-central-1.elasticbeanstalk.com"
NEW = f"{NAME}-a1b2c3d4"
THING = ("aws.elasticbeanstalk.environment", NAME)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with Cloud(tmp_path_factory.mktemp("cloud") / "log", pace=0.02) as cloud:
        yield cloud


class Slow(Account):
    """An account whose waits last a little, since its changes do."""

    def executor(self) -> AwsExecutor:
        return AwsExecutor(pause=lambda _: time.sleep(0.02))


class Practice:
    """The cloud as the world of these tests knows accounts."""

    def __init__(self, cloud: Cloud) -> None:
        self.address = cloud.endpoint
        self.client = cloud.client


@pytest.fixture
def account(cloud: Cloud, tmp_path: Path) -> Iterator[Account]:
    dynamo, beanstalk = cloud.client("dynamodb"), cloud.client("elasticbeanstalk")
    dynamo.create_table(
        TableName="costs",
        KeySchema=[{"AttributeName": "month", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "month", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamo.put_item(TableName="costs", Item={"month": {"S": "2026-10"}})
    beanstalk.create_application(ApplicationName="reporting")
    space = "aws:elasticbeanstalk:application:environment"
    settings = {(space, "COSTS_TABLE"): "costs", (space, "REPORT_MONTH"): "2026-10"}
    settings["aws:rds:dbinstance", "HasCoupledDatabase"] = "true"
    beanstalk.create_environment(
        ApplicationName="reporting",
        EnvironmentName=NAME,
        CNAMEPrefix="reporting",
        SolutionStackName="64bit Amazon Linux 2023",
        OptionSettings=[
            {"Namespace": where, "OptionName": name, "Value": it} for (where, name), it in settings.items()
        ],
    )
    account = Slow(Practice(cloud), tmp_path)  # type: ignore[arg-type]  # what it needs of it
    until(account, lambda: found(account)[NAME]["Status"] == "Ready")
    yield account
    for each in found(account).values():
        beanstalk.terminate_environment(EnvironmentId=each["EnvironmentId"])
    until(account, lambda: not found(account))
    dynamo.delete_table(TableName="costs")
    for snapshot in cloud.client("rds").describe_db_snapshots()["DBSnapshots"]:
        cloud.client("rds").delete_db_snapshot(DBSnapshotIdentifier=snapshot["DBSnapshotIdentifier"])


def until(account: Account, condition: Any) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it takes too long")


def found(account: Account) -> dict[str, dict[str, Any]]:
    described = account.client("elasticbeanstalk").describe_environments(IncludeDeleted=False)["Environments"]
    return {each["EnvironmentName"]: each for each in described}


def rebuild(account: Account) -> Any:
    return account.order("elasticbeanstalk:RebuildEnvironment", {"EnvironmentName": NAME}, THING, verb="replace")


def test_the_new_one_is_healthy_and_has_the_address_while_the_old_one_stays(account: Account) -> None:
    done = account.run(rebuild(account))
    now = found(account)
    snapshots = account.client("rds").describe_db_snapshots()["DBSnapshots"]

    assert {NAME, NEW} == set(now)
    assert now[NEW]["CNAME"] == ADDRESS
    assert (now[NEW]["Status"], now[NEW]["Health"]) == ("Ready", "Green")
    assert done.told == [("about", "backup"), ("did", "backup"), ("about", "soften"), ("did", "soften")]
    assert "interlock-a1b2c3d4" in [each["DBSnapshotIdentifier"] for each in snapshots]
    assert ElementTree.fromstring(from_bytes(account.vault[done.output]).body).tag.endswith(
        "RebuildEnvironmentResponse"
    )
    assert account.executor().look(rebuild(account), "run") == "done"


def test_undoing_swaps_the_address_back_and_takes_the_new_one_away(account: Account) -> None:
    order = rebuild(account)
    done = account.run(order)

    account.undo(order, done)

    now = found(account)
    assert list(now) == [NAME]
    assert now[NAME]["CNAME"] == ADDRESS


def test_closing_takes_the_old_one_away(account: Account) -> None:
    order = rebuild(account)
    account.run(order)

    account.close(order)

    now = found(account)
    assert list(now) == [NEW]
    assert now[NEW]["CNAME"] == ADDRESS
    assert account.executor().look(order, "close") == "done"


def test_one_that_does_not_become_healthy_takes_nobodys_place(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "HEALTH_TURNS", 10)
    account.client("dynamodb").delete_item(TableName="costs", Key={"month": {"S": "2026-10"}})

    with pytest.raises(TargetError, match="does not become healthy"):
        account.run(rebuild(account))

    now = found(account)
    assert list(now) == [NAME]
    assert now[NAME]["CNAME"] == ADDRESS


def test_terminating_is_put_off_until_the_window_closes(account: Account) -> None:
    order = account.order("elasticbeanstalk:TerminateEnvironment", {"EnvironmentName": NAME}, THING)

    done = account.run(order)
    answer = ElementTree.fromstring(from_bytes(account.vault[done.output]).body)
    assert list(found(account)) == [NAME]
    assert [each.text for each in answer.iter() if each.tag.endswith("}Status")] == ["Terminating"]
    account.undo(order, done)
    assert list(found(account)) == [NAME]
    account.close(order)

    assert found(account) == {}
