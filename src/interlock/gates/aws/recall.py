"""What an earlier process left: calls that wait to be run, and such as ran so lately that they may be tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from interlock.aws.calls import understand
from interlock.aws.request import from_bytes
from interlock.aws.sigv4 import SKEW_MS
from interlock.errors import InterlockError
from interlock.gates.aws.desk import Desk
from interlock.gates.aws.fingerprint import fingerprint, whose
from interlock.identify.verbs import Caller
from interlock.model.case import Case

KIND: Final = "aws:http"
WAITING: Final = ("held", "approved", "allowed")
RAN: Final = ("running", "done", "untold", "undoing", "undone", "closing", "closed")


class Left(NamedTuple):
    """One case of an earlier process. `waits`: it has not run yet."""

    key: str
    case_id: str
    waits: bool


def left(desk: Desk, caller: Caller, now: Callable[[], int]) -> list[Left]:
    """The calls of this agent that an earlier process left, the newest first."""
    since = now() - 2 * SKEW_MS
    found = []
    for case in reversed(desk.cases(caller)):
        waits = case.state in WAITING
        if case.proposed.kind != KIND or case.erased:
            continue
        if waits or (case.state in RAN and case.changed_at > since):
            key = _key(desk, case)
            if key:
                found.append(Left(key, case.id, waits))
    return found


def _key(desk: Desk, case: Case) -> str:
    """The key of the recorded call; empty when its payload is gone, or is none."""
    try:
        request = from_bytes(desk.payload(case))
    except InterlockError:
        return ""
    came = case.proposed
    mark = fingerprint(request, understand(request))
    return whose(came.agent, came.target, came.environment, came.operator, came.author, mark)
