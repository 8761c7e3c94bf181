"""Tier: the consequence class of an effect, as tables that are total over everything that an effect can say.

The rules of this room: BASE gives the class by verb and aspect. The rows of RAISED can only raise it. What is not
known is destroy, because that is the worst it could be. A change has the class of its highest effect.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from interlock.model.change import TIERS, VERBS, Aspect, Change, Choice, Effect, Tier, Trait, Verb
from interlock.model.wayback import Reversibility

WRITING: Final[frozenset[Verb]] = frozenset(VERBS) - {"read"}
#: Verbs that take something away which was there before.
TAKING: Final[frozenset[Verb]] = frozenset({"update", "replace", "delete"})
#: Verbs that, on structure, put a definition in place; code in it is kept there and does not run by this alone.
DEFINING: Final[frozenset[Verb]] = frozenset({"create", "update", "replace"})
#: Choices that spare nothing, or of which nobody can tell what they spare.
SPARING_NOTHING: Final[frozenset[Choice]] = frozenset({"all", "unknown"})
#: Traits by which a condition is none.
UNCONDITIONAL: Final[frozenset[Trait]] = frozenset({"no-condition", "always-true"})

#: Classes of a way back that may end: whoever takes away such a thing destroys it.
LAST: Final[frozenset[Reversibility]] = frozenset({"grace-period", "irreversible"})

BASE: Final[dict[Verb, dict[Aspect, Tier]]] = {
    "read": {"content": "observe", "structure": "observe", "authority": "observe", "process": "observe"},
    "create": {"content": "modify", "structure": "configure", "authority": "configure", "process": "configure"},
    "update": {"content": "modify", "structure": "configure", "authority": "configure", "process": "configure"},
    "replace": {"content": "modify", "structure": "configure", "authority": "configure", "process": "configure"},
    "delete": {"content": "modify", "structure": "configure", "authority": "configure", "process": "configure"},
    "execute": {"content": "configure", "structure": "configure", "authority": "configure", "process": "configure"},
    "grant": {"content": "configure", "structure": "configure", "authority": "configure", "process": "configure"},
    "revoke": {"content": "configure", "structure": "configure", "authority": "configure", "process": "configure"},
}


class Raise(NamedTuple):
    """What a trait raises an effect to, and where it does not."""

    to: Tier
    verbs: frozenset[Verb] = frozenset(VERBS)
    aspects: frozenset[Aspect] = frozenset({"content", "structure", "authority", "process"})


#: A trait that is in no row (`hides-failure`, `nested`, `not-transactional`, `leaves-a-gap`, …) changes how an effect
#: is run or seen, not what it does; findings name it.
RAISED: Final[dict[Trait, tuple[Raise, ...]]] = {
    "loses-data": (Raise("destroy"),),
    "leaves-target": (Raise("destroy"),),
    "plan-time": (Raise("configure"),),
    "runs-code": (Raise("configure"),),  # where it runs at once the effect is opaque, and so destroys
    "cascades": (
        Raise("configure"),
        Raise("destroy", frozenset({"delete", "replace"}), frozenset({"content", "structure", "process"})),
    ),
    "no-condition": (Raise("destroy", TAKING, frozenset({"content"})),),
    "always-true": (Raise("destroy", TAKING, frozenset({"content"})),),
    "loses-protection": (Raise("configure"),),
    "widens-access": (Raise("configure"),),
    "rewrites": (Raise("configure"),),
    "blocks-writes": (Raise("configure"),),
    "blocks-reads": (Raise("configure"),),
}

_RANK: Final[dict[Tier, int]] = {tier: rank for rank, tier in enumerate(TIERS)}


def is_opaque(effect: Effect) -> bool:
    """Whether what the effect does is not in its text: not understood, built at run time, or code that it runs.

    Code that a definition puts in place is not run by that: the definition was read, and its tier says what it is.
    """
    if effect.known == "unknown" or (effect.verb == "execute" and effect.known == "estimated"):
        return True
    stored = effect.aspect == "structure" and effect.verb in DEFINING
    return "dynamic" in effect.traits or ("runs-code" in effect.traits and not stored)


def tier_of(effect: Effect) -> Tier:
    """The consequence class of one effect."""
    if is_opaque(effect):
        return "destroy"
    verb, aspect = effect.verb, effect.aspect
    if verb in TAKING and aspect == "content" and effect.choice in SPARING_NOTHING:
        return "destroy"
    if verb in ("delete", "replace") and effect.way_back is not None and effect.way_back.reversibility in LAST:
        return "destroy"
    tier = BASE[verb][aspect]
    for trait in effect.traits:
        for row in RAISED.get(trait, ()):
            if verb in row.verbs and aspect in row.aspects and _RANK[row.to] > _RANK[tier]:
                tier = row.to
    return tier


def tier_of_change(change: Change, tiers: tuple[Tier, ...]) -> Tier:
    """The highest class among the effects; destroy when anything in the change was not understood."""
    if change.unknown:
        return "destroy"
    return max(tiers, key=_RANK.__getitem__, default="observe")
