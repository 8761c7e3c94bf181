"""whole-redundancy-group: all members of a redundancy group are taken at once."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, listed
from interlock.model.assessment import Finding, Severity


def find(seen: Seen) -> Iterator[Noted]:
    """One for each group of two and more of which no member is left out; it weighs by what is done to them."""
    for group in seen.domains.groups:
        members = seen.domains.members[group.kind, group.name]
        if group.touched < 2 or group.touched != group.total:
            continue
        severity: Severity = "medium"
        if members <= seen.taken.gone:
            severity = "critical"
        elif members <= seen.taken.hurt:
            severity = "high"
        names = listed(sorted(name for _, name in members))
        yield (
            WHOLE,
            Finding(
                id="whole-redundancy-group",
                severity=severity,
                confidence="high" if members <= seen.taken.hurt else "medium",
                message=f"all {group.touched:,} members of {group.kind} `{group.name}` are taken at once: {names}",
                fix="take them one after the other, and see that each one serves again before the next",
            ),
        )
