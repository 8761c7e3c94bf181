"""rehearsal-incomplete: the rehearsal hit a bound, so its figures are not the whole."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """Said once, with the bound that was hit."""
    rehearsal = seen.rehearsal
    if rehearsal is not None and not rehearsal.complete and not rehearsal.failed:
        limits = "; ".join(rehearsal.limits) or "no bound is named"
        yield (
            WHOLE,
            Finding(
                id="rehearsal-incomplete",
                severity="medium",
                confidence="high",
                message=f"the rehearsal was cut short ({limits}): what it counted is not all",
                fix="make the change smaller, or raise the bounds",
            ),
        )
