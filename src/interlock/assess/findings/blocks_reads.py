"""blocks-reads: nobody else can even read a thing while this runs."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act, by_size, in_it
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that keeps others even from reading; it weighs by how much has to be gone through."""
    for ordinal, effect in seen.carrying("blocks-reads"):
        size = seen.size(effect.resource)
        yield (
            ordinal,
            Finding(
                id="blocks-reads",
                severity=by_size(size),
                confidence="high" if size is not None else "medium",
                message=f"while it runs, the {act(effect)} keeps all others from reading it: {in_it(size)}",
                where=seen.where(effect),
                fix="use the form that does not lock, or run it with a lock time-out in a quiet hour",
            ),
        )
