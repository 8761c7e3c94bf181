"""Review: whoever looks at a broken glass afterwards is somebody who neither broke it nor wanted it broken."""

from __future__ import annotations

from interlock.approve.names import fold
from interlock.approve.poll import Poll, electorate
from interlock.errors import BadInput, Conflict, Forbidden
from interlock.model.approval import Approval


def admit_review(reviewer: str, note: str, poll: Poll, approval: Approval | None) -> str:
    """The note of a review that may be recorded, or the reason why it may not."""
    if approval is None or not approval.break_glass:
        raise Conflict(f"no glass was broken for case `{poll.case}`, so there is no review to give", code="no-glass")
    if not fold(note):
        raise BadInput("a review says what was found", hint="write a note", code="no-reason")
    roll = electorate(poll)
    person = poll.people.get(reviewer)
    if fold(reviewer) in roll.machines or person is None or person.name != reviewer or person.retired:
        raise Forbidden(f"`{reviewer}` is no registered person in service, and only people review", code="no-person")
    if why := roll.sides_with_asker(reviewer):
        raise Forbidden(f"`{reviewer}` is {why}: somebody else reviews this", code="self-review")
    if roll.human[reviewer] in {roll.human.get(name, name) for name in approval.people}:
        raise Forbidden(f"`{reviewer}` voted for this: somebody else reviews it", code="self-review")
    return note
