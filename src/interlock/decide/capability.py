"""Capability gates (D2): which of an agent's capabilities fits one effect, and what is still missing for it.

A capability fits when its tier reaches up to the effect's, and its verbs, resource patterns and environments name it.
Fitting is authority; being within its bounds and meeting its conditions are asked apart, so that policies can hold
what is only too large, and deny what nobody ever granted. Conditions that no fact can meet (a vote, a proof from
staging) are always still missing here, and so are words that nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from interlock.model.agent import Capability, Passport
from interlock.model.change import TIERS, Effect, Tier

#: How a missing condition is told: in the words of @lift that a capability can wait for, or as `other`.
CONDITIONS: Final = (
    "approval",
    "named-resources",
    "open-window",
    "simulated-rollback",
    "staging-proof",
    "verified-backup",
    "other",
)


_RANK: Final[dict[Tier, int]] = {tier: rank for rank, tier in enumerate(TIERS)}


class Fit(NamedTuple):
    """The capability that serves this effect best, judged: granted at all, within its bounds, what it still lacks."""

    granted: bool = False
    within_scope: bool = False
    missing: frozenset[str] = frozenset()
    max_rows: int = 0


NO_FIT = Fit()


def best_fit(
    passport: Passport,
    effect: Effect,
    tier: Tier,
    environment: str,
    *,
    rows: int,
    resources: int,
    reach: int,
    met: Mapping[str, bool],
) -> Fit:
    """Of the capabilities that fit, one with the least missing, then within its bounds, then the widest in rows.

    What is missing comes first since it does not depend on the size of the change: a change that grows then never
    turns to a capability that asks for less. `met` says of each condition word whether the facts meet it.
    """
    found, best = NO_FIT, _order(NO_FIT)
    for capability in passport.capabilities:
        if _fits(capability, passport, effect, tier, environment):
            within = (
                _within(capability.max_rows, rows)
                and _within(capability.max_resources, resources)
                and _within(capability.max_reach, reach)
            )
            missing = frozenset([_word(each) for each in capability.requires if not met.get(each, False)])
            fit = Fit(True, within, missing, capability.max_rows)
            if (order := _order(fit)) > best:
                found, best = fit, order
    return found


def _order(fit: Fit) -> tuple[bool, int, list[str], bool, int]:
    return fit.granted, -len(fit.missing), sorted(fit.missing), fit.within_scope, fit.max_rows


def _fits(capability: Capability, passport: Passport, effect: Effect, tier: Tier, environment: str) -> bool:
    return (
        _RANK[tier] <= _RANK[capability.tier]
        and (not capability.verbs or effect.verb in capability.verbs)
        and environment in (capability.environments or passport.environments)
        and ("*" in capability.resources or _names(capability.resources, effect.resource.name))
    )


def _names(patterns: tuple[str, ...], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _within(bound: int, count: int) -> bool:
    """0 is no bound of the capability's own; the policies' caps hold all the same."""
    return bound == 0 or count <= bound


def _word(condition: str) -> str:
    """`approval 2 dba` is missing as `approval`, since how many and who is for the policies to say; and what no policy
    could know is missing as `other`."""
    word = condition.partition(" ")[0]
    return word if word in CONDITIONS else "other"
