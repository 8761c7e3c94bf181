"""rollback-unproven: a way back may exist but was not simulated, or loses something."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """Said once of a rehearsed change that writes and whose way back was not walked to the end."""
    rehearsal = seen.rehearsal
    if rehearsal is None or rehearsal.failed or not seen.writing:
        return
    rollback = rehearsal.rollback
    if rollback.verdict == "invalid" or (rollback.verdict in ("valid", "none-needed") and rollback.simulated):
        return
    why = f": {rollback.why}" if rollback.why else ""
    state = "loses something" if rollback.verdict == "valid-with-loss" and rollback.simulated else "is not proved"
    yield (
        WHOLE,
        Finding(
            id="rollback-unproven",
            severity="medium",
            confidence="high",
            message=f"the way back {state}{why}",
            fix="make the change smaller, or raise the bounds so that the way back can be walked on a copy",
        ),
    )
