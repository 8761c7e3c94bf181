"""Laws of understanding AWS requests: what goes in comes out, nothing added is dropped, and nothing crashes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.aws_requests import REGION, form, request, s3, target

from interlock.aws import models
from interlock.aws.call import Call
from interlock.aws.calls import understand
from interlock.aws.request import Request, from_bytes, to_bytes
from interlock.aws.serialize import request_of
from interlock.errors import BadProposal
from interlock.testing.aws_calls import call, names
from interlock.testing.aws_roundtrip import there_and_back

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20)
XML_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), min_size=1, max_size=20)
NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}", fullmatch=True)
BUCKET = st.from_regex(r"[a-z][a-z0-9-]{2,20}[a-z0-9]", fullmatch=True)
#: Services whose models are small, one and more of each protocol, so that a run does not wait for models.
SERVICES = ("sts", "sqs", "dynamodb", "kms", "efs", "eks", "cloudwatch", "elasticbeanstalk", "route53", "s3", "sns")

FILTERS = st.lists(st.fixed_dictionaries({"Name": TEXT, "Values": st.lists(TEXT, min_size=1, max_size=3)}), max_size=3)
ATTRIBUTE: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.one_of(
        st.fixed_dictionaries({"S": TEXT}),
        st.fixed_dictionaries({"N": st.integers().map(str)}),
        st.fixed_dictionaries({"B": st.binary(max_size=20)}),
        st.fixed_dictionaries({"BOOL": st.booleans()}),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"L": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"M": st.dictionaries(TEXT, inner, max_size=3)}),
    ),
    max_leaves=8,
)


@given(st.lists(TEXT, min_size=1, max_size=12), FILTERS)
def test_what_a_form_is_made_of_is_what_is_read(ids: list[str], filters: list[dict[str, Any]]) -> None:
    """In the order given, with any text."""
    made = Call(
        "ec2", "DescribeInstances", REGION, "", {"InstanceIds": ids} | ({"Filters": filters} if filters else {})
    )

    assert understand(request_of(made)) == made


@given(TEXT, st.dictionaries(TEXT, ATTRIBUTE, min_size=1, max_size=3))
def test_what_json_is_made_of_is_what_is_read(table: str, item: dict[str, Any]) -> None:
    made = Call("dynamodb", "PutItem", REGION, "", {"TableName": table, "Item": item})

    assert understand(request_of(made)) == made


@given(st.lists(TEXT, min_size=1, max_size=100), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
def test_what_cbor_is_made_of_is_what_is_read(alarms: list[str], threshold: float, on: bool) -> None:
    made = Call("cloudwatch", "DeleteAlarms", REGION, "", {"AlarmNames": alarms})
    other = Call(
        "cloudwatch",
        "PutMetricAlarm",
        REGION,
        "",
        {
            "AlarmName": alarms[0],
            "EvaluationPeriods": 1,
            "ComparisonOperator": "LessThanThreshold",
            "Threshold": threshold,
            "ActionsEnabled": on,
        },
    )

    assert understand(request_of(made, protocol="smithy-rpc-v2-cbor")) == made
    assert understand(request_of(other, protocol="smithy-rpc-v2-cbor")) == other


@given(BUCKET, TEXT, st.booleans())
def test_a_key_of_s3_is_read_as_it_was_given(bucket: str, key: str, emulator: bool) -> None:
    """Whatever it looks like, in the host's style and in the path's."""
    made = Call("s3", "DeleteObject", REGION, "", {"Bucket": bucket, "Key": key})
    assume(not bucket.startswith("xn--") and not bucket.endswith(("-s3alias", "--ol-s3", "--x-s3")))

    assert understand(request_of(made, base="http://127.0.0.1:5000" if emulator else "")) == made


@given(st.lists(XML_TEXT, min_size=1, max_size=20))
def test_what_xml_is_made_of_is_what_is_read(keys: list[str]) -> None:
    objects = {"Objects": [{"Key": key} for key in keys]}
    made = Call("s3", "DeleteObjects", REGION, "", {"Bucket": "orders", "Delete": objects})

    assert understand(request_of(made)) == made


@given(st.sampled_from(SERVICES), st.integers(0, 10_000), st.booleans(), st.booleans())
def test_any_operation_comes_back_as_itself(service: str, number: int, full: bool, emulator: bool) -> None:
    model = models.service(service)
    name = model.names[number % len(model.names)]
    assume(not model.operation(name).deprecated and name != "ListDirectoryBuckets")  # type: ignore[union-attr]

    outcome = there_and_back(call(model, name, full=full), base="http://127.0.0.1:5000" if emulator else "")

    assert outcome.verdict in ("exact", "sibling"), (service, name, outcome)


@given(st.sampled_from(SERVICES), st.integers(0, 10_000), NAME, TEXT)
def test_a_parameter_that_is_added_is_never_dropped(service: str, number: int, name: str, value: str) -> None:
    """It is taken for a parameter, or the call is unread."""
    model = models.service(service)
    operation = model.operation(model.names[number % len(model.names)])
    assert operation is not None
    made = call(model, operation.name, full=False)
    honest = request_of(made)
    for added in with_more(honest, name, value):
        before, after = understand(honest), understand(added)

        assert after.unread or after.parameters != before.parameters or after.operation != before.operation


def with_more(honest: Request, name: str, value: str) -> list[Request]:
    """The same request with one thing more, wherever its protocol has room for one."""
    query = f"{honest.query}&{urlencode({name: value})}".lstrip("&").replace("+", "%20")
    found = [replace(honest, query=query), replace(honest, headers=(*honest.headers, (f"x-amz-{name.lower()}", "1")))]
    kind = honest.header("content-type")
    if kind.startswith("application/x-www-form"):
        body = honest.body + b"&" + urlencode({name: value}).encode()
        found.append(replace(honest, body=body, body_size=len(body)))
    elif "json" in kind and honest.body.startswith(b"{") and honest.body.endswith(b"}"):
        document = json.loads(honest.body)
        if name not in document:
            body = json.dumps(document | {name: value}).encode()
            found.append(replace(honest, body=body, body_size=len(body)))
    return found


@given(st.sampled_from(SERVICES), st.integers(0, 10_000), st.integers(0, 500), st.binary(max_size=3))
def test_no_body_that_was_tampered_with_crashes(service: str, number: int, at: int, put: bytes) -> None:
    model = models.service(service)
    made = request_of(call(model, model.names[number % len(model.names)], full=True))
    place = at % (len(made.body) + 1)
    body = made.body[:place] + put + made.body[place + 1 :]

    understand(replace(made, body=body, body_size=len(body)))


@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", ""]),
    st.sampled_from(["s3.eu-central-1.amazonaws.com", "a.s3.amazonaws.com", "localhost", "", "x y", "é"]),
    st.text(max_size=30).map(lambda text: "/" + text),
    st.sampled_from([*names()[::40], "s3", "rds", "lex", "nobody", ""]),
    st.text(max_size=30),
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=3),
    st.binary(max_size=60),
)
def test_no_request_at_all_crashes(
    method: str, host: str, path: str, service: str, query: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    """And what is said about it can be written down."""
    found = Request(method, host, path, service, REGION, query, tuple(headers), body, "", len(body))

    call = understand(found)

    json.dumps(call.unread).encode()
    assert call.operation or call.unread


@given(st.binary(max_size=40))
def test_what_is_understood_is_the_same_after_writing_and_reading(body: bytes) -> None:
    sent = [
        target("dynamodb", "DynamoDB_20120810.DeleteTable", body.decode("latin-1")),
        form("rds", b"Action=DeleteDBInstance&Version=2014-10-31&DBInstanceIdentifier=".decode() + body.hex()),
        s3("POST", "/b", "delete", body),
        request("PUT", "s3.eu-central-1.amazonaws.com", "/b/k", "s3", body),
    ]

    for each in sent:
        assert understand(from_bytes(to_bytes(each))) == understand(each)


@given(st.sampled_from(SERVICES), st.integers(0, 10_000), st.dictionaries(NAME, TEXT, max_size=3))
def test_what_botocore_would_not_send_is_refused_in_words(service: str, number: int, extra: dict[str, str]) -> None:
    model = models.service(service)
    made = call(model, model.names[number % len(model.names)], full=False)

    try:
        request_of(made._replace(parameters=made.parameters | extra))
    except BadProposal as refused:
        assert made.operation in str(refused)
