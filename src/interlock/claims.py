"""Claims: which case a call at a gate belongs to, for all processes on one store, and after a restart.

    a later try of a call (its signature, or its invocation id)   is that call's case
    an identical call while a case is held, or approved           is that case, until its answer was taken
    an identical call while another one is judged                 waits for what becomes of it
    anything else                                                 is a case of its own

A case and the claim on it are one append, at expected places of the streams `call/<key>` and `try/<mark>`: whoever
comes second gets a conflict before anything of it was looked for or tried, reads again, and joins. A call that joins is
recorded before it is given anything, so that its own later tries are known as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, NamedTuple

from interlock.errors import Conflict, Forbidden
from interlock.model import entry as kinds
from interlock.model.case import RAN, Case
from interlock.pace import Pace
from interlock.record import CLAIMED, Placed, Record

CALL: Final = "call/"
TRY: Final = "try/"
#: For how long a call is known again by its invocation id. By its signature it always is.
TRIES_MS: Final = 30 * 60 * 1000
#: A case that nobody has moved for so long before its decision is taken as left behind, and waited for no more.
JUDGED_MS: Final = 60_000
#: The code of the error for a call that looks like one of its own, but carries the signature of one before it.
TWIN: Final = "twin"
JUDGING: Final = ("proposed", "read", "assessed")


class Claim(NamedTuple):
    """A call. `key` says which calls are the same one; `signature` and `invocation` (may be empty) what the tries of
    one call have in common. `whole`: all of the call is signed."""

    key: str
    signature: str
    invocation: str
    whole: bool


class Place(NamedTuple):
    """What a claim found. `case`: it is this one's; `joins`: as a call of its own, which has to be recorded.
    `judging`: an identical call is being judged. Without any of these it may begin a case at these places."""

    places: tuple[tuple[str, int], ...]
    case: Case | None = None
    joins: bool = False
    judging: bool = False


class Claims:
    """Finds and records them. Every method may be called from any thread."""

    def __init__(self, record: Record, pace: Pace) -> None:
        self._record = record
        self._pace = pace

    def find(self, claim: Claim) -> Place:
        """Forbidden for a signature that was used for another call; Conflict (TWIN) for one of another invocation."""
        tried, tries = self._tried(claim)
        count, last = self._record.last(CALL + claim.key)
        places = ((CALL + claim.key, count), *tries)
        known = self._record.case(tried.case) if tried is not None else None
        if known is not None and (known.state == "refused" or (known.state == "failed" and not known.output)):
            known = None  # nothing came of it, and it may be tried again
        twin = known is not None and _is_twin(claim, tried)
        if known is not None and not twin:
            return Place(places, judging=True) if known.state in JUDGING else Place(places, known)
        if last is not None and isinstance(last.what, kinds.Called):
            case = self._record.case(last.what.case)
            if case.state in JUDGING and case.changed_at > self._record.now() - JUDGED_MS:
                return Place(places, judging=True)
            if self._is_open(case):
                return Place(places, case, joins=True)
        if twin:
            raise Conflict("this signature was used a moment ago", hint="sign the call again", code=TWIN)
        return Place(places)

    def beside(self, claim: Claim, place: Place, by: str) -> Callable[[str], list[Placed]]:
        """What is recorded with the first entry of a case that is begun at this place."""
        return lambda case_id: self._entries(claim, place.places, by, case_id)

    def join(self, claim: Claim, place: Place, by: str) -> None:
        """Record that this call of its own is the case that it found. Conflict (CLAIMED) when a place was taken.

        It leaves entries, and so counts as a proposal: TooFast for an agent that may not propose now.
        """
        assert place.case is not None  # noqa: S101 - only what was found is joined
        self._pace.joins(place.case.proposed.agent)
        try:
            self._record.write_all(self._entries(claim, place.places[1:], by, place.case.id))
        except Conflict as error:
            error.code = CLAIMED
            raise

    def answered(self, claim: Claim, case_id: str, by: str) -> None:
        """From now on the identical call is one of its own."""
        count, last = self._record.last(CALL + claim.key)
        if last is not None and last.what == kinds.Called(case_id, claim.key):
            try:
                self._record.write_all([Placed(CALL + claim.key, count, by, kinds.Answered(case_id))])
            except Conflict:
                return  # another process said the same, or a case was begun there since

    def _tried(self, claim: Claim) -> tuple[kinds.Called | None, list[tuple[str, int]]]:
        """What was recorded of this call's first try, and where it would be noted as the first of its own."""
        places: list[tuple[str, int]] = []
        known: kinds.Called | None = None
        if claim.invocation:
            count, last = self._record.last(_try(claim.invocation))
            places.append((_try(claim.invocation), count))
            if last is not None and isinstance(last.what, kinds.Called) and last.what.key == claim.key:
                known = last.what if last.at > self._record.now() - TRIES_MS else None
        count, last = self._record.last(_try(claim.signature))
        places.append((_try(claim.signature), count))
        if known is None and last is not None and isinstance(last.what, kinds.Called):
            if last.what.key == claim.key:
                known = last.what
            elif claim.whole:
                raise Forbidden(
                    "this signature was used for another call", hint="sign each call by itself", code="replayed"
                )
        return known, places

    def _is_open(self, case: Case) -> bool:
        """Whether the identical call is this case: it is held or approved, or ran by an approval that still holds."""
        if case.erased:
            return False
        if case.state in ("held", "approved"):
            return True
        approval = case.approval
        ran = case.state in RAN and case.state not in ("undoing", "undone")
        return ran and approval is not None and approval.expires_at > self._record.now()

    def _entries(self, claim: Claim, places: tuple[tuple[str, int], ...], by: str, case_id: str) -> list[Placed]:
        invocation = _mark(claim.invocation)
        return [
            Placed(
                stream,
                place,
                by,
                kinds.Called(case_id, claim.key, invocation if stream == _try(claim.signature) else ""),
            )
            for stream, place in places
        ]


def _is_twin(claim: Claim, tried: kinds.Called | None) -> bool:
    """Whether this is a call of its own by its invocation id, and only its signature was seen before."""
    return tried is not None and bool(claim.invocation) and tried.invocation not in ("", _mark(claim.invocation))


def _try(text: str) -> str:
    return TRY + _mark(text)


def _mark(text: str) -> str:
    """Neither a signature nor a client's own id stands in the record as it came. Empty for none."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""
