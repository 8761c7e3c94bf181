"""copy-dies: every copy of what is taken goes in the same change."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, listed
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect that takes something together with all copies of it that are known."""
    for ordinal, copies in seen.undoing.copies.items():
        effect = seen.change.effects[ordinal]
        yield (
            ordinal,
            Finding(
                id="copy-dies",
                severity="critical",
                confidence="high",
                message=f"`{effect.resource.name}` goes together with its copies: {listed(copies)}",
                where=seen.where(effect),
                fix="keep a copy outside of what goes, under another key and account, and try to restore it first",
            ),
        )
