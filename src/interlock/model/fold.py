"""Fold: the case that a stream's entries make, and which entries a case can take next. Pure values, no store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from interlock.errors import Conflict, Corrupt
from interlock.model import entry as kinds
from interlock.model.case import MOVES, STANDING, Case, State
from interlock.model.entry import Entry, What
from interlock.model.execution import Execution, Step


def fold(entries: Sequence[Entry]) -> Case:
    """The case that these entries of one stream make. Raises Corrupt when they are no case's entries."""
    first = entries[0]
    if not isinstance(first.what, kinds.Proposed):
        raise Corrupt(f"stream `{first.stream}` does not begin with a proposal", where=first.stream)
    case = Case(first.stream.partition("/")[2], "proposed", first.what, first.at, first.at, 1)
    return follow(case, entries[1:])


def follow(case: Case, entries: Iterable[Entry]) -> Case:
    """The case after these further entries."""
    for entry in entries:
        state = _next_state(case, entry.what)
        if state is None:
            raise Corrupt(f"a case that is {case.state} cannot be {event_of(entry.what)}", where=entry.stream)
        filled = _filled(case, entry.what)
        case = msgspec.structs.replace(case, state=state, changed_at=entry.at, entries=case.entries + 1, **filled)
    return case


def event_of(what: What) -> str:
    """The word by which the table of moves knows this entry."""
    tag = what.__struct_config__.tag
    match what:
        case kinds.Decided(decision):
            return f"{tag}:{decision.outcome}"
        case kinds.Voted(vote):
            return f"{tag}:{vote.ballot.choice}"
        case kinds.Started(purpose) | kinds.Stepped(purpose):
            return f"{tag}:{purpose}"
        case kinds.Finished(purpose, result):
            return f"{tag}:{purpose}:{result}"
    return str(tag)


def _next_state(case: Case, what: What) -> State | None:
    event = event_of(what)
    if isinstance(what, kinds.Planned) and case.planned is not None:
        return None  # a case is planned once; another plan is another case
    return case.state if event in STANDING else MOVES[case.state].get(event)


def require_moves(case: Case, whats: Sequence[What]) -> None:
    """Refuse, before anything is written, entries that the case cannot take."""
    state = case.state
    for what in whats:
        event = event_of(what)
        if event in STANDING:
            continue
        twice = isinstance(what, kinds.Planned) and case.planned is not None
        following = None if twice else MOVES[state].get(event)
        if following is None:
            raise Conflict(f"case `{case.id}` is {state}", hint=f"it cannot be {event.partition(':')[0]} any more")
        state = following


def _filled(case: Case, what: What) -> dict[str, object]:  # noqa: PLR0912 - a table with a row for each entry
    """The fields of the case that this entry fills, with what it puts there."""
    match what:
        case kinds.Planned():
            return {"planned": what}
        case kinds.WasRead(change):
            return {"change": change}
        case kinds.Assessed(assessment, samples):
            return {"assessment": assessment, "samples": samples}
        case kinds.Decided(decision):
            return {"decision": decision}
        case kinds.Refused(_, _, message):
            return {"problem": message}
        case kinds.Voted(vote):
            return {"votes": (*case.votes, vote)}
        case kinds.Approved(approval):
            return {"approval": approval}
        case kinds.Lapsed(_, reason):
            return {"problem": reason}
        case kinds.Started(_, digest):
            return {"execution": case.execution or Execution(digest)}
        case kinds.Stepped(purpose, step):
            return {"execution": _stepped(case.execution, purpose, step), "output": step.output or case.output}
        case kinds.Finished():
            return _finished(case, what)
        case kinds.Erased():
            return {"erased": True}
        case kinds.Reviewed():
            return {"reviewed": True}
    return {}


def _stepped(execution: Execution | None, purpose: kinds.Purpose, step: Step) -> Execution:
    assert execution is not None  # noqa: S101 - the table lets a step come only after a start
    changed = msgspec.structs.replace(execution, steps=(*execution.steps, step))
    if purpose != "run":
        return changed
    # A step says its images before it is taken, and again after it.
    images = tuple(dict.fromkeys((*execution.images, *step.images)))
    return msgspec.structs.replace(changed, measured=step.measured or execution.measured, images=images)


def _finished(case: Case, what: kinds.Finished) -> dict[str, object]:
    assert case.execution is not None  # noqa: S101 - the table lets an end come only after a start
    undo_until = what.undo_until if what.purpose == "run" else case.execution.undo_until
    execution = msgspec.structs.replace(case.execution, undo_until=undo_until, error=what.error)
    output, problem = what.output or case.output, what.error or case.problem
    return {"execution": execution, "output": output, "problem": problem}
