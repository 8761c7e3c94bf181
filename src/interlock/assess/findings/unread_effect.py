"""unread-effect: the rehearsal saw something written that no statement names: the reading was wrong."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each thing that was written directly though no effect of the change says so."""
    for name in seen.unread:
        yield (
            WHOLE,
            Finding(
                id="unread-effect",
                severity="critical",
                confidence="high",
                message=f"the rehearsal saw `{name}` written, though no {seen.change.unit} was read to write to it",
                fix="have a person look at it: what it says and what it does is not the same",
            ),
        )
