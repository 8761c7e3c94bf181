"""Signed claims: EdDSA JSON Web Tokens (RFC 7519), of which exactly one spelling is taken.

PyJWT makes and checks the signature. Around it stands what a general library has to leave open: a token is taken only
if header and claims are, byte for byte, what we would have written. So there are no doubled names, no foreign
algorithm, no header that points elsewhere (`jku`, `jwk`, `x5u`, `crit`), no second base64 spelling, and no claim that
one reader sees and another does not.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt import PyJWS
from jwt.exceptions import InvalidTokenError

from interlock.errors import BadInput, Unauthenticated
from interlock.identify.issuer import Issuer
from interlock.model.canon import Value, canonical, parse

C = TypeVar("C", bound=Value)

ISSUER: Final = "interlock"
ALGORITHM: Final = "EdDSA"
MAX_TOKEN: Final = 4096
#: How far the clocks of two replicas may disagree. It never lengthens a token's life, only lets it begin.
MAX_SKEW_MS: Final = 30_000

_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")


class _Header(Value, frozen=True):
    alg: str
    kid: str
    typ: str


class Registered(Value, frozen=True):
    """The registered claims (RFC 7519 section 4.1), all of them required. Times are in whole seconds there."""

    iss: str
    sub: str
    aud: str
    iat: int
    nbf: int
    exp: int
    jti: str


def seal(issuer: Issuer, kind: str, claims: Value) -> str:
    """The token of these claims; `kind` is its `typ`."""
    return PyJWS().encode(
        canonical(claims),
        issuer.private,
        algorithm=ALGORITHM,
        headers={"kid": issuer.key_id, "typ": kind},
        sort_headers=True,
    )


def unseal(token: str, keys: Mapping[str, Ed25519PublicKey], kind: str, shape: type[C]) -> C:
    """The claims of a token of this kind, signed by one of these keys. No claim has been judged yet."""
    if len(token) > MAX_TOKEN or not _SHAPE.fullmatch(token):
        raise refused("it is not one")
    head, body, signature = token.split(".")
    header = _part(head, _Header)
    if header.alg != ALGORITHM or header.typ != kind:
        raise refused("it is of another kind")
    key = keys.get(header.kid)
    if key is None:
        raise refused("it was signed with a key that is not known here")
    _spelled_once(signature)
    try:
        PyJWS().decode(token, key, algorithms=[ALGORITHM])
    except InvalidTokenError:
        raise refused("its signature does not hold") from None
    return _part(body, shape)


def judge(claims: Registered, *, audience: str, longest_seconds: int, now: int) -> None:
    """Unauthenticated unless these claims are ours, for this audience, and in force at `now`."""
    if claims.iss != ISSUER or claims.aud != audience or not claims.sub or not claims.jti:
        raise refused("it is meant for another place")
    if not claims.iat <= claims.nbf < claims.exp or claims.exp - claims.iat > longest_seconds:
        raise refused("it would last longer than any token does")
    if claims.nbf * 1000 > now + MAX_SKEW_MS:
        raise refused("it is not valid yet")
    if claims.exp * 1000 <= now:
        raise refused("it has expired")


def refused(why: str) -> Unauthenticated:
    """The one error for a token that is not taken; the token itself is never repeated."""
    return Unauthenticated(f"this token is not taken: {why}", hint="ask for a new one", code="bad-token")


def _part(segment: str, shape: type[C]) -> C:
    raw = _spelled_once(segment)
    try:
        value = parse(raw, shape)
        again = canonical(value)
    except BadInput:
        raise refused("its parts cannot be read") from None
    if again != raw:
        raise refused("its parts are not spelled as we spell them")
    return value


def _spelled_once(segment: str) -> bytes:
    raw = urlsafe_b64decode(segment + "=" * (-len(segment) % 4)) if len(segment) % 4 != 1 else b""
    if urlsafe_b64encode(raw).decode().rstrip("=") != segment:
        raise refused("its parts are not spelled as we spell them")
    return raw
