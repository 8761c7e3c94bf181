"""mass-change: a large share of what there is goes, or more is made than there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding, Severity

#: From half of at least four things on that go, or ten and more that are new, the number itself is a sign.
LEAST: Final = 4
NEW: Final = 10


def find(seen: Seen) -> Iterator[Noted]:
    """One when half of all known things go, and one when more are made than there are."""
    if seen.inventory is None:
        return
    there = {item.resource.key for item in seen.inventory.items} - seen.taken.made
    severity: Severity
    gone, made = len(there & seen.taken.gone), len(seen.taken.made)
    if len(there) >= LEAST and gone * 2 >= len(there):
        severity = "critical" if gone == len(there) else "high"
        yield WHOLE, _finding(severity, f"{gone:,} of the {len(there):,} known things are deleted or replaced")
    if made >= NEW and made > len(there):
        known = f"{len(there):,} are known to be there" if there else "nothing is known to be there"
        severity = "medium" if len(there) >= LEAST else "low"
        yield WHOLE, _finding(severity, f"{made:,} things are made new, and {known}")


def _finding(severity: Severity, message: str) -> Finding:
    return Finding(
        id="mass-change",
        severity=severity,
        confidence="medium",
        message=message,
        fix="see that it is meant for this target and that its record is whole; then split it",
    )
