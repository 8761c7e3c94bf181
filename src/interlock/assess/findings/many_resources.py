"""many-resources: more things are named than the environment allows in one change."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, listed
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """Said once when the change touches more things than `max_resources`."""
    limit, touched = seen.environment.max_resources, len(seen.reach.changed)
    if touched > limit:
        names = [each.resource.name for each in seen.reach.changed]
        yield (
            WHOLE,
            Finding(
                id="many-resources",
                severity="high",
                confidence="high",
                message=f"it touches {touched:,} things ({listed(names)}); `{seen.environment.name}` allows {limit:,}",
                fix="split it into changes that can be looked through",
            ),
        )
