"""exists-already: something is made that seems to exist elsewhere already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from interlock.assess.seen import Noted, Seen, act
from interlock.assess.taken import Key
from interlock.model.assessment import Finding
from interlock.model.change import Resource

#: The tag by which people name things.
NAME: Final = "name"


def find(seen: Seen) -> Iterator[Noted]:
    """One for each new thing of which an inventory has one of the same type and name that something else keeps."""
    made: dict[tuple[str, str], list[int]] = {}
    for ordinal in seen.writing if seen.taken.made and seen.inventory is not None else ():
        effect = seen.change.effects[ordinal]
        if effect.resource.key in seen.taken.made and (name := _named(effect.resource)):
            made.setdefault((effect.resource.type, name), []).append(ordinal)
    twins: dict[int, Resource] = {}
    for item in seen.inventory.items if made and seen.inventory is not None else ():
        there = item.resource
        for ordinal in made.get((there.type, _named(there)), ()):
            if _elsewhere(seen.change.effects[ordinal].resource, there, seen.taken.made):
                twins[ordinal] = min(twins.get(ordinal, there), there, key=lambda each: each.name)
    for ordinal, there in sorted(twins.items()):
        effect = seen.change.effects[ordinal]
        yield (
            ordinal,
            Finding(
                id="exists-already",
                severity="high",
                confidence="medium",
                message=f"the {act(effect)} makes a second `{_named(there)}`: `{there.name}` is there already",
                where=seen.where(effect),
                fix="find out who manages the one that exists; take it over instead of making another one",
            ),
        )


def _named(resource: Resource) -> str:
    """The name that people gave it; empty when they gave none."""
    return next((value for name, value in resource.tags if name.lower() == NAME), "")


def _elsewhere(new: Resource, there: Resource, made: frozenset[Key]) -> bool:
    """Whether it is another thing in the same place, kept by something else than what keeps the new one."""
    if there.key == new.key or there.key in made:
        return False
    ours, theirs = dict(new.location), dict(there.location)
    if ours.get("state", "") == theirs.get("state", ""):
        return False  # what is kept together was counted together
    return all(theirs.get(kind, name) == name for kind, name in ours.items() if kind != "state")
