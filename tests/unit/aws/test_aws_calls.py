"""Understanding requests: each protocol, S3 in both styles, services that share an API, and what is unread."""

from __future__ import annotations

import gzip

import pytest
from msgspec.structs import replace
from tests.aws_requests import FORM, REGION, form, request, rest, s3, target

from interlock.aws.call import Call
from interlock.aws.calls import understand
from interlock.aws.request import INLINE_BYTES, Request
from interlock.aws.serialize import request_of


def read(found: Request) -> tuple[str, dict[str, object], tuple[str, ...]]:
    call = understand(found)
    return call.name, dict(call.parameters), call.unread


def test_a_form_is_read_with_its_lists_structures_and_scalars() -> None:
    found = understand(
        form(
            "rds",
            {
                "Action": "CreateDBInstance",
                "Version": "2014-10-31",
                "DBInstanceIdentifier": "orders",
                "AllocatedStorage": "20",
                "DeletionProtection": "false",
                "VpcSecurityGroupIds.VpcSecurityGroupId.1": "sg-1",
                "VpcSecurityGroupIds.VpcSecurityGroupId.2": "sg-2",
                "Tags.Tag.1.Key": "environment",
                "Tags.Tag.1.Value": "production",
            },
        )
    )

    assert found == Call(
        "rds",
        "CreateDBInstance",
        REGION,
        "",
        {
            "DBInstanceIdentifier": "orders",
            "AllocatedStorage": 20,
            "DeletionProtection": False,
            "VpcSecurityGroupIds": ["sg-1", "sg-2"],
            "Tags": [{"Key": "environment", "Value": "production"}],
        },
        ("docdb", "neptune"),
    )


def test_ec2_names_its_lists_in_the_singular_and_keeps_their_order() -> None:
    body = "Action=TerminateInstances&Version=2016-11-15&InstanceId.10=i-c&InstanceId.2=i-b&InstanceId.1=i-a"

    assert read(form("ec2", body)) == ("ec2:TerminateInstances", {"InstanceIds": ["i-a", "i-b", "i-c"]}, ())


def test_a_form_may_stand_in_the_query_of_a_get() -> None:
    got = request(
        "GET",
        f"ec2.{REGION}.amazonaws.com",
        "/",
        "ec2",
        query="Action=StopInstances&Version=2016-11-15&InstanceId.1=i-a",
    )

    assert read(got) == ("ec2:StopInstances", {"InstanceIds": ["i-a"]}, ())


def test_a_flattened_map_of_a_form_is_read_by_its_positions() -> None:
    body = (
        "Action=SetPlatformApplicationAttributes&Version=2010-03-31&PlatformApplicationArn=arn"
        "&Attributes.entry.1.key=Role&Attributes.entry.1.value=x"
    )

    assert read(form("sns", body)) == (
        "sns:SetPlatformApplicationAttributes",
        {"PlatformApplicationArn": "arn", "Attributes": {"Role": "x"}},
        (),
    )


def test_json_is_read_along_the_shape_with_blobs_as_bytes_and_times_as_text() -> None:
    found = understand(
        target(
            "kms",
            "TrentService.Encrypt",
            {"KeyId": "key-1", "Plaintext": "AP8=", "EncryptionContext": {"a": "b"}},
            headers={"content-type": "application/x-amz-json-1.1"},
        )
    )

    assert found.parameters == {"KeyId": "key-1", "Plaintext": b"\x00\xff", "EncryptionContext": {"a": "b"}}
    assert (found.name, found.unread) == ("kms:Encrypt", ())


def test_a_null_stays_as_that_of_a_parameter_that_is_not_there() -> None:
    found = understand(target("dynamodb", "DynamoDB_20120810.DeleteTable", '{"TableName": null}'))

    assert found.parameters.get("TableName") is None
    assert found.unread == ()


def test_cbor_is_read_by_smithys_path() -> None:
    call = Call("cloudwatch", "DeleteAlarms", REGION, "", {"AlarmNames": ["one", "two"]})

    found = understand(request_of(call, protocol="smithy-rpc-v2-cbor"))

    assert found == call


def test_rest_json_takes_parameters_from_path_query_headers_and_body() -> None:
    got = rest("lambda", "POST", "/2015-03-31/functions/report/invocations", "Qualifier=live", {"n": 1})
    got = Request(
        **{f: getattr(got, f) for f in got.__struct_fields__} | {"headers": (("x-amz-invocation-type", "Event"),)}
    )

    assert read(got) == (
        "lambda:Invoke",
        {"FunctionName": "report", "Qualifier": "live", "InvocationType": "Event", "Payload": b'{"n": 1}'},
        (),
    )


def test_a_literal_piece_of_a_path_goes_before_a_label() -> None:
    names = {
        path: understand(request("DELETE", f"workspaces-web.{REGION}.amazonaws.com", path, "workspaces-web")).operation
        for path in ("/portals/arn%3Aaws/browserSettings", "/portals/arn%3Aaws", "/portals/a/b")
    }

    assert names == {
        "/portals/arn%3Aaws/browserSettings": "DisassociateBrowserSettings",
        "/portals/arn%3Aaws": "DeletePortal",
        "/portals/a/b": "DeletePortal",
    }


@pytest.mark.parametrize(
    ("method", "path", "query", "operation"),
    [
        ("GET", "/", "", "ListBuckets"),
        ("GET", "/b", "", "ListObjects"),
        ("GET", "/b/", "", "ListObjects"),
        ("GET", "/b", "list-type=2&prefix=a", "ListObjectsV2"),
        ("GET", "/b", "versioning", "GetBucketVersioning"),
        ("GET", "/b", "versioning=", "GetBucketVersioning"),
        ("PUT", "/b", "", "CreateBucket"),
        ("DELETE", "/b", "", "DeleteBucket"),
        ("DELETE", "/b", "policy", "DeleteBucketPolicy"),
        ("DELETE", "/b/k", "", "DeleteObject"),
        ("DELETE", "/b/k", "versionId=3", "DeleteObject"),
        ("DELETE", "/b/k", "uploadId=3", "AbortMultipartUpload"),
        ("DELETE", "/b/k", "tagging", "DeleteObjectTagging"),
        ("POST", "/b/k", "uploads", "CreateMultipartUpload"),
        ("PUT", "/b/k", "partNumber=1&uploadId=3", "UploadPart"),
        ("GET", "/b/k", "uploadId=3", "ListParts"),
        ("GET", "/b/k", "acl", "GetObjectAcl"),
        ("HEAD", "/b/k", "", "HeadObject"),
        ("HEAD", "/b", "", "HeadBucket"),
    ],
)
def test_s3_is_told_by_method_path_and_the_markers_of_its_query(
    method: str, path: str, query: str, operation: str
) -> None:
    found = understand(s3(method, path, query))

    assert (operation, ()) == (found.operation, found.unread)


def test_what_is_copied_stands_in_a_header() -> None:
    found = understand(s3("PUT", "/b/k", headers={"x-amz-copy-source": "/other/key"}))

    assert found.name == "s3:CopyObject"
    assert found.parameters["CopySource"] == "/other/key"


def test_a_virtual_host_names_the_bucket() -> None:
    assert read(s3("DELETE", "/a/b", bucket="orders.archive")) == (
        "s3:DeleteObject",
        {"Bucket": "orders.archive", "Key": "a/b"},
        (),
    )
    assert read(s3("DELETE", "/", bucket="orders")) == ("s3:DeleteBucket", {"Bucket": "orders"}, ())


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("orders.s3.amazonaws.com", "orders"),
        ("orders.s3-eu-central-1.amazonaws.com", "orders"),
        ("orders.s3.dualstack.eu-central-1.amazonaws.com", "orders"),
        ("orders.s3-accelerate.amazonaws.com", "orders"),
        ("s3.s3.eu-central-1.amazonaws.com", "s3"),
        (
            "reports-123456789012.s3-accesspoint.eu-central-1.amazonaws.com",
            "arn:aws:s3:eu-central-1:123456789012:accesspoint/reports",
        ),
    ],
)
def test_every_kind_of_host_of_s3_gives_its_bucket(host: str, bucket: str) -> None:
    found = understand(request("GET", host, "/x/y", "s3"))

    assert ({"Bucket": bucket, "Key": "x/y"}, ()) == (found.parameters, found.unread)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/b/a//b", "a//b"),
        ("/b//a", "/a"),
        ("/b/../c/d", "../c/d"),
        ("/b/%2e%2e/c", "../c"),
        ("/b/a%2Fb", "a/b"),
        ("/b/100%25", "100%"),
        ("/b/%252e", "%2e"),
        ("/b/a+b", "a+b"),
        ("/b/a%20b", "a b"),
        ("/b/%C3%A9", "é"),
        ("/b/k/", "k/"),
    ],
)
def test_a_key_of_s3_is_any_text_and_is_decoded_once(path: str, key: str) -> None:
    found = understand(s3("DELETE", path))

    assert ({"Bucket": "b", "Key": key}, ()) == (found.parameters, found.unread)


def test_keys_to_delete_are_read_from_xml() -> None:
    body = (
        b'<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"<Object><Key>a &amp; b</Key><VersionId>3</VersionId></Object><Object><Key>c</Key></Object><Quiet>true</Quiet>"
        b"</Delete>"
    )

    assert read(s3("POST", "/b", "delete", body)) == (
        "s3:DeleteObjects",
        {
            "Bucket": "b",
            "Delete": {"Objects": [{"Key": "a & b", "VersionId": "3"}, {"Key": "c"}], "Quiet": True},
        },
        (),
    )


def test_headers_of_s3_may_stand_in_the_query_of_a_presigned_url() -> None:
    found = understand(s3("PUT", "/b/k", "x-amz-acl=public-read&x-id=PutObject"))

    assert found.parameters["ACL"] == "public-read"
    assert found.unread == ()


def test_metadata_is_a_map_of_headers() -> None:
    found = understand(s3("PUT", "/b/k", body=b"x", headers={"x-amz-meta-owner": "ada", "content-type": "text/csv"}))

    assert found.parameters["Metadata"] == {"owner": "ada"}
    assert found.parameters["ContentType"] == "text/csv"


def test_a_large_object_is_known_by_its_digest() -> None:
    got = Request("PUT", "s3.eu-central-1.amazonaws.com", "/b/k", "s3", REGION, body_digest="ab", body_size=5 * 2**30)

    assert read(got) == (
        "s3:PutObject",
        {"Bucket": "b", "Key": "k", "Body": {"sha256": "ab", "size": 5 * 2**30}},
        (),
    )


def test_a_large_body_that_has_to_be_read_is_unread() -> None:
    got = Request("POST", "s3.eu-central-1.amazonaws.com", "/b", "s3", REGION, "delete", body_size=INLINE_BYTES + 1)

    assert understand(got).unread == (f"the body is larger than the {INLINE_BYTES} bytes that are read",)


def test_a_packed_body_is_unpacked_where_the_operation_takes_one() -> None:
    call = Call("cloudwatch", "PutMetricData", REGION, "", {"Namespace": "Orders", "MetricData": [{"MetricName": "a"}]})
    sent = request_of(call, protocol="json")
    packed = gzip.compress(sent.body)
    got = request("POST", sent.host, "/", "monitoring", packed, headers=(*sent.headers, ("content-encoding", "gzip")))

    assert understand(got).parameters == call.parameters
    assert understand(got).unread == ()


def test_services_under_one_name_are_told_by_their_host() -> None:
    runtime = rest("runtime.sagemaker", "POST", "/endpoints/one/invocations", body={})
    runtime = replace(runtime, service="sagemaker")

    assert understand(runtime).service == "sagemaker-runtime"


def test_the_same_call_of_a_sibling_is_read_with_what_only_the_sibling_knows() -> None:
    """Timestream's two services share target and operation; the host tells them, and without one both are named."""
    got = target("x", "Timestream_20181101.DescribeEndpoints", {})
    there = Request(
        **{f: getattr(got, f) for f in got.__struct_fields__} | {"service": "timestream", "host": "127.0.0.1:5000"}
    )

    found = understand(there)

    assert {"timestream-query", "timestream-write"} == {found.service, *found.siblings}


def test_an_emulator_says_nothing_about_the_service_and_takes_buckets_in_the_path() -> None:
    found = understand(request("DELETE", "127.0.0.1:5000", "/orders/2026/01", "s3"))

    assert (found.parameters, found.unread) == ({"Bucket": "orders", "Key": "2026/01"}, ())


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (form("rds", "Action=DropEverything&Version=2014-10-31"), "the request asks for no operation that is known"),
        (form("nobody", "Action=X"), "no service signs as `nobody`"),
        (target("dynamodb", "DynamoDB_20120810.Drop", {}), "the request asks for no operation that is known"),
        (request("PATCH", f"s3.{REGION}.amazonaws.com", "/b", "s3"), "the request asks for no operation that is known"),
        (rest("lambda", "GET", "/nowhere"), "the request asks for no operation that is known"),
    ],
)
def test_what_nobody_knows_has_no_operation(got: Request, words: str) -> None:
    found = understand(got)

    assert found.operation == ""
    assert words in found.unread


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("&Force=true", "`Force`: is no parameter that is known"),
        ("&DBInstanceIdentifier.1=x", "`DBInstanceIdentifier.1` stands below what has a value itself"),
        ("&DBInstanceIdentifier=other", "the body has `DBInstanceIdentifier` twice"),
        ("&SkipFinalSnapshot=True", "`SkipFinalSnapshot`: is not true or false"),
        ("&FinalDBSnapshotIdentifier=%ff", "the body is no UTF-8"),
        ("&FinalDBSnapshotIdentifier=%zz", "the body has a `%` that stands for nothing"),
        ("&FinalDBSnapshotIdentifier=a;b=c", "the body has a bare `;`"),
    ],
)
def test_what_a_form_holds_beside_its_shape_is_named(body: str, words: str) -> None:
    found = understand(form("rds", f"Action=DeleteDBInstance&Version=2014-10-31&DBInstanceIdentifier=a{body}"))

    assert found.operation == "DeleteDBInstance"
    assert found.unread == (words,)


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("InstanceId.0=i-b", "`InstanceIds.0`: is no position in a list"),
        ("InstanceId.01=i-b", "`InstanceIds.01`: is no position in a list"),
        ("InstanceId.x=i-b", "`InstanceIds.x`: is no position in a list"),
        ("InstanceId.2.Id=i-b", "`InstanceIds.2`: holds `Id`, which is no parameter that is known"),
        ("instanceid.1=i-b", "`instanceid`: is no parameter that is known"),
    ],
)
def test_what_stands_in_no_position_of_a_list_is_named(member: str, words: str) -> None:
    found = understand(form("ec2", f"Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-a&{member}"))

    assert found.unread == (words,)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"TableName":"a","Force":true}', "`Force`: is no parameter that is known"),
        ('{"TableName":7}', "`TableName`: is not text"),
        ('{"TableName":"a","TableName":"b"}', "the body has a name twice in one object: `TableName`"),
        ('["a"]', "the body is no object"),
        ("null", "the body is no object"),
        ('{"TableName":"a"', "the body is no JSON"),
        ('{"TableName":"\\ud800"}', "the body is no UTF-8"),
        ("[" * 5000, "the body is nested too deeply"),
    ],
)
def test_what_json_holds_beside_its_shape_is_named(body: str, words: str) -> None:
    found = understand(target("dynamodb", "DynamoDB_20120810.DeleteTable", body))

    assert found.operation == "DeleteTable"
    assert words in found.unread


def test_a_value_that_could_be_taken_for_another_kind_is_a_gap() -> None:
    body = {"SecretId": "a", "ForceDeleteWithoutRecovery": "true", "RecoveryWindowInDays": 7.0}
    found = understand(target("secretsmanager", "secretsmanager.DeleteSecret", body))

    assert found.unread == (
        "`ForceDeleteWithoutRecovery`: is not true or false",
        "`RecoveryWindowInDays`: is not a whole number",
    )


def test_gaps_name_what_is_unread_and_never_its_value() -> None:
    found = understand(target("secretsmanager", "secretsmanager.CreateSecret", {"Name": "a", "Secret": "hunter2"}))

    assert found.unread == ("`Secret`: is no parameter that is known",)
    assert not any("hunter2" in text for text in found.unread)


def test_the_name_of_an_unread_parameter_is_shortened_and_printable() -> None:
    found = understand(target("dynamodb", "DynamoDB_20120810.DeleteTable", {"x" * 500: 1, "a\x1b[2J": 1}))

    assert all(len(text) < 150 and text.isprintable() for text in found.unread)


def test_many_gaps_are_told_as_a_few() -> None:
    body = {"TableName": "a"} | {f"extra{number}": 1 for number in range(5000)}

    assert len(understand(target("dynamodb", "DynamoDB_20120810.DeleteTable", body)).unread) == 20


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/json", "", FORM + "; charset=utf-16"])
def test_a_content_type_of_another_protocol_is_a_gap(kind: str) -> None:
    found = understand(
        target("dynamodb", "DynamoDB_20120810.DeleteTable", {"TableName": "a"}, headers={"content-type": kind})
    )

    assert found.unread
