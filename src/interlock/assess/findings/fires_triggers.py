"""fires-triggers: what is written to has triggers that run their own statements."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act, listed
from interlock.model.assessment import Finding

#: What a trigger can be set on.
_FIRING = frozenset({"create", "update", "replace", "delete"})


def find(seen: Seen) -> Iterator[Noted]:
    """One for each thing whose triggers may run; milder when a rehearsal has counted what they do."""
    told: set[int] = set()
    for ordinal in seen.writing if seen.world.edges else ():
        effect = seen.change.effects[ordinal]
        if effect.aspect != "content" or effect.verb not in _FIRING:
            continue
        for thing in seen.world.find(effect.resource):
            if thing in told:
                continue
            told.add(thing)
            edges = seen.world.edges_to(thing)
            names = sorted({edge.source.name for edge in edges if edge.kind == "triggers"})
            if names:
                yield (
                    ordinal,
                    Finding(
                        id="fires-triggers",
                        severity="info" if seen.figures.whole else "low",
                        confidence="high" if seen.figures.whole else "medium",
                        message=f"the {act(effect)} may fire {listed(names)}",
                        where=seen.where(effect),
                        fix="read what the triggers do: it belongs to this change",
                    ),
                )
