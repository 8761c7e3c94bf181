"""What this process remembers of the calls that go the whole road, so that identical ones and tries wait together.

That none runs twice is held by the record, for all processes (claims.py); this spares the question. A try of a call is
known again by its signature and by its invocation id, for as long as either could still be sent.
When there is no room to remember another one, no further call is taken: forgetting could run something twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from interlock.errors import Broken, Forbidden, TooFast, Untold
from interlock.gates.aws.errand import Asked, Errand

MOST_MARKS: Final = 200_000
MOST_OPEN: Final = 20_000
#: How often what has run out is thrown away, in milliseconds.
SWEEP_MS: Final = 60_000
SIGNATURE: Final = "signature:"
INVOCATION: Final = "invocation:"


class _Mark(NamedTuple):
    errand: Errand
    until: int
    invocation: str


class Memory:
    """Errands by key and by the marks of their tries. `now` is unix milliseconds. Lives in one loop."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._open: dict[str, Errand] = {}
        self._marks: dict[str, _Mark] = {}
        self._swept_at = 0

    def tried(self, asked: Asked) -> Errand | None:
        """The errand of which this is a later try. Forbidden for a signature that was used for another call."""
        known = self._marks.get(INVOCATION + asked.invocation) if asked.invocation else None
        if known is not None and known.errand.key == asked.key:
            return known.errand
        known = self._marks.get(SIGNATURE + asked.signature)
        if known is None:
            return None
        if known.errand.key == asked.key:
            return None if self.is_twin(asked) else known.errand
        if asked.signature_is_whole:
            raise Forbidden(
                "this signature was used for another call", hint="sign each call by itself", code="replayed"
            )
        return None

    def is_twin(self, asked: Asked) -> bool:
        """Whether this looks like a call of its own, but carries the signature of one before it.

        Clients sign by the second, and leave their invocation id unsigned: two calls that are alike are signed alike.
        """
        known = self._marks.get(SIGNATURE + asked.signature)
        return known is not None and bool(asked.invocation) and known.invocation not in ("", asked.invocation)

    def same(self, key: str) -> Errand | None:
        """The errand of an identical call that is judged, held, or was approved and its answer not yet given out."""
        return self._open.get(key)

    def open(self, errand: Errand) -> None:
        if len(self._open) >= MOST_OPEN:
            raise Broken("too many calls are held", hint="decide on some of them", code="busy")
        self._open[errand.key] = errand

    def leave(self, errand: Errand) -> None:
        """From now on an identical call is another call."""
        if self._open.get(errand.key) is errand:
            del self._open[errand.key]

    def mark(self, asked: Asked, errand: Errand) -> None:
        """Know the tries of this call again. Broken (`busy`) where there is no room for that."""
        now = self._now()
        if now - self._swept_at > SWEEP_MS:
            self._swept_at = now
            self._marks = {mark: known for mark, known in self._marks.items() if known.until > now}
        if len(self._marks) >= MOST_MARKS:
            raise Broken("too many calls to remember", hint="try again in a minute", code="busy")
        self._marks[SIGNATURE + asked.signature] = _Mark(errand, asked.until, asked.invocation)
        errand.marks.add(SIGNATURE + asked.signature)
        if asked.invocation:
            self._marks[INVOCATION + asked.invocation] = _Mark(errand, asked.until, asked.invocation)
            errand.marks.add(INVOCATION + asked.invocation)

    def settled(self, errand: Errand) -> None:
        """It came to its end. What never ran is forgotten, so that it may be tried again; a no stays a no."""
        if errand.refusal is None:
            return
        self.leave(errand)
        if isinstance(errand.refusal, Broken | TooFast) and not isinstance(errand.refusal, Untold):
            for mark in errand.marks:
                self._marks.pop(mark, None)
