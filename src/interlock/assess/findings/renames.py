"""renames: only the name by which a thing is managed changes."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each of them."""
    for ordinal, effect in seen.carrying("renames"):
        cause = f" ({effect.cause})" if effect.cause else ""
        yield (
            ordinal,
            Finding(
                id="renames",
                severity="info",
                confidence="high",
                message=f"only the name by which `{effect.resource.name}` is managed changes{cause}",
                where=seen.where(effect),
                fix="nothing is to be done; see that it is the thing that was meant",
            ),
        )
