"""loses-protection: a constraint, backup, audit or check that guards something goes away."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that takes a guard away."""
    for ordinal, effect in seen.carrying("loses-protection"):
        cause = f" ({effect.cause})" if effect.cause else ""
        yield (
            ordinal,
            Finding(
                id="loses-protection",
                severity="high",
                confidence="high",
                message=f"{act(effect)} takes away something that protects{cause}",
                where=seen.where(effect),
                fix="keep it, or put its successor in place first",
            ),
        )
