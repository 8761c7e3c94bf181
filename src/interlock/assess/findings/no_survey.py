"""no-survey: the change was judged from its text alone."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """Said once of a change that writes, when nobody looked at what exists."""
    if seen.inventory is None and seen.writing:
        yield (
            WHOLE,
            Finding(
                id="no-survey",
                severity="info",
                confidence="high",
                message="no target was looked at: counts, dependents and the way back are known from the text alone",
                fix="name the target, so that it can be surveyed and the change rehearsed",
            ),
        )
