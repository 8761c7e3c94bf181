"""The local authority: certificates in the name of AWS hosts, for clients that come through the proxy.

Its key is made on first use, lies in the home's keys and signs nothing outside AWS's own domains: the certificate says
so itself (name constraints), so that a client that trusts it trusts it for nothing else.

    keys/aws-ca.key   the authority's key, 0600          keys/aws-ca.pem   its certificate, for AWS_CA_BUNDLE
"""

from __future__ import annotations

import os
import re
import ssl
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from interlock.errors import Forbidden, KeyLost

#: The domains that AWS is called under.
DOMAINS: Final = ("amazonaws.com", "amazonaws.com.cn", "api.aws")
CA_DAYS: Final = 3650
LEAF_DAYS: Final = 7
#: A leaf is made anew when it is older than this, and at most so many are kept.
RENEW_DAYS: Final = 3
MOST_LEAFS: Final = 500

_HOST: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]{2,10}")
_PEM: Final = serialization.Encoding.PEM


class _Leaf(NamedTuple):
    context: ssl.SSLContext
    made: datetime


def is_aws(host: str) -> bool:
    """Whether this is a host under one of AWS's domains."""
    return bool(_HOST.fullmatch(host)) and host.endswith(tuple(f".{domain}" for domain in DOMAINS))


class Authority:
    """One home's authority. `now` is asked for the time in unix milliseconds."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, now: Callable[[], int]) -> None:
        self._key = key
        self._certificate = certificate
        self._now = now
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())  # one for all hosts: they end in the same process
        self._leafs: OrderedDict[str, _Leaf] = OrderedDict()

    def context(self, host: str) -> ssl.SSLContext:
        """A TLS context in the name of this host. Raises Forbidden for a host that is not AWS's."""
        if not is_aws(host):
            raise Forbidden(
                "only AWS hosts can be reached through here", hint="take no proxy for others", code="other-host"
            )
        at = datetime.fromtimestamp(self._now() / 1000, UTC)
        leaf = self._leafs.get(host)
        if leaf is None or not timedelta() <= at - leaf.made < timedelta(days=RENEW_DAYS):
            leaf = _Leaf(self._made(host, at), at)
            self._leafs[host] = leaf
        self._leafs.move_to_end(host)
        while len(self._leafs) > MOST_LEAFS:
            self._leafs.popitem(last=False)
        return leaf.context

    def _made(self, host: str, at: datetime) -> ssl.SSLContext:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AWS through Interlock")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._certificate.subject)
            .public_key(self._leaf_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=1))
            .not_valid_after(at + timedelta(days=LEAF_DAYS))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        # ssl takes files alone; this one is nobody else's, and gone at once.
        with tempfile.NamedTemporaryFile() as file:
            file.write(_private(self._leaf_key) + certificate.public_bytes(_PEM))
            file.flush()
            context.load_cert_chain(file.name)
        return context


def open_authority(keys: Path, now: Callable[[], int]) -> Authority:
    """The authority whose key lies in this folder; made when there is none. Raises KeyLost."""
    path = certificate_path(keys)
    key_path = keys / "aws-ca.key"
    try:
        if not key_path.exists():
            _create(key_path, path, datetime.fromtimestamp(now() / 1000, UTC))
        if key_path.stat().st_mode & 0o077:
            raise KeyLost("others can read this key", hint="chmod 600 it", where=str(key_path))
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise KeyLost(
            "the authority for AWS hosts cannot be read",
            hint="move aws-ca.key and aws-ca.pem away to have new ones made; agents need the new certificate then",
            where=str(key_path),
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        raise KeyLost("the authority's key and certificate do not belong together", where=str(key_path))
    return Authority(key, certificate, now)


def certificate_path(keys: Path) -> Path:
    """Where the certificate lies that a client has to trust (AWS_CA_BUNDLE)."""
    return keys / "aws-ca.pem"


def _create(key_path: Path, path: Path, at: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Interlock: AWS hosts of this home")])
    permitted = [x509.DNSName(domain) for domain in DOMAINS]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(_only_signs_certificates(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    # The certificate first: a crash here leaves one without a key, and both are made anew.
    _write(path, certificate.public_bytes(_PEM))
    _write(key_path, _private(key))


def _only_signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, readable by its owner alone."""
    beside = path.with_suffix(path.suffix + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
