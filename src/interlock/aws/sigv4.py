"""SigV4: what a request says of its own signature, whether that signature is right, and signatures of ours.

Pure: the clock and the secret come in. Two ways of carrying a signature are read: the Authorization header, and the
query of a presigned URL. What else AWS knows (SigV2, SigV4A, bearer tokens, none at all) is named and refused.

    canonical request -> string to sign -> signature;   signing key = HMAC of secret, day, region, service

S3 signs a path as it was sent; every other service signs the path percent-encoded once more. A path that other services
would first have to tidy up (`//`, `.`, `..`) is refused for them: two readers could take it for two places.
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, Protocol
from urllib.parse import quote, unquote

from interlock.errors import Unauthenticated

ALGORITHM: Final = "AWS4-HMAC-SHA256"
EMPTY: Final = hashlib.sha256(b"").hexdigest()
UNSIGNED: Final = "UNSIGNED-PAYLOAD"
CHUNKED: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
CHUNKED_TRAILER: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER: Final = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
STREAMING: Final = frozenset({CHUNKED, CHUNKED_TRAILER, UNSIGNED_TRAILER})

#: Signing names whose paths are signed as they were sent.
RAW_PATHS: Final = frozenset({"s3", "s3-object-lambda", "s3-outposts", "s3express"})

#: How far a signature's time may be from ours, in milliseconds; a presigned one may begin this much in our future.
SKEW_MS: Final = 15 * 60 * 1000
AHEAD_MS: Final = 5 * 60 * 1000
LONGEST_PRESIGNED: Final = 7 * 24 * 3600

#: Parameters of a presigned URL, in lower case: they authenticate and are no part of the call.
PRESIGNED: Final = frozenset(
    {
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-signedheaders",
        "x-amz-signature",
        "x-amz-security-token",
        "x-amz-content-sha256",
    }
)

Headers = Sequence[tuple[str, str]]

#: An Authorization header, up to the signature itself.
_HEADER: Final = re.compile(r"AWS4-HMAC-SHA256 +Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*")
_CREDENTIAL: Final = re.compile(r"([A-Za-z0-9_]{4,128})/(\d{8})/([a-z0-9-]{1,40})/([a-z0-9.-]{1,64})/aws4_request")
_SIGNED: Final = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+(?:;[a-z0-9!#$%&'*+.^_`|~-]+)*")
_TIME: Final = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9/_.~-]*")
_PLAIN_QUERY: Final = re.compile(r"(?:[A-Za-z0-9_.~=&-]|%[0-9A-F]{2})*")
_UNTIDY: Final = re.compile(r"//|/\.{1,2}(?:/|$)")


class Claim(NamedTuple):
    """What a request says of its signature. Nothing of it is proved before `verify`.

    `at` is the time that was signed, as text (`20261126T204000Z`). `expires` are a presigned URL's seconds, 0 for the
    header. `payload` is the hash of the body that was signed, or the word that stands for it; empty where the request
    does not say it, so that it has to be taken from the body itself.
    """

    access_key: str
    day: str
    region: str
    service: str
    signed: tuple[str, ...]
    signature: str
    at: str
    expires: int
    payload: str

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"

    @property
    def presigned(self) -> bool:
        return self.expires > 0

    @property
    def at_ms(self) -> int:
        """The signed time in unix milliseconds."""
        return _milliseconds(self.at)


def joined(headers: Headers) -> dict[str, str]:
    """Each header once, values of the same name joined by commas in their order, as a canonical request has them."""
    found: dict[str, str] = {}
    for name, value in headers:
        if "  " in value or value != value.strip() or "\t" in value:
            value = " ".join(value.split())  # noqa: PLW2901 - the canonical form of this very value
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def claim(query: str, headers: Mapping[str, str]) -> Claim:
    """What this request says of its signature. Raises Unauthenticated for anything but one plain SigV4 signature."""
    authorization = headers.get("authorization")
    parameters = _authenticating(query) if "-" in query or "%" in query or "Signature" in query else {}
    if authorization is not None and parameters:
        raise _refused("doubled-signature", "it is signed twice, in a header and in its address", "sign it once")
    if parameters:
        return _presigned(parameters, headers)
    if authorization is None:
        raise _refused("unsigned", "it is not signed", "sign it with the virtual key; anonymous calls are not passed")
    carried, _, made = authorization.rpartition("Signature=")
    found = _carried(carried)
    if found is None or not _DIGEST.fullmatch(made):
        raise _other_scheme(authorization)
    at = headers.get("x-amz-date")
    if at is None:
        raise _refused("malformed-signature", "it has no `x-amz-date`", "send the signed time in this header")
    return _claim(*found, made, at, 0, headers.get("x-amz-content-sha256", ""))


def require_timely(made: Claim, now: int) -> None:
    """Raises Unauthenticated where the signed time is too far from `now` (unix milliseconds), or has run out."""
    at = made.at_ms
    if made.presigned:
        if at > now + AHEAD_MS:
            raise _refused("skewed", "this address is not valid yet", "set the clock of the machine that signed it")
        if now > at + made.expires * 1000:
            raise _refused("expired", "this address has expired", "presign it again")
    elif abs(at - now) > SKEW_MS:
        raise _refused(
            "skewed", f"it was signed at {made.at}, more than 15 minutes from now", "set the clock of this machine"
        )


def require_signed(made: Claim, headers: Mapping[str, str]) -> None:
    """Every header that AWS gives a meaning to has to be signed, and what is said to be signed has to be there."""
    for name in made.signed:
        if name not in headers:
            raise _refused("malformed-signature", f"the signed header `{name}` is not there")
    for name in headers:
        if (name == "host" or name.startswith("x-amz-")) and name not in made.signed:
            raise _refused("unsigned-header", f"the header `{name}` is not signed", "sign every x-amz- header and host")
    if "host" not in made.signed:
        raise _refused("unsigned-header", "the header `host` is not signed", "sign every x-amz- header and host")


def verify(made: Claim, secret: str, method: str, path: str, query: str, headers: Mapping[str, str]) -> None:
    """Raises Unauthenticated (`mismatch`) unless the signature was made with this secret over just this request.

    `headers` are those of `joined`; `made.payload` has to say what was signed of the body.
    """
    canonical = canonical_request(
        method, canonical_path(path, made.service), canonical_query(query), headers, made.signed, made.payload
    )
    wanted = signature(signing_key(secret, made.day, made.region, made.service), made.at, made.scope, canonical)
    if not hmac.compare_digest(wanted, made.signature):
        raise _refused("mismatch", "the signature does not match this request", "use the virtual key's own secret")


class Keys(Protocol):
    """What is signed with. `token` is empty for keys that have none."""

    @property
    def access_key(self) -> str: ...

    @property
    def secret_key(self) -> str: ...

    @property
    def token(self) -> str: ...


def sign(
    keys: Keys,
    method: str,
    path: str,
    query: str,
    headers: Headers,
    *,
    service: str,
    region: str,
    at: str,
    payload: str,
) -> list[tuple[str, str]]:
    """The headers that have to be added to this request. `headers` (host among them) are all signed."""
    added = [("x-amz-date", at), ("x-amz-content-sha256", payload)]
    if keys.token:
        added.append(("x-amz-security-token", keys.token))
    all_headers = joined([*headers, *added])
    signed = sorted(all_headers)
    canonical = canonical_request(
        method, canonical_path(path, service), canonical_query(query), all_headers, signed, payload
    )
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    made = signature(signing_key(keys.secret_key, at[:8], region, service), at, scope, canonical)
    value = f"{ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={';'.join(signed)}, Signature={made}"
    return [*added, ("authorization", value)]


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], signed: Sequence[str], payload: str
) -> str:
    lines = "".join([f"{name}:{headers[name]}\n" for name in signed])
    return f"{method}\n{path}\n{query}\n{lines}\n{';'.join(signed)}\n{payload}"


def canonical_path(path: str, service: str) -> str:
    """The path as it is signed. Raises Unauthenticated for one that this service's signers would tidy up first."""
    if service in RAW_PATHS or path == "/":
        return path or "/"
    if _UNTIDY.search(path):
        raise _refused("untidy-path", "its path has `//`, `.` or `..` in it", "write the path plainly")
    return (path or "/") if _PLAIN_PATH.fullmatch(path) else quote(path, safe="/~")


def canonical_query(query: str) -> str:
    """The query as it is signed: sorted, each part in the one percent-encoding, without the signature itself."""
    if not query:
        return ""
    plain = _PLAIN_QUERY.fullmatch(query) is not None
    pairs = []
    for part in query.split("&"):
        key, _, value = part.partition("=")
        if not plain:
            key, value = _encoded(key), _encoded(value)
        elif "=" in value:
            value = _encoded(value)
        if key != "X-Amz-Signature" and part:
            pairs.append((key, value))
    return "&".join([f"{key}={value}" for key, value in sorted(pairs)])


def string_to_sign(at: str, scope: str, canonical: str) -> str:
    return f"{ALGORITHM}\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def signature(key: bytes, at: str, scope: str, canonical: str) -> str:
    return mac(key, string_to_sign(at, scope, canonical))


def mac(key: bytes, text: str) -> str:
    """HMAC-SHA256, in hex. `hmac.digest` lets another thread run for each of its calls, which may take its time; this
    does not, and the key's own half of the work is kept."""
    inner, outer = _halves(key)
    inner, outer = inner.copy(), outer.copy()
    inner.update(text.encode())
    outer.update(inner.digest())
    return outer.hexdigest()


@lru_cache(maxsize=1024)
def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """The key of one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=1024)
def _halves(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """What HMAC has hashed of its key before it sees a text. The keys here are no longer than a block."""
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))
    return inner, outer


def without_presigned(query: str) -> str:
    """The query without what only authenticates it."""
    kept = [part for part in query.split("&") if unquote(part.partition("=")[0]).lower() not in PRESIGNED]
    return "&".join(kept)


def _encoded(text: str) -> str:
    return quote(unquote(text, errors="surrogateescape"), safe="-_.~", errors="surrogateescape")


def _authenticating(query: str) -> dict[str, str]:
    """The parameters of the query that authenticate. Each comes once; there are none that AWS does not spell so."""
    found: dict[str, str] = {}
    for part in query.split("&"):
        key, _, value = part.partition("=")
        name = unquote(key)
        if name.lower() in {"awsaccesskeyid", "signature"}:
            raise _refused("sigv2", "it is signed with version 2", "set `signature_version=s3v4` in this client")
        if name.lower() not in PRESIGNED:
            continue
        if name in found:
            raise _refused("malformed-signature", f"`{name}` comes twice in its address", "presign it again")
        found[name] = unquote(value)
    return found


def _presigned(parameters: dict[str, str], headers: Mapping[str, str]) -> Claim:
    algorithm = parameters.get("X-Amz-Algorithm", "")
    if algorithm.startswith("AWS4-ECDSA"):
        raise _refused("sigv4a", "it is signed with SigV4A", "call one region with a plain SigV4 signature")
    expires = parameters.get("X-Amz-Expires", "")
    if algorithm != ALGORITHM or not re.fullmatch(r"[1-9]\d{0,6}", expires) or int(expires) > LONGEST_PRESIGNED:
        raise _refused("malformed-signature", "this presigned address cannot be read", "7 days at most")
    return _claim(
        parameters.get("X-Amz-Credential", ""),
        parameters.get("X-Amz-SignedHeaders", ""),
        parameters.get("X-Amz-Signature", ""),
        parameters.get("X-Amz-Date", ""),
        int(expires),
        parameters.get("X-Amz-Content-Sha256", "") or headers.get("x-amz-content-sha256", ""),
    )


@lru_cache(maxsize=256)
def _carried(text: str) -> tuple[str, str] | None:
    """Credential and signed headers of an Authorization header; they are the same for many calls of a client."""
    found = _HEADER.fullmatch(text)
    return (found[1], found[2]) if found is not None else None


@lru_cache(maxsize=256)
def _names(credential: str, signed: str) -> tuple[str, str, str, str, tuple[str, ...]]:
    """Key, day, region and service of a credential, and the names of the signed headers. Raises Unauthenticated."""
    named = _CREDENTIAL.fullmatch(credential)
    if named is None or not _SIGNED.fullmatch(signed):
        raise _unreadable()
    names = tuple(signed.split(";"))
    if list(names) != sorted(set(names)):
        raise _refused("malformed-signature", "its signed headers are not in order, or come twice")
    return named[1], named[2], named[3], named[4], names


def _claim(credential: str, signed: str, made: str, at: str, expires: int, payload: str) -> Claim:
    key, day, region, service, names = _names(credential, signed)
    if not _DIGEST.fullmatch(made) or not _TIME.fullmatch(at):
        raise _unreadable()
    if not at.startswith(day):
        raise _refused("malformed-signature", "its credential is of another day than its time")
    if expires and not payload and service in RAW_PATHS:
        payload = UNSIGNED
    if payload.startswith("STREAMING-AWS4-ECDSA"):
        raise _refused("sigv4a", "its chunks are signed with SigV4A", "call one region with a plain SigV4 signature")
    if payload and payload != UNSIGNED and payload not in STREAMING and not _DIGEST.fullmatch(payload):
        raise _refused("malformed-signature", "its `x-amz-content-sha256` is no digest")
    _milliseconds(at)
    return Claim(key, day, region, service, names, made, at, expires, payload)


def _unreadable() -> Unauthenticated:
    return _refused("malformed-signature", "its signature cannot be read", "let an AWS SDK or the aws CLI sign it")


def _other_scheme(authorization: str) -> Unauthenticated:
    scheme = authorization.split(" ", 1)[0]
    if scheme.lower() == "bearer":
        return _refused("bearer", "it carries a bearer token", "unset the token and sign with the virtual key")
    if scheme == "AWS4-ECDSA-P256-SHA256":
        return _refused("sigv4a", "it is signed with SigV4A", "call one region with a plain SigV4 signature")
    if scheme == "AWS":
        return _refused("sigv2", "it is signed with version 2", "set `signature_version=s3v4` in this client")
    return _refused("malformed-signature", "its `Authorization` cannot be read", "let an SDK sign it")


@lru_cache(maxsize=256)
def _milliseconds(at: str) -> int:
    found = _TIME.fullmatch(at)
    if found is not None:
        year, month, day, hour, minute, second = (int(part) for part in found.groups())
        if 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61 and year > 2000:
            return calendar.timegm((year, month, day, hour, minute, second)) * 1000
    raise _refused("malformed-signature", "its signed time is none")


def _refused(code: str, message: str, hint: str = "") -> Unauthenticated:
    return Unauthenticated(message, hint=hint, code=code)
