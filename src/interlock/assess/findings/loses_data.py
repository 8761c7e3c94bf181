"""loses-data: content is gone when this has run, beyond what the verb says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from interlock.assess.seen import Noted, Seen, in_it, listed
from interlock.model.assessment import Finding, Severity
from interlock.model.wayback import Reversibility

#: How much it matters where evidence says that what is lost can be had back.
LOWERED: Final[dict[Reversibility, Severity]] = {
    "exact-inverse": "medium",
    "disruptive-inverse": "medium",
    "verified-copy": "high",
    "grace-period": "high",
}


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that throws content away: all of it, or that of some columns."""
    for ordinal, effect in seen.carrying("loses-data"):
        size, back = seen.size(effect.resource), effect.way_back
        # A planner names what changes of a thing that goes as a whole; those are not what is lost.
        named = effect.fields if back is None or effect.verb == "update" else ()
        what = f"{listed(named)} of `{effect.resource.name}`" if named else f"`{effect.resource.name}`"
        cause = f" ({effect.cause})" if effect.cause else ""
        severity: Severity = "low" if size == 0 else "critical"
        much, lifts = in_it(size), ""
        if back is not None:
            much, lifts = back.loses or ("nobody knows how much" if size is None else much), back.lifts
            if back.evidence and size != 0:
                severity = LOWERED.get(seen.weighed[ordinal].reversibility, "critical")
                much += f"; {', '.join(back.evidence)}"
        yield (
            ordinal,
            Finding(
                id="loses-data",
                severity=severity,
                confidence="high",
                message=f"the content of {what} is lost{cause}: {much}",
                where=seen.where(effect),
                fix=lifts or "move it aside first, or take a copy that outlives it and is known to restore",
            ),
        )
