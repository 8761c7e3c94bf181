"""secret-in-payload: the payload carries what looks like a secret."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each kind of secret that was seen; the secret itself is never repeated."""
    for kind in dict.fromkeys(seen.secrets):
        yield (
            WHOLE,
            Finding(
                id="secret-in-payload",
                severity="high",
                confidence="medium",
                message=f"the payload carries what looks like a secret: {kind}",
                fix="take it out, refer to it by name, and change the secret: it has been seen",
            ),
        )
