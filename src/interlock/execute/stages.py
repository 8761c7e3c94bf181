"""The state table of an execution: which step may follow which.

The rules of this room:

1. A step is said before it is done (`about`) and after (`did`); between the two it only says how far it is (`during`).
2. A step that was said again, or was done without having been said, is no execution of ours.
3. What undo needs (`images`) and what was measured is said before, because only what is said before the step is
   certain to be recorded when the step has taken effect.
4. An execution ends after a step that was done. It never ends between `about` and `did`: that is a crash.
5. What a step says of itself while it goes on is for people: nothing is decided by it.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from interlock.errors import TargetError
from interlock.model.execution import Step

Where = Literal["fresh", "about", "did"]
Event = Literal["about", "during", "did", "end"]

#: From each place, the events that may follow and where they lead; `end` leads out.
NEXT: Final[dict[Where, dict[Event, Where]]] = {
    "fresh": {"about": "about"},
    "about": {"during": "about", "did": "did"},
    "did": {"about": "about", "end": "did"},
}


class Position(NamedTuple):
    """Where an execution stands: the last step, and the names of those that were done."""

    where: Where = "fresh"
    step: Step | None = None
    done: frozenset[str] = frozenset()


START: Final = Position()


def advance(position: Position, step: Step) -> Position:
    """The position after this step; TargetError when the table has no such arrow."""
    where = NEXT[position.where].get(step.phase)
    if where is None:
        raise _no_arrow(f"`{step.phase} {step.name}` cannot follow `{_name(position)}`")
    if step.phase == "about":
        if step.name in position.done:
            raise _no_arrow(f"`{step.name}` was done already")
        return Position(where, step, position.done)
    said = position.step
    if said is None or said.name != step.name:
        raise _no_arrow(f"`{step.phase} {step.name}` cannot follow `{_name(position)}`")
    if step.images != said.images or step.measured != said.measured:
        raise _no_arrow(f"`{step.name}` says after it what was to be said before it")
    if step.phase == "during":
        return position
    return Position(where, step, position.done | {step.name})


def finish(position: Position) -> None:
    """An execution may end here, or it is TargetError."""
    if "end" not in NEXT[position.where]:
        raise _no_arrow(f"an execution cannot end after `{_name(position)}`")


def _name(position: Position) -> str:
    return f"{position.where} {position.step.name}" if position.step else position.where


def _no_arrow(why: str) -> TargetError:
    return TargetError(f"the executor broke its rules: {why}", hint="this is a fault of Interlock", code="bad-step")
