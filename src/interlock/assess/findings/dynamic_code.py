"""dynamic-code: what is done is put together at run time, so nobody can read it beforehand."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that is built while it runs."""
    for ordinal, effect in seen.carrying("dynamic"):
        cause = f" ({effect.cause})" if effect.cause else ""
        yield (
            ordinal,
            Finding(
                id="dynamic-code",
                severity="critical",
                confidence="high",
                message=f"{act(effect)} is put together at run time{cause}; what it does cannot be read",
                where=seen.where(effect),
                fix="write out what is done",
            ),
        )
