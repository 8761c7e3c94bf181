"""leaves-a-gap: a thing is taken away before the new one is there."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen
from interlock.model.assessment import Finding, Severity


def find(seen: Seen) -> Iterator[Noted]:
    """One for each of them: high where it holds something, medium where others are reached through it, else low."""
    for ordinal, effect in seen.carrying("leaves-a-gap"):
        severity: Severity = "low"
        if seen.holds(ordinal) or seen.is_critical(effect.resource):
            severity = "high"
        elif seen.weighed[ordinal].planes:
            severity = "medium"
        cause = f" ({effect.cause})" if effect.cause else ""
        yield (
            ordinal,
            Finding(
                id="leaves-a-gap",
                severity=severity,
                confidence="high",
                message=f"`{effect.resource.name}` is taken away before the new one is there{cause}",
                where=seen.where(effect),
                fix=effect.gentler or "make the new one first, switch, and take the old one away then",
            ),
        )
