"""Risk: one number from 0 to 100 by which changes can be put in order, and the parts that it is made of.

The rules of this room: no policy reads it, and nothing is decided by it. Each part is a share x from 0 to 1,000 and has
a weight w; the risk is 100 x (1 - product of (1 - w x)), in integers, so that equal input gives equal bytes. A part can
only add. What is not known counts as much as the worst of what it could be, or at least as its middle. Adding an
effect never lowers it, nor does an edge that tells of no copy; evidence that something can be had back never raises it.
Uncalibrated: the weights are a judgement, nobody has compared them with what came of changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from interlock.assess.domains import Domains, share
from interlock.assess.taken import in_name
from interlock.assess.tier import TAKING
from interlock.model.assessment import Reach, Risk, Weighed
from interlock.model.change import TIERS, Change, Effect, Known
from interlock.model.inventory import RollbackProof
from interlock.model.target import Environment
from interlock.model.wayback import Reversibility, RollbackVerdict

#: What each part can add at most, in permille of what the parts before it have left.
WEIGHTS: Final[dict[str, int]] = {
    "irreversibility": 450,
    "loss": 300,
    "reach": 250,
    "criticality": 300,
    "correlation": 250,
    "rollback": 250,
    "size": 150,
    "uncertainty": 300,
    "environment": 200,
}

#: How hard each class is to undo, and how much of what is taken stays lost with it.
HARD: Final[dict[Reversibility, int]] = {
    "none-needed": 0,
    "exact-inverse": 100,
    "disruptive-inverse": 300,
    "verified-copy": 500,
    "grace-period": 700,
    "irreversible": 1_000,
}
STAYS_LOST: Final[dict[Reversibility, int]] = {
    "none-needed": 0,
    "exact-inverse": 0,
    "disruptive-inverse": 0,
    "verified-copy": 500,
    "grace-period": 700,
    "irreversible": 1_000,
}
#: How bad each verdict is: walked to the end, and only known.
WALKED: Final[dict[RollbackVerdict, int]] = {
    "none-needed": 0,
    "valid": 0,
    "valid-with-loss": 300,
    "unknown": 800,
    "invalid": 1_000,
}
TOLD: Final[dict[RollbackVerdict, int]] = {
    "none-needed": 0,
    "valid": 300,
    "valid-with-loss": 500,
    "unknown": 800,
    "invalid": 1_000,
}
#: How little is known of an effect by the way in which it is known.
DOUBT: Final[dict[Known, int]] = {"planned": 0, "parsed": 0, "estimated": 500, "unknown": 1_000}

#: A reach that was not seen to its end is at least so wide; one that was cut is as wide as can be.
OPEN: Final = 700
FULL: Final = 1_000


class Weight(NamedTuple):
    """What the risk is made from: the parts of an assessment that are there before it."""

    change: Change
    weighed: Sequence[Weighed]
    reversibility: Reversibility
    reach: Reach
    rollback: RollbackProof
    critical: bool
    domains: Domains
    unknown: bool
    degraded: bool
    environment: Environment


def risk_of(weight: Weight) -> Risk:
    """The risk of a change, with what each part adds. A change that only observes has none."""
    if not weight.unknown and all(each.tier == "observe" for each in weight.weighed):
        return Risk()
    shares = {
        "irreversibility": HARD[weight.reversibility],
        "loss": FULL if weight.unknown else max(map(_loss, weight.change.effects, weight.weighed), default=0),
        "reach": _reach(weight.reach),
        "criticality": _criticality(weight),
        "correlation": _correlation(weight.domains),
        "rollback": (WALKED if weight.rollback.simulated else TOLD)[weight.rollback.verdict],
        "size": min(FULL, 100 * sum(each.tier != "observe" for each in weight.weighed).bit_length()),
        "uncertainty": _uncertainty(weight),
        "environment": FULL if weight.environment.production else min(500, max(0, weight.environment.strictness) * 5),
    }
    return _joined(tuple(shares.values()))


@lru_cache(maxsize=4_096)
def _joined(shares: tuple[int, ...]) -> Risk:
    """The risk that these shares make, in the order of WEIGHTS."""
    left, whole = 1, 1
    parts = []
    for (name, weighs), share_ in zip(WEIGHTS.items(), shares, strict=True):
        left *= FULL * FULL - weighs * share_
        whole *= FULL * FULL
        parts.append((name, weighs * share_ // FULL))
    parts.sort(key=lambda part: (-part[1], part[0]))
    return Risk(100 * (whole - left) // whole, tuple(part for part in parts if part[1]))


def _loss(effect: Effect, weighed: Weighed) -> int:
    """How much is lost for good by this effect; an unknown amount is the largest."""
    back = effect.way_back
    taken = "loses-data" in effect.traits or (effect.verb in TAKING and effect.aspect == "content")
    named = back is not None and bool(back.loses)
    if effect.verb == "read" or not (taken or named):
        return 0
    amount = FULL if weighed.count is None or not taken else min(FULL, 50 * weighed.count.bit_length())
    return amount * STAYS_LOST[weighed.reversibility] // FULL


def _reach(reach: Reach) -> int:
    """How far it is felt, by powers of two: what must feel it weighs twice what may."""
    width = min(FULL, 70 * len(reach.must).bit_length() + 35 * len(reach.may).bit_length())
    if reach.frontier:
        return FULL
    return width if reach.complete else max(width, OPEN)


def _criticality(weight: Weight) -> int:
    if weight.critical:
        return FULL
    tiers = [TIERS.index(each.tier) for each in weight.weighed if each.planes]
    return 300 + 100 * max(tiers) if tiers else 0


def _correlation(domains: Domains) -> int:
    """The largest share of a group or place of which more than one thing is touched; two places of a kind are half."""
    if not domains.groups and not domains.places:
        return 0
    shares = [share(each) for each in (*domains.groups, *domains.places) if each.touched > 1]
    kinds = [each.kind for each in domains.places]
    return max([0, *shares, *(500 for kind in kinds if kinds.count(kind) > 1)])


def _uncertainty(weight: Weight) -> int:
    if weight.unknown:
        return FULL
    doubts = [DOUBT[effect.known] for effect in weight.change.effects if not in_name(effect)]
    signalled = 500 if weight.change.signals else 0
    return max([0, 400 if weight.degraded else 0, signalled, *doubts])
