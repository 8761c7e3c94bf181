"""leaves-target: an effect goes outside of the target, where nothing can take it back."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect on files, programs, other servers or messages."""
    for ordinal, effect in seen.carrying("leaves-target"):
        cause = f" ({effect.cause})" if effect.cause else ""
        yield (
            ordinal,
            Finding(
                id="leaves-target",
                severity="critical",
                confidence="high",
                message=f"{act(effect)} reaches outside of the target{cause}; no rollback follows it there",
                where=seen.where(effect),
                fix="keep the change inside the target, and propose what is outside apart",
            ),
        )
