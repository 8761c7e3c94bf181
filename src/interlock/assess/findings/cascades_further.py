"""cascades-further: things that no statement names go, change or break with it."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, act, listed
from interlock.model.assessment import Confidence, Finding, Severity


def find(seen: Seen) -> Iterator[Noted]:
    """What a rehearsal saw happen elsewhere; without one, what the survey says must or could go along."""
    for ordinal, effect in seen.carrying("cascades"):
        yield ordinal, _finding("high", "high", f"{act(effect)} says itself that dependents go too", seen.where(effect))
    if seen.figures.whole:
        yield from _measured(seen)
    elif seen.grave:
        yield from _from_survey(seen)


def _measured(seen: Seen) -> Iterator[Noted]:
    named = {each.resource.key for each in seen.reach.changed}
    for each in seen.figures.measured:
        if each.indirect <= 0 or each.verb == "read":
            continue
        severity: Severity = "high" if each.verb == "delete" else "low" if each.verb == "create" else "medium"
        if each.indirect > seen.environment.max_rows:
            severity = "high"
        also = "" if each.resource.key in named else f", which no {seen.change.unit} names"
        much = f"{each.indirect:,} of `{each.resource.name}`{also}"
        yield WHOLE, _finding(severity, "high", f"by cascade or trigger: {each.verb} of {much}", "")


def _from_survey(seen: Seen) -> Iterator[Noted]:
    told = {each.resource.key for each in seen.reach.changed}
    for certainty, reached in (("must", seen.reach.must), ("may", seen.reach.may)):
        unnamed = seen.grave - told
        names = [each.resource.name for each in reached if each.resource.key in unnamed] if unnamed else []
        told.update(each.resource.key for each in reached)
        if names:
            does = "go, change or break" if certainty == "must" else "could go, change or break"
            yield (
                WHOLE,
                _finding(
                    "high" if certainty == "must" else "medium",
                    "high" if certainty == "must" else "medium",
                    f"{listed(names)} {does} with it, though no {seen.change.unit} names them",
                    "",
                ),
            )


def _finding(severity: Severity, confidence: Confidence, message: str, place: str) -> Finding:
    return Finding(
        id="cascades-further",
        severity=severity,
        confidence=confidence,
        message=message,
        where=place,
        fix="take the dependents first, each on its own, and see how many there are",
    )
