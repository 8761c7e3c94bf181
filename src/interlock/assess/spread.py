"""Spread: how a change to one thing is felt by what depends on it, as a table of event x kind of edge.

The rules of this room: an event happens to a thing; SPREAD says, for each kind of edge that leads to it, whether what
depends on it feels that certainly (MUST) or possibly (MAY), and which event that is there. A pair with no entry is not
felt. An edge that is not hard never gives more than MAY. Whatever we do not know spreads along every edge.

Along the kinds in ON_ATTRIBUTE a change is felt by attribute: where it is known which ones change, and which ones an
edge reads, they have to meet; then ON_ATTRIBUTE holds instead of the row. Where either is not known, it may be any. The
few kinds of edge that are felt from the other end, too, are in BACKWARD.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
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
    "made",  # it was not there before, and what will read it is already written
    "amended",  # attributes of it were changed in place, and it is known which
    "replaced",  # it is there again, with another identity
    "withdrawn",  # it can be used no longer; what that does to what is in it, no table here says
    "exposed",  # a copy of it, which guarded it, may be lost
]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)
EDGE_KINDS: Final[tuple[EdgeKind, ...]] = get_args(EdgeKind)

#: Events by which content is lost, or may be, and which a rehearsal counts.
LOSSES: Final[frozenset[Event]] = frozenset({"rekeyed", "emptied"})
#: Events by which the thing itself is lost or may stop working, which no count of rows shows.
ENDS: Final[frozenset[Event]] = frozenset({"diminished", "gone", "broken", "replaced"})

MAY: Final = 0
MUST: Final = 1


class Felt(NamedTuple):
    """How an event arrives at a dependent: how certainly, and which event it is there."""

    certainty: int
    becomes: Event


#: What was changed in place and is all there.
IN_PLACE: Final[dict[EdgeKind, Felt]] = {
    "reads": Felt(MAY, "reshaped"),
    "triggers": Felt(MAY, "reshaped"),
    "contains": Felt(MAY, "reshaped"),
    "cascades": Felt(MAY, "touched"),
    "nulls": Felt(MAY, "touched"),
    "references": Felt(MAY, "touched"),
    "owns": Felt(MAY, "reshaped"),
    "uses": Felt(MAY, "reshaped"),
    "follows": Felt(MUST, "replaced"),
    "after": Felt(MAY, "touched"),
    "configures": Felt(MAY, "broken"),
    "mentions": Felt(MAY, "touched"),
    "copies": Felt(MAY, "reshaped"),
}
#: What is in it or made from it when it goes, whether or not it comes again.
TAKES_ALONG: Final[dict[EdgeKind, Felt]] = {
    "reads": Felt(MUST, "broken"),
    "triggers": Felt(MUST, "gone"),
    "contains": Felt(MUST, "gone"),
    "cascades": Felt(MUST, "emptied"),
    "nulls": Felt(MUST, "rekeyed"),
    "references": Felt(MUST, "reshaped"),  # it loses the reference, or stops the change
    "owns": Felt(MUST, "gone"),
}
#: What counts on it when it goes and does not come again.
GOES: Final[dict[EdgeKind, Felt]] = {
    "uses": Felt(MUST, "broken"),
    "follows": Felt(MAY, "replaced"),  # it goes only with what is still there and changes
    "after": Felt(MAY, "touched"),
    "configures": Felt(MUST, "broken"),
    "mentions": Felt(MAY, "broken"),
    "copies": Felt(MAY, "broken"),
}

SPREAD: Final[dict[Event, dict[EdgeKind, Felt]]] = {
    "altered": {
        "reads": Felt(MAY, "altered"),
        "triggers": Felt(MAY, "fired"),
        "contains": Felt(MAY, "altered"),
        "uses": Felt(MAY, "touched"),
        "follows": Felt(MAY, "replaced"),
        "copies": Felt(MAY, "altered"),
    },
    "rekeyed": {
        "reads": Felt(MAY, "altered"),
        "triggers": Felt(MAY, "fired"),
        "contains": Felt(MAY, "rekeyed"),
        "cascades": Felt(MAY, "rekeyed"),
        "nulls": Felt(MAY, "rekeyed"),
        "references": Felt(MAY, "touched"),  # it would fail, or leave it dangling
        "uses": Felt(MAY, "touched"),
        "follows": Felt(MAY, "replaced"),
        "copies": Felt(MAY, "rekeyed"),
    },
    "emptied": {
        "reads": Felt(MAY, "altered"),
        "triggers": Felt(MAY, "fired"),
        "contains": Felt(MAY, "emptied"),
        "cascades": Felt(MAY, "emptied"),  # MUST when a rehearsal measured it; it is then a seed of its own
        "nulls": Felt(MAY, "rekeyed"),
        "references": Felt(MAY, "touched"),
        "uses": Felt(MAY, "broken"),
        "follows": Felt(MAY, "replaced"),
        "mentions": Felt(MAY, "touched"),
        "copies": Felt(MAY, "emptied"),
    },
    "fired": {kind: Felt(MAY, "unknown") for kind in EDGE_KINDS},
    "reshaped": IN_PLACE,
    "diminished": {
        "reads": Felt(MAY, "broken"),
        "triggers": Felt(MAY, "broken"),
        "contains": Felt(MAY, "broken"),
        "cascades": Felt(MAY, "rekeyed"),
        "nulls": Felt(MAY, "rekeyed"),
        "references": Felt(MAY, "rekeyed"),
        "owns": Felt(MAY, "gone"),
        "uses": Felt(MAY, "broken"),
        "follows": Felt(MUST, "replaced"),
        "after": Felt(MAY, "touched"),
        "configures": Felt(MAY, "broken"),
        "mentions": Felt(MAY, "touched"),
        "copies": Felt(MAY, "diminished"),
    },
    "gone": TAKES_ALONG | GOES,
    "broken": {
        "reads": Felt(MUST, "broken"),
        "triggers": Felt(MAY, "broken"),
        "contains": Felt(MAY, "broken"),
        "cascades": Felt(MAY, "broken"),
        "nulls": Felt(MAY, "broken"),
        "references": Felt(MAY, "broken"),
        "owns": Felt(MAY, "broken"),
        "uses": Felt(MAY, "broken"),
        "follows": Felt(MAY, "replaced"),
        "configures": Felt(MAY, "broken"),
        "mentions": Felt(MAY, "broken"),
        "copies": Felt(MAY, "broken"),
    },
    "reauthorised": {
        "reads": Felt(MAY, "reauthorised"),
        "contains": Felt(MAY, "reauthorised"),
        "owns": Felt(MAY, "reauthorised"),
        "uses": Felt(MAY, "reauthorised"),
        "follows": Felt(MAY, "replaced"),
        "after": Felt(MAY, "touched"),
        "configures": Felt(MAY, "broken"),
        "mentions": Felt(MAY, "reauthorised"),
    },
    "disturbed": {kind: Felt(MAY, "disturbed") for kind in EDGE_KINDS},
    "touched": {},
    "unknown": {kind: Felt(MAY, "unknown") for kind in EDGE_KINDS},
    "made": {
        "uses": Felt(MAY, "reshaped"),
        "follows": Felt(MAY, "replaced"),
        "after": Felt(MAY, "touched"),
        "configures": Felt(MAY, "broken"),
    },
    "amended": IN_PLACE,  # not along an edge that is known to read: there ON_ATTRIBUTE decides
    "replaced": TAKES_ALONG  # it is gone for a while: nobody feels that who is not in this row
    | {
        "uses": Felt(MAY, "replaced"),  # what it reads may be what it was made with
        "follows": Felt(MUST, "replaced"),
        "after": Felt(MAY, "touched"),
        "configures": Felt(MAY, "broken"),
        "mentions": Felt(MAY, "broken"),  # what it names is the old one
        "copies": Felt(MAY, "broken"),
    },
    "withdrawn": GOES,
    "exposed": {},
}

#: How a change of one attribute is felt by what reads just that one.
ON_ATTRIBUTE: Final[dict[EdgeKind, Felt]] = {
    "uses": Felt(MUST, "reshaped"),
    "follows": Felt(MUST, "replaced"),
    "configures": Felt(MAY, "broken"),
}

#: What the target of an edge feels when this happens to its source.
BACKWARD: Final[dict[Event, dict[EdgeKind, Felt]]] = {
    event: {"copies": Felt(MAY, "exposed")}
    for event in EVENTS
    if event in {"rekeyed", "emptied", "diminished", "gone", "broken", "replaced", "withdrawn", "unknown"}
}
BACKWARD_KINDS: Final = frozenset(kind for row in BACKWARD.values() for kind in row)

#: What a verb does to content; `update` is `altered` when it is proved that no key is among the fields.
ON_CONTENT: Final[dict[Verb, Event]] = {
    "create": "altered",
    "update": "rekeyed",
    "replace": "emptied",
    "delete": "emptied",
}
ON_STRUCTURE: Final[dict[Verb, Event]] = {
    "create": "made",
    "update": "reshaped",
    "replace": "replaced",
    "delete": "gone",
}

#: What a verb does to those who use what grants or runs.
ON_USE: Final[dict[Verb, Event]] = {"create": "made", "delete": "withdrawn"}


def event_of(effect: Effect, items: tuple[Item, ...]) -> Event | None:
    """What the effect does to its resource, before all; None when nothing that depends on it can feel it.

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
    if verb == "update" and (effect.fields or "renames" in effect.traits):
        return "amended" if effect.fields else "touched"
    return ON_STRUCTURE[verb]


def beside(effect: Effect) -> Event | None:
    """What the effect certainly does to its resource beside its event: what grants, or runs, is also used by others."""
    return ON_USE.get(effect.verb) if effect.aspect in ("authority", "process") and not is_opaque(effect) else None


def attributes_of(effect: Effect) -> tuple[str, ...]:
    """The attributes that others may read and that the effect surely changes, as far as they are known."""
    if effect.aspect == "content" or effect.verb not in ("create", "update", "replace") or is_opaque(effect):
        return ()
    return effect.fields


def event_of_measured(verb: Verb) -> Event:
    """What a rehearsal saw happen to content, as an event; any other verb there is one that we cannot place."""
    return ON_CONTENT.get(verb, "unknown")


def _spares_every_key(effect: Effect, items: tuple[Item, ...]) -> bool:
    """Whether it is proved that no key is written: keys that nobody has told us of prove nothing."""
    written = set(effect.fields)
    return bool(items and written) and all(
        item.keys and all(written.isdisjoint(key) for key in item.keys) for item in items
    )


class Table(NamedTuple):
    """The tables as numbers: `rows[event][column]` and `read[column]` are sets of events, as bits.

    `read` is for what reads an attribute that changes.
    """

    rows: tuple[tuple[int, ...], ...]
    read: tuple[int, ...]


#: Columns of a Table: for each kind of edge eight, by what is known of the edge; then one for each kind backwards.
WIDTH: Final = 8
COLUMNS: Final = len(EDGE_KINDS) * (WIDTH + 1)


def column(kind: EdgeKind, *, hard: bool, named: bool, remakes: bool) -> int:
    """The column of an edge. `named`: it is known what it reads; `remakes`: what it reads may make its source anew."""
    return EDGE_KINDS.index(kind) * WIDTH + 4 * remakes + 2 * named + hard


def backward(kind: EdgeKind) -> int:
    """The column of an edge of this kind that is felt by its target."""
    return len(EDGE_KINDS) * WIDTH + EDGE_KINDS.index(kind)


def compiled(certainty: int) -> Table:
    """SPREAD, ON_ATTRIBUTE and BACKWARD as far as they give at least this certainty."""
    rows = tuple(
        (*_cells(SPREAD[event], certainty, blind=event == "amended"), *_backward(event, certainty)) for event in EVENTS
    )
    return Table(rows, (*_cells(ON_ATTRIBUTE, certainty), *[0] * len(EDGE_KINDS)))


def _cells(row: Mapping[EdgeKind, Felt], certainty: int, *, blind: bool = False) -> Iterator[int]:
    """One row, column by column. `blind`: it says nothing of edges of which it is known what they read."""
    for kind in EDGE_KINDS:
        felt = row.get(kind)
        for remakes, named, hard in product((False, True), repeat=3):
            if felt is None or (blind and named and kind in ON_ATTRIBUTE):
                yield 0
                continue
            # What is replaced with one attribute need not be when others change.
            unsure = not hard or (named and kind == "follows" and row is not ON_ATTRIBUTE)
            if (MAY if unsure else felt.certainty) < certainty:
                yield 0
                continue
            anew = remakes and certainty == MAY and felt.becomes == "reshaped"
            yield bit(felt.becomes) | (bit("replaced") if anew else 0)


def _backward(event: Event, certainty: int) -> Iterator[int]:
    for kind in EDGE_KINDS:
        felt = BACKWARD.get(event, {}).get(kind)
        yield bit(felt.becomes) if felt is not None and felt.certainty >= certainty else 0


def bit(event: Event) -> int:
    """The event in a set of events."""
    return 1 << EVENTS.index(event)
