"""unfinished-plan: it could not be made to its end, so what it would do is not all known."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, detail
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each sign that something is missing at its end."""
    for signal in seen.signalled("unfinished-plan"):
        yield (
            WHOLE,
            Finding(
                id="unfinished-plan",
                severity="high",
                confidence="high",
                message=f"it was not made to its end{detail(signal.detail)}",
                fix="mend what stopped it and make it again",
            ),
        )
