"""Databases go only after a copy of them can be restored, and come back from it."""

from __future__ import annotations

import json

import pytest
from tests.moto_world import REGION
from tests.unit.execute.aws.aws_world import Account

ORDERS = ("aws.rds.db-instance", "arn:aws:rds:eu-central-1:123456789012:db:orders")


def orders(account: Account) -> None:
    account.client("rds").create_db_instance(
        DBInstanceIdentifier="orders",
        Engine="postgres",
        DBInstanceClass="db.m6g.large",
        AllocatedStorage=20,
        MasterUsername="u",
        MasterUserPassword="password1",
        Tags=[{"Key": "team", "Value": "shop"}],
    )


def names(account: Account) -> list[str]:
    return [each["DBInstanceIdentifier"] for each in account.client("rds").describe_db_instances()["DBInstances"]]


def test_a_database_is_copied_before_it_goes_and_comes_back(account: Account) -> None:
    orders(account)
    order = account.order("rds:DeleteDBInstance", {"DBInstanceIdentifier": "orders", "SkipFinalSnapshot": True}, ORDERS)

    done = account.run(order)
    snapshots = account.client("rds").describe_db_snapshots()["DBSnapshots"]

    assert done.told == [("about", "backup"), ("did", "backup"), ("about", "call"), ("did", "call")]
    assert [(each["DBSnapshotIdentifier"], each["DBInstanceIdentifier"]) for each in snapshots] == [
        ("interlock-a1b2c3d4", "orders")
    ]
    assert names(account) == []
    assert account.executor().look(order, "run") == "done"

    account.undo(order, done)

    found = account.client("rds").describe_db_instances(DBInstanceIdentifier="orders")["DBInstances"][0]
    assert (found["DBInstanceClass"], found["DBInstanceStatus"]) == ("db.m6g.large", "available")
    assert account.executor().look(order, "undo") == "done"


def test_undoing_twice_makes_nothing_twice(account: Account) -> None:
    orders(account)
    order = account.order("rds:DeleteDBInstance", {"DBInstanceIdentifier": "orders", "SkipFinalSnapshot": True}, ORDERS)
    done = account.run(order)

    account.undo(order, done)
    account.undo(order, done)

    assert names(account) == ["orders"]


@pytest.mark.parametrize("service", ["docdb", "neptune"])
def test_a_database_is_kept_by_whatever_name_its_service_is_called(account: Account, service: str) -> None:
    orders(account)
    parameters = {"DBInstanceIdentifier": "orders"}
    call = {"service": service, "operation": "DeleteDBInstance", "region": REGION, "parameters": parameters}
    order = account.order("", {}, ORDERS, needs=("rds:DeleteDBInstance",), payload=json.dumps(call).encode())

    done = account.run(order)
    gone = names(account)
    account.undo(order, done)

    assert gone == []
    assert names(account) == ["orders"]


def test_a_cluster_in_memory_is_copied_before_it_goes_and_comes_back(account: Account) -> None:
    client = account.client("memorydb")
    subnet = account.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    client.create_subnet_group(SubnetGroupName="s", SubnetIds=[subnet])
    client.create_cluster(ClusterName="carts", NodeType="db.r6g.large", ACLName="open-access", SubnetGroupName="s")
    thing = ("aws.memorydb.cluster", "arn:aws:memorydb:eu-central-1:123456789012:cluster/carts")
    order = account.order("memorydb:DeleteCluster", {"ClusterName": "carts"}, thing)

    done = account.run(order)
    snapshots = client.describe_snapshots()["Snapshots"]
    gone = client.describe_clusters()["Clusters"]
    account.undo(order, done)

    assert [(each["Name"], each["ClusterConfiguration"]["Name"]) for each in snapshots] == [
        ("interlock-a1b2c3d4", "carts")
    ]
    assert gone == []
    again = client.describe_clusters(ClusterName="carts")["Clusters"][0]
    assert (again["NodeType"], again["SubnetGroupName"]) == ("db.r6g.large", "s")
    assert account.executor().look(order, "undo") == "done"
