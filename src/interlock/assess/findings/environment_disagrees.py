"""environment-disagrees: the claimed environment is not the one that is there."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One when the target is not what the proposal claims, and one for each effect that names a third environment."""
    claimed = seen.claimed.name
    surveyed = seen.inventory.environment if seen.inventory is not None else ""
    actual = seen.found.name if seen.found is not None else surveyed
    for other in dict.fromkeys((actual, surveyed)):
        if other and other != claimed:
            yield WHOLE, _finding(f"the proposal claims `{claimed}`, the target is `{other}`", "")
    told: set[str] = {"", claimed, actual, surveyed}
    for ordinal, effect in enumerate(seen.change.effects):
        name = effect.resource.environment
        if name not in told:
            told.add(name)
            yield (
                ordinal,
                _finding(f"the {act(effect)} is in `{name}`, the proposal claims `{claimed}`", seen.where(effect)),
            )


def _finding(message: str, place: str) -> Finding:
    return Finding(
        id="environment-disagrees",
        severity="high",
        confidence="high",
        message=message,
        where=place,
        fix="propose it for the environment that it really changes; until then the stricter one counts",
    )
