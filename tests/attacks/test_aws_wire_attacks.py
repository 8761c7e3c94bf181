"""Requests that are meant to be read as one call and done as another. Each has to be unread, or read as it is done."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from msgspec.structs import replace
from tests.aws_requests import FORM, REGION, form, request, rest, s3, target

from interlock.aws.call import Call
from interlock.aws.calls import understand
from interlock.aws.request import Request
from interlock.aws.serialize import request_of

DESCRIBE = "Action=DescribeDBInstances&Version=2014-10-31"
DELETE = "Action=DeleteDBInstance&Version=2014-10-31&DBInstanceIdentifier=orders&SkipFinalSnapshot=true"
GET_ITEM = "DynamoDB_20120810.GetItem"
DROP = "DynamoDB_20120810.DeleteTable"


def told(found: Request) -> bool:
    """Whether the request is anything but wholly understood."""
    call = understand(found)
    return bool(call.unread) or not call.operation


def rpc(path: str, body: bytes = b"\xa0", **headers: str) -> Request:
    given = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return request("POST", f"monitoring.{REGION}.amazonaws.com", path, "monitoring", body, headers=given)


# one request, two operations


@pytest.mark.parametrize(
    "body",
    [
        DESCRIBE + "&Action=DeleteDBInstance",
        "Action=DeleteDBInstance&" + DESCRIBE,
        DESCRIBE + "&%41ction=DeleteDBInstance",
        DESCRIBE + "&action=DeleteDBInstance",
        DESCRIBE + "&ACTION=DeleteDBInstance",
        DESCRIBE + "&Action.1=DeleteDBInstance",
        DESCRIBE + "&Action+=DeleteDBInstance",
        DESCRIBE + ";Action=DeleteDBInstance",
        DESCRIBE + "&Version=2009-10-16",
        "Action=DescribeDBInstances&Version=2009-10-16",
        "Action=DescribeDBInstances",
    ],
)
def test_two_actions_or_versions_in_a_form(body: str) -> None:
    assert told(form("rds", body))


@pytest.mark.parametrize("query", ["Action=DeleteDBInstance", DELETE, "Version=2009-10-16", "DBInstanceIdentifier=a"])
def test_an_action_in_the_query_beside_one_in_the_body(query: str) -> None:
    assert told(form("rds", DESCRIBE, query=query))


def test_a_form_in_the_query_of_a_request_with_another_body() -> None:
    assert told(request("GET", f"rds.{REGION}.amazonaws.com", "/", "rds", DELETE.encode(), DESCRIBE))
    assert told(
        request("POST", f"rds.{REGION}.amazonaws.com", "/", "rds", b"{}", DESCRIBE, headers={"content-type": "text/x"})
    )


def test_a_target_header_on_a_service_that_reads_forms() -> None:
    assert told(form("rds", DESCRIBE, headers={"x-amz-target": "AmazonRDSv19.DeleteDBInstance"}))


def test_a_target_header_on_a_rest_service() -> None:
    got = rest("lambda", "GET", "/2015-03-31/functions/report")

    assert told(replace(got, headers=(("x-amz-target", "AWSGirApiService.DeleteFunction"),)))


def test_two_target_headers() -> None:
    got = target("dynamodb", GET_ITEM, {"TableName": "a", "Key": {}})

    assert told(replace(got, headers=(*got.headers, ("x-amz-target", DROP))))
    assert told(replace(got, headers=(*got.headers, ("X-Amz-Target", DROP))))


def test_an_action_in_the_query_or_the_body_beside_a_target() -> None:
    """CloudWatch speaks three protocols: whichever one its front reads, we read the same or say so."""
    name = "GraniteServiceVersion20100801"
    by_target = target("monitoring", f"{name}.ListMetrics", {}, query="Action=DeleteAlarms&Version=2010-08-01")
    by_form = replace(
        form("monitoring", "Action=ListMetrics&Version=2010-08-01"), path=f"/service/{name}/operation/DeleteAlarms"
    )
    both = rpc(f"/service/{name}/operation/ListMetrics", x_amz_target=f"{name}.DeleteAlarms")

    assert told(by_target)
    assert told(by_form)
    assert told(both)


def test_a_smithy_path_without_or_with_another_protocols_header() -> None:
    path = "/service/GraniteServiceVersion20100801/operation/ListMetrics"

    assert not told(rpc(path))
    assert told(rpc(path, smithy_protocol="rpc-v2-json"))
    assert told(replace(rpc(path), headers=(("content-type", "application/cbor"),)))
    assert told(rpc("/service/GraniteServiceVersion20100801/operation/DeleteAlarms/../ListMetrics"))
    assert told(rpc("/service/GraniteServiceVersion20100801/operation/List%4detrics"))
    assert told(replace(rpc(path), query="x=1"))
    assert told(replace(rpc(path), method="PUT"))


@pytest.mark.parametrize(
    "header",
    ["x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url", "forwarded"],
)
def test_a_header_that_would_have_the_method_or_url_be_another(header: str) -> None:
    assert told(s3("GET", "/b/k", headers={header: "DELETE"}))
    assert told(form("rds", DESCRIBE, headers={header: "DELETE"}))


def test_a_header_that_would_have_others_removed_on_the_way() -> None:
    got = s3("PUT", "/b/k", headers={"x-amz-copy-source": "/other/key", "connection": "x-amz-copy-source"})

    assert told(got)


def test_headers_that_no_parameter_takes() -> None:
    assert told(s3("DELETE", "/b/k", headers={"x-amz-delete-everything": "true"}))
    assert told(form("rds", DESCRIBE, headers={"x-amz-acl": "public-read"}))
    assert told(form("rds", DESCRIBE, headers={"x-amz-api-version": "2009-10-16"}))
    assert told(s3("PUT", "/b/k", headers={"x-amz-trailer": "x-amz-copy-source"}))


def test_a_header_that_is_a_parameter_twice() -> None:
    got = s3("PUT", "/b/k", headers={"x-amz-acl": "private"})

    assert told(replace(got, headers=(*got.headers, ("x-amz-acl", "public-read"))))
    assert told(replace(s3("PUT", "/b/k", "x-amz-acl=public-read"), headers=got.headers))
    assert told(s3("PUT", "/b/k", "x-amz-acl=private&x-amz-acl=public-read"))


# one body, two readings


@pytest.mark.parametrize(
    "body",
    [
        '{"TableName":"scratch","TableName":"orders"}',
        '{"TableName":"scratch","Table\\u004eame":"orders"}',
        '{"TableName":"scratch","tableName":"orders"}',
        '{"TableName":"scratch"}{"TableName":"orders"}',
        '{"TableName":"scratch"}\x00',
        '{"TableName":"scratch",}',
        '{"TableName":"scratch"/*,"TableName":"orders"*/}',
        "{'TableName':'scratch'}",
        '\ufeff{"TableName":"scratch"}',
        '{"TableName":"scr\tatch"}',
        '{"TableName":NaN}',
        '{"TableName":["scratch"]}',
        '{"TableName":{"S":"scratch"}}',
    ],
)
def test_json_that_two_parsers_read_apart(body: str) -> None:
    assert told(target("dynamodb", DROP, body))


def test_a_word_that_is_spelt_otherwise() -> None:
    """Whether `suspended` suspends is the service's to say."""
    for status in ("suspended", "SUSPENDED", " Suspended", "Suspended\n"):
        body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>"
        assert told(s3("PUT", "/b", "versioning", body.encode()))

    assert told(
        target("ecs", "AmazonEC2ContainerServiceV20141113.CreateService", {"serviceName": "a", "launchType": "ec2"})
    )


def test_a_word_that_is_newer_than_the_models_is_a_word() -> None:
    got = form("ec2", "Action=RunInstances&Version=2016-11-15&MinCount=1&MaxCount=1&InstanceType=z99.mega")

    assert understand(got).unread == ()


def test_json_in_another_encoding() -> None:
    got = target("dynamodb", DROP, "")

    for encoding in ("utf-16", "utf-16-le", "utf-32"):
        assert told(replace(got, body='{"TableName":"scratch"}'.encode(encoding)))


@pytest.mark.parametrize(
    "member",
    [
        '"SkipFinalSnapshot":"true"',
        '"ForceDeleteWithoutRecovery":1',
        '"ForceDeleteWithoutRecovery":"false"',
        '"RecoveryWindowInDays":"7"',
        '"RecoveryWindowInDays":7.5',
        '"RecoveryWindowInDays":1e1',
        '"RecoveryWindowInDays":99999999999999999999999999',
        '"RecoveryWindowInDays":true',
    ],
)
def test_values_that_a_service_may_take_for_others(member: str) -> None:
    body = '{"SecretId":"orders",' + member + "}"

    assert told(target("secretsmanager", "secretsmanager.DeleteSecret", body))


CBOR: list[bytes] = [
    b"\xa2\x6aAlarmNames\x81\x61a\x6aAlarmNames\x81\x61b",  # one name twice
    b"\xbf\x6aAlarmNames\x81\x61a\x6aAlarmNames\x81\x61b\xff",  # the same in an open map
    b"\xa1\x6aAlarmNames\x81\x61a\x00",  # something behind its end
    b"\xa1\x6aAlarmNames\x82\x61a",  # cut off
    b"\xa1\x4aAlarmNames\x81\x61a",  # a name in bytes
    b"\xa1\x6aAlarmNames\xd9\xd9\xf7\x81\x61a",  # a tag
    b"\xa1\x6aAlarmNames\x81\x62\xff\xff",  # no UTF-8
    b"\x81" * 5000 + b"\x61a",  # deep
    b"\xa1\x6aAlarmNames\x9b\xff\xff\xff\xff\xff\xff\xff\xff",  # a list longer than the world
]


@pytest.mark.parametrize("body", CBOR)
def test_cbor_that_two_parsers_read_apart(body: bytes) -> None:
    assert told(rpc("/service/GraniteServiceVersion20100801/operation/DeleteAlarms", body))


XML: list[str] = [
    '<!DOCTYPE Delete [<!ENTITY k "orders">]><Delete><Object><Key>&k;</Key></Object></Delete>',
    '<!DOCTYPE Delete SYSTEM "file:///etc/passwd"><Delete><Object><Key>a</Key></Object></Delete>',
    "<Delete><Object><Key>&unknown;</Key></Object></Delete>",
    "<Delete><Object><Key>scratch<!-- -->/../orders</Key></Object></Delete>",
    "<Delete><Object><Key>scratch<?x y?>orders</Key></Object></Delete>",
    "<Delete><Object><Key>scratch</Key><Key>orders</Key></Object></Delete>",
    "<Delete><Object><Key>scratch<b>orders</b></Key></Object></Delete>",
    "<Delete>orders<Object><Key>scratch</Key></Object></Delete>",
    "<Delete><Object Key='orders'><Key>scratch</Key></Object></Delete>",
    "<Delete><Object><key>orders</key></Object></Delete>",
    "<Delete xmlns='http://evil.example/'><Object><Key>a</Key></Object></Delete>",
    "<Delete><Object><Key xmlns='http://evil.example/'>a</Key></Object></Delete>",
    "<s:Delete xmlns:s='http://s3.amazonaws.com/doc/2006-03-01/'><s:Object><s:Key>a</s:Key></s:Object></s:Delete>",
    "<Remove><Object><Key>a</Key></Object></Remove>",
    "<Delete><Object><Key>a</Key></Object></Delete><Delete/>",
    "<Delete><Object><Key>a</Key></Object>",
    "<?xml version='1.0' encoding='utf-16'?><Delete><Object><Key>a</Key></Object></Delete>",
    "<Delete>" + "<Object>" * 5000 + "</Object>" * 5000 + "</Delete>",
]


@pytest.mark.parametrize("body", XML)
def test_xml_that_two_parsers_read_apart(body: str) -> None:
    assert told(s3("POST", "/b", "delete", body.encode()))


def test_xml_in_another_encoding() -> None:
    body = "<Delete><Object><Key>a</Key></Object></Delete>"

    assert told(s3("POST", "/b", "delete", body.encode("utf-16")))


def test_a_packed_body_that_grows_without_end() -> None:
    bomb = gzip.compress(b"[" * (64 * 2**20))
    got = target("monitoring", "GraniteServiceVersion20100801.PutMetricData", {})
    got = replace(got, headers=(*got.headers, ("content-encoding", "gzip")))

    for body in (bomb, gzip.compress(b"{}") + gzip.compress(b"{}"), gzip.compress(b"{}")[:-3], b"{}"):
        assert told(replace(got, body=body, body_size=len(body)))


def test_a_packed_body_where_none_is_taken() -> None:
    body = gzip.compress(b'{"TableName":"orders"}')
    got = target("dynamodb", DROP, {})

    for encoding in ("gzip", "deflate", "br", "gzip, gzip", "identity"):
        headers = (*got.headers, ("content-encoding", encoding))
        assert told(replace(got, body=body, body_size=len(body), headers=headers))


def test_a_form_that_says_to_be_json_and_the_other_way_round() -> None:
    as_json = target("dynamodb", DROP, {"TableName": "a"}, headers={"content-type": FORM})
    as_form = form("rds", DESCRIBE, headers={"content-type": "application/x-amz-json-1.0"})

    assert told(as_json)
    assert told(as_form)


@pytest.mark.parametrize(
    "kind", ["x-amz-json-1.0; charset=utf-16", "x-amz-json-1.0; charset=utf-7", "x-amz-json-1.0; v=2"]
)
def test_a_body_in_a_charset_that_is_not_the_protocols(kind: str) -> None:
    assert told(target("dynamodb", DROP, {"TableName": "a"}, headers={"content-type": f"application/{kind}"}))
    assert not told(
        target(
            "dynamodb", DROP, {"TableName": "a"}, headers={"content-type": "application/x-amz-json-1.0; charset=UTF-8"}
        )
    )


def test_a_form_where_no_form_stands() -> None:
    honest = form("rds", DELETE)

    assert not told(honest)
    assert told(replace(honest, path="/orders"))
    assert told(replace(honest, method="PUT"))
    assert told(replace(honest, method="GET"))
    assert told(replace(honest, method="DELETE", body=b"", body_size=0, query=DELETE))
    assert told(form("rds", DELETE, headers={"content-type": "text/plain"}))
    assert told(form("rds", DELETE.replace("orders", "örders")))


def test_a_call_of_json_or_cbor_somewhere_else_than_where_it_belongs() -> None:
    by_target = target("dynamodb", DROP, {"TableName": "a"})
    by_path = rpc("/service/GraniteServiceVersion20100801/operation/ListMetrics")

    assert told(replace(by_target, path="/tables/a"))
    assert told(replace(by_target, method="PUT"))
    assert told(replace(by_path, headers=(("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/json"))))


def test_a_body_that_is_said_to_be_shorter_than_it_is() -> None:
    got = form("rds", DELETE)

    assert told(replace(got, body_size=10))


# one path, two places


@pytest.mark.parametrize(
    "path",
    [
        "/2015-03-31/functions/report/../orders",
        "/2015-03-31/functions/report/%2e%2e/orders",
        "/2015-03-31/functions/./orders",
        "/2015-03-31/functions//orders",
        "//2015-03-31/functions/orders",
        "/2015-03-31/functions/orders/",
        "/2015-03-31/functions/a%2Faliases%2Flive",
        "/2015-03-31/functions/a%2f..%2forders",
        "/2015-03-31/functions/a%5C..%5Corders",
        "/2015-03-31/functions/orders#x",
        "/2015-03-31/functions/orders?x",
        "/2015-03-31/functions/orders;x=1/",
        "/2015-03-31/functions/or ders",
        "/2015-03-31/functions/%zz",
        "/2015-03-31/functions/%ff",
        "2015-03-31/functions/orders",
        "http://evil.example/2015-03-31/functions/orders",
        "*",
    ],
)
def test_paths_that_two_servers_read_apart(path: str) -> None:
    assert told(rest("lambda", "DELETE", path))


def test_an_arn_in_a_path_keeps_its_encoded_slashes() -> None:
    """As SDKs send it. Nothing else could be meant, whoever decodes it when."""
    arn = "arn%3Aaws%3Aeks%3Aeu-central-1%3A123456789012%3Acluster%2Forders"

    found = understand(rest("eks", "GET", f"/tags/{arn}"))

    assert found.unread == ()
    assert found.parameters == {"resourceArn": "arn:aws:eks:eu-central-1:123456789012:cluster/orders"}


@pytest.mark.parametrize(
    ("path", "bucket", "key"),
    [
        ("/scratch/../orders/2026", "scratch", "../orders/2026"),
        ("/scratch/%2e%2e/orders", "scratch", "../orders"),
        ("/scratch//orders", "scratch", "/orders"),
        ("/scratch/a%2F..%2F..%2Forders", "scratch", "a/../../orders"),
        ("/scratch/%252e%252e/orders", "scratch", "%2e%2e/orders"),
    ],
)
def test_a_key_of_s3_is_not_a_path_that_leads_out_of_its_bucket(path: str, bucket: str, key: str) -> None:
    found = understand(s3("DELETE", path))

    assert ({"Bucket": bucket, "Key": key}, ()) == (found.parameters, found.unread)


@pytest.mark.parametrize(
    "path",
    ["//orders", "/../orders/k", "/./orders", "/scratch%2Forders", "/scr%61tch/k", "/a b", "/orders\\k", "/a:b/k"],
)
def test_what_is_no_name_of_a_bucket(path: str) -> None:
    assert told(s3("DELETE", path))


def test_a_marker_of_another_operation_of_s3() -> None:
    """`DELETE /b?policy&tagging` removes one of both; which one is S3's to say."""
    assert told(s3("DELETE", "/b", "policy&tagging"))
    assert told(s3("DELETE", "/b", "unheard-of"))
    assert told(s3("DELETE", "/b/k", "uploadId=1&versionId=2"))
    assert told(s3("GET", "/b/k", "acl&torrent"))
    assert told(s3("GET", "/b", "list-type=3"))
    assert told(s3("GET", "/b", "versioning=suspended"))
    assert told(s3("PUT", "/b/k", "x-id=DeleteObject"))
    assert told(s3("GET", "/b", "prefix=a&prefix=b"))
    assert told(s3("GET", "/b", "Prefix=a"))


# one host, two services


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("rds.eu-central-1.amazonaws.com", "/b/k"),
        ("s3.us-east-1.amazonaws.com", "/b/k"),
        ("s3.eu-central-1.amazonaws.com.", "/b/k"),
        ("S3.eu-central-1.amazonaws.com", "/b/k"),
        ("s3.eu-central-1.amazonaws.com:8080", "/b/k"),
        ("orders.s3-object-lambda.eu-central-1.amazonaws.com", "/k"),
        ("orders-123456789012.op-1.s3-outposts.eu-central-1.amazonaws.com", "/k"),
        ("orders.s3express-nowhere.eu-central-1.amazonaws.com", "/k"),
        ("abc.mrap.accesspoint.s3-global.amazonaws.com", "/k"),
        ("user@s3.eu-central-1.amazonaws.com", "/b/k"),
        ("s3.eu-central-1.amazonaws.com/evil", "/b/k"),
        ("s3.eu-central-1.amazonaws.com evil", "/b/k"),
        ("", "/b/k"),
    ],
)
def test_hosts_that_are_not_those_of_the_signature(host: str, path: str) -> None:
    assert told(request("DELETE", host, path, "s3"))


def test_an_account_in_the_host_that_is_not_that_of_the_header() -> None:
    call = Call("s3control", "DeleteBucket", REGION, "", {"AccountId": "111111111111", "Bucket": "orders"})
    honest = request_of(call)
    other = replace(honest, host=honest.host.replace("1" * 12, "2" * 12))

    assert understand(honest) == call
    assert told(other)


def test_a_bucket_before_a_host_that_is_none_of_aws_is_not_taken_for_one() -> None:
    """The gate names the host of the target; here the bucket is what the path says, and never the host."""
    found = understand(request("DELETE", "orders.localhost:5000", "/scratch/k", "s3"))

    assert found.parameters == {"Bucket": "scratch", "Key": "k"}


# odd forms of the request itself, as a proposal may bring them


@pytest.mark.parametrize(
    "changed",
    [
        {"headers": (("host", "s3.us-east-1.amazonaws.com"),)},
        {"headers": (("content-length", "7"),)},
        {"headers": (("transfer-encoding", "chunked"),)},
        {"headers": (("x-amz-expected-bucket-owner", "1\r\nx-amz-acl: public-read"),)},
        {"headers": (("x-amz-expected-bucket-owner", "1\x00"),)},
        {"query": "prefix=a%00b"},
        {"method": "delete"},
        {"method": "DELETE /b/k HTTP/1.1\r\nx: "},
        {"method": ""},
        {"headers": (("X-Amz-Copy-Source", "/a/b"),)},
        {"headers": (("x-amz-acl ", "public-read"),)},
        {"headers": (("x amz", "1"),)},
        {"query": "a=b c"},
        {"query": "a=%"},
        {"query": "prefix=a+b"},
        {"query": "prefix=%ff"},
        {"path": ""},
        {"path": "/" + "a/" * 10_000},
        {"service": ""},
        {"service": "../../etc"},
        {"region": ""},
        {"region": "eu-central-1/../us-east-1"},
    ],
)
def test_requests_that_no_client_makes(changed: dict[str, Any]) -> None:
    assert told(replace(s3("GET", "/b", "prefix=a"), **changed)) or changed == {"path": ""}


# what stands beside the parameters of a rest call


def test_a_body_that_the_operation_does_not_take() -> None:
    assert told(s3("DELETE", "/b/k", body=b"<Delete/>"))
    assert told(replace(rest("lambda", "DELETE", "/2015-03-31/functions/a"), body=b'{"a":1}', body_size=7))


def test_a_rest_body_of_another_kind() -> None:
    as_text = rest("eks", "POST", "/tags/arn%3Aaws", body={"tags": {"a": "b"}})
    delete = s3("POST", "/b", "delete", b"<Delete><Object><Key>a</Key></Object></Delete>")

    assert not told(as_text)
    assert not told(delete)
    assert told(replace(as_text, headers=(("content-type", "text/plain"),)))
    assert told(replace(delete, headers=(("content-type", "application/json"),)))


def test_a_parameter_among_the_plain_headers_twice() -> None:
    honest = s3("PUT", "/b/k", headers={"cache-control": "no-store"})

    assert not told(honest)
    assert told(replace(honest, headers=(*honest.headers, ("cache-control", "public"))))


def test_a_header_that_should_be_json_and_is_none() -> None:
    path = "/bot/orders/alias/live/user/ada/content"
    headers = {"content-type": "text/plain; charset=utf-8", "x-amz-lex-session-attributes": "e30="}
    honest = request("POST", f"runtime.lex.{REGION}.amazonaws.com", path, "lex", b"hello", headers=headers)

    assert understand(honest).parameters["sessionAttributes"] == {}
    assert not told(honest)
    for value in ("{}", "e30", "e2E6MX0="):
        assert told(replace(honest, headers=(("x-amz-lex-session-attributes", value),)))


def test_a_policy_that_is_no_text() -> None:
    assert not told(s3("PUT", "/b", "policy", b"{}"))
    assert told(s3("PUT", "/b", "policy", b'{"a":"\xff"}'))


def test_a_name_twice_in_a_query_of_any_names() -> None:
    path = "/restapis/a/stages/b/exports/oas30"

    assert not told(rest("apigateway", "GET", path, "extensions=postman"))
    assert told(rest("apigateway", "GET", path, "extensions=postman&extensions=authorizers"))


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("lambda", "/2015-03-31/functions/.."),
        ("lambda", "/2015-03-31/functions/%2E%2e"),
        ("lambda", "/2015-03-31/functions/."),
        ("lambda", "/2015-03-31/functions/a%2F..%2Fb"),
        ("lambda", "/2015-03-31/functions/a%5cb%5C..%5Cc"),
        ("lambda", "/2015-03-31/functions/a%2F%2Fb"),
        ("workspaces-web", "/portals/a//b"),
        ("workspaces-web", "/portals/a/../b"),
    ],
)
def test_a_label_that_would_lead_elsewhere(service: str, path: str) -> None:
    """Each of them names an operation, with a label that a server in between may take for a way."""
    found = understand(rest(service, "DELETE", path))

    assert found.operation.startswith("Delete")
    assert found.unread
