"""backup-with-original: a backup is changed together with what it is a backup of."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding, Severity


def find(seen: Seen) -> Iterator[Noted]:
    """One for each pair of two kinds; where every copy goes with its original, copy-dies says so instead."""
    felt, hurt = seen.domains.felt, seen.taken.hurt
    dying = {seen.change.effects[ordinal].resource.key for ordinal in seen.undoing.copies}
    for original, copy in seen.links.pairs(felt):
        if copy[0] == original[0] or original in dying:
            continue
        both = {original, copy}
        severity: Severity = "high" if both <= hurt else "medium"
        yield (
            WHOLE,
            Finding(
                id="backup-with-original",
                severity=severity,
                confidence="high" if both <= hurt else "medium",
                message=f"`{original[1]}` and its backup `{copy[1]}` are taken in one change",
                fix="leave the backup alone until the original is seen to be whole",
            ),
        )
