"""cannot-go-back: it is known that an effect cannot be taken back."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act, detail
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect whose way back the reader knows to be none."""
    for ordinal in seen.writing:
        effect = seen.change.effects[ordinal]
        back = effect.way_back
        if back is not None and back.verdict == "invalid":
            yield (
                ordinal,
                Finding(
                    id="cannot-go-back",
                    severity="critical" if effect.verb in ("delete", "replace") else "high",
                    confidence="high",
                    message=f"{act(effect)} cannot be taken back{detail(back.why or back.loses)}",
                    where=seen.where(effect),
                    fix=back.lifts or "take a copy that outlives it and is known to restore, or do without",
                ),
            )
