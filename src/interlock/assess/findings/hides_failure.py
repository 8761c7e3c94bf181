"""hides-failure: it makes errors pass in silence."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that would report success though it did nothing, or less than it says."""
    for ordinal, effect in seen.carrying("hides-failure"):
        destroys = seen.weighed[ordinal].tier == "destroy"
        cause = f" ({effect.cause})" if effect.cause else ""
        yield (
            ordinal,
            Finding(
                id="hides-failure",
                severity="medium" if destroys else "low",
                confidence="high",
                message=f"{act(effect)} passes in silence when it fails{cause}",
                where=seen.where(effect),
                fix="let it fail: an error here means that the world is not as was thought",
            ),
        )
