"""only-removes: an update that only takes parts away, which no delete shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from interlock.assess.seen import Noted, Seen, act, listed
from interlock.model.assessment import Finding, Severity
from interlock.model.inventory import Plane

#: Where a part less lets somebody in, keeps everybody out or shows nothing any more.
GUARDING: Final[frozenset[Plane]] = frozenset({"identity", "encryption", "audit", "routing"})


def find(seen: Seen) -> Iterator[Noted]:
    """One for each of them; it weighs more where others are reached through the thing."""
    for ordinal, effect in seen.carrying("only-removes"):
        guarding = "loses-protection" in effect.traits or not GUARDING.isdisjoint(seen.weighed[ordinal].planes)
        severity: Severity = "high" if guarding or seen.is_critical(effect.resource) else "medium"
        parts = f": {listed(effect.fields)}" if effect.fields else ""
        yield (
            ordinal,
            Finding(
                id="only-removes",
                severity=severity,
                confidence="high",
                message=f"{act(effect)} only takes parts away{parts}",
                where=seen.where(effect),
                fix="look at what stood there, and at who uses it: what an update takes away is as gone as by a delete",
            ),
        )
