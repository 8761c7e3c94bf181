"""ends-transaction: it commits or rolls back what came before it."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect after which what came before can no longer be taken back with the rest."""
    for ordinal, effect in seen.carrying("ends-transaction"):
        cause = f" ({effect.cause})" if effect.cause else ""
        yield (
            ordinal,
            Finding(
                id="ends-transaction",
                severity="high" if seen.writing else "low",
                confidence="high",
                message=f"{seen.change.unit} {effect.part + 1} ends the transaction{cause}: what came before stays",
                where=seen.where(effect),
                fix="leave it out: the change is run in one transaction",
            ),
        )
