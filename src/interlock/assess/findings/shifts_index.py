"""shifts-index: a thing goes only because its place in a count or a key moved."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each of them; it weighs by what the thing holds."""
    for ordinal, effect in seen.carrying("shifts-index"):
        yield (
            ordinal,
            Finding(
                id="shifts-index",
                severity="high" if seen.holds(ordinal) else "medium",
                confidence="high",
                message=f"{act(effect)} happens only because its place in a count or a key moved",
                where=seen.where(effect),
                fix="name things by what they are and not by their number, or say under which name the old one goes on",
            ),
        )
