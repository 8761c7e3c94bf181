"""rollback-invalid: the way back was tried and does not lead back."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """Said once when the simulation found that the way back leaves something else than was there."""
    rollback = seen.rehearsal.rollback if seen.rehearsal is not None else None
    if rollback is not None and rollback.verdict == "invalid":
        why = f": {rollback.why}" if rollback.why else ""
        yield (
            WHOLE,
            Finding(
                id="rollback-invalid",
                severity="critical",
                confidence="high",
                message=f"the way back does not lead back{why}",
                fix="change it so that it can be undone, or take a copy that is known to restore",
            ),
        )
