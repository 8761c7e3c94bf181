"""wrong-workspace: it was made for another workspace than the one that the target is."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, detail
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each sign that it is meant for another place."""
    for signal in seen.signalled("wrong-workspace"):
        yield (
            WHOLE,
            Finding(
                id="wrong-workspace",
                severity="critical",
                confidence="high",
                message=f"it was made for another workspace than the target is{detail(signal.detail)}",
                fix="make it again in the workspace of this target",
            ),
        )
