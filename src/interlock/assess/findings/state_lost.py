"""state-lost: everything would be made anew, though it exists."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, detail
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each sign that what is managed was forgotten."""
    for signal in seen.signalled("state-lost"):
        yield (
            WHOLE,
            Finding(
                id="state-lost",
                severity="critical",
                confidence="medium",
                message=f"it would make everything anew, though it seems to exist already{detail(signal.detail)}",
                fix="find the record of what is managed and use that; make nothing until the two agree",
            ),
        )
