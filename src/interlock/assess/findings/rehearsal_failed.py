"""rehearsal-failed: tried on the target, the change does not even run."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """Said once, with the target's own words."""
    if seen.rehearsal is not None and seen.rehearsal.failed:
        yield (
            WHOLE,
            Finding(
                id="rehearsal-failed",
                severity="high",
                confidence="high",
                message=f"tried on the target and taken back, it fails: {seen.rehearsal.failed}",
                fix="correct it and propose it again",
            ),
        )
