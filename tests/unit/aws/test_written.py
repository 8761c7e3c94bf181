"""Calls as JSON: whose names are understood, and what stays unknown because it could mean more than one thing."""

from __future__ import annotations

import pytest

from interlock.aws.written import named, written
from interlock.errors import BadProposal


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (("ec2", "TerminateInstances"), ("ec2", "TerminateInstances")),
        (("ec2", "terminate_instances"), ("ec2", "TerminateInstances")),
        (("ec2", "terminate-instances"), ("ec2", "TerminateInstances")),
        (("EC2", "TerminateInstances"), ("ec2", "TerminateInstances")),
        (("rds", "deleteDBInstance"), ("rds", "DeleteDBInstance")),
        (("monitoring", "DeleteAlarms"), ("cloudwatch", "DeleteAlarms")),
        (("states", "StopExecution"), ("stepfunctions", "StopExecution")),
        (("elasticloadbalancing", "DeleteListener"), ("elbv2", "DeleteListener")),
        (("docdb", "DeleteDBCluster"), ("docdb", "DeleteDBCluster")),
    ],
)
def test_the_names_of_boto3_of_the_command_and_of_iam_are_botocores(
    said: tuple[str, str], meant: tuple[str, str]
) -> None:
    assert meant == named(*said)


@pytest.mark.parametrize(
    "said",
    [
        ("elasticloadbalancing", "DeleteLoadBalancer"),  # there are two generations of it
        ("ec2", "TerminateEverything"),
        ("ec3", "TerminateInstances"),
        ("", ""),
        ("ec2", ""),
    ],
)
def test_what_could_be_two_things_or_none_is_left_as_it_was_said(said: tuple[str, str]) -> None:
    assert said == named(*said)


def test_the_parameters_are_left_as_they_are() -> None:
    raw = b'{"service":"ec2","operation":"terminate_instances","parameters":{"instance_ids":["i-1"]}}'

    assert written(raw).parameters == {"instance_ids": ["i-1"]}


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"service":"s3"}', b'{"service":"a","operation":"b","x":1}', b"\xff"]
)
def test_what_is_no_call_is_refused(raw: bytes) -> None:
    with pytest.raises(BadProposal, match="no call"):
        written(raw)
