"""gentler-way: a destructive route is taken for something that has a gentler one (P6)."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen
from interlock.assess.tier import SPARING_NOTHING
from interlock.model.assessment import Finding
from interlock.model.change import Effect

#: What is said of each route: why it is harsher than needed, and what does the same without.
_RECREATE = ("is taken away and created anew", "change it in place: what is in it and who depends on it then stay")
_REFILL = ("is emptied and filled anew", "update the rows that differ and delete the ones that are too many, by key")
_REPLACE = ("is replaced as a whole", "change it in place, or put the new one beside it and switch")
_REPLACE_ROWS = (
    "is written by replacing rows: each is deleted first, with all that hangs on it",
    "update what is there and insert only what is not",
)
#: How a route is called where the reader itself knows the gentler one.
_HARSH = {"replace": "is replaced as a whole", "delete": "is taken away"}


def find(seen: Seen) -> Iterator[Noted]:
    """What the reader knows; else delete and create of one thing, emptying and refilling, replacing as a whole.

    Where a planner made the replacement, or the reader knows such things, and neither knows of anything gentler, there
    is nothing to say: it was already found that it cannot be changed in place.
    """
    effects = seen.change.effects
    taken: dict[tuple[tuple[str, str], str], int] = {}
    told: set[int] = set()
    for ordinal in seen.writing:
        effect = effects[ordinal]
        key = (effect.resource.key, effect.aspect)
        if effect.gentler:
            told.add(ordinal)
            harsh = _HARSH.get(effect.verb, "is changed by a harsher way than it needs")
            yield ordinal, _finding(seen, effect, harsh, effect.gentler, known=True)
        unplanned = effect.known != "planned" and effect.way_back is None
        if effect.verb == "replace" and not effect.gentler and unplanned:
            route = _REPLACE if effect.aspect == "structure" else _REPLACE_ROWS
            yield ordinal, _finding(seen, effect, *route)
        elif effect.verb == "delete" and (effect.aspect == "structure" or effect.choice in SPARING_NOTHING):
            taken.setdefault(key, ordinal)
        elif effect.verb == "create" and key in taken and taken[key] not in told:
            told.add(taken[key])
            route = _RECREATE if effect.aspect == "structure" else _REFILL
            yield taken[key], _finding(seen, effects[taken[key]], *route)


def _finding(seen: Seen, effect: Effect, harsh: str, gentle: str, *, known: bool = False) -> Finding:
    return Finding(
        id="gentler-way",
        severity="medium",
        confidence="high" if known else "medium",
        message=f"`{effect.resource.name}` {harsh}",
        where=seen.where(effect),
        fix=gentle,
    )
