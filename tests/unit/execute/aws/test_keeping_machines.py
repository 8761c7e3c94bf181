"""Machines are stopped and copied before they are terminated; volumes are copied before they go."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import msgspec
from tests.unit.execute.aws.aws_world import Account
from tests.unit.execute.aws.test_forwarding import serving

from interlock.execute.aws.answer import from_bytes

INSTANCE = "arn:aws:ec2:eu-central-1:123456789012:instance/{}"


def launched(account: Account, count: int = 1) -> list[str]:
    ec2 = account.client("ec2")
    made = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=count,
        MaxCount=count,
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}}],
    )
    return [each["InstanceId"] for each in made["Instances"]]


def states(account: Account, names: list[str]) -> list[str]:
    found = account.client("ec2").describe_instances(InstanceIds=names)["Reservations"]
    return [each["State"]["Name"] for group in found for each in group["Instances"]]


def terminate(account: Account, names: list[str]):  # type: ignore[no-untyped-def]  # an order
    things = [("aws.ec2.instance", INSTANCE.format(name)) for name in names]
    return account.order("ec2:TerminateInstances", {"InstanceIds": names}, *things)


def test_terminating_copies_the_volumes_and_only_stops(account: Account) -> None:
    names = launched(account, 2)

    done = account.run(terminate(account, names))
    snapshots = account.client("ec2").describe_snapshots(
        Filters=[{"Name": "tag:interlock:case", "Values": ["a1b2c3d4"]}]
    )["Snapshots"]

    assert done.told == [("about", "backup"), ("did", "backup"), ("about", "soften"), ("did", "soften")]
    assert states(account, names) == ["stopped", "stopped"]
    assert len(snapshots) == 2


def test_the_answer_has_the_shape_of_the_call(account: Account) -> None:
    (name,) = launched(account)

    answer = from_bytes(account.vault[account.run(terminate(account, [name])).output])
    root = ElementTree.fromstring(answer.body)
    space = "{http://ec2.amazonaws.com/doc/2016-11-15/}"

    assert root.tag == f"{space}TerminateInstancesResponse"
    assert [each.text for each in root.iter(f"{space}instanceId")] == [name]
    assert root.find(f"{space}instancesSet/{space}item/{space}currentState/{space}name").text == "shutting-down"  # type: ignore[union-attr]  # it is there


def test_undoing_starts_them_again(account: Account) -> None:
    names = launched(account, 2)
    order = terminate(account, names)
    done = account.run(order)

    account.undo(order, done)

    assert states(account, names) == ["running", "running"]
    assert account.executor().look(order, "undo") == "done"


def test_closing_terminates_them(account: Account) -> None:
    names = launched(account)
    order = terminate(account, names)
    account.run(order)

    assert account.executor().look(order, "close") == "in-part"
    account.close(order)

    assert states(account, names) == ["terminated"]
    assert account.executor().look(order, "close") == "done"


def test_closing_leaves_what_somebody_took_the_mark_off(account: Account) -> None:
    (name,) = launched(account)
    order = terminate(account, [name])
    account.run(order)
    account.client("ec2").delete_tags(Resources=[name], Tags=[{"Key": "interlock:case"}])

    account.close(order)

    assert states(account, [name]) == ["stopped"]


def test_a_volume_is_copied_and_made_again_from_the_copy(account: Account) -> None:
    ec2 = account.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="eu-central-1a", Size=3)["VolumeId"]
    order = account.order(
        "ec2:DeleteVolume",
        {"VolumeId": volume},
        ("aws.ec2.volume", f"arn:aws:ec2:eu-central-1:123456789012:volume/{volume}"),
    )

    done = account.run(order)
    assert account.executor().look(order, "run") == "done"
    account.undo(order, done)
    account.undo(order, done)

    made = ec2.describe_volumes(Filters=[{"Name": "tag:interlock:case", "Values": ["a1b2c3d4"]}])["Volumes"]
    assert [each["Size"] for each in made] == [3]


def test_a_dry_run_says_that_it_would_be_done(account: Account) -> None:
    (name,) = launched(account)

    rehearsal = account.rehearse(terminate(account, [name]))

    assert rehearsal.failed == ""
    assert rehearsal.rollback.verdict == "valid-with-loss"
    assert states(account, [name]) == ["running"]


def test_a_dry_run_says_that_aws_would_refuse(account: Account) -> None:
    account.target()
    account.settings["write"] = json.dumps({"source": "static", "file": str(account.folder / "key"), "narrow": False})
    order = terminate(account, ["i-0123456789abcdef0"])
    body = b"<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>"
    with serving(b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as server:
        there = msgspec.structs.replace(order.target, address=server.address)
        rehearsal = account.rehearse(order._replace(target=there))

    assert rehearsal.failed == "AWS would refuse it: `UnauthorizedOperation`"
    assert rehearsal.rollback.verdict == "unknown"
    assert b"DryRun=true" in server.asked[0]


def test_what_is_only_stopped_is_said_to_be_kept_until_the_window_closes(account: Account) -> None:
    rehearsal = account.rehearse(terminate(account, launched(account)))

    assert rehearsal.rollback.kept == "until-closed"
    assert not rehearsal.rollback.simulated
