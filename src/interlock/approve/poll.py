"""Poll: what is voted on and by whom: the case and its digest, the asker's party, and which names are one human.

The asker's party is everybody on whose side the change is asked for: the agent's owner, the author of the prompt, the
human whose session it is, the author of the policy that this change is judged by. An agent's claims only ever *add* to
it. A name in it that is no registered person could be any of the voters, and so nobody can approve until it is one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from interlock.approve.names import fold
from interlock.errors import Conflict
from interlock.model.agent import Person
from interlock.model.case import Case, State
from interlock.model.decision import Decision
from interlock.model.entry import Proposed

#: How far a voter's clock and ours may disagree.
MAX_SKEW_MS: Final = 30_000


class Asker(NamedTuple):
    """The names on the asker's side, by what puts them there: all that were claimed or known, not a choice of them."""

    agent: str
    owners: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    policy_authors: tuple[str, ...] = ()

    @property
    def members(self) -> tuple[tuple[str, str], ...]:
        """(name, what makes it one of the party), blank names left out."""
        sides = (
            (self.owners, "owner of the agent"),
            (self.authors, "author of the prompt"),
            (self.operators, "human of the session"),
            (self.policy_authors, "author of the policy"),
        )
        return tuple((name, why) for names, why in sides for name in names if name.strip())


class Poll(NamedTuple):
    """One case as voters meet it. `opened_at` is when it was proposed; `agents` are all names an agent ever had."""

    case: str
    state: State
    decision: Decision
    asker: Asker
    people: Mapping[str, Person]
    agents: Collection[str]
    opened_at: int
    approval_seconds: int


class Electorate(NamedTuple):
    """Who is who in a poll, with every spelling and every second record of one human taken together.

    `human` gives for a registered name the name that stands for its human; `party` the reasons why a human is on the
    asker's side; `strangers` the names of the party that are no registered person; `machines` the agents' folded names.
    """

    human: Mapping[str, str]
    party: Mapping[str, tuple[str, ...]]
    strangers: tuple[tuple[str, str], ...]
    machines: frozenset[str]

    def sides_with_asker(self, name: str) -> str:
        """Why this registered person is of the asker's party, or nothing."""
        return ", ".join(self.party.get(self.human[name], ()))


def asker_of(proposed: Proposed, *, owner: str = "", policy_authors: tuple[str, ...] = ()) -> Asker:
    """The asker of a recorded proposal; `owner` is the agent's owner now, when that is another than it was then."""
    return Asker(
        agent=proposed.agent,
        owners=tuple(dict.fromkeys((proposed.owner, owner))),
        authors=(proposed.author,),
        operators=(proposed.operator,),
        policy_authors=policy_authors,
    )


def poll_of(
    case: Case,
    *,
    people: Mapping[str, Person],
    agents: Collection[str],
    approval_seconds: int,
    owner: str = "",
    policy_authors: tuple[str, ...] = (),
) -> Poll:
    """The poll of a case that has been decided; Conflict before that: there is nothing to vote on yet."""
    if case.decision is None:
        raise Conflict(f"case `{case.id}` has no decision yet, so there is nothing to vote on", code="nothing-to-vote")
    asker = asker_of(case.proposed, owner=owner, policy_authors=policy_authors)
    return Poll(case.id, case.state, case.decision, asker, people, agents, case.proposed_at, approval_seconds)


def electorate(poll: Poll) -> Electorate:
    """Who is who in this poll."""
    human = _humans(poll.people)
    by_fold: dict[str, str] = {fold(name): one for name, one in human.items()}
    party: dict[str, tuple[str, ...]] = {}
    strangers = []
    for name, why in poll.asker.members:
        one = by_fold.get(fold(name))
        if one is None:
            strangers.append((name, why))
        elif why not in party.get(one, ()):
            party[one] = (*party.get(one, ()), why)
    machines = frozenset(fold(name) for name in (*poll.agents, poll.asker.agent))
    return Electorate(human, party, tuple(strangers), machines)


def _humans(people: Mapping[str, Person]) -> dict[str, str]:
    """Each registered name -> the name that stands for its human: the first of those that read alike or share a key.

    Sharing chains: `ada` and `ops` with one key, `ops` and `Ops` of one reading, are all one human.
    """
    stands_for = {name: name for name in people}

    def root(name: str) -> str:
        while stands_for[name] != name:
            name = stands_for[name]
        return name

    first: dict[tuple[str, str], str] = {}
    for name, person in people.items():
        for mark in (("reads", fold(name)), ("reads", fold(person.name)), ("holds", person.public_key)):
            if mark[1]:
                stands_for[root(name)] = root(first.setdefault(mark, name))
    return {name: root(name) for name in people}
