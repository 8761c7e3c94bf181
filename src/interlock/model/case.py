"""Case: everything about one proposal, folded from its entries; and the table of states that it can be in.

The rules of this room: a case only ever moves along an arrow of MOVES. An entry that would move it otherwise is not
an entry of this product, and folding it is Corrupt. `docs/road.md` draws the table.
"""

from __future__ import annotations

from typing import Final, Literal

from interlock.model.approval import Approval, Vote
from interlock.model.assessment import Assessment
from interlock.model.canon import Value
from interlock.model.change import Change
from interlock.model.decision import Decision
from interlock.model.entry import Planned, Proposed
from interlock.model.execution import Execution

State = Literal[
    "proposed",  # recorded, not yet read
    "read",  # its effects are known
    "assessed",  # its reach and reversibility are known
    "allowed",  # policy lets it run as it is
    "held",  # requirements stand between it and running
    "approved",  # people have lifted the hold
    "denied",  # policy forbids it
    "refused",  # a leg of the road could not be gone
    "rejected",  # a person said no
    "lapsed",  # what was decided no longer holds
    "running",  # the executor is at work, or was when the process died
    "done",  # it ran; it may still be undone
    "failed",  # it did not take effect
    "undoing",
    "undone",
    "closing",
    "closed",  # the undo window is over, what was kept for it is gone
    "untold",  # whether it took effect cannot be told; a person has to look
]

#: From each state, the entry types that may follow and the state that they lead to.
MOVES: Final[dict[State, dict[str, State]]] = {
    "proposed": {"planned": "proposed", "read": "read", "refused": "refused"},
    "read": {"assessed": "assessed", "refused": "refused"},
    "assessed": {"decided:allow": "allowed", "decided:hold": "held", "decided:deny": "denied", "refused": "refused"},
    "allowed": {"started:run": "running", "lapsed": "lapsed", "voted:reject": "rejected"},
    "held": {"voted:approve": "held", "voted:reject": "rejected", "approved": "approved", "lapsed": "lapsed"},
    "approved": {"started:run": "running", "lapsed": "lapsed", "voted:reject": "rejected"},
    "running": {
        "stepped:run": "running",
        "finished:run:done": "done",
        "finished:run:failed": "failed",
        "finished:run:untold": "untold",
    },
    "done": {"started:undo": "undoing", "started:close": "closing"},
    "undoing": {
        "stepped:undo": "undoing",
        "finished:undo:done": "undone",
        "finished:undo:failed": "done",
        "finished:undo:untold": "untold",
    },
    "closing": {
        "stepped:close": "closing",
        "finished:close:done": "closed",
        "finished:close:failed": "done",
        "finished:close:untold": "untold",
    },
    "denied": {},
    "refused": {},
    "rejected": {},
    "lapsed": {},
    "failed": {},
    "undone": {},
    "closed": {},
    "untold": {},
}

#: Where each of these entries leads to: one state, whichever it comes in. So the last of them tells a case's state.
AFTER: Final[dict[str, State]] = {event: state for moves in MOVES.values() for event, state in moves.items()}

#: Entries that may come in any state and move nothing.
STANDING: Final = frozenset({"erased", "reviewed"})

#: States in which a process that died has left work; recovery looks at the target and goes on or back.
OPEN_STATES: Final[tuple[State, ...]] = ("running", "undoing", "closing")

#: States in which a case was run, and has an answer or will have one.
RAN: Final[tuple[State, ...]] = ("running", "done", "untold", "undoing", "undone", "closing", "closed")


class Case(Value, frozen=True):
    """The fold of one case's entries. Times are unix milliseconds; `entries` counts what was folded."""

    id: str
    state: State
    proposed: Proposed
    proposed_at: int
    changed_at: int
    entries: int
    planned: Planned | None = None
    change: Change | None = None
    assessment: Assessment | None = None
    samples: str = ""
    decision: Decision | None = None
    votes: tuple[Vote, ...] = ()
    approval: Approval | None = None
    execution: Execution | None = None
    output: str = ""
    problem: str = ""
    erased: bool = False
    reviewed: bool = False
