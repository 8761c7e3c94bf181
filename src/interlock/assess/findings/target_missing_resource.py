"""target-missing-resource: it names something that the target does not have."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each thing that a survey of such things did not find and no statement before it creates."""
    inventory = seen.inventory
    if inventory is None:
        return
    surveyed = {item.resource.type for item in inventory.items}
    created: set[tuple[str, str]] = set()
    for ordinal, effect in enumerate(seen.change.effects):
        resource = effect.resource
        if effect.verb == "create" and effect.aspect == "structure":
            created.add(resource.key)
            continue
        if effect.known == "unknown" or resource.type not in surveyed or resource.key in created:
            continue
        if not seen.world.find(resource):
            yield (
                ordinal,
                Finding(
                    id="target-missing-resource",
                    severity="info" if effect.verb == "read" else "medium",
                    confidence="high" if inventory.complete else "low",
                    message=f"`{inventory.target}` has no `{resource.name}` for the {act(effect)}",
                    where=seen.where(effect),
                    fix="check the name and the target: this may be meant for another one",
                ),
            )
