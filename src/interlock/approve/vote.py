"""One vote: what a person signs, and every reason for which it is not taken.

A check returns the ballot or raises; there is no answer that a caller could forget to look at. `accept` is for a vote
that is being cast, `count` for one that was recorded and is looked at again; both go through the same checks.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Collection
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from interlock.approve.names import fold
from interlock.approve.poll import MAX_SKEW_MS, Electorate, Poll, electorate
from interlock.approve.publickey import public_key, signed_by
from interlock.errors import BadInput, Conflict, Forbidden, Refused, Stale, Unauthenticated
from interlock.model.agent import Person
from interlock.model.approval import Ballot, Choice, Vote
from interlock.model.case import MOVES

#: The role that may break the glass.
GLASS_ROLE: Final = "incident-commander"
MAX_REASON: Final = 2_000

_NONCE = re.compile("[0-9a-f]{32}")


def draw(
    poll: Poll,
    person: str,
    choice: Choice,
    *,
    now: int,
    entropy: Callable[[int], bytes],
    reason: str = "",
    break_glass: bool = False,
) -> Ballot:
    """A fresh ballot of this poll for a person to sign; it lasts as long as the environment lets approvals last."""
    return Ballot(
        case=poll.case,
        digest=poll.decision.digest,
        person=person,
        choice=choice,
        cast_at=now,
        expires_at=now + poll.approval_seconds * 1000,
        nonce=entropy(16).hex(),
        reason=reason,
        break_glass=break_glass,
    )


def sign(key: Ed25519PrivateKey, ballot: Ballot) -> Vote:
    """The ballot with a signature over everything that stands on it."""
    return Vote(ballot, b64encode(key.sign(ballot.signed_bytes)).decode())


def accept(vote: Vote, poll: Poll, *, used: Collection[str], now: int) -> Ballot:
    """The ballot of a vote that may be recorded now; Refused (or BadInput) says why not.

    `used` are the nonces of every ballot that was ever recorded, on any case: a ballot is cast once.
    """
    ballot = vote.ballot
    if f"voted:{ballot.choice}" not in MOVES[poll.state]:
        raise Conflict(
            f"case `{poll.case}` is {poll.state}: there is nothing to {ballot.choice}", code="nothing-to-vote"
        )
    roll = electorate(poll)
    checked = count(vote, poll, roll, used=used, now=now)
    if checked.choice == "approve":
        _need_a_use(checked, poll)
    return checked


def count(vote: Vote, poll: Poll, roll: Electorate, *, used: Collection[str], now: int) -> Ballot:
    """The ballot of a recorded vote that counts now; Refused (or BadInput) says why it does not.

    Here `used` are the nonces that an execution has used up.
    """
    ballot = vote.ballot
    _well_formed(ballot)
    _of_this_case(ballot, poll)
    person = _voter(ballot, poll, roll)
    _signed(vote, person)
    _in_time(ballot, poll, now)
    if ballot.nonce in used:
        raise Conflict(f"this vote of `{ballot.person}` was cast before; a vote counts once", code="replayed")
    # A no from the asker's own side only tightens, so it is taken; a yes from there is what must never count.
    if ballot.choice == "approve" and (why := roll.sides_with_asker(ballot.person)):
        raise Forbidden(
            f"`{ballot.person}` is {why}, and nobody approves what their own side asks for",
            hint="somebody who neither owns the agent, wrote the prompt, runs the session nor wrote the policy decides",
            code="self-approval",
        )
    return ballot


def _well_formed(ballot: Ballot) -> None:
    if ballot.choice not in {"approve", "reject"}:
        raise BadInput(f"`{ballot.choice}` is no choice", hint="approve or reject", code="bad-ballot")
    if not _NONCE.fullmatch(ballot.nonce):
        raise BadInput("the ballot's nonce is not 32 lower-case hexadecimal digits", code="bad-ballot")
    if len(ballot.reason) > MAX_REASON:
        raise BadInput(f"the reason is longer than {MAX_REASON} characters", code="bad-ballot")
    if ballot.break_glass and ballot.choice == "reject":
        raise BadInput("a rejection breaks no glass", code="bad-ballot")
    if (ballot.break_glass or ballot.choice == "reject") and not fold(ballot.reason):
        what = "breaking the glass" if ballot.break_glass else "a rejection"
        raise BadInput(f"{what} needs a reason", hint="say why with --reason", code="no-reason")


def _of_this_case(ballot: Ballot, poll: Poll) -> None:
    if ballot.case != poll.case:
        raise Conflict(f"this vote is for case `{ballot.case}`, not for `{poll.case}`", code="other-case")
    if not poll.decision.digest or ballot.digest != poll.decision.digest:
        raise Stale(
            "this vote is for another state of the case: the change, its evidence, the agent or the policy has moved",
            hint=f"look at `{poll.case}` again and vote on what it is now",
        )


def _voter(ballot: Ballot, poll: Poll, roll: Electorate) -> Person:
    """The registered human of this ballot; an agent is refused by name even where somebody registered it as one."""
    if fold(ballot.person) in roll.machines:
        raise Forbidden(f"`{ballot.person}` is an agent, and agents never vote", code="agent-vote")
    person = poll.people.get(ballot.person)
    if person is None or person.name != ballot.person:
        raise Forbidden(
            f"`{ballot.person}` is no registered person, and only people vote",
            hint="an operator registers people with `interlock people add`",
            code="unknown-voter",
        )
    if person.retired:
        raise Forbidden(f"`{ballot.person}` is retired and votes no more", code="retired-voter")
    return person


def _signed(vote: Vote, person: Person) -> None:
    try:
        key = public_key(person.public_key)
    except BadInput as error:
        raise Unauthenticated(
            f"`{person.name}` has no signing key that can be relied on", hint=error.message, code="no-key"
        ) from error
    if not signed_by(key, vote.signature, vote.ballot.signed_bytes):
        raise Unauthenticated(f"this vote is not signed by `{person.name}`", code="bad-signature")


def _in_time(ballot: Ballot, poll: Poll, now: int) -> None:
    if ballot.cast_at > now + MAX_SKEW_MS:
        raise Refused("this vote is dated in the future", hint="check the clock of the signing machine", code="future")
    if ballot.cast_at < poll.opened_at - MAX_SKEW_MS:
        raise Refused("this vote is older than the case itself", code="before-case")
    lasts = ballot.expires_at - ballot.cast_at
    if not 0 < lasts <= poll.approval_seconds * 1000:
        raise Refused(
            f"this vote would last {lasts // 1000} s; here a vote lasts at most {poll.approval_seconds} s",
            code="lasts-too-long",
        )
    # A rejection does not expire: what was refused is not wanted again because a day has passed.
    if now >= ballot.expires_at and ballot.choice == "approve":
        raise Refused(f"this vote of `{ballot.person}` has expired", hint="vote again", code="expired")


def _need_a_use(ballot: Ballot, poll: Poll) -> None:
    """Refuse an approval that could lift nothing here, so that nobody believes to have approved."""
    roles = poll.people[ballot.person].roles
    if ballot.break_glass:
        if GLASS_ROLE not in roles:
            raise Forbidden(
                f"`{ballot.person}` is no `{GLASS_ROLE}`, and only one of those breaks the glass", code="no-role"
            )
        if all(requirement.kind != "break-glass" for requirement in poll.decision.requirements):
            raise Refused(f"nothing about case `{poll.case}` is behind glass: approve it as usual", code="no-glass")
        return
    wanted = {requirement.role for requirement in poll.decision.requirements if requirement.kind == "approval"}
    if not wanted:
        raise Refused(f"case `{poll.case}` does not wait for approvals", code="not-by-votes")
    if "" not in wanted and not wanted.intersection(roles):
        asked = ", ".join(f"`{role}`" for role in sorted(wanted))
        raise Forbidden(f"`{ballot.person}` has none of the roles that are asked for: {asked}", code="no-role")
