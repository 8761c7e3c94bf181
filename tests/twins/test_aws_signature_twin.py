"""Signatures beside botocore's own signers: what they make is taken, what we make is theirs, byte for byte."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from interlock.aws import sigv4
from interlock.errors import Unauthenticated

NOW = datetime(2026, 11, 26, 20, 40, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
KEY, SECRET, REGION = "ILCKTWIN00000001", "twin/secret+with=signs", "eu-central-1"

REQUESTS = [
    ("ec2", "POST", "https://ec2.eu-central-1.amazonaws.com/", b"Action=DescribeInstances&Version=2016-11-15"),
    ("dynamodb", "POST", "https://dynamodb.eu-central-1.amazonaws.com/", b"{}"),
    ("lambda", "GET", "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Alambda%3Af/policy", b""),
    ("lambda", "POST", "https://lambda.eu-central-1.amazonaws.com/x?b=2&a=%2F&a=&Z=1&c", b"\x00\xff"),
    ("route53", "GET", "https://route53.amazonaws.com/2013-04-01/hostedzone?maxitems=1", b""),
    ("s3", "PUT", "https://b.s3.eu-central-1.amazonaws.com/a//b/../c%20d%2B?partNumber=1&uploadId=x%2Fy", b"part"),
    ("s3", "GET", "https://s3.eu-central-1.amazonaws.com/b/%C3%A4?list-type=2&prefix=a%20b", b""),
    ("s3", "DELETE", "https://s3.eu-central-1.amazonaws.com/b/k?versionId=null", b""),
]  # fmt: skip
HEADERS = {"Content-Type": "a/b;  charset=utf-8", "X-Amz-Meta-Note": "  two   spaces ", "amz-sdk-request": "attempt=1"}


def signed(kind: Any, service: str, method: str, url: str, body: bytes, **options: Any) -> AWSRequest:
    request = AWSRequest(method, url, data=body, headers=dict(HEADERS) if not options else {})
    with patch.object(auth, "get_current_datetime", return_value=NOW):
        kind(Credentials(KEY, SECRET, options.pop("token", None)), service, REGION, **options).add_auth(request)
    return request


def checked(request: AWSRequest, body: bytes, secret: str = SECRET) -> sigv4.Claim:
    """Read and verify it as the gate does."""
    url = urlsplit(request.url)
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    if "host" not in dict(headers):
        headers.append(("host", url.netloc))
    found = sigv4.joined(headers)
    claim = sigv4.claim(url.query, found)
    sigv4.require_timely(claim, NOW_MS)
    sigv4.require_signed(claim, found)
    whole = claim if claim.payload else claim._replace(payload=hashlib.sha256(body).hexdigest())
    sigv4.verify(whole, secret, request.method, url.path, url.query, found)
    return claim


def signer(service: str) -> Any:
    return auth.S3SigV4Auth if service == "s3" else auth.SigV4Auth


@pytest.mark.parametrize(("service", "method", "url", "body"), REQUESTS)
def test_what_botocore_signs_is_taken(service: str, method: str, url: str, body: bytes) -> None:
    claim = checked(signed(signer(service), service, method, url, body), body)

    assert (claim.access_key, claim.service, claim.region) == (KEY, service, REGION)


@pytest.mark.parametrize(("service", "method", "url", "body"), REQUESTS)
def test_with_another_secret_nothing_is_taken(service: str, method: str, url: str, body: bytes) -> None:
    request = signed(signer(service), service, method, url, body)
    with pytest.raises(Unauthenticated) as error:
        checked(request, body, "another")

    assert error.value.code == "mismatch"


@pytest.mark.parametrize(("service", "method", "url", "body"), REQUESTS)
def test_we_sign_as_botocore_does(service: str, method: str, url: str, body: bytes) -> None:
    theirs = signed(signer(service), service, method, url, body)
    parts = urlsplit(url)
    digest = hashlib.sha256(body).hexdigest()
    request = AWSRequest(method, url, data=body, headers={**HEADERS, "X-Amz-Content-SHA256": digest})
    with patch.object(auth, "get_current_datetime", return_value=NOW):
        signer(service)(Credentials(KEY, SECRET, "token"), service, REGION).add_auth(request)

    class Keys:
        access_key, secret_key, token = KEY, SECRET, "token"

    headers = [("host", parts.netloc), *((name.lower(), value) for name, value in HEADERS.items())]
    ours = sigv4.sign(
        Keys(), method, parts.path, parts.query, headers,
        service=service, region=REGION, at="20261126T204000Z", payload=digest,
    )  # fmt: skip

    assert dict(ours)["authorization"] == request.headers["Authorization"]
    assert theirs.headers["Authorization"] != request.headers["Authorization"]


@pytest.mark.parametrize(
    ("kind", "service", "url"),
    [
        (auth.S3SigV4QueryAuth, "s3", "https://b.s3.eu-central-1.amazonaws.com/a//b/%20?response-content-type=a%2Fb"),
        (auth.SigV4QueryAuth, "sts", "https://sts.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"),
    ],
)
def test_what_botocore_presigns_is_taken_until_it_expires(kind: Any, service: str, url: str) -> None:
    request = signed(kind, service, "GET", url, b"", expires=60)
    claim = checked(request, b"")

    assert claim.presigned
    with pytest.raises(Unauthenticated) as late:
        sigv4.require_timely(claim, NOW_MS + 61_000)
    with pytest.raises(Unauthenticated) as early:
        sigv4.require_timely(claim, NOW_MS - 6 * 60_000)
    assert (late.value.code, early.value.code) == ("expired", "skewed")
    left = sigv4.without_presigned(urlsplit(request.url).query)
    assert left == urlsplit(url).query


@given(
    path=st.text("abc/%.~+ äüß", max_size=12),
    query=st.lists(
        st.tuples(st.text("ab+ &=/ä~", min_size=1, max_size=5), st.text("ab+ &=/ä~", max_size=5)), max_size=4
    ),
    body=st.binary(max_size=20),
)
def test_whatever_a_client_of_s3_encodes_is_taken(path: str, query: list[tuple[str, str]], body: bytes) -> None:
    from urllib.parse import quote

    from botocore.utils import percent_encode_sequence

    encoded = percent_encode_sequence(query)
    url = f"https://b.s3.eu-central-1.amazonaws.com/{quote(path, safe='/~')}" + (f"?{encoded}" if encoded else "")
    checked(signed(auth.S3SigV4Auth, "s3", "PUT", url, body), body)


@pytest.mark.parametrize("change", ["method", "path", "query", "header", "body"])
def test_any_change_is_noticed(change: str) -> None:
    request = signed(auth.SigV4Auth, "dynamodb", "POST", "https://dynamodb.eu-central-1.amazonaws.com/p?q=1", b"{}")
    body = b"{}"
    if change == "method":
        request.method = "PUT"
    elif change == "path":
        request.url = request.url.replace("/p", "/r")
    elif change == "query":
        request.url = request.url.replace("q=1", "q=2")
    elif change == "header":
        request.headers.replace_header("X-Amz-Meta-Note", "other")
    else:
        body = b"{ }"

    with pytest.raises(Unauthenticated) as error:
        checked(request, body)
    assert error.value.code == "mismatch"


@given(key=st.binary(min_size=1, max_size=64), text=st.text(max_size=200))
def test_our_mac_is_hmac(key: bytes, text: str) -> None:
    import hmac

    assert sigv4.mac(key, text) == hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
