"""undeclared-critical: many things stand on it, and nobody has declared it critical."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each changed thing that the graph shows to be critical and that nobody has marked."""
    declared = seen.declared
    for key, crux in seen.standing.items():
        if crux.shown and key not in declared:
            much = (
                f"at least {crux.dependents:,} things stand on it"
                if crux.dependents >= crux.cut_off
                else f"{crux.cut_off:,} things are linked with the rest only through it"
            )
            yield (
                WHOLE,
                Finding(
                    id="undeclared-critical",
                    severity="medium",
                    confidence="high",
                    message=f"`{key[1]}` is not marked critical, but {much}",
                    fix="mark it critical, or say why it is not",
                ),
            )
