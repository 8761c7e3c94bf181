"""not-by-key: an update or delete chooses by something that does not name one thing."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act, listed
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each choice that pins no unique key of what it takes from.

    Without a survey, the reader's word that something is named is taken. Where the rows were counted it is only told.
    """
    for ordinal in seen.taking:
        effect = seen.change.effects[ordinal]
        if effect.verb == "replace" or effect.choice not in ("named", "filtered") or effect.known == "unknown":
            continue
        items = seen.world.items(effect.resource)
        keys = [key for item in items for key in item.keys if set(key) <= set(item.fields)]
        if seen.weighed[ordinal].keyed or (effect.choice == "named" and not keys):
            continue
        by = listed(effect.keys) if effect.keys else "a condition"
        proof = f"; its keys are {listed([', '.join(key) for key in keys])}" if keys else ""
        yield (
            ordinal,
            Finding(
                id="not-by-key",
                severity="info" if seen.figures.whole else "medium" if keys else "low",
                confidence="high" if keys else "low",
                message=f"{act(effect)} chooses by {by}, which names no single row{proof}",
                where=seen.where(effect),
                fix="choose by a whole key, or look first which ones are hit",
            ),
        )
