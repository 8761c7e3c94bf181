"""not-transactional: it cannot be rolled back as part of a transaction."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that no transaction can hold, so that it can be neither rehearsed nor stopped half way."""
    for ordinal, effect in seen.carrying("not-transactional"):
        yield (
            ordinal,
            Finding(
                id="not-transactional",
                severity="medium",
                confidence="high",
                message=f"{act(effect)} cannot be part of a transaction: it can be neither tried first nor taken back",
                where=seen.where(effect),
                fix="propose it alone, with its own way back",
            ),
        )
