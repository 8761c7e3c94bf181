"""always-true-condition: a condition that excludes nothing, such as `1 = 1`."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.assess.tier import TAKING
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that takes something under a condition that spares nothing."""
    for ordinal, effect in seen.carrying("always-true"):
        if effect.verb in TAKING:
            yield (
                ordinal,
                Finding(
                    id="always-true-condition",
                    severity="critical" if effect.verb == "delete" else "high",
                    confidence="high",
                    message=f"the condition of the {act(effect)} excludes nothing: it takes everything",
                    where=seen.where(effect),
                    fix="write a condition that tells what is meant from what is not",
                ),
            )
