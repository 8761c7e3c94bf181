"""Subject: what is reported on: one judgement, the case it belongs to if there is one, and what is production."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from interlock.model.assessment import Assessment
from interlock.model.change import Change, Effect, Verb
from interlock.model.decision import Decision

#: Verbs by how much they take away, the gravest first.
GRAVITY: Final[tuple[Verb, ...]] = ("delete", "replace", "revoke", "grant", "execute", "update", "create", "read")
RANK: Final[dict[Verb, int]] = {verb: rank for rank, verb in enumerate(GRAVITY)}

#: What happened to a thing, by verb, in a sentence that counts.
DONE: Final[dict[Verb, str]] = {
    "delete": "destroyed",
    "replace": "replaced",
    "revoke": "revoked",
    "grant": "granted",
    "execute": "executed",
    "update": "updated in place",
    "create": "created",
    "read": "read",
}

#: Services of AWS whose permissions say who may do what.
AUTHORITY: Final = frozenset({"iam", "identitystore", "organizations", "sso", "sts"})


class Subject(NamedTuple):
    """One judgement. `case` is empty for one without a record; `production` says of an environment whether it is."""

    change: Change
    assessment: Assessment
    decision: Decision
    production: Callable[[str], bool]
    case: str = ""

    def is_production(self, environment: str) -> bool:
        """Whether a thing of this environment is production; one that names none stands where the change goes."""
        return self.production(environment or self.assessment.environment)


def writing(change: Change) -> list[tuple[int, Effect]]:
    """The effects that do more than read, with their ordinals; what nobody understood is one of them."""
    return [
        (ordinal, effect)
        for ordinal, effect in enumerate(change.effects)
        if effect.verb != "read" or effect.known == "unknown"
    ]


def tally(change: Change) -> list[tuple[Verb, int]]:
    """How many effects there are of each verb, the gravest first."""
    counts: dict[Verb, int] = {}
    for _, effect in writing(change):
        counts[effect.verb] = counts.get(effect.verb, 0) + 1
    return sorted(counts.items(), key=lambda pair: RANK[pair[0]])


def in_words(change: Change) -> str:
    """`1 destroyed, 2 replaced, 6 created`; `nothing changes` where all is read."""
    return ", ".join(f"{number:,} {DONE[verb]}" for verb, number in tally(change)) or "nothing changes"


def by_service(needs: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Permissions by the service before the colon; who may do what comes first."""
    services: dict[str, list[str]] = {}
    for need in sorted(set(needs)):
        service, _, name = need.partition(":")
        services.setdefault(service, []).append(name)
    return sorted(services.items(), key=lambda pair: (pair[0] not in AUTHORITY, pair[0]))
