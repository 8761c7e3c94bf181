"""Quorum: do these votes lift the hold? How many humans, in which roles, and in words what is missing.

How people are counted, and why so strictly:

- Only votes that pass every check of `vote.count` now; the asker's party counts for nothing, whatever its roles.
- n approvals are n distinct humans. Names that read alike, or that hold one key, are one human.
- A human fills one seat: `approval 1 dba` and `approval 1 sre` want two people, since two policies that ask for two
  trades want two pairs of eyes. Seats are filled by a matching, so a person with several roles is never put in the
  wrong one. The same role asked for by several policies is asked for once, at its largest number.
- `approval N` without a role counts everybody who approved, whether or not they fill a seat as well.
- Glass is broken by one break-glass vote with a reason by an incident commander, who then fills no other seat.
- A valid rejection ends it. Every other requirement is a fact about the world: no number of votes lifts it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from interlock.approve.poll import Electorate, Poll, electorate
from interlock.approve.vote import GLASS_ROLE, count
from interlock.errors import BadInput, Refused
from interlock.model.approval import Approval, Ballot, Vote
from interlock.model.decision import Requirement

#: What has to become true, for the requirements that no vote lifts.
_FACTS: Final[dict[str, str]] = {
    "staging-proof": "the same change has to pass in staging first",
    "simulated-rollback": "the way back has to be simulated and found whole",
    "verified-backup": "a backup has to exist and its restore to be verified",
    "open-window": "the environment's window has to be open",
    "named-resources": "every resource has to be named: no wildcard, no open-ended condition",
}


@dataclass(frozen=True, slots=True)
class Missing:
    """Why the hold stands. `votes` and `facts` say what would lift it, `ignored` which votes did not count and why."""

    votes: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    rejected_by: str = ""

    @property
    def text(self) -> str:
        """All of it for people, one thing a line."""
        rejected = (f"rejected by `{self.rejected_by}`",) if self.rejected_by else ()
        return "\n".join((*rejected, *self.votes, *self.facts, *self.ignored))


class _Seats(NamedTuple):
    """What the decision asks of people: seats by role, a total of distinct humans, and whether glass must break."""

    roles: Mapping[str, int]
    total: int
    glass: bool


def quorum(poll: Poll, votes: Sequence[Vote], *, used: Collection[str], now: int) -> Approval | Missing:
    """The approval that these votes amount to, or what is missing. `used`: nonces that an execution has used up."""
    if poll.state not in {"held", "approved"}:
        return Missing(votes=(f"case `{poll.case}` is {poll.state}: no vote can approve it",))
    roll = electorate(poll)
    ballots, ignored = _counted(poll, roll, votes, used, now)
    for ballot in ballots:
        if ballot.choice == "reject":
            return Missing(rejected_by=ballot.person, ignored=ignored)
    facts = tuple(_fact(one) for one in poll.decision.requirements if one.kind not in {"approval", "break-glass"})
    seats = _seats(poll.decision.requirements)
    blockers = _strangers(poll, roll)
    if not seats.roles and not seats.total and not seats.glass:
        return Missing(votes=blockers, facts=facts or ("nothing that a vote could lift holds this case",))
    chosen, glass, lacking = _best(poll, roll, ballots, seats)
    if lacking or blockers or facts:
        return Missing(votes=(*lacking, *blockers), facts=facts, ignored=ignored)
    return Approval(
        digest=poll.decision.digest,
        people=tuple(sorted(ballot.person for ballot in chosen)),
        expires_at=min(ballot.expires_at for ballot in chosen),
        break_glass=glass,
    )


def _counted(
    poll: Poll, roll: Electorate, votes: Sequence[Vote], used: Collection[str], now: int
) -> tuple[list[Ballot], tuple[str, ...]]:
    """The ballots that count, longest lasting first, and a line for each vote that does not count."""
    ballots, ignored = [], []
    spent = set(used)
    for vote in votes:
        try:
            ballot = count(vote, poll, roll, used=spent, now=now)
        except (Refused, BadInput) as error:
            ignored.append(f"a vote does not count: {error.message}")
        else:
            spent.add(ballot.nonce)
            ballots.append(ballot)
    return sorted(ballots, key=lambda ballot: (-ballot.expires_at, ballot.person)), tuple(ignored)


def _seats(requirements: Sequence[Requirement]) -> _Seats:
    asked: dict[str, int] = {}
    for one in requirements:
        if one.kind == "approval":
            asked[one.role] = max(asked.get(one.role, 1), one.count)
    total = asked.pop("", 0)
    return _Seats(asked, total, any(one.kind == "break-glass" for one in requirements))


def _best(
    poll: Poll, roll: Electorate, ballots: Sequence[Ballot], seats: _Seats
) -> tuple[list[Ballot], bool, tuple[str, ...]]:
    """The ballots that fill the seats, whether glass was broken, and what is lacking with the best glass breaker."""
    yes = [ballot for ballot in ballots if not ballot.break_glass]
    if not seats.glass:
        chosen, lacking = _fill(poll, roll, yes, seats)
        return chosen, False, lacking
    best: tuple[list[Ballot], tuple[str, ...]] | None = None
    for breaker in ballots:
        if not breaker.break_glass or GLASS_ROLE not in poll.people[breaker.person].roles:
            continue
        others = [ballot for ballot in yes if roll.human[ballot.person] != roll.human[breaker.person]]
        chosen, lacking = _fill(poll, roll, others, seats)
        if best is None or len(lacking) < len(best[1]):
            best = ([breaker, *chosen], lacking)
    if best is not None:
        return best[0], True, best[1]
    chosen, lacking = _fill(poll, roll, yes, seats)
    glass = f"the glass to be broken, with a reason, by an `{GLASS_ROLE}`{_not_these(poll, roll, GLASS_ROLE)}"
    return chosen, False, (*lacking, glass)


def _fill(
    poll: Poll, roll: Electorate, ballots: Sequence[Ballot], seats: _Seats
) -> tuple[list[Ballot], tuple[str, ...]]:
    """Fill each seat with another human; then top up to the total. What is left empty is said, one line a role."""
    voters: dict[str, Ballot] = {}  # one ballot a human, the longest lasting, since they come in that order
    roles: dict[str, set[str]] = {}
    for ballot in ballots:
        human = roll.human[ballot.person]
        voters.setdefault(human, ballot)
        roles.setdefault(human, set()).update(poll.people[ballot.person].roles)
    chairs = [role for role, number in sorted(seats.roles.items()) for _ in range(number)]
    seated = _match(chairs, voters, roles)
    lacking = []
    for role, number in sorted(seats.roles.items()):
        empty = number - sum(chairs[chair] == role for chair in seated)
        if empty:
            lacking.append(_more(empty, role, poll, roll))
    chosen = [voters[human] for human in seated.values()]
    rest = [ballot for human, ballot in voters.items() if human not in set(seated.values())]
    chosen += rest[: max(0, seats.total - len(chosen))]
    # The seats that are still empty bring people too; what is lacking beyond them is anybody.
    coming = len(chairs) - len(seated)
    if (anybody := seats.total - len(chosen) - coming) > 0:
        lacking.append(_more(anybody, "", poll, roll))
    return chosen, tuple(lacking)


def _match(chairs: Sequence[str], voters: Mapping[str, Ballot], roles: Mapping[str, set[str]]) -> dict[int, str]:
    """Chair -> human, as many chairs filled as can be, each human in one (augmenting paths)."""
    sits: dict[str, int] = {}

    def seat(chair: int, asked: set[str]) -> bool:
        for human in voters:
            if human in asked or chairs[chair] not in roles[human]:
                continue
            asked.add(human)
            if human not in sits or seat(sits[human], asked):
                sits[human] = chair
                return True
        return False

    for chair in range(len(chairs)):
        seat(chair, set())
    return {chair: human for human, chair in sits.items()}


def _more(number: int, role: str, poll: Poll, roll: Electorate) -> str:
    noun = "approval" if number == 1 else "approvals"
    whom = "a registered person"
    if role:
        whom = f"{'an' if role[0] in 'aeiou' else 'a'} `{role}`"
    each = "" if number == 1 else ", each"
    return f"{number} more {noun}{each} by {whom}{_not_these(poll, roll, role)}"


def _not_these(poll: Poll, roll: Electorate, role: str) -> str:
    """`; not `ada`: owner of the agent`, for those who have the role and are of the asker's party."""
    barred = [
        f"`{name}`: {why}"
        for name, person in sorted(poll.people.items())
        if (not role or role in person.roles) and not person.retired and (why := roll.sides_with_asker(name))
    ]
    return f"; not {', not '.join(barred)}" if barred else ""


def _strangers(poll: Poll, roll: Electorate) -> tuple[str, ...]:
    """What is missing about the party itself: an unknown name could be any voter, so it stands in the way of all."""
    lines = [
        f"`{name}`, {why}, to be a registered person, so that they can be told from the voters"
        for name, why in roll.strangers
    ]
    if not any(name.strip() for name in poll.asker.owners):
        lines.append(f"an owner for the agent `{poll.asker.agent}`, so that they can be told from the voters")
    return tuple(lines)


def _fact(requirement: Requirement) -> str:
    said = _FACTS.get(requirement.kind, "nothing in this version lifts it")
    return f"{requirement.kind}: {said}; votes do not lift this"
