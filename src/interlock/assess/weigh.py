"""Weigh: what each effect amounts to: how many things it touches, whether keys name them, its tier, its way back.

The rules of this room: what a whole rehearsal measured counts; else what the text says; else what the survey counted,
where the effect takes all of it; else nobody knows, which is None and never zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from interlock.assess.links import Links
from interlock.assess.reverse import proof_of, reverse_of
from interlock.assess.tier import UNCONDITIONAL, is_opaque, tier_of
from interlock.assess.undo import Undoing
from interlock.assess.world import World
from interlock.model.assessment import Weighed
from interlock.model.change import Change, Effect, Trait, Verb
from interlock.model.inventory import Measured, Rehearsal
from interlock.model.wayback import Reversibility

#: What a rehearsal may report for an effect: a replaced row was deleted and created.
SEEN_AS: Final[dict[Verb, frozenset[Verb]]] = {
    "create": frozenset({"create", "replace"}),
    "update": frozenset({"update", "replace"}),
    "delete": frozenset({"delete"}),
    "replace": frozenset({"create", "update", "replace", "delete"}),
}
#: Traits by which an effect on something else than content still goes through content.
THROUGH_CONTENT: Final[frozenset[Trait]] = frozenset({"loses-data", "cascades", "leaves-target"})


class Figures:
    """What a rehearsal measured, by thing and verb. `whole` False: there is none, it failed, or it was cut short."""

    __slots__ = ("_direct", "measured", "whole")

    def __init__(self, rehearsal: Rehearsal | None) -> None:
        self.whole = rehearsal is not None and rehearsal.complete and not rehearsal.failed
        self.measured: tuple[Measured, ...] = rehearsal.measured if rehearsal is not None else ()
        self._direct: dict[tuple[str, str], dict[Verb, int]] = {}
        for each in self.measured:
            verbs = self._direct.setdefault(each.resource.key, {})
            verbs[each.verb] = verbs.get(each.verb, 0) + each.count - each.indirect

    def direct(self, keys: Sequence[tuple[str, str]], verbs: frozenset[Verb]) -> int | None:
        """How many things the statements themselves touched there, by any of these verbs; None when none is listed."""
        counts = [count for key in keys for verb, count in self._direct.get(key, {}).items() if verb in verbs]
        return sum(counts) if counts else None

    def things(self) -> list[tuple[tuple[str, str], int]]:
        """Each thing that was written and how much of it, by whatever way."""
        return [(each.resource.key, each.count) for each in self.measured if each.verb != "read"]

    def direct_keys(self) -> list[tuple[str, str]]:
        """The things that statements touched themselves, not by cascade or trigger."""
        return [
            key
            for key, verbs in self._direct.items()
            if any(count > 0 for verb, count in verbs.items() if verb != "read")
        ]


def weigh(
    change: Change,
    world: World,
    figures: Figures,
    rehearsal: Rehearsal | None,
    links: Links,
    undoing: Undoing,
    undo_window: int,
) -> list[Weighed]:
    """Every effect as assessed, in the order of the change. `undoing`: what the change takes from its own ways back."""
    proof = proof_of(rehearsal)
    # Another copy than those that this change knows.
    kept = rehearsal is not None and not rehearsal.failed and bool(rehearsal.rollback.kept)
    weighed = []
    for ordinal, effect in enumerate(change.effects):
        keyed = is_keyed(effect, world)
        back: Reversibility = "irreversible"
        if kept or ordinal not in undoing.copies:
            back = reverse_of(effect, keyed=keyed, proof=proof, undo_window=undo_window)
        planes = tuple(sorted(links.planes.get(effect.resource.key, ())))
        weighed.append(Weighed(tier_of(effect), back, count_of(effect, world, figures), keyed, planes))
    return weighed


def is_keyed(effect: Effect, world: World) -> bool:
    """Whether the survey proves that the choice names one thing: it pins every column of a unique key."""
    if not effect.keys or effect.choice not in ("named", "filtered") or not UNCONDITIONAL.isdisjoint(effect.traits):
        return False
    items = world.items(effect.resource)
    pinned = set(effect.keys)
    return bool(items) and all(any(key and pinned.issuperset(key) for key in item.keys) for item in items)


def count_of(effect: Effect, world: World, figures: Figures) -> int | None:
    """How many things inside its resource the effect touches; None when nobody knows."""
    if effect.known == "unknown":
        return None
    content, verb = effect.aspect == "content", effect.verb
    if not content and not is_opaque(effect) and THROUGH_CONTENT.isdisjoint(effect.traits):
        return effect.count or 0
    if figures.whole and verb in SEEN_AS:
        measured = figures.direct(_keys(effect, world), SEEN_AS[verb])
        if measured is not None or content:
            return measured or 0
    if effect.count is not None or "cascades" in effect.traits:
        return effect.count
    if effect.aspect == "structure" or (effect.choice == "all" and verb != "create"):
        sizes = [item.size for item in world.items(effect.resource)]
        if sizes and None not in sizes:
            return sum(size for size in sizes if size is not None)
    return None


def rows_of(change: Change, weighed: Sequence[Weighed], figures: Figures) -> int | None:
    """How many things are changed in all, those that follow by cascade or trigger included; None when unknown."""
    if change.unknown:
        return None
    measured = {key for key, _ in figures.things()} if figures.whole else set()
    total = sum(count for _, count in figures.things()) if figures.whole else 0
    for effect, each in zip(change.effects, weighed, strict=True):
        if effect.known == "unknown":
            return None
        if effect.verb == "read":
            continue
        # A rehearsal counts content. What goes with the thing that held it is counted by the survey.
        if figures.whole and (effect.aspect == "content" or effect.resource.key in measured):
            continue
        if each.count is None:
            return None
        total += each.count
    return total


def _keys(effect: Effect, world: World) -> list[tuple[str, str]]:
    """The keys under which a rehearsal may have reported the resource."""
    return list(dict.fromkeys((effect.resource.key, *(world.keys[number] for number in world.find(effect.resource)))))


def unread_writes(change: Change, world: World, figures: Figures) -> tuple[str, ...]:
    """The things that the rehearsal saw written directly and that no effect names: the reading was wrong."""
    if not figures.measured:
        return ()
    written = [effect.resource for effect in change.effects if effect.verb != "read"]
    numbers = {number for resource in written for number in world.find(resource)}
    named = {resource.key for resource in written} | {world.keys[number] for number in numbers}
    # Writing to a view writes to what it reads: an edge between the two says that it was named, in a way.
    for edge, source in zip(world.edges, world.sources, strict=True):
        if source in numbers and edge.kind == "reads":
            named.add(edge.target.key)
    return tuple(name for kind, name in figures.direct_keys() if (kind, name) not in named)
