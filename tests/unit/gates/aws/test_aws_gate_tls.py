"""The gate as an endpoint behind a certificate of its own: boto3 speaks TLS to it directly, through no proxy."""

from __future__ import annotations

import socket
import ssl
import urllib.request
import warnings
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import SSLError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aws_gate import KEY, REGION, SECRET, Dummy, LiveAws, live_aws, refused


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for this machine, which vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gate.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = tmp_path / "gate.pem", tmp_path / "gate.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].touch(mode=0o600)
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def client(gate: LiveAws, service: str, verify: str, **options: Any) -> Any:
    session = boto3.Session(KEY, SECRET, region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, **options)
    return session.client(service, endpoint_url=gate.url, verify=verify, config=config)


def test_reads_writes_and_refusals_come_over_tls(aws: Dummy, tmp_path: Path, pair: tuple[Path, Path]) -> None:
    with live_aws(tmp_path / "home", aws.address, hold=0.6, tls=pair) as gate:
        tables = client(gate, "dynamodb", str(pair[0]))
        listed = tables.list_tables()
        tables.delete_table(TableName="t")
        gate.control.rule = lambda request, call: "deny"
        told = refused(lambda: tables.delete_table(TableName="u"))

    assert gate.url.startswith("https://")
    assert listed["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert len(aws.asked) == 2
    assert told["Code"] == "AccessDeniedException"


def test_a_stream_and_a_presigned_address_come_over_tls(aws: Dummy, tmp_path: Path, pair: tuple[Path, Path]) -> None:
    """S3 sends a body in chunks over TLS without hashing it first."""
    aws.headers, aws.body = {"content-type": "application/xml"}, b""
    with live_aws(tmp_path / "home", aws.address, tls=pair) as gate:
        bucket = client(gate, "s3", str(pair[0]), s3={"addressing_style": "path"})
        bucket.put_object(Bucket="b", Key="k", Body=b"x" * 300_000)
        address = bucket.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
        aws.body = b"what is kept there"
        trusting = ssl.create_default_context(cafile=pair[0])
        with urllib.request.urlopen(address, context=trusting, timeout=20) as answer:
            got = answer.read()

    assert aws.asked[0][3] == b"x" * 300_000
    assert got == b"what is kept there"


def test_who_does_not_trust_the_certificate_sends_nothing(aws: Dummy, tmp_path: Path, pair: tuple[Path, Path]) -> None:
    with live_aws(tmp_path / "home", aws.address, tls=pair) as gate, pytest.raises(SSLError):
        client(gate, "dynamodb", str(gate.bundle)).list_tables()

    assert aws.asked == []


def test_in_the_clear_nothing_is_spoken_there(aws: Dummy, tmp_path: Path, pair: tuple[Path, Path]) -> None:
    with live_aws(tmp_path / "home", aws.address, tls=pair) as gate:
        with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            said = plain.recv(100)
        with pytest.raises(ssl.SSLError):
            old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
                old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
            old.set_ciphers("ALL:@SECLEVEL=0")
            with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as raw:
                old.wrap_socket(raw)

    assert not said.startswith(b"HTTP/")
    assert aws.asked == []
