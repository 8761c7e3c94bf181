"""primary-and-replica: a thing and its replica are taken at once."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding, Severity


def find(seen: Seen) -> Iterator[Noted]:
    """One for each pair of one type of which one is a copy of the other, when both are changed or feel it."""
    felt, gone, hurt = seen.domains.felt, seen.taken.gone, seen.taken.hurt
    for original, copy in seen.links.pairs(felt):
        if copy[0] != original[0]:
            continue
        both = {original, copy}
        severity: Severity = "critical" if both <= gone else "high" if both <= hurt else "medium"
        yield (
            WHOLE,
            Finding(
                id="primary-and-replica",
                severity=severity,
                confidence="high" if both <= hurt else "medium",
                message=f"`{original[1]}` and its replica `{copy[1]}` are taken at once",
                fix="change the replica first, see that it serves, switch, and change the other one then",
            ),
        )
