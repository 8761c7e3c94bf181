"""undo-loses-rights: the change takes away the rights by which it would be undone."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, listed
from interlock.assess.undo import Lost
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each thing that others are reached through and that goes, or changes, in the same change as they do."""
    lost: dict[Lost, list[str]] = {}
    for ordinal, each in seen.undoing.rights.items():
        lost.setdefault(each, []).append(seen.change.effects[ordinal].resource.name)
    for each, names in sorted(lost.items()):
        gone = each.verdict == "invalid"
        by = "" if each.by == each.through else f" by `{each.by}`"
        does = f"loses its rights{by}" if gone else "is changed"
        reached = listed(list(dict.fromkeys(names)))
        yield (
            WHOLE,
            Finding(
                id="undo-loses-rights",
                severity="high" if gone else "medium",
                confidence="high" if gone else "medium",
                message=f"`{each.through}` {does}, and {reached} could not be reached through it to be put right",
                fix="split it: change what is reached first, and see that it works, before the way to it is changed",
            ),
        )
