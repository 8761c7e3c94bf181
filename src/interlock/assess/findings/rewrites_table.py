"""rewrites-table: the whole of a thing is written anew."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act, by_size, in_it
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that copies everything in its resource; it weighs by how much that is."""
    for ordinal, effect in seen.carrying("rewrites"):
        size = seen.size(effect.resource)
        yield (
            ordinal,
            Finding(
                id="rewrites-table",
                severity=by_size(size),
                confidence="high" if size is not None else "medium",
                message=f"{act(effect)} writes all of `{effect.resource.name}` anew: {in_it(size)}",
                where=seen.where(effect),
                fix="add the new shape beside the old one, fill it in parts, then switch",
            ),
        )
