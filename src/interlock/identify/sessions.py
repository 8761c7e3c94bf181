"""People's sessions: prove that you hold your signing key, once, and look around for an hour.

A session lets a person see and ask; it never votes. A vote is signed by the person's own key each time, so a stolen
session approves nothing. An agent's token is not taken here, nor a session where an agent's token is wanted: they
differ in `typ`, in audience and in shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from interlock.errors import BadInput, Forbidden, Unauthenticated
from interlock.identify.issuer import Issuer
from interlock.identify.jws import ISSUER, Registered, judge, refused, seal, unseal
from interlock.identify.keys import SigningKey
from interlock.model.canon import Value, canonical

CHALLENGE_SECONDS: Final = 60
USUAL_SECONDS: Final = 3600
LONGEST_SECONDS: Final = 8 * 3600

_KIND: Final = "interlock-person+jwt"
_AUDIENCE: Final = "/people"


class Challenge(Value, frozen=True):
    """What a person signs to open a session. It names the place, so it cannot be carried to another one."""

    person: str
    audience: str
    nonce: str
    expires_at: int

    @property
    def signed_bytes(self) -> bytes:
        return b"interlock/v1/session\x00" + canonical(self)


class Answer(Value, frozen=True):
    """The signature over the challenge of this nonce."""

    nonce: str
    signature: bytes


class Visitor(NamedTuple):
    """Whose session this is. Times are unix milliseconds, `issued_at` rounded down to the second."""

    person: str
    token_id: str
    issued_at: int
    expires_at: int


class Opened(NamedTuple):
    """A new session; its token is shown once, to whoever opened it, and kept nowhere."""

    token: str
    visitor: Visitor

    def __repr__(self) -> str:
        return f"Opened(token=…, visitor={self.visitor!r})"


#: Gives the challenge that was made with this nonce and forgets it in the same step, so that of two who ask, one gets
#: it. Whether it was answered well or badly, it is gone.
Take = Callable[[str], Challenge | None]
#: The key that a person is registered with; None for nobody, and for somebody who is retired.
KeyOf = Callable[[str], Ed25519PublicKey | None]
#: Says whether a session is revoked, or its person retired. When it cannot tell it raises.
IsRevoked = Callable[[Visitor], bool]


def challenge(person: str, *, audience: str, now: int, entropy: Callable[[int], bytes]) -> Challenge:
    """A challenge for whoever says to be this person; also for a name that is not registered, so as to tell nothing."""
    return Challenge(person, audience + _AUDIENCE, entropy(32).hex(), now + CHALLENGE_SECONDS * 1000)


def answer(key: SigningKey, asked: Challenge, *, audience: str) -> Answer:
    """The person's side: sign, after looking that the challenge is for them and from where they meant to go."""
    if asked.person != key.name or asked.audience != audience + _AUDIENCE:
        raise Forbidden(f"this challenge is not for `{key.name}` at `{audience}`", code="not-my-challenge")
    return Answer(asked.nonce, key.private.sign(asked.signed_bytes))


def open_session(
    issuer: Issuer,
    given: Answer,
    *,
    take: Take,
    key_of: KeyOf,
    audience: str,
    now: int,
    entropy: Callable[[int], bytes],
    seconds: int = USUAL_SECONDS,
) -> Opened:
    """A session for whoever answered their challenge; Unauthenticated, always in the same words, for anybody else."""
    if not 0 < seconds <= LONGEST_SECONDS:
        raise BadInput(f"a session lasts 1 to {LONGEST_SECONDS} seconds, not {seconds}", code="bad-session-request")
    asked = take(given.nonce)
    key = key_of(asked.person) if asked is not None else None
    if asked is None or key is None or asked.audience != audience + _AUDIENCE or now >= asked.expires_at:
        raise _unproved()
    try:
        key.verify(given.signature, asked.signed_bytes)
    except InvalidSignature:
        raise _unproved() from None
    begins = now // 1000
    claims = Registered(
        iss=ISSUER,
        sub=asked.person,
        aud=asked.audience,
        iat=begins,
        nbf=begins,
        exp=begins + seconds,
        jti=entropy(16).hex(),
    )
    return Opened(seal(issuer, _KIND, claims), _read(claims))


def check_session(
    token: str, keys: Mapping[str, Ed25519PublicKey], *, audience: str, now: int, is_revoked: IsRevoked
) -> Visitor:
    """Whose session this is; Unauthenticated for any token but one of ours, for people, in force, and not revoked."""
    raw = unseal(token, keys, _KIND, Registered)
    judge(raw, audience=audience + _AUDIENCE, longest_seconds=LONGEST_SECONDS, now=now)
    visitor = _read(raw)
    if is_revoked(visitor):
        raise refused("it was revoked")
    return visitor


def _unproved() -> Unauthenticated:
    return Unauthenticated(
        "this does not prove who you are", hint="ask for a new challenge and sign it with your key", code="unproved"
    )


def _read(raw: Registered) -> Visitor:
    return Visitor(raw.sub, raw.jti, raw.iat * 1000, raw.exp * 1000)
