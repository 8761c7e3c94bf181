"""Spread: how a change to one thing is felt by what depends on it, as a table of event x kind of edge.

The rules of this room: an event happens to a thing; SPREAD says, for each kind of edge that leads to it, whether what
depends on it feels that certainly (MUST) or possibly (MAY), and which event that is there. A pair with no entry is not
felt. An edge that is not hard never gives more than MAY. Whatever we do not know spreads along every edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, get_args

from interlock.assess.tier import is_opaque
from interlock.model.change import Effect, Verb
from interlock.model.inventory import EdgeKind, Item

Event = Literal[
    "altered",  # content was added or changed, no key of it
    "rekeyed",  # content was changed, and keys that others name may be among it
    "emptied",  # content was taken away
    "fired",  # it runs because of something, and does whatever it does
    "reshaped",  # the thing itself was changed, and nothing of it taken away
    "diminished",  # a part of the thing was taken away
    "gone",  # the thing itself was taken away
    "broken",  # it still stands but what it is made from does not
    "reauthorised",  # who may do what with it has changed
    "disturbed",  # something that runs was started, stopped or changed
    "touched",  # it is felt here and goes no further
    "unknown",  # nobody can tell what happened to it
]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)
EDGE_KINDS: Final[tuple[EdgeKind, ...]] = get_args(EdgeKind)

#: Events by which content is lost, or may be, and which a rehearsal counts.
LOSSES: Final[frozenset[Event]] = frozenset({"rekeyed", "emptied"})
#: Events by which the thing itself is lost or may stop working, which no count of rows shows.
ENDS: Final[frozenset[Event]] = frozenset({"diminished", "gone", "broken"})

MAY: Final = 0
MUST: Final = 1


class Felt(NamedTuple):
    """How an event arrives at a dependent: how certainly, and which event it is there."""

    certainty: int
    becomes: Event


SPREAD: Final[dict[Event, dict[EdgeKind, Felt]]] = {
    "altered": {
        "reads": Felt(MAY, "altered"),
        "triggers": Felt(MAY, "fired"),
        "contains": Felt(MAY, "altered"),
    },
    "rekeyed": {
        "reads": Felt(MAY, "altered"),
        "triggers": Felt(MAY, "fired"),
        "contains": Felt(MAY, "rekeyed"),
        "cascades": Felt(MAY, "rekeyed"),
        "nulls": Felt(MAY, "rekeyed"),
        "references": Felt(MAY, "touched"),  # it would fail, or leave it dangling
    },
    "emptied": {
        "reads": Felt(MAY, "altered"),
        "triggers": Felt(MAY, "fired"),
        "contains": Felt(MAY, "emptied"),
        "cascades": Felt(MAY, "emptied"),  # MUST when a rehearsal measured it; it is then a seed of its own
        "nulls": Felt(MAY, "rekeyed"),
        "references": Felt(MAY, "touched"),
    },
    "fired": {kind: Felt(MAY, "unknown") for kind in EDGE_KINDS},
    "reshaped": {
        "reads": Felt(MAY, "reshaped"),
        "triggers": Felt(MAY, "reshaped"),
        "contains": Felt(MAY, "reshaped"),
        "cascades": Felt(MAY, "touched"),
        "nulls": Felt(MAY, "touched"),
        "references": Felt(MAY, "touched"),
        "owns": Felt(MAY, "reshaped"),
    },
    "diminished": {
        "reads": Felt(MAY, "broken"),
        "triggers": Felt(MAY, "broken"),
        "contains": Felt(MAY, "broken"),
        "cascades": Felt(MAY, "rekeyed"),
        "nulls": Felt(MAY, "rekeyed"),
        "references": Felt(MAY, "rekeyed"),
        "owns": Felt(MAY, "gone"),
    },
    "gone": {
        "reads": Felt(MUST, "broken"),
        "triggers": Felt(MUST, "gone"),
        "contains": Felt(MUST, "gone"),
        "cascades": Felt(MUST, "emptied"),
        "nulls": Felt(MUST, "rekeyed"),
        "references": Felt(MUST, "reshaped"),  # it loses the reference, or stops the change
        "owns": Felt(MUST, "gone"),
        "uses": Felt(MUST, "broken"),
        "follows": Felt(MUST, "gone"),
        "after": Felt(MAY, "touched"),
        "configures": Felt(MUST, "broken"),
        "mentions": Felt(MAY, "broken"),
        "copies": Felt(MAY, "touched"),
    },
    "broken": {
        "reads": Felt(MUST, "broken"),
        "triggers": Felt(MAY, "broken"),
        "contains": Felt(MAY, "broken"),
        "cascades": Felt(MAY, "broken"),
        "nulls": Felt(MAY, "broken"),
        "references": Felt(MAY, "broken"),
        "owns": Felt(MAY, "broken"),
    },
    "reauthorised": {
        "reads": Felt(MAY, "reauthorised"),
        "contains": Felt(MAY, "reauthorised"),
        "owns": Felt(MAY, "reauthorised"),
    },
    "disturbed": {kind: Felt(MAY, "disturbed") for kind in EDGE_KINDS},
    "touched": {},
    "unknown": {kind: Felt(MAY, "unknown") for kind in EDGE_KINDS},
}

#: What a verb does to content; `update` is `altered` when it is proved that no key is among the fields.
ON_CONTENT: Final[dict[Verb, Event]] = {
    "create": "altered",
    "update": "rekeyed",
    "replace": "emptied",
    "delete": "emptied",
}
ON_STRUCTURE: Final[dict[Verb, Event | None]] = {
    "create": None,  # nothing depends yet on what was not there
    "update": "reshaped",
    "replace": "gone",
    "delete": "gone",
}


def event_of(effect: Effect, items: tuple[Item, ...]) -> Event | None:
    """What the effect does to its resource; None when nothing that depends on it can feel it.

    `items` are what an inventory knows of the resource, empty when it knows nothing.
    """
    verb, aspect = effect.verb, effect.aspect
    if is_opaque(effect):
        return "unknown"
    if verb == "read":
        return None
    if aspect == "authority" or verb in ("grant", "revoke"):
        return "reauthorised"
    if aspect == "process":
        return "disturbed"
    if verb == "execute":
        return "unknown"  # it was read, but what running it does to content or structure no table here says
    if aspect == "content":
        return "altered" if verb == "update" and _spares_every_key(effect, items) else ON_CONTENT[verb]
    if effect.fields and (verb == "delete" or (verb == "update" and "loses-data" in effect.traits)):
        return "diminished"
    return ON_STRUCTURE[verb]


def event_of_measured(verb: Verb) -> Event:
    """What a rehearsal saw happen to content, as an event; any other verb there is one that we cannot place."""
    return ON_CONTENT.get(verb, "unknown")


def _spares_every_key(effect: Effect, items: tuple[Item, ...]) -> bool:
    """Whether it is proved that no key is written: keys that nobody has told us of prove nothing."""
    written = set(effect.fields)
    return bool(items and written) and all(
        item.keys and all(written.isdisjoint(key) for key in item.keys) for item in items
    )


def compiled(spread: Mapping[Event, Mapping[EdgeKind, Felt]]) -> tuple[tuple[tuple[int, int] | None, ...], ...]:
    """SPREAD as rows of numbers: row = event, column = 2 x kind + hard; a cell is (certainty, event)."""
    rows: list[tuple[tuple[int, int] | None, ...]] = []
    for event in EVENTS:
        row: list[tuple[int, int] | None] = []
        for kind in EDGE_KINDS:
            felt = spread[event].get(kind)
            for hard in (False, True):
                certainty = felt.certainty if felt is not None and hard else MAY
                row.append(None if felt is None else (certainty, EVENTS.index(felt.becomes)))
        rows.append(tuple(row))
    return tuple(rows)
