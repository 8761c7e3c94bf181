"""gentler-way: a destructive route is taken for something that has a gentler one (P6)."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, where
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


def find(seen: Seen) -> Iterator[Noted]:
    """Delete and create of one thing in one change, emptying and refilling, and replacing where updating would do."""
    effects = seen.change.effects
    taken: dict[tuple[tuple[str, str], str], int] = {}
    told: set[int] = set()
    for ordinal in seen.writing:
        effect = effects[ordinal]
        key = (effect.resource.key, effect.aspect)
        if effect.verb == "replace":
            yield ordinal, _finding(effect, *(_REPLACE if effect.aspect == "structure" else _REPLACE_ROWS))
        elif effect.verb == "delete" and (effect.aspect == "structure" or effect.choice in SPARING_NOTHING):
            taken.setdefault(key, ordinal)
        elif effect.verb == "create" and key in taken and taken[key] not in told:
            told.add(taken[key])
            route = _RECREATE if effect.aspect == "structure" else _REFILL
            yield taken[key], _finding(effects[taken[key]], *route)


def _finding(effect: Effect, harsh: str, gentle: str) -> Finding:
    return Finding(
        id="gentler-way",
        severity="medium",
        confidence="medium",
        message=f"`{effect.resource.name}` {harsh}",
        where=where(effect),
        fix=gentle,
    )
