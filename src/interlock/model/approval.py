"""Approval: votes of people, signed over the one digest; they expire, are counted once, and are never an agent's."""

from __future__ import annotations

from typing import Literal

from interlock.model.canon import Value, canonical

Choice = Literal["approve", "reject"]


class Ballot(Value, frozen=True):
    """What a person signs: everything that the vote is bound to, so that it means nothing anywhere else.

    Times are unix milliseconds. `nonce` makes each ballot its own. `break_glass` ballots need a `reason`.
    """

    case: str
    digest: str
    person: str
    choice: Choice
    cast_at: int
    expires_at: int
    nonce: str
    reason: str = ""
    break_glass: bool = False

    @property
    def signed_bytes(self) -> bytes:
        return b"interlock/v1/vote\x00" + canonical(self)


class Vote(Value, frozen=True):
    """A ballot and its Ed25519 signature (base64) by the person's own key."""

    ballot: Ballot
    signature: str


class Approval(Value, frozen=True):
    """The votes that lifted a hold. `people` are distinct humans; `expires_at` is the earliest expiry among them."""

    digest: str
    people: tuple[str, ...]
    expires_at: int
    break_glass: bool = False
