"""Undo: what of a whole change takes the ways back of its own effects away.

The rules of this room: a copy that goes in the same change is no copy. A thing whose reaching hangs on rights that the
same change takes away is not reached again to be put right. Both are known only from edges; where there are none,
nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from interlock.assess.links import HOLDING, Links
from interlock.assess.taken import Key, Taken
from interlock.model.change import Change, Effect
from interlock.model.inventory import Edge, Plane
from interlock.model.wayback import RollbackVerdict

#: Without what is in these planes nobody gets in.
RIGHTS: Final[frozenset[Plane]] = frozenset({"identity", "encryption"})


class Lost(NamedTuple):
    """The rights by which an effect would be undone: what takes them away, and how surely."""

    verdict: RollbackVerdict
    through: str
    by: str


class Undoing(NamedTuple):
    """By ordinal of an effect: the copies that all go with what it takes, and the rights to undo it that go."""

    copies: dict[int, tuple[str, ...]]
    rights: dict[int, Lost]


def undoing_of(change: Change, links: Links, taken: Taken) -> Undoing:
    """What this change does to its own ways back, by all that these links know."""
    if not links.copies and not links.through:
        return Undoing({}, {})
    return Undoing(_dying(change, links, taken), _locked_out(change, links, taken))


def _dying(change: Change, links: Links, taken: Taken) -> dict[int, tuple[str, ...]]:
    """The effects that lose something whose every known copy goes in the same change."""
    losing = [
        (ordinal, effect)
        for ordinal, effect in enumerate(change.effects if links.copies else ())
        if effect.resource.key in links.copies and _loses(effect)
    ]
    copies = {copy for _, effect in losing for copy in links.copies[effect.resource.key]}
    going = frozenset(copy for copy in copies if copy in taken.gone) | _carried(links, taken, copies)
    found: dict[int, tuple[str, ...]] = {}
    for ordinal, effect in losing:
        own = links.copies[effect.resource.key]
        if own and going.issuperset(own):
            found[ordinal] = tuple(sorted(name for _, name in own))
    return found


def _loses(effect: Effect) -> bool:
    return effect.verb in ("delete", "replace") or "loses-data" in effect.traits


def _carried(links: Links, taken: Taken, copies: Iterable[Key]) -> frozenset[Key]:
    """The copies that are not named and go all the same: with what holds them, with their key, with their domain."""
    if not taken.gone:
        return frozenset()
    names = {name for _, name in taken.gone}
    found = set()
    for copy, edges in links.holders(copies).items():
        for edge in edges:
            holder = edge.target.key
            keyed = edge.kind == "uses" and "encryption" in links.planes.get(holder, ())
            if (holder in taken.gone and (edge.kind in HOLDING or keyed)) or _placed_in(edge, names):
                found.add(copy)
    return frozenset(found)


def _placed_in(edge: Edge, names: set[str]) -> bool:
    return any(name in names for _, name in edge.source.location)


def _locked_out(change: Change, links: Links, taken: Taken) -> dict[int, Lost]:
    """The effects on things that are reached through something whose rights the same change takes away."""
    found: dict[int, Lost] = {}
    for through, lost in sorted(_weakened(change, links, taken).items(), key=lambda each: (each[1], each[0])):
        for reached in links.through[through]:
            for ordinal in taken.written.get(reached, ()):
                found.setdefault(ordinal, lost)  # those that are surely gone stand first
    return found


def _weakened(change: Change, links: Links, taken: Taken) -> dict[Key, Lost]:
    """What others are reached through and this change takes away or changes, itself or by what gives it its rights."""
    found: dict[Key, Lost] = {}
    if not links.through:
        return found
    for through in links.through:
        if ordinals := taken.written.get(through):
            rights = not RIGHTS.isdisjoint(links.planes.get(through, ()))
            gone = rights and any(_removes(change.effects[ordinal]) for ordinal in ordinals)
            found[through] = Lost("invalid" if gone else "unknown", through[1], through[1])
    givers = {
        key
        for key, ordinals in taken.written.items()
        if not RIGHTS.isdisjoint(links.planes.get(key, ())) and any(_removes(change.effects[one]) for one in ordinals)
    }
    names = {name for _, name in givers}  # most edges are passed by on the name alone
    for edge in links.edges if givers else ():
        if edge.source.name not in names and edge.target.name not in names:
            continue
        if edge.strength != "hard" or edge.kind in ("configures", "copies", "after"):
            continue
        for giver, through in ((edge.source.key, edge.target.key), (edge.target.key, edge.source.key)):
            if giver in givers and through in links.through:
                known = found.get(through)
                lost = Lost("invalid", through[1], giver[1])
                if known is None or known.verdict != "invalid" or lost.by < known.by:
                    found[through] = lost
    return found


def _removes(effect: Effect) -> bool:
    """Whether rights are gone when it has run, as far as the effect itself says."""
    return effect.verb in ("delete", "revoke") or "only-removes" in effect.traits
