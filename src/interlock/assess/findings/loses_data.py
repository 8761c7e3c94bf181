"""loses-data: content is gone when this has run, beyond what the verb says."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, in_it, listed
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that throws content away: all of it, or that of some columns."""
    for ordinal, effect in seen.carrying("loses-data"):
        size = seen.size(effect.resource)
        what = f"{listed(effect.fields)} of `{effect.resource.name}`" if effect.fields else f"`{effect.resource.name}`"
        cause = f" ({effect.cause})" if effect.cause else ""
        yield (
            ordinal,
            Finding(
                id="loses-data",
                severity="low" if size == 0 else "critical",
                confidence="high",
                message=f"the content of {what} is lost{cause}: {in_it(size)}",
                where=seen.where(effect),
                fix="move it aside first, or take a copy that outlives it and is known to restore",
            ),
        )
