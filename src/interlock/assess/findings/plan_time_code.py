"""plan-time-code: finding out what it would do already runs code that the proposal brought."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, detail
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each piece of code that runs before anybody has decided."""
    for signal in seen.signalled("plan-time-code"):
        yield (
            WHOLE,
            Finding(
                id="plan-time-code",
                severity="high",
                confidence="high",
                message=f"code that the proposal brought runs already while it is planned{detail(signal.detail)}",
                fix="take the code out, or have it reviewed as code that runs with the credentials of the planner",
            ),
        )
