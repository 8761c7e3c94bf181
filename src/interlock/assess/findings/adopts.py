"""adopts: something that exists already comes under management."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each of them."""
    for ordinal, effect in seen.carrying("adopts"):
        yield (
            ordinal,
            Finding(
                id="adopts",
                severity="low",
                confidence="high",
                message=f"`{effect.resource.name}` exists already and is managed from now on",
                where=seen.where(effect),
                fix="make sure that nobody else manages it, and that what is configured is what is there",
            ),
        )
