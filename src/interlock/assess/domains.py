"""Domains: how much of each failure domain and of each redundancy group a change takes with it at once.

The rules of this room: what is taken with it is what the change changes, beyond making it or renaming it, and what
certainly feels that. What is only made is neither taken nor part of the whole. A domain is known by what the things in
it say of their place; how many there are in all is what an inventory knows, and without one nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from interlock.assess.taken import Key, Taken
from interlock.model.assessment import Reach, Touched
from interlock.model.change import Change, Resource
from interlock.model.inventory import Inventory

Domain = tuple[str, str]

#: How many domains an assessment lists; those of which the largest share is taken come first.
LISTED: Final = 200


class Domains(NamedTuple):
    """`groups` and `places` are what is touched; `members` are the keys of the touched things, `felt` all of them.

    `tags` are those of the touched things that have any.
    """

    groups: tuple[Touched, ...]
    places: tuple[Touched, ...]
    members: dict[Domain, frozenset[Key]]
    felt: frozenset[Key]
    tags: dict[Key, tuple[tuple[str, str], ...]]

    @property
    def listed(self) -> tuple[Touched, ...]:
        """What stands in the assessment."""
        return (*self.groups, *self.places)[:LISTED]


def domains_of(change: Change, inventory: Inventory | None, reach: Reach, taken: Taken) -> Domains:
    """The groups and failure domains that this change touches, each with its share."""
    felt = taken.hurt
    if len(reach.must) > len(reach.changed):  # the changed things are among those that must feel it
        changed = {each.resource.key for each in reach.changed}
        felt |= {each.resource.key for each in reach.must} - changed
    spelled: dict[Key, list[Resource]] = {}
    for resource in (*(effect.resource for effect in change.effects), *(each.resource for each in reach.must)):
        if resource.key in felt:
            _spell(spelled, resource)
    items = inventory.items if inventory is not None else ()
    groups: dict[Domain, set[Key]] = {}
    for item in items:
        key = item.resource.key
        if key in felt:
            _spell(spelled, item.resource)
            for group in item.groups:
                groups.setdefault(group, set()).add(key)
    places: dict[Domain, set[Key]] = {}
    for key, resources in spelled.items():
        for resource in resources:
            for place in resource.location:
                places.setdefault(place, set()).add(key)
    tags = {key: found for key, resources in spelled.items() if (found := _tags(resources))}
    if not places and not groups:
        return Domains((), (), {}, felt, tags)
    standing = [item for item in items if item.resource.key not in taken.made]
    there = _counted(places, [(item.resource.location, item.resource.key) for item in standing])
    them = _counted(groups, [(item.groups, item.resource.key) for item in standing])
    known = inventory is not None
    members = {domain: frozenset(keys) for found in (places, groups) for domain, keys in found.items()}
    return Domains(_touched(groups, them, known), _touched(places, there, known), members, felt, tags)


def _tags(resources: Iterable[Resource]) -> tuple[tuple[str, str], ...]:
    return tuple([tag for resource in resources for tag in resource.tags])


def _spell(spelled: dict[Key, list[Resource]], resource: Resource) -> None:
    """One more spelling of a thing; most of them are the very same value."""
    known = spelled.setdefault(resource.key, [])
    if not known or known[-1] is not resource:
        known.append(resource)


def _counted(
    touched: dict[Domain, set[Key]], standing: Iterable[tuple[tuple[Domain, ...], Key]]
) -> dict[Domain, set[Key]]:
    """All things that stand in the touched domains. Many stand in the same ones, and are put there together."""
    alike: dict[tuple[Domain, ...], list[Key]] = {}
    for domains, key in standing:
        if domains:
            alike.setdefault(domains, []).append(key)
    found = {domain: set(keys) for domain, keys in touched.items()}
    for domains, keys in alike.items():
        for domain in domains:
            if domain in found:
                found[domain].update(keys)
    return found


def _touched(touched: dict[Domain, set[Key]], there: dict[Domain, set[Key]], known: bool) -> tuple[Touched, ...]:
    found = [
        Touched(kind, name, len(keys), len(there[kind, name]) if known else None)
        for (kind, name), keys in touched.items()
    ]
    return tuple(sorted(found, key=lambda each: (-share(each), each.kind, each.name)))


def share(touched: Touched) -> int:
    """How much of the domain is taken, in permille; all of it where nobody knows how much there is."""
    return 1_000 if not touched.total else touched.touched * 1_000 // touched.total
