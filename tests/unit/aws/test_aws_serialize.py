"""Calls that were not made on the wire: the request that botocore would send, the same one each time."""

from __future__ import annotations

import pytest

from interlock.aws.call import Call
from interlock.aws.calls import understand
from interlock.aws.serialize import request_of
from interlock.errors import BadProposal

EU = "eu-central-1"


def test_a_call_becomes_the_request_that_botocore_would_send() -> None:
    call = Call("rds", "DeleteDBInstance", EU, "", {"DBInstanceIdentifier": "orders", "SkipFinalSnapshot": True})

    found = request_of(call)

    assert ("POST", f"rds.{EU}.amazonaws.com", "/") == (found.method, found.host, found.path)
    assert (found.service, found.region) == ("rds", EU)
    assert found.body == (
        b"Action=DeleteDBInstance&Version=2014-10-31&DBInstanceIdentifier=orders&SkipFinalSnapshot=true"
    )


def test_the_same_call_gives_the_same_request() -> None:
    call = Call("ec2", "RunInstances", EU, "", {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-1"})

    assert request_of(call) == request_of(call)


def test_a_token_fills_in_what_the_call_does_not_give() -> None:
    call = Call("ec2", "RunInstances", EU, "", {"MinCount": 1, "MaxCount": 1})
    given = call._replace(parameters=call.parameters | {"ClientToken": "mine"})

    assert understand(request_of(call)).parameters.get("ClientToken") is None
    assert understand(request_of(call, token="case-7")).parameters["ClientToken"] == "case-7"
    assert understand(request_of(given, token="case-7")).parameters["ClientToken"] == "mine"


def test_buckets_stand_in_the_host_at_aws_and_in_the_path_at_an_emulator() -> None:
    call = Call("s3", "DeleteObject", EU, "", {"Bucket": "orders", "Key": "a b//c"})

    there, here = request_of(call), request_of(call, base="http://127.0.0.1:5000")

    assert (f"orders.s3.{EU}.amazonaws.com", "/a%20b//c") == (there.host, there.path)
    assert (here.host, here.path) == ("127.0.0.1:5000", "/orders/a%20b//c")
    assert understand(there) == understand(here) == call


def test_a_body_that_has_to_be_checked_has_a_checksum() -> None:
    call = Call("s3", "DeleteObjects", EU, "", {"Bucket": "orders", "Delete": {"Objects": [{"Key": "a"}]}})

    assert request_of(call).header("x-amz-checksum-crc32")
    assert understand(request_of(call)) == call


def test_a_service_without_regions_is_signed_for_its_own() -> None:
    assert request_of(Call("iam", "ListRoles", EU)).region == "us-east-1"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (Call("rds", "DropEverything", EU), "`rds` has no operation `DropEverything`"),
        (Call("rds", "DeleteDBInstance", EU), "does not take these parameters"),
        (Call("rds", "DeleteDBInstance", EU, unread=("x",)), "not wholly understood"),
        (Call("dynamodb", "DeleteTable", EU, "", {"TableName": ["a"]}), "does not take these parameters"),
    ],
)
def test_what_botocore_would_not_send_is_refused(call: Call, words: str) -> None:
    with pytest.raises(BadProposal, match=words):
        request_of(call)


def test_a_refusal_does_not_repeat_a_secret() -> None:
    call = Call("secretsmanager", "CreateSecret", EU, "", {"Name": "a", "SecretString": ["hunter2"]})

    with pytest.raises(BadProposal) as refused:
        request_of(call)

    assert "SecretString" in str(refused.value)
    assert "hunter2" not in str(refused.value)
