"""exists-already: something is made that seems to exist elsewhere already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding
from interlock.model.change import Resource
from interlock.model.inventory import Called

#: The tag by which people name things.
NAME: Final = "name"


def find(seen: Seen) -> Iterator[Noted]:
    """One for each new thing of which an inventory has one of the same type and name that something else keeps."""
    items = seen.inventory.items if seen.taken.made and seen.inventory is not None else ()
    told = {item.resource: item.called for item in items if item.called and item.resource.key in seen.taken.made}
    made: dict[tuple[str, str, str], list[int]] = {}
    for ordinal in seen.writing if items else ():
        resource = seen.change.effects[ordinal].resource
        if resource.key in seen.taken.made:
            for known in _names(resource, told.get(resource, ())):
                made.setdefault((resource.type, *known), []).append(ordinal)
    twins: dict[int, Resource] = {}
    called: dict[int, str] = {}
    for item in items if made else ():
        there = item.resource
        for how, name in _names(there, item.called):
            for ordinal in made.get((there.type, how, name), ()):
                if _elsewhere(seen.change.effects[ordinal].resource, there, anywhere=how == "everywhere"):
                    twins[ordinal] = min(twins.get(ordinal, there), there, key=lambda each: (each.name, each.location))
                    if how in ("everywhere", "place"):
                        called[ordinal] = name
    for ordinal, there in sorted(twins.items()):
        effect = seen.change.effects[ordinal]
        yield (
            ordinal,
            Finding(
                id="exists-already",
                severity="high",
                confidence="medium",
                message=f"the {act(effect)} makes a second one: "
                f"`{there.name}`{_called(there, called.get(ordinal, ''))} is there already",
                where=seen.where(effect),
                fix="find out who manages the one that exists; take it over instead of making another one",
            ),
        )


def _names(resource: Resource, called: tuple[Called, ...]) -> Iterator[tuple[str, str]]:
    """By what it is known: where it is managed, to people, and to the target itself."""
    yield "managed", resource.name
    yield from (("everywhere" if each.everywhere else "place", each.name) for each in called)
    yield from (("given", value) for name, value in resource.tags if name.lower() == NAME and value)


def _called(resource: Resource, name: str) -> str:
    given = name or next((value for tag, value in resource.tags if tag.lower() == NAME and value), "")
    return f" (`{given}`)" if given else ""


def _elsewhere(new: Resource, there: Resource, *, anywhere: bool) -> bool:
    """Whether it is another thing in the same place, kept by something else than what keeps the new one."""
    ours, theirs = dict(new.location), dict(there.location)
    if ours.get("state", "") == theirs.get("state", ""):
        return False  # what is kept together was counted together, the new one as it will be among it
    if there.key == new.key and "state" not in theirs:
        return False  # somebody speaks of it by its address, which does not say that it is there
    return anywhere or all(theirs.get(kind, name) == name for kind, name in ours.items() if kind != "state")
