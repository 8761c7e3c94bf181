"""unknown-kind: something is taken away of which nobody knows what is lost with it."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each thing that goes and of whose kind the reader knows nothing, so that the worst is taken for true."""
    for ordinal in seen.writing:
        effect = seen.change.effects[ordinal]
        back = effect.way_back
        if back is None or effect.verb not in ("delete", "replace") or back.evidence:
            continue
        if back.reversibility == "irreversible" and back.verdict == "unknown":
            yield (
                ordinal,
                Finding(
                    id="unknown-kind",
                    severity="high",
                    confidence="medium",
                    message=f"{act(effect)}: {back.why or 'nobody knows what is lost with it'}",
                    where=seen.where(effect),
                    fix=back.lifts
                    or "have somebody who knows such things say what is lost, and how it would come back",
                ),
            )
