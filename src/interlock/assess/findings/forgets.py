"""forgets: a thing goes on existing, and nothing manages it any more."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each of them; it weighs more where the thing holds something."""
    for ordinal, effect in seen.carrying("forgets"):
        yield (
            ordinal,
            Finding(
                id="forgets",
                severity="medium" if seen.holds(ordinal) else "low",
                confidence="high",
                message=f"`{effect.resource.name}` goes on existing and nothing manages it any more",
                where=seen.where(effect),
                fix="write down who answers for it from now on, or delete it on purpose",
            ),
        )
