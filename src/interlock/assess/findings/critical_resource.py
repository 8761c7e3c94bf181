"""critical-resource: it reaches something that the business cannot lose."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.reach import critical_things
from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each critical thing that is touched, or that may lose something by what is."""
    changed = {each.resource.key for each in seen.reach.changed}
    for name, key in critical_things(seen.world, seen.reach, seen.grave):
        touched = key in changed
        how = "is touched" if touched else "could lose something by this"
        yield (
            WHOLE,
            Finding(
                id="critical-resource",
                severity="high" if touched and seen.tier == "destroy" else "medium",
                confidence="high" if touched else "medium",
                message=f"`{name}` is marked critical and {how}",
                fix="have somebody who answers for it look at this change",
            ),
        )
