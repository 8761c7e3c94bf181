"""widens-access: more principals can do more when this has run."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that lets somebody do more than before."""
    for ordinal, effect in seen.carrying("widens-access"):
        cause = f" ({effect.cause})" if effect.cause else ""
        yield (
            ordinal,
            Finding(
                id="widens-access",
                severity="high",
                confidence="high",
                message=f"{act(effect)} lets somebody do more than before{cause}",
                where=seen.where(effect),
                fix="give the narrowest right that serves, to one named principal",
            ),
        )
