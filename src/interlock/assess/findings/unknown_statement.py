"""unknown-statement: something in the change was not understood, and so is taken for the worst."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import WHOLE, Noted, Seen, gist
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each thing that the reader could not tell, and one for each effect that is not known."""
    unclear = [(ordinal, effect) for ordinal, effect in enumerate(seen.change.effects) if effect.known == "unknown"]
    causes = {gist(effect.cause) for _, effect in unclear}
    for what in seen.change.unknown:
        # What an effect says, too, is said there: it knows the place.
        if gist(what) not in causes:
            yield WHOLE, _finding(f"not understood: {what}", "")
    for ordinal, effect in unclear:
        cause = f" ({effect.cause})" if effect.cause else ""
        yield (
            ordinal,
            _finding(f"what it does to `{effect.resource.name}` is not understood{cause}", seen.where(effect)),
        )


def _finding(message: str, place: str) -> Finding:
    return Finding(
        id="unknown-statement",
        severity="critical",
        confidence="high",
        message=message,
        where=place,
        fix="write it in a form that can be read, or leave it out",
    )
