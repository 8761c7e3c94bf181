"""state-moved: the record of what is managed is another one, or an older one, than was known."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, detail
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each sign that the record was put in the place of another."""
    for signal in seen.signalled("state-moved"):
        yield (
            WHOLE,
            Finding(
                id="state-moved",
                severity="critical",
                confidence="high",
                message=f"the record of what is managed is not the one that was known{detail(signal.detail)}",
                fix="find out who moved it and why; put the newest record back before anything is changed",
            ),
        )
