"""What botocore's clients really send (handlers, checksums, compression, presigned URLs) is wholly understood."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from interlock.aws.calls import understand
from interlock.aws.request import Request

REGION = "eu-central-1"
#: What the gate takes off a request before anybody reads it: the signature, and what it alone is about.
TAKEN_OFF = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signature")
SIGNED = (*TAKEN_OFF, "x-amz-signedheaders", "x-amz-security-token")


class Sent(Exception):
    """The request, instead of an answer to it."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


def client(service: str, **config: Any) -> Any:
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret", "token")
    made = session.create_client(service, region_name=REGION, config=Config(**config))
    made.meta.events.register("before-send.*.*", stop)
    return made


def stop(request: Any, **_: object) -> AWSResponse:
    raise Sent(request)


def sent(made: Any, method: str, **parameters: Any) -> Request:
    with pytest.raises(Sent) as caught:
        getattr(made, method)(**parameters)
    request = caught.value.request
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    scope = headers.pop("authorization").split("Credential=")[1].split(",")[0].split("/")
    body = request.body or b""
    body = body.read() if hasattr(body, "read") else body
    if headers.get("content-encoding") == "aws-chunked":
        size, _, rest = body.partition(b"\r\n")
        body = rest[: int(size, 16)]
        del (
            headers["content-encoding"],
            headers["transfer-encoding" if "transfer-encoding" in headers else "content-length"],
        )
    body = body if isinstance(body, bytes) else body.encode()
    return at(request.url, request.method, scope[2], scope[3], headers.items(), body)


def at(
    url: str, method: str, region: str, service: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
) -> Request:
    parts = urlsplit(url)
    return Request(method, parts.netloc, parts.path, service, region, parts.query, tuple(headers), body, "", len(body))


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("ec2", "describe_instances", {"Filters": [{"Name": "tag:a", "Values": ["b"]}]}, "DescribeInstances"),
    (
        "ec2",
        "run_instances",
        {"MinCount": 1, "MaxCount": 1, "UserData": "#!/bin/sh", "ImageId": "ami-1"},
        "RunInstances",
    ),
    (
        "rds",
        "copy_db_snapshot",
        {"SourceDBSnapshotIdentifier": "a", "TargetDBSnapshotIdentifier": "b"},
        "CopyDBSnapshot",
    ),
    ("iam", "create_role", {"RoleName": "a", "AssumeRolePolicyDocument": "{}"}, "CreateRole"),
    ("sts", "get_caller_identity", {}, "GetCallerIdentity"),
    ("sns", "publish", {"TopicArn": "arn:aws:sns:eu-central-1:1:a", "Message": "hello & <you>"}, "Publish"),
    (
        "sqs",
        "send_message",
        {"QueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/a", "MessageBody": "b"},
        "SendMessage",
    ),
    ("cloudformation", "delete_stack", {"StackName": "a"}, "DeleteStack"),
    ("elasticbeanstalk", "rebuild_environment", {"EnvironmentName": "orders"}, "RebuildEnvironment"),
    (
        "dynamodb",
        "batch_write_item",
        {"RequestItems": {"t": [{"DeleteRequest": {"Key": {"a": {"B": b"x"}}}}]}},
        "BatchWriteItem",
    ),
    ("dynamodb", "get_item", {"TableName": "t", "Key": {"a": {"S": "x"}}}, "GetItem"),
    ("kms", "schedule_key_deletion", {"KeyId": "a", "PendingWindowInDays": 7}, "ScheduleKeyDeletion"),
    ("secretsmanager", "delete_secret", {"SecretId": "a"}, "DeleteSecret"),
    (
        "logs",
        "put_log_events",
        {"logGroupName": "a", "logStreamName": "b", "logEvents": [{"timestamp": 1, "message": "é"}]},
        "PutLogEvents",
    ),
    ("ecs", "update_service", {"service": "a", "desiredCount": 0}, "UpdateService"),
    ("lambda", "invoke", {"FunctionName": "arn:aws:lambda:eu-central-1:1:function:a:live", "Payload": b"{}"}, "Invoke"),
    ("lambda", "list_functions", {}, "ListFunctions"),
    ("lambda", "update_function_code", {"FunctionName": "a", "ZipFile": b"PK"}, "UpdateFunctionCode"),
    ("eks", "tag_resource", {"resourceArn": "arn:aws:eks:eu-central-1:1:cluster/a", "tags": {"a": "b"}}, "TagResource"),
    ("efs", "delete_file_system", {"FileSystemId": "fs-1"}, "DeleteFileSystem"),
    ("apigateway", "delete_rest_api", {"restApiId": "a"}, "DeleteRestApi"),
    ("apigatewayv2", "get_apis", {}, "GetApis"),
    ("glacier", "delete_archive", {"vaultName": "a", "archiveId": "b"}, "DeleteArchive"),
    (
        "backup",
        "delete_recovery_point",
        {"BackupVaultName": "a", "RecoveryPointArn": "arn:aws:ec2:eu-central-1::snapshot/s"},
        "DeleteRecoveryPoint",
    ),
    ("sesv2", "send_email", {"Content": {"Raw": {"Data": b"x"}}}, "SendEmail"),
    ("ses", "send_raw_email", {"RawMessage": {"Data": b"x"}}, "SendRawEmail"),
    (
        "route53",
        "change_resource_record_sets",
        {
            "HostedZoneId": "/hostedzone/Z1",
            "ChangeBatch": {
                "Changes": [
                    {
                        "Action": "DELETE",
                        "ResourceRecordSet": {
                            "Name": "a",
                            "Type": "A",
                            "TTL": 60,
                            "ResourceRecords": [{"Value": "1.2.3.4"}],
                        },
                    }
                ]
            },
        },
        "ChangeResourceRecordSets",
    ),
    (
        "cloudfront",
        "create_invalidation",
        {
            "DistributionId": "E1",
            "InvalidationBatch": {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "a"},
        },
        "CreateInvalidation",
    ),
    (
        "cloudwatch",
        "put_metric_data",
        {"Namespace": "a", "MetricData": [{"MetricName": "m" * 200, "Value": 1.5} for _ in range(200)]},
        "PutMetricData",
    ),
    ("s3control", "delete_access_point", {"AccountId": "123456789012", "Name": "abc"}, "DeleteAccessPoint"),
    (
        "sagemaker-runtime",
        "invoke_endpoint",
        {"EndpointName": "a", "Body": b"x", "ContentType": "text/csv"},
        "InvokeEndpoint",
    ),
    ("iot-data", "publish", {"topic": "a/b", "payload": b"x"}, "Publish"),
    ("mediastore-data", "list_items", {}, "ListItems"),
    ("s3", "list_buckets", {}, "ListBuckets"),
    (
        "s3",
        "create_bucket",
        {"Bucket": "orders", "CreateBucketConfiguration": {"LocationConstraint": REGION}},
        "CreateBucket",
    ),
    (
        "s3",
        "put_object",
        {
            "Bucket": "orders",
            "Key": "a b/c&d=é",
            "Body": b"x",
            "ACL": "private",
            "Metadata": {"a": "b"},
            "Tagging": "a=b",
        },
        "PutObject",
    ),
    ("s3", "put_object", {"Bucket": "with.dots", "Key": "a", "Body": io.BytesIO(b"x" * 100)}, "PutObject"),
    (
        "s3",
        "put_object",
        {"Bucket": "arn:aws:s3:eu-central-1:123456789012:accesspoint/orders", "Key": "a", "Body": b"x"},
        "PutObject",
    ),
    ("s3", "get_object", {"Bucket": "orders", "Key": "a", "Range": "bytes=0-9", "IfMatch": '"e"'}, "GetObject"),
    ("s3", "head_object", {"Bucket": "orders", "Key": "a"}, "HeadObject"),
    ("s3", "list_objects_v2", {"Bucket": "orders", "Prefix": "a b+c/", "Delimiter": "/"}, "ListObjectsV2"),
    ("s3", "list_object_versions", {"Bucket": "orders"}, "ListObjectVersions"),
    ("s3", "delete_objects", {"Bucket": "orders", "Delete": {"Objects": [{"Key": "a\r\n<&>"}]}}, "DeleteObjects"),
    (
        "s3",
        "copy_object",
        {"Bucket": "orders", "Key": "a", "CopySource": {"Bucket": "b", "Key": "c d", "VersionId": "v"}},
        "CopyObject",
    ),
    ("s3", "create_multipart_upload", {"Bucket": "orders", "Key": "a"}, "CreateMultipartUpload"),
    (
        "s3",
        "upload_part",
        {"Bucket": "orders", "Key": "a", "UploadId": "u", "PartNumber": 1, "Body": b"x"},
        "UploadPart",
    ),
    (
        "s3",
        "complete_multipart_upload",
        {
            "Bucket": "orders",
            "Key": "a",
            "UploadId": "u",
            "MultipartUpload": {"Parts": [{"ETag": '"e"', "PartNumber": 1}]},
        },
        "CompleteMultipartUpload",
    ),
    (
        "s3",
        "put_bucket_versioning",
        {"Bucket": "orders", "VersioningConfiguration": {"Status": "Suspended"}},
        "PutBucketVersioning",
    ),
    ("s3", "put_bucket_policy", {"Bucket": "orders", "Policy": "{}"}, "PutBucketPolicy"),
    (
        "s3",
        "put_bucket_acl",
        {
            "Bucket": "orders",
            "AccessControlPolicy": {
                "Grants": [{"Grantee": {"Type": "Group", "URI": "http://a"}, "Permission": "READ"}],
                "Owner": {"ID": "a"},
            },
        },
        "PutBucketAcl",
    ),
    (
        "s3",
        "put_bucket_lifecycle_configuration",
        {
            "Bucket": "orders",
            "LifecycleConfiguration": {
                "Rules": [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
            },
        },
        "PutBucketLifecycleConfiguration",
    ),
    ("s3", "restore_object", {"Bucket": "orders", "Key": "a", "RestoreRequest": {"Days": 1}}, "RestoreObject"),
]


@pytest.mark.parametrize(("service", "method", "parameters", "operation"), CALLS, ids=[f"{c[0]}-{c[1]}" for c in CALLS])
def test_what_a_client_sends_is_wholly_understood(
    service: str, method: str, parameters: dict[str, Any], operation: str
) -> None:
    found = understand(sent(client(service), method, **parameters))

    assert (service, operation, ()) == (found.service, found.operation, found.unread)
    assert parameters.keys() - {"Body", "CopySource", "Bucket", "QueueUrl"} <= found.parameters.keys()


def test_a_directory_bucket_is_named_by_its_host() -> None:
    """Its session is asked for first, and that too is a call."""
    made = client("s3")

    found = understand(sent(made, "delete_object", Bucket="one--euc1-az1--x-s3", Key="a"))

    assert (found.name, found.parameters["Bucket"], found.unread) == ("s3:CreateSession", "one--euc1-az1--x-s3", ())


def test_path_style_is_understood_like_the_other() -> None:
    found = understand(sent(client("s3", s3={"addressing_style": "path"}), "delete_object", Bucket="orders", Key="a/b"))

    assert (found.parameters, found.unread) == ({"Bucket": "orders", "Key": "a/b"}, ())


@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("get_object", {"Bucket": "orders", "Key": "a b/é", "VersionId": "3", "ResponseContentType": "text/plain"}),
        ("put_object", {"Bucket": "orders", "Key": "a", "ContentType": "text/csv", "ACL": "private"}),
        ("upload_part", {"Bucket": "orders", "Key": "a", "UploadId": "u", "PartNumber": 2}),
        ("delete_object", {"Bucket": "orders", "Key": "a"}),
    ],
)
def test_a_presigned_url_is_understood(style: str, method: str, parameters: dict[str, Any]) -> None:
    """Without its signature, and with the headers that were signed with it."""
    made = client("s3", signature_version="s3v4", s3={"addressing_style": style})
    url = made.generate_presigned_url(method, Params=parameters)
    parts = urlsplit(url)
    pairs = [pair for pair in parts.query.split("&") if pair.partition("=")[0].lower() not in SIGNED]
    headers = {"content-type": "text/csv", "x-amz-acl": "private"} if method == "put_object" else {}

    found = understand(
        at(
            parts._replace(query="&".join(pairs)).geturl(),
            {"get": "GET", "put": "PUT", "upl": "PUT", "del": "DELETE"}[method[:3]],
            REGION,
            "s3",
            headers.items(),
        )
    )

    assert found.unread == ()
    assert found.operation == method.title().replace("_", "")
    assert parameters.items() <= dict(found.parameters).items()


def test_an_error_of_ours_is_no_answer() -> None:
    """The clients here never reach anything: what they would send is caught before it goes out."""
    with pytest.raises(Sent):
        client("sts").get_caller_identity()

    assert not issubclass(Sent, ClientError)
