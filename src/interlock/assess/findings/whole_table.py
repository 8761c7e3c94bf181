"""whole-table: the rehearsal hit every row that there is."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that took as many rows as the survey had counted, unless a key says that one was meant."""
    for ordinal in seen.taking:
        effect, weighed = seen.change.effects[ordinal], seen.weighed[ordinal]
        size = seen.size(effect.resource)
        if not size or weighed.count is None or weighed.keyed or weighed.count < size:
            continue
        yield (
            ordinal,
            Finding(
                id="whole-table",
                severity="critical" if effect.verb == "delete" else "high",
                confidence="high" if seen.figures.whole else "medium",
                message=f"the {act(effect)} hits {weighed.count:,} of {size:,} rows of `{effect.resource.name}`",
                where=seen.where(effect),
                fix="if one part is meant, name that part; if all is meant, have it approved as what it is",
            ),
        )
