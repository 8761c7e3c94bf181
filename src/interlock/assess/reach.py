"""Reach: changed ⊆ must ⊆ may: what the change touches, what certainly feels it, what could, each with its evidence.

The rules of this room: `spread` says how an event travels along an edge; here it is only walked, breadth first, so
that each chain is a shortest one. Of two chains of one length the one through the smaller names counts, so that the
order of a survey never shows. What is not listed is counted in `frontier`, and then the reach is not complete.
Without a survey nobody knows what depends on what: must and may are then what is known to be touched, and not complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from interlock.assess.spread import (
    ENDS,
    EVENTS,
    LOSSES,
    MAY,
    MUST,
    Event,
    attributes_of,
    beside,
    event_of,
    event_of_measured,
)
from interlock.assess.walk import Walk
from interlock.assess.world import World
from interlock.model.assessment import Reach, Reached
from interlock.model.change import Change, Effect, Resource
from interlock.model.inventory import Inventory, Measured, Rehearsal

#: How many things beyond the changed ones are listed at most. More than anybody reads; fewer than fills a ledger.
BOUND: Final = 10_000

_EVENT: Final[dict[Event, int]] = {event: number for number, event in enumerate(EVENTS)}


class Felt(NamedTuple):
    """A reach, and the keys of the things in it that may lose something by it or stop working."""

    reach: Reach
    grave: frozenset[tuple[str, str]]


def reach_of(
    change: Change,
    world: World,
    inventory: Inventory | None,
    rehearsal: Rehearsal | None,
    *,
    misread: bool = False,
    bound: int = BOUND,
) -> Felt:
    """How far this change is felt in this world. `misread`: it did more than was read, so nothing is complete."""
    start = _Start(world)
    start.add_effects(change.effects, change.unit)
    if rehearsal is not None:
        start.add_measured(rehearsal.measured)
    changed = start.changed
    must = {**changed, **{key: each for key, each in start.unplaced.items() if key not in changed}}
    if not start.certain and not start.possible:  # nothing of it has a place in the world: there is nowhere to walk
        may = {**must, **{key: each for key, each in start.perhaps.items() if key not in must}}
        return Felt(_reach(change, inventory, start, (must, may), cut=0, misread=misread), frozenset())
    certain, possible = Walk(world, MUST), Walk(world, MAY)
    certain.run(start.certain, room=bound)
    possible.run([*start.certain, *start.possible], room=bound)
    must.update(_reached(certain, start.lines, must))
    may = {**start.perhaps, **_reached(possible, start.lines, must)}
    may = {**must, **{key: each for key, each in may.items() if key not in must}}
    whole = rehearsal is not None and rehearsal.complete and not rehearsal.failed and change.fully_known
    cut = len(certain.cut | possible.cut)
    reach = _reach(change, inventory, start, (must, may), cut=cut, misread=misread)
    return Felt(reach, frozenset(_grave(possible, counted=whole)))


def _reach(
    change: Change,
    inventory: Inventory | None,
    start: _Start,
    felt: tuple[dict[tuple[str, str], Reached], dict[tuple[str, str], Reached]],
    *,
    cut: int,
    misread: bool,
) -> Reach:
    seen = inventory is not None and inventory.complete and not start.unfound
    complete = seen and not cut and not (change.unknown or start.anything or misread)
    must, may = felt
    return Reach(tuple(start.changed.values()), tuple(must.values()), tuple(may.values()), complete, cut)


def _grave(walk: Walk, *, counted: bool) -> Iterator[tuple[str, str]]:
    """The things that may lose something or stop working.

    Where a whole rehearsal counted what happens to content, only what it counted is lost, and that stands in `must`
    anyway. What holds nothing loses nothing.
    """
    world = walk.world
    for thing, number in walk.met():
        event = EVENTS[number]
        if event in ENDS or (event == "unknown" and not counted):
            yield world.keys[thing]
        elif event in LOSSES and not counted:
            item = world.item(thing)
            if item is None or item.size is not None or item.fields or item.keys:
                yield world.keys[thing]


def _reached(
    walk: Walk, lines: dict[int, str], known: dict[tuple[str, str], Reached]
) -> dict[tuple[str, str], Reached]:
    world = walk.world
    return {
        world.keys[thing]: Reached(world.resources[thing], walk.chain(thing, lines))
        for thing in walk.first
        if world.keys[thing] not in known
    }


class _Start:
    """Where the walks begin: what the effects touch, what the rehearsal saw, and what of it has no place in the world.

    `unplaced` must be felt and `perhaps` may be, though the world knows neither. `lines` says in words why a thing is a
    seed. `anything` is True when an effect could have touched anything.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.changed: dict[tuple[str, str], Reached] = {}
        self.unplaced: dict[tuple[str, str], Reached] = {}
        self.perhaps: dict[tuple[str, str], Reached] = {}
        self.certain: list[int] = []
        self.possible: list[int] = []
        self.lines: dict[int, str] = {}
        self.created: set[tuple[str, str]] = set()
        self.unfound = False
        self.anything = False

    def add_effects(self, effects: Sequence[Effect], unit: str) -> None:
        """Every effect that writes is a certain seed; one that reads by running unknown code a possible one."""
        for effect in sorted(effects, key=_order) if len(effects) > 1 else effects:
            resource, writes = effect.resource, effect.verb != "read" or effect.known == "unknown"
            event = event_of(effect, self.world.items(resource))
            if not writes and event is None:
                continue
            self.anything = self.anything or effect.known == "unknown"
            numbers = self.world.find(resource)
            line = seed_line(effect, unit)
            if writes:
                self._change(resource, numbers, line)
            elif not numbers:
                self.perhaps.setdefault(resource.key, Reached(resource, (line,)))
            for number in numbers:
                self._seed(effect, number, event, writes=writes)
                self.lines.setdefault(number, line)
            if effect.verb == "create" and effect.aspect != "content":
                self.created.add(resource.key)
            elif not numbers and resource.key not in self.created:
                self.unfound = True

    def add_measured(self, measured: Sequence[Measured]) -> None:
        """What a rehearsal did is certain: what it did directly was changed, what followed must be felt."""
        for each in measured:
            if each.count <= 0:
                continue
            event, numbers = event_of_measured(each.verb), self.world.find(each.resource)
            self.unfound = self.unfound or (not numbers and each.resource.key not in self.created)
            line = f"the rehearsal: {each.verb} {each.count:,} in `{each.resource.name}`"
            if each.count > each.indirect:
                self._change(each.resource, numbers, line)
            elif not numbers:
                self.unplaced.setdefault(each.resource.key, Reached(each.resource, (line,)))
            self.certain.extend(number * self.world.width + _EVENT[event] for number in numbers)
            for number in numbers:
                self.lines.setdefault(number, line)

    def _seed(self, effect: Effect, number: int, event: Event | None, *, writes: bool) -> None:
        """The states in which the effect leaves thing `number`."""
        flows, base = self.world.flows, number * self.world.width
        if event is not None:
            (self.certain if writes else self.possible).append(base + _EVENT[event])
        also = beside(effect)
        if also is not None:
            self.certain.append(base + _EVENT[also])
        fields, anew, type_ = attributes_of(effect), event == "replaced", self.world.resources[number].type
        if fields or anew:
            follows = flows.after(type_, fields, anew=anew)
            self.certain.extend(base + len(EVENTS) + attribute for attribute in follows.attributes)
            if follows.anew and effect.verb == "update":
                self.certain.append(base + _EVENT["replaced"])
        elif effect.verb == "update" and effect.aspect != "content" and event != "touched" and flows.remakes(type_, ()):
            self.possible.append(base + _EVENT["replaced"])

    def _change(self, resource: Resource, numbers: tuple[int, ...], line: str) -> None:
        """What the survey knows it as, by itself or by its name; the resource as it was read where it knows neither."""
        if not numbers:
            self.changed.setdefault(resource.key, Reached(resource, (line,)))
        for number in numbers:
            key = self.world.keys[number]
            found = resource if key == resource.key else self.world.resources[number]
            self.changed.setdefault(key, Reached(found, (line,)))


def _order(effect: Effect) -> tuple[object, ...]:
    """By statement; within one what creates comes first, and then names count, so that no order of effects shows."""
    creates = effect.verb == "create" and effect.aspect == "structure"
    resource = effect.resource
    spelled = (resource.environment, resource.location, resource.tags)
    return effect.part, not creates, resource.key, effect.verb, effect.cause, effect.aspect, spelled


def seed_line(effect: Effect, unit: str) -> str:
    """The first line of a chain: which part of the change does what to what, and what in it says so."""
    cause = f" ({effect.cause})" if effect.cause else ""
    return f"{unit} {effect.part + 1}: {effect.verb} `{effect.resource.name}`{cause}"


def critical_things(world: World, reach: Reach, grave: frozenset[tuple[str, str]]) -> list[tuple[str, tuple[str, str]]]:
    """The critical things that are certainly reached, and those that could lose something; by name."""
    critical = world.critical()
    if not critical:
        return []
    certain = {each.resource.key for each in reach.must}
    keys = {world.keys[number] for number in critical}
    found = {(name, (kind, name)) for kind, name in keys & (certain | grave)}
    for each in reach.may:
        key = each.resource.key
        if key not in keys and (key in certain or key in grave):
            found.update((each.resource.name, key) for item in world.items(each.resource) if item.critical)
    return sorted(found)
