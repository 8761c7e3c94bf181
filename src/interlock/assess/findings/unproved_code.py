"""unproved-code: code that nobody pinned takes part."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, detail
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each piece of code that could be another one tomorrow."""
    for signal in seen.signalled("unproved-code"):
        yield (
            WHOLE,
            Finding(
                id="unproved-code",
                severity="medium",
                confidence="high",
                message=f"code that nobody pinned takes part{detail(signal.detail)}",
                fix="pin it by version and checksum",
            ),
        )
