"""no-condition: an update or delete that could carry a condition carries none."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.assess.tier import TAKING
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that takes something and could have said of what, but did not."""
    for ordinal, effect in seen.carrying("no-condition"):
        if effect.verb in TAKING:
            yield (
                ordinal,
                Finding(
                    id="no-condition",
                    severity="critical" if effect.verb == "delete" else "high",
                    confidence="high",
                    message=f"{act(effect)} has no condition: it takes everything in `{effect.resource.name}`",
                    where=seen.where(effect),
                    fix="say which ones are meant, best by key",
                ),
            )
