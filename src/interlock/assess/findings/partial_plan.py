"""partial-plan: it covers only a part of what is configured."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, detail
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each way in which it was narrowed."""
    for signal in seen.signalled("partial-plan"):
        yield (
            WHOLE,
            Finding(
                id="partial-plan",
                severity="medium",
                confidence="high",
                message=f"it covers only a part of what is configured{detail(signal.detail)}",
                fix="make it without narrowing, so that what hangs together changes together",
            ),
        )
