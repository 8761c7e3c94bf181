"""reads-secret: what this answers is a secret, and whoever reads the answer has it."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect whose answer is a secret."""
    for ordinal, effect in seen.carrying("reads-secret"):
        cause = f" ({effect.cause})" if effect.cause else ""
        yield (
            ordinal,
            Finding(
                id="reads-secret",
                severity="medium",
                confidence="high",
                message=f"{act(effect)} answers with a secret{cause}",
                where=seen.where(effect),
                fix="let what needs the secret read it by itself, with a role of its own",
            ),
        )
