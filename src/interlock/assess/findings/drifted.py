"""drifted: somebody had changed it outside of what manages it."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, detail
from interlock.model.assessment import Confidence, Finding, Severity


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect on such a thing, and one for each sign that others had changed beside it."""
    for ordinal, effect in seen.carrying("drifted"):
        message = f"`{effect.resource.name}` had been changed outside of what manages it; this undoes that"
        yield ordinal, _finding("medium", "high", message, seen.where(effect))
    for signal in seen.signalled("drift"):
        message = f"the world had changed outside of what manages it{detail(signal.detail)}"
        yield WHOLE, _finding("low", "high", message, "")


def _finding(severity: Severity, confidence: Confidence, message: str, place: str) -> Finding:
    return Finding(
        id="drifted",
        severity=severity,
        confidence=confidence,
        message=message,
        where=place,
        fix="ask who changed it and why: it may be a repair that must not be undone",
    )
