"""Errors in AWS's shapes: real clients show code, message and request id, and do not try again."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from interlock.aws.shaped import DENIED, denied, error

MESSAGE = "case 7 is held: a <person> has to approve & look; «é»"
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("ec2", "terminate_instances", {"InstanceIds": ["i-1"]}),
    ("rds", "delete_db_instance", {"DBInstanceIdentifier": "a"}),
    ("iam", "delete_role", {"RoleName": "a"}),
    ("s3", "delete_object", {"Bucket": "orders", "Key": "a"}),
    ("s3", "put_object", {"Bucket": "orders", "Key": "a", "Body": b"x"}),
    ("route53", "delete_hosted_zone", {"Id": "Z1"}),
    ("s3control", "delete_access_point", {"AccountId": "123456789012", "Name": "abc"}),
    ("dynamodb", "delete_table", {"TableName": "a"}),
    ("sqs", "delete_queue", {"QueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/a"}),
    ("lambda", "delete_function", {"FunctionName": "a"}),
    ("cloudwatch", "delete_alarms", {"AlarmNames": ["a"]}),
    ("eventbridgev2", "list_event_buses", {}),
]


class Answering:
    """A client whose requests are answered here, before they go out. It tries again as every client does."""

    def __init__(self, service: str) -> None:
        session = botocore.session.Session()
        session.set_credentials("AKIDEXAMPLE", "secret")
        self.client = session.create_client(service, region_name="eu-central-1")
        self.service = service
        self.protocol: str = self.client.meta.service_model.resolved_protocol
        self.times = 0
        self.client.meta.events.register("before-send.*.*", self.send)

    def send(self, request: Any, **_: object) -> AWSResponse:
        self.times += 1
        code, head = denied(self.protocol), request.method == "HEAD"
        status, headers, body = error(self.protocol, code, MESSAGE, 403, "request-7", self.service, head=head)
        return AWSResponse(request.url, status, dict(headers), Raw(body))


class Raw:
    """What is read of a connection."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: object, **__: object) -> list[bytes]:
        return [self.body]

    def read(self, *_: object) -> bytes:
        return self.body


@pytest.mark.parametrize(("service", "method", "parameters"), CALLS, ids=[f"{each[0]}-{each[1]}" for each in CALLS])
def test_a_refusal_reaches_the_caller_once_and_whole(service: str, method: str, parameters: dict[str, Any]) -> None:
    answering = Answering(service)

    with pytest.raises(ClientError) as refused:
        getattr(answering.client, method)(**parameters)

    told = refused.value.response
    assert (denied(answering.protocol), MESSAGE) == (told["Error"]["Code"], told["Error"]["Message"])
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert told["ResponseMetadata"]["RequestId"] == "request-7"
    assert (told["ResponseMetadata"]["RetryAttempts"], answering.times) == (0, 1)


def test_these_clients_speak_every_protocol() -> None:
    assert {Answering(service).protocol for service, _, _ in CALLS} == set(DENIED)


def test_an_answer_to_head_is_its_status_alone() -> None:
    answering = Answering("s3")

    with pytest.raises(ClientError) as refused:
        answering.client.head_object(Bucket="orders", Key="a")

    assert refused.value.response["Error"]["Code"] == "403"
    assert answering.times == 1


def test_a_head_still_says_how_long_its_body_would_have_been() -> None:
    _, headers, body = error("rest-xml", "AccessDenied", "no", service="s3", head=True)

    assert body == b""
    assert int(dict(headers)["content-length"]) > 0


def test_a_code_is_a_name_and_a_message_any_text() -> None:
    _, headers, body = error("json", "Access\r\nX-Evil: 1", "a\x00\ud800\r\n<b>", request_id="7")

    assert dict(headers)["x-amzn-errortype"] == "AccessX-Evil1"
    assert b"\\u0000" in body


@pytest.mark.parametrize("protocol", ["query", "ec2", "rest-xml"])
def test_what_xml_cannot_hold_is_left_out_of_it(protocol: str) -> None:
    _, _, body = error(protocol, "AccessDenied", "a\x00b\x1b<&>", request_id="7")

    assert "<Message>a�b�&lt;&amp;&gt;</Message>" in body.decode()
