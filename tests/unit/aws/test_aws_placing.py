"""A request to an endpoint of ours goes to the host of the service that it means, and means the same there."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.aws_requests import REGION, request

from interlock.aws.call import Call
from interlock.aws.calls import understand
from interlock.aws.placing import placed
from interlock.aws.serialize import request_of
from interlock.errors import NotFound

CALLS = [
    Call("rds", "DescribeDBInstances", REGION),
    Call("sagemaker", "ListModels", REGION),
    Call("sagemaker-runtime", "InvokeEndpoint", REGION, "", {"EndpointName": "a", "Body": b"x"}),
    Call("bedrock-runtime", "Converse", REGION, "", {"modelId": "a"}),
    Call("iam", "ListRoles", "us-east-1"),
    Call("s3", "DeleteObject", REGION, "", {"Bucket": "orders", "Key": "a//b"}),
    Call("s3control", "DeleteBucket", REGION, "", {"AccountId": "123456789012", "Bucket": "orders"}),
    Call("chime-sdk-meetings", "GetMeeting", "us-east-1", "", {"MeetingId": "abc"}),
]


@pytest.mark.parametrize("call", CALLS, ids=[call.name for call in CALLS])
def test_a_request_means_there_what_it_means_here(call: Call) -> None:
    here = replace(request_of(call, base="http://127.0.0.1:4599"), region=call.region)

    there = placed(here)

    assert there.host.endswith(".amazonaws.com")
    found = understand(there)
    assert (call.service, call.operation, call.parameters) == (found.service, found.operation, found.parameters)
    assert found.unread == ()


def test_an_account_stands_before_the_host_where_the_operation_wants_it() -> None:
    call = Call("s3control", "DeleteBucket", REGION, "", {"AccountId": "123456789012", "Bucket": "orders"})

    assert (
        placed(request_of(call, base="http://127.0.0.1:4599")).host == f"123456789012.s3-control.{REGION}.amazonaws.com"
    )


def test_what_is_no_label_of_a_host_does_not_get_into_one() -> None:
    headers = {"x-amz-account-id": "evil.example/"}
    got = request("DELETE", "127.0.0.1:4599", "/v20180820/bucket/orders", "s3", headers=headers)

    assert placed(got).host == f"s3-control.{REGION}.amazonaws.com"


def test_what_nobody_signs_goes_nowhere() -> None:
    with pytest.raises(NotFound):
        placed(request("GET", "127.0.0.1:4599", "/", "nobody"))
