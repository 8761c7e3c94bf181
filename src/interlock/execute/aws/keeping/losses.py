"""Losses: what of an approved change is lost for good although copies are made of what can be copied. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from interlock.model.change import Change, Effect, Trait
from interlock.model.wayback import Reversibility

#: Classes of which all is left, without a copy.
_LEFT: Final[frozenset[Reversibility]] = frozenset({"none-needed", "exact-inverse", "disruptive-inverse"})
#: Whoever takes something away so has to bring it back from somewhere.
_TAKING: Final = frozenset({"delete", "replace"})
_NOT_OURS: Final[frozenset[Trait]] = frozenset({"leaves-target", "runs-code", "dynamic"})
_LOSING: Final[frozenset[Trait]] = frozenset({"loses-data", "cascades"})
#: So many are named.
_NAMED: Final = 10


class Losses(NamedTuple):
    """`names` are things that are lost, with what is lost of each; `waits`: some can be taken back, for a time only.

    `whole` False: not all of the change is understood.
    """

    names: tuple[str, ...]
    waits: bool
    whole: bool


def copied(effect: Effect) -> bool:
    """Whether something is copied before this: it goes, and nothing of the same worth is left of it."""
    back = effect.way_back
    if effect.verb not in _TAKING:
        return False
    return back is None or back.reversibility not in _LEFT


def lost(change: Change, copies: frozenset[int], dying: Mapping[str, str]) -> Losses:
    """What is lost when the effects with these numbers are copied before.

    `dying` are types of copies that go with things of other types: where all of those are copied, nothing is lost.
    """
    names, waits = [], False
    bare = {
        effect.resource.type
        for number, effect in enumerate(change.effects)
        if number not in copies and effect.verb in _TAKING
    }
    for number, effect in enumerate(change.effects):
        original = dying.get(effect.resource.type)
        if number in copies or effect.verb == "read" or (original is not None and original not in bare):
            continue
        why = _why(effect)
        if why:
            names.append(f"`{effect.resource.name}` ({why})")
        waits |= effect.way_back is not None and effect.way_back.reversibility == "grace-period"
    if len(names) > _NAMED:
        names = [*names[:_NAMED], f"{len(names) - _NAMED:,} things more"]
    return Losses(tuple(names), waits, not change.unknown)


def _why(effect: Effect) -> str:
    """What is lost with this effect; empty where nothing is, or where it can be taken back for a time."""
    back = effect.way_back
    if effect.known == "unknown" or not _NOT_OURS.isdisjoint(effect.traits):
        return "what it does cannot be taken back"
    if back is None:
        return "nobody knows what is lost with it" if effect.verb in _TAKING else ""
    if not back.evidence and not _LOSING.isdisjoint(effect.traits):
        return back.loses or "nobody knows what is lost with it"
    if back.verdict == "invalid" or back.reversibility == "irreversible":
        return back.loses or "it cannot be taken back"
    if back.reversibility is None and effect.verb in _TAKING:
        return "nobody knows what is lost with it"
    return ""
