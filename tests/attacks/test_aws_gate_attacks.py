"""Ways round the AWS gate, each tried over real sockets: replays, altered requests, paths, heads, scopes, the proxy."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from aws_gate import (
    KEY,
    REGION,
    SECRET,
    Dummy,
    Keys,
    LiveAws,
    dummy,
    live_aws,
    refused,
    sent,
    sent_raw,
    table_call,
    written,
)
from interlock.aws import sigv4
from interlock.aws.request import from_bytes
from interlock.errors import Forbidden
from interlock.gates.aws.authority import DOMAINS, is_aws, open_authority

LIST = table_call()
FORM = (("content-type", "application/x-www-form-urlencoded"),)


@pytest.fixture(scope="module")
def aws() -> Iterator[Dummy]:
    with dummy() as told:
        yield told


@pytest.fixture(scope="module")
def live(aws: Dummy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveAws]:
    with live_aws(tmp_path_factory.mktemp("attacked") / "home", aws.address, hold=0.3) as gate:
        gate.control.registry.add("ILCKSMALL00000001", "small", regions=("us-east-1",), services=("s3",))
        gate.control.registry.add("ILCKELSEWHERE0001", "else", target="other")
        yield gate


@pytest.fixture(autouse=True)
def _anew(aws: Dummy, live: LiveAws) -> None:
    aws.asked.clear()
    live.control.runs.clear()


def nothing_went_out(live: LiveAws, aws: Dummy) -> bool:
    return aws.asked == [] and live.control.runs == []


def altered(lines: list[bytes], old: bytes, new: bytes) -> list[bytes]:
    """The lines with this changed, once, after they were signed."""
    text = b"\n".join(lines[:-1])
    assert text.count(old) >= 1
    return [*text.replace(old, new, 1).split(b"\n"), lines[-1]]


# the request as it was signed, and nothing else


def test_a_plain_signed_request_passes_so_that_what_follows_means_something(live: LiveAws, aws: Dummy) -> None:
    status, text = sent(live, written(live, headers=LIST, body=b"{}"))

    assert (status, text) == (200, '{"Tables": []}')
    assert len(aws.asked) == 1


def test_the_agents_signature_never_reaches_aws_and_the_brokers_never_the_agent(live: LiveAws, aws: Dummy) -> None:
    sent(live, written(live, headers=LIST, body=b"{}"))
    _, _, headers, _ = aws.asked[0]

    assert "Credential=AKIABROKER00000000/" in headers["authorization"]
    assert KEY not in repr(aws.asked)
    assert SECRET not in repr(aws.asked)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ListTables", b"DeleteTable"),
        (b"application/x-amz-json-1.0", b"application/x-amz-json-1.1"),
        (b"POST /", b"PUT /"),
        (b"POST / ", b"POST /x "),
        (b"POST / ", b"POST /?Action=DeleteTable "),
        (b"/dynamodb/", b"/s3/"),
        (REGION.encode() + b"/", b"us-east-1/"),
    ],
)
def test_a_request_that_was_altered_after_signing_is_refused(live: LiveAws, aws: Dummy, old: bytes, new: bytes) -> None:
    status, _ = sent(live, altered(written(live, headers=LIST, body=b"{}"), old, new))

    assert status in (400, 403)
    assert nothing_went_out(live, aws)


def test_a_body_that_was_altered_after_signing_is_refused(live: LiveAws, aws: Dummy) -> None:
    lines = written(live, headers=LIST, body=b'{"Limit": 1}')
    with_digest, _ = sent(live, [*lines[:-1], b'{"Limit": 9}'])
    bare = [line for line in lines if not line.startswith(b"x-amz-content-sha256")]
    without, _ = sent(live, [*bare[:-1], b'{"Limit": 9}'])

    assert (with_digest, without) in ((400, 403), (400, 400))
    assert nothing_went_out(live, aws)


def test_a_body_that_is_only_held_by_its_signature_is_held_by_it(live: LiveAws, aws: Dummy) -> None:
    """As boto3 signs for services other than S3: no digest in any header, the body itself is under the signature."""
    body, other = b'{"Limit": 1}', b'{"Limit": 9}'
    head = [("host", f"127.0.0.1:{live.port}"), *LIST, ("x-amz-date", time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))]
    at = head[-1][1]
    signed = tuple(sorted(name for name, _ in head))
    canonical = sigv4.canonical_request("POST", "/", "", dict(head), signed, hashlib.sha256(body).hexdigest())
    scope = f"{at[:8]}/{REGION}/dynamodb/aws4_request"
    made = sigv4.signature(sigv4.signing_key(SECRET, at[:8], REGION, "dynamodb"), at, scope, canonical)
    value = f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={';'.join(signed)}, Signature={made}"
    lines = [b"POST / HTTP/1.1", *[f"{name}: {text}".encode() for name, text in [*head, ("authorization", value)]]]

    assert sent(live, [*lines, b"content-length: 12", b"connection: close", other])[0] == 403
    assert nothing_went_out(live, aws)
    assert sent(live, [*lines, b"content-length: 12", b"connection: close", body])[0] == 200


def test_a_host_that_was_altered_is_refused(live: LiveAws, aws: Dummy) -> None:
    lines = written(live, headers=LIST, body=b"{}")
    port = str(live.port).encode()

    assert sent(live, altered(lines, b"127.0.0.1:" + port, b"localhost:" + port))[0] == 403
    assert sent(live, written(live, headers=LIST, body=b"{}", host="dynamodb.eu-central-1.amazonaws.com"))[0] == 403
    assert nothing_went_out(live, aws)


# replays


def test_a_replayed_write_runs_once_and_is_given_the_same_answer(live: LiveAws, aws: Dummy) -> None:
    lines = written(live, headers=table_call("DeleteTable"), body=b'{"TableName": "replayed"}')
    answers = [sent(live, lines) for _ in range(3)]

    assert answers == [(200, '{"Tables": []}')] * 3
    assert len(live.control.runs) == len(aws.asked) == 1


def test_a_replay_with_another_invocation_id_does_not_run_either(live: LiveAws, aws: Dummy) -> None:
    """Clients leave that header unsigned, so anybody could change it."""
    lines = written(live, headers=table_call("DeleteTable"), body=b'{"TableName": "renamed"}')
    first = sent(live, [*lines[:-1], b"amz-sdk-invocation-id: 1", lines[-1]])
    others = [sent(live, [*lines[:-1], b"amz-sdk-invocation-id: 2", lines[-1]]), sent(live, lines)]

    assert first[0] == 200
    assert [status for status, _ in others] == [503, 200]
    assert len(live.control.runs) == 1


def test_a_signature_is_not_used_for_another_call_by_what_it_leaves_unsigned(live: LiveAws, aws: Dummy) -> None:
    lines = written(live, headers=table_call("DeleteTable"), body=b'{"TableName": "extended"}')
    sent(live, lines)
    status, text = sent(live, [*lines[:-1], b"if-match: x", lines[-1]])

    assert status == 400 or "this signature was used for another call" in text
    assert len(live.control.runs) == 1


def test_a_signature_of_another_time_is_refused(live: LiveAws, aws: Dummy) -> None:
    old = sent(live, written(live, headers=LIST, body=b"{}", at=time.time() - 16 * 60))
    early = sent(live, written(live, headers=LIST, body=b"{}", at=time.time() + 16 * 60))

    assert old[0] == early[0] == 403
    assert "more than 15 minutes" in old[1]
    assert nothing_went_out(live, aws)


# other ways to say who one is


def test_unsigned_calls_are_refused(live: LiveAws, aws: Dummy) -> None:
    client = boto3.client("s3", endpoint_url=live.url, region_name=REGION, config=Config(signature_version=UNSIGNED))
    told = refused(client.list_buckets)

    assert told["Code"] == "AccessDenied"
    assert "not signed" in told["Message"]
    assert nothing_went_out(live, aws)


def test_the_old_signature_of_presigned_addresses_says_what_to_set(live: LiveAws, aws: Dummy) -> None:
    status, text = sent_raw(
        live,
        f"GET /b/k?AWSAccessKeyId={KEY}&Signature=x&Expires=1 HTTP/1.1\r\nhost: 127.0.0.1:{live.port}\r\n"
        "connection: close\r\n\r\n".encode(),
    )

    assert status == 403
    assert "signature_version=s3v4" in text
    assert nothing_went_out(live, aws)


@pytest.mark.parametrize(
    "authorization",
    [
        b"Bearer abcdef",
        b"AWS AKIA:abcdef",
        b"AWS4-ECDSA-P256-SHA256 Credential=x, SignedHeaders=host, Signature=00",
        b"Basic YTpi",
        b"",
    ],
)
def test_other_schemes_are_refused(live: LiveAws, aws: Dummy, authorization: bytes) -> None:
    lines = [line for line in written(live, headers=LIST, body=b"{}") if not line.startswith(b"authorization")]
    status, _ = sent(live, [*lines[:-1], b"authorization: " + authorization, lines[-1]])

    assert status in (400, 403)
    assert nothing_went_out(live, aws)


def test_two_credentials_in_one_request_are_refused(live: LiveAws, aws: Dummy) -> None:
    lines = written(live, headers=LIST, body=b"{}")
    doubled = sent(live, [*lines[:-1], next(line for line in lines if line.startswith(b"authorization")), lines[-1]])
    both = sent(live, altered(lines, b"POST / ", b"POST /?X-Amz-Signature=00&X-Amz-Credential=x "))

    assert doubled[0] == 400
    assert both[0] in (400, 403)
    assert nothing_went_out(live, aws)


def test_a_session_token_beside_a_virtual_key_is_refused(live: LiveAws, aws: Dummy) -> None:
    status, text = sent(live, written(live, headers=(*LIST, ("x-amz-security-token", "t")), body=b"{}"))

    assert status == 403
    assert "AWS_SESSION_TOKEN" in text
    assert nothing_went_out(live, aws)


# the key's scope


@pytest.mark.parametrize(
    ("access", "secret", "service", "region", "why"),
    [
        ("ILCKNOBODY0000001", "x", "dynamodb", REGION, "no virtual key"),
        (KEY, "wrong", "dynamodb", REGION, "does not match"),
        (KEY, SECRET, "dynamodb", "us-west-2", "region"),
        ("ILCKSMALL00000001", "small", "dynamodb", "us-east-1", "not for"),
        ("ILCKELSEWHERE0001", "else", "dynamodb", REGION, "no AWS target"),
    ],
)
def test_a_key_is_worth_nothing_outside_of_its_scope(
    live: LiveAws, aws: Dummy, access: str, secret: str, service: str, region: str, why: str
) -> None:
    lines = written(live, headers=LIST, body=b"{}", keys=Keys(access, secret), service=service, region=region)
    status, text = sent(live, lines)

    assert status == 403
    assert why in text
    assert nothing_went_out(live, aws)


# heads that two readers take for two


@pytest.mark.parametrize(
    "extra",
    [
        [b"x-amz-target: DynamoDB_20120810.DeleteTable"],
        [b"X-Amz-Target : DynamoDB_20120810.DeleteTable"],
        [b"x-amz-something: else"],
        [b"host: elsewhere"],
        [b"content-length: 2"],
        [b"content-type: application/json"],
        [b"transfer-encoding: chunked"],
        [b"transfer-encoding: identity"],
        [b"x-http-method-override: DELETE"],
        [b"x-forwarded-host: 169.254.169.254"],
        [b"connection: x-amz-target"],
        [b"x-folded: a", b" b: c"],
        [b"bad name: x"],
        [b"upgrade: h2c"],
    ],
)
def test_a_smuggled_header_is_refused(live: LiveAws, aws: Dummy, extra: list[bytes]) -> None:
    lines = written(live, headers=LIST, body=b"{}")
    status, _ = sent(live, [*lines[:-1], *extra, lines[-1]], seconds=3)

    assert status in (0, 400, 403, 500)
    assert status != 500
    assert nothing_went_out(live, aws)


def test_bytes_behind_a_request_are_no_request_without_a_signature(live: LiveAws, aws: Dummy) -> None:
    lines = [line for line in written(live, headers=LIST, body=b"{}") if line != b"connection: close"]
    smuggled = b"POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: DynamoDB_20120810.DeleteTable\r\ncontent-length: 0\r\n\r\n"
    sent_raw(live, b"\r\n".join(lines[:-1]) + b"\r\n\r\n{}" + smuggled, seconds=3)

    assert len(aws.asked) == 1
    assert live.control.runs == []


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:7117/v1/cases", "//evil.example/", "*", "/a#b"],
)
def test_only_paths_are_asked_for(live: LiveAws, aws: Dummy, target: str) -> None:
    lines = written(live, "GET", headers=LIST)
    status, _ = sent(live, altered(lines, b"GET / ", f"GET {target} ".encode()))

    assert status in (400, 403)
    assert nothing_went_out(live, aws)


@pytest.mark.parametrize("path", ["//", "/../x", "/a/../b", "/./x", "/a//b"])
def test_paths_that_would_have_to_be_tidied_up_are_refused(live: LiveAws, aws: Dummy, path: str) -> None:
    """botocore signs the tidy path, whatever it sends: the signature would be right for both."""
    lines = written(live, "GET", "/", service="lambda")
    status, _ = sent(live, altered(lines, b"GET / ", f"GET {path} ".encode()))

    assert status in (400, 403)
    assert nothing_went_out(live, aws)


def test_a_key_of_s3_is_passed_on_as_it_was_spelt(live: LiveAws, aws: Dummy) -> None:
    for path in ("/b/a//b", "/b/../c", "/b/%2e%2e/c", "/b/a%2Fb", "/b/./x"):
        aws.asked.clear()
        live.control.payloads.clear()
        status, _ = sent(live, written(live, "PUT", path, service="s3", body=b"x", headers=(("x-amz-acl", "private"),)))

        assert [target for _, target, _, _ in aws.asked] in ([], [path])
        assert status == 200 or aws.asked == []


# one request, two meanings: what is judged is told to the reader as unknown, never as the harmless half


@pytest.mark.parametrize(
    ("service", "headers", "query", "body"),
    [
        ("ec2", FORM, "", b"Action=DescribeInstances&Action=TerminateInstances&Version=2016-11-15"),
        ("ec2", FORM, "Action=DescribeInstances", b"Action=TerminateInstances&Version=2016-11-15"),
        ("dynamodb", table_call("ListTables"), "Action=DeleteTable", b"{}"),
        ("dynamodb", table_call("ListTables"), "", b'{"TableName": "a", "TableName": "b"}'),
        ("dynamodb", table_call("ListTables"), "", b'{"Limit": 1, "__type": "DeleteTable", "TableName": "t"}'),
    ],
)  # fmt: skip
def test_a_call_with_two_meanings_is_never_passed_as_a_read(
    live: LiveAws, aws: Dummy, service: str, headers: Any, query: str, body: bytes
) -> None:
    before = len(live.control.passing.entries)
    sent(live, written(live, service=service, headers=headers, query=query, body=body))

    assert len(live.control.passing.entries) == before


# the proxy


def connected(live: LiveAws, line: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", live.port), timeout=5) as connection:
        connection.sendall(line + b"\r\nhost: x\r\n\r\n")
        return connection.recv(65536)


@pytest.mark.parametrize(
    "line",
    [
        b"CONNECT 169.254.169.254:443 HTTP/1.1",
        b"CONNECT 127.0.0.1:443 HTTP/1.1",
        b"CONNECT evil.example:443 HTTP/1.1",
        b"CONNECT amazonaws.com.evil.example:443 HTTP/1.1",
        b"CONNECT evilamazonaws.com:443 HTTP/1.1",
        b"CONNECT s3.eu-central-1.amazonaws.com:80 HTTP/1.1",
        b"CONNECT s3.eu-central-1.amazonaws.com:22 HTTP/1.1",
        b"CONNECT s3.eu-central-1.amazonaws.com HTTP/1.1",
        b"CONNECT s3.amazonaws.com.:443 HTTP/1.1",
        b"CONNECT .amazonaws.com:443 HTTP/1.1",
        b"CONNECT [::1]:443 HTTP/1.1",
        b"CONNECT http://s3.amazonaws.com:443 HTTP/1.1",
    ],
)
def test_the_proxy_leads_to_aws_and_nowhere_else(live: LiveAws, line: bytes) -> None:
    assert connected(live, line).split(b" ")[1] in (b"400", b"403")


def test_what_speaks_before_it_was_let_through_is_cut_off(live: LiveAws) -> None:
    early = connected(live, b"CONNECT s3.amazonaws.com:443 HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1")

    assert not early.startswith(b"HTTP/1.1 200")


def test_a_host_of_another_service_or_region_than_was_signed_for_is_refused(live: LiveAws, aws: Dummy) -> None:
    for host in ("s3.eu-central-1.amazonaws.com", "dynamodb.us-east-1.amazonaws.com"):
        lines = written(live, headers=LIST, body=b"{}", host=host)
        status, _ = tunnelled(live, host, lines)

        assert status == 403
    assert nothing_went_out(live, aws)


def test_a_host_header_that_is_not_the_tunnels_is_refused(live: LiveAws, aws: Dummy) -> None:
    tunnel, host = "s3.eu-central-1.amazonaws.com", "dynamodb.eu-central-1.amazonaws.com"
    status, _ = tunnelled(live, tunnel, written(live, headers=LIST, body=b"{}", host=host))

    assert status == 403
    assert nothing_went_out(live, aws)


def tunnelled(live: LiveAws, host: str, lines: list[bytes]) -> tuple[int, str]:
    context = ssl.create_default_context(cafile=str(live.bundle))
    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as plain:
        plain.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nhost: {host}:443\r\n\r\n".encode())
        assert plain.recv(65536).startswith(b"HTTP/1.1 200")
        with context.wrap_socket(plain, server_hostname=host) as wrapped:
            wrapped.sendall(b"\r\n".join(lines[:-1]) + b"\r\n\r\n" + lines[-1])
            found = b""
            while part := wrapped.recv(65536):
                found += part
    head, _, body = found.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body.decode()


def test_the_authority_makes_nothing_but_aws_hosts(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, lambda: int(time.time() * 1000))
    for host in (
        "example.com",
        "amazonaws.com",
        "amazonaws.com.evil.com",
        "x.amazonaws.com.",
        "*.amazonaws.com",
        "a b.api.aws",
    ):
        with pytest.raises(Forbidden):
            authority.context(host)

    assert [is_aws(f"x.{domain}") for domain in DOMAINS] == [True] * 3


def test_a_stolen_authority_is_believed_for_aws_hosts_alone(tmp_path: Path) -> None:
    """Whoever trusts our certificate trusts it within its own name constraints."""
    open_authority(tmp_path, lambda: int(time.time() * 1000))
    certificate = x509.load_pem_x509_certificate((tmp_path / "aws-ca.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    uses = certificate.extensions.get_extension_for_class(x509.KeyUsage).value

    assert names.critical
    assert [name.value for name in names.value.permitted_subtrees or ()] == list(DOMAINS)
    assert (uses.key_cert_sign, uses.digital_signature) == (True, False)
    assert (tmp_path / "aws-ca.key").stat().st_mode & 0o777 == 0o600


def test_a_certificate_for_a_bank_by_our_key_is_not_believed(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    open_authority(tmp_path, lambda: int(time.time() * 1000))
    key: Any = load_pem_private_key((tmp_path / "aws-ca.key").read_bytes(), None)
    authority = x509.load_pem_x509_certificate((tmp_path / "aws-ca.pem").read_bytes())
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(leaf_key.public_key())
        .serial_number(1)
        .not_valid_before(authority.not_valid_before_utc)
        .not_valid_after(authority.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=True)
        .sign(key, hashes.SHA256())
    )
    verifier = PolicyBuilder().store(Store([authority])).build_server_verifier(x509.DNSName("bank.example"))

    with pytest.raises(VerificationError):
        verifier.verify(leaf, [])


# secrets


def test_no_answer_and_no_entry_holds_a_secret(live: LiveAws, aws: Dummy) -> None:
    told = [
        refused(live.client("dynamodb", secret="wrong").list_tables),
        refused(live.client("s3", key="ILCKNOBODY0000001").list_buckets),
    ]
    live.client("dynamodb").list_tables()
    recorded = [from_bytes(passage.proposal.payload) for passage in live.control.passing.entries]

    assert recorded
    for text in (repr(told), repr(recorded)):
        assert not re.search(r"secret=|the-brokers-own-secret|Signature=", text)
        assert SECRET not in text
        assert base64.b64encode(SECRET.encode()).decode() not in text
