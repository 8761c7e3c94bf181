"""reach-cut: how far the change reaches was not followed to the end."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """Said once when there are things next to the listed ones that were not entered."""
    if seen.reach.frontier:
        reached, left = len(seen.reach.may), seen.reach.frontier
        yield (
            WHOLE,
            Finding(
                id="reach-cut",
                severity="high",
                confidence="high",
                message=f"it reaches {reached:,} things and at least {left:,} more that were not followed",
                fix="split the change, so that the reach of each part can be told",
            ),
        )
