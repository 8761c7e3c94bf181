"""Verdict: what one ruling of the engine amounts to, and how several are joined.

The rules of this room, in the order in which they are asked:

    1  the engine could not say                      deny
    2  a forbid applies that nothing lifts           deny
    3  no permit applies                             deny
    4  a forbid applies that something lifts         hold, until that is there
    5  otherwise                                     allow

A change is what its worst effect is. The ids that start with `interlock:` are rules of the product and not policies;
no policy file can use such an id.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from interlock.model.decision import Outcome, Requirement, RequirementKind
from interlock.policy.engine import Engine, Ruling

NO_PERMIT: Final = "interlock:no-permit"
ENGINE_ERROR: Final = "interlock:engine-error"


class Reason(NamedTuple):
    """Why one group of effects came out as it did, before the groups are joined."""

    outcome: Outcome
    policy: str
    because: str
    lift: str = ""


@lru_cache(maxsize=1_024)
def reasons_of(engine: Engine, ruling: Ruling) -> tuple[Reason, ...]:
    """What one ruling amounts to; all reasons of the strongest kind. See the head of this file for the order."""
    if ruling.errors:
        text = f"the policy engine gave no decision: {'; '.join(ruling.errors)}"
        return (Reason("deny", ENGINE_ERROR, text[:400]),)
    rules = engine.rules
    forbids = [rules[each] for each in ruling.forbids]
    if any(not rule.lift for rule in forbids):
        return tuple([Reason("deny", rule.id, rule.because) for rule in forbids if not rule.lift])
    if not ruling.permits:
        return (Reason("deny", NO_PERMIT, "no policy permits this"),)
    if forbids:
        return tuple([Reason("hold", rule.id, rule.because, rule.lift) for rule in forbids])
    return tuple([Reason("allow", each, rules[each].because) for each in ruling.permits])


_RANK: Final[dict[Outcome, int]] = {"allow": 0, "hold": 1, "deny": 2}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    return max(outcomes, key=_RANK.__getitem__, default="deny")


def merge(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """All of these at once: of approvals in one role the most people, every condition once, in one order."""
    approvals: dict[str, int] = {}
    conditions: set[RequirementKind] = set()
    for each in requirements:
        if each.kind == "approval":
            approvals[each.role] = max(each.count, approvals.get(each.role, 0))
        else:
            conditions.add(each.kind)
    return (
        *(Requirement("approval", count, role) for role, count in sorted(approvals.items())),
        *(Requirement(kind) for kind in sorted(conditions)),
    )
