"""exists-already: something is made that seems to exist elsewhere already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding
from interlock.model.change import Resource

#: The tag by which people name things.
NAME: Final = "name"


def find(seen: Seen) -> Iterator[Noted]:
    """One for each new thing of which an inventory has one of the same type and name that something else keeps."""
    made: dict[tuple[str, str, str], list[int]] = {}
    for ordinal in seen.writing if seen.taken.made and seen.inventory is not None else ():
        resource = seen.change.effects[ordinal].resource
        if resource.key in seen.taken.made:
            for name in _names(resource):
                made.setdefault((resource.type, *name), []).append(ordinal)
    twins: dict[int, Resource] = {}
    for item in seen.inventory.items if made and seen.inventory is not None else ():
        there = item.resource
        for name in _names(there):
            for ordinal in made.get((there.type, *name), ()):
                if _elsewhere(seen.change.effects[ordinal].resource, there):
                    twins[ordinal] = min(twins.get(ordinal, there), there, key=lambda each: (each.name, each.location))
    for ordinal, there in sorted(twins.items()):
        effect = seen.change.effects[ordinal]
        yield (
            ordinal,
            Finding(
                id="exists-already",
                severity="high",
                confidence="medium",
                message=f"the {act(effect)} makes a second one: `{there.name}`{_called(there)} is there already",
                where=seen.where(effect),
                fix="find out who manages the one that exists; take it over instead of making another one",
            ),
        )


def _names(resource: Resource) -> Iterator[tuple[str, str]]:
    """By what it is known: the name under which it is managed, and the one that people gave it."""
    yield "managed", resource.name
    yield from (("given", value) for name, value in resource.tags if name.lower() == NAME and value)


def _called(resource: Resource) -> str:
    return next((f" (`{value}`)" for name, value in resource.tags if name.lower() == NAME and value), "")


def _elsewhere(new: Resource, there: Resource) -> bool:
    """Whether it is another thing in the same place, kept by something else than what keeps the new one."""
    ours, theirs = dict(new.location), dict(there.location)
    if ours.get("state", "") == theirs.get("state", ""):
        return False  # what is kept together was counted together, the new one as it will be among it
    if there.key == new.key and "state" not in theirs:
        return False  # somebody speaks of it by its address, which does not say that it is there
    return all(theirs.get(kind, name) == name for kind, name in ours.items() if kind != "state")
