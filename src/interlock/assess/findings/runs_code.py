"""runs-code: code runs, or is put in place to run, whose effects are not in the text."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.assess.tier import DEFINING
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that runs such code (high) or stores it for later (medium)."""
    for ordinal, effect in seen.carrying("runs-code"):
        stored = effect.aspect == "structure" and effect.verb in DEFINING
        cause = f" ({effect.cause})" if effect.cause else ""
        does = "puts code in place that others will run" if stored else "runs code whose effects are not in the text"
        yield (
            ordinal,
            Finding(
                id="runs-code",
                severity="medium" if stored else "high",
                confidence="high",
                message=f"{act(effect)} {does}{cause}",
                where=seen.where(effect),
                fix="propose what the code does by itself, or have the code itself reviewed",
            ),
        )
