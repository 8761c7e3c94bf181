"""nested-write: a write stands inside of a statement that looks like something else."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each write that was found inside of another statement or proposal."""
    for ordinal, effect in seen.carrying("nested"):
        if effect.verb != "read":
            yield (
                ordinal,
                Finding(
                    id="nested-write",
                    severity="low",
                    confidence="high",
                    message=f"{act(effect)} stands inside of another {seen.change.unit} and is easily missed",
                    where=seen.where(effect),
                    fix="write it on its own",
                ),
            )
