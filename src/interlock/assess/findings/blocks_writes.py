"""blocks-writes: nobody else can write to a thing while this runs."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act, by_size, in_it
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that keeps others from writing; it weighs by how much has to be gone through."""
    for ordinal, effect in seen.carrying("blocks-writes"):
        size = seen.size(effect.resource)
        yield (
            ordinal,
            Finding(
                id="blocks-writes",
                severity=by_size(size),
                confidence="high" if size is not None else "medium",
                message=f"while it runs, the {act(effect)} keeps all others from writing to it: {in_it(size)}",
                where=seen.where(effect),
                fix="use the form that does not lock, or run it with a lock time-out in a quiet hour",
            ),
        )
