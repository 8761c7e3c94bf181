"""unfelt-critical: it is declared critical, and nothing that is known stands on it."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each changed thing that is marked, holds nothing that is known of, and has nothing that stands on it."""
    declared = seen.declared
    for key, crux in seen.standing.items():
        if key in declared and not (crux.dependents or crux.cut_off or crux.holds):
            yield (
                WHOLE,
                Finding(
                    id="unfelt-critical",
                    severity="low",
                    confidence="low",
                    message=f"`{key[1]}` is marked critical, but nothing that is known stands on it",
                    fix="either what stands on it was not seen, or the mark is out of date; find out which",
                ),
            )
