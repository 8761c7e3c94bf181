"""Agents' tokens: short-lived, for one agent, one environment and one session, signed by the issuer, revocable.

A token says who asks and on whose behalf. It opens nothing by itself: what it may do is decided change by change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from interlock.errors import BadInput, Forbidden
from interlock.identify.issuer import Issuer
from interlock.identify.jws import ISSUER, Registered, judge, refused, seal, unseal
from interlock.model.proposal import Proposal

USUAL_SECONDS: Final = 15 * 60
LONGEST_SECONDS: Final = 3600
#: Five names of this length make a token of at most 2,900 characters, in any script.
MAX_NAME: Final = 100

_KIND: Final = "interlock-agent+jwt"
_AUDIENCE: Final = "/agents"


class Grant(NamedTuple):
    """What a token is bound to. `operator` is the human whose session it is, `author` who wrote the prompt if known."""

    agent: str
    environment: str
    session: str
    operator: str
    author: str = ""


class Claims(NamedTuple):
    """What a token that was checked says. Times are unix milliseconds, `issued_at` rounded down to the second."""

    agent: str
    environment: str
    session: str
    operator: str
    author: str
    token_id: str
    issued_at: int
    expires_at: int


class Minted(NamedTuple):
    """A new token and what it says. The token is shown once, to whoever asked for it, and kept nowhere."""

    token: str
    claims: Claims

    def __repr__(self) -> str:
        return f"Minted(token=…, claims={self.claims!r})"


#: Says whether a token is revoked: by its id, by a `*` that came after it was issued, or because its agent is retired
#: or not registered. When it cannot tell it raises, and the token is not taken.
IsRevoked = Callable[[Claims], bool]


class _Claims(Registered, frozen=True):
    env: str
    sid: str
    operator: str
    author: str


def mint(
    issuer: Issuer,
    grant: Grant,
    *,
    audience: str,
    now: int,
    entropy: Callable[[int], bytes],
    seconds: int = USUAL_SECONDS,
) -> Minted:
    """A token for one agent; BadInput when it is bound to nothing or would live longer than an hour."""
    needed = grant._replace(author=grant.author or "-")
    for field, text in needed._asdict().items():
        if not text.strip() or len(text) > MAX_NAME or not text.isprintable():
            raise BadInput(
                f"a token needs its {field}, of at most {MAX_NAME} printable characters",
                hint="agent, environment, session and the human who answers for the session are never left open",
                code="bad-token-request",
            )
    if not 0 < seconds <= LONGEST_SECONDS:
        raise BadInput(f"a token lives 1 to {LONGEST_SECONDS} seconds, not {seconds}", code="bad-token-request")
    begins = now // 1000
    claims = _Claims(
        iss=ISSUER,
        sub=grant.agent,
        aud=audience + _AUDIENCE,
        iat=begins,
        nbf=begins,
        exp=begins + seconds,
        jti=entropy(16).hex(),
        env=grant.environment,
        sid=grant.session,
        operator=grant.operator,
        author=grant.author,
    )
    return Minted(seal(issuer, _KIND, claims), _read(claims))


def check(
    token: str, keys: Mapping[str, Ed25519PublicKey], *, audience: str, now: int, is_revoked: IsRevoked
) -> Claims:
    """Who holds this token; Unauthenticated for any token but one of ours, for agents, in force, and not revoked."""
    raw = unseal(token, keys, _KIND, _Claims)
    judge(raw, audience=audience + _AUDIENCE, longest_seconds=LONGEST_SECONDS, now=now)
    claims = _read(raw)
    if is_revoked(claims):
        raise refused("it was revoked")
    return claims


def bind(claims: Claims, proposal: Proposal) -> Proposal:
    """The proposal in the token's name; Forbidden when it says that it is somebody else's or for elsewhere.

    A blank is filled from the token, a contradiction is refused, so that nothing claimed ever replaces what was signed.
    The author is filled in likewise; where the token names none, what the proposal says of it stands, as a claim.
    """
    said = (
        ("agent", proposal.agent, claims.agent),
        ("environment", proposal.environment, claims.environment),
        ("session", proposal.session, claims.session),
        ("operator", proposal.operator, claims.operator),
        ("author", proposal.author, claims.author),
    )
    for field, claimed, signed in said:
        if claimed and signed and claimed != signed:
            raise Forbidden(
                f"this proposal names `{claimed}` as its {field}, its token is for `{signed}`",
                hint="leave the field out, or ask for a token that fits",
                code="not-its-token",
            )
    return msgspec.structs.replace(proposal, **{field: signed or claimed for field, claimed, signed in said})


def _read(raw: _Claims) -> Claims:
    return Claims(raw.sub, raw.env, raw.sid, raw.operator, raw.author, raw.jti, raw.iat * 1000, raw.exp * 1000)
