"""The door to the CloudFormation reader: a change set as it is described, and the change and world that it tells."""

from __future__ import annotations

from typing import Final

from interlock.errors import BadProposal
from interlock.model.change import Change, Signal
from interlock.read.cloudformation.changes import Effects, effects_of
from interlock.read.cloudformation.stacks import Opened, opened
from interlock.read.cloudformation.text import json_of
from interlock.read.cloudformation.told import tell
from interlock.read.reader import Reading


class CloudFormationReader:
    """Reads change sets. There are no dialects."""

    dialects: tuple[str, ...] = ("",)

    def __call__(self, payload: bytes, dialect: str, environment: str) -> Reading:
        if dialect:
            raise BadProposal(
                f"`cloudformation` has no dialect `{dialect}`", hint="say `cloudformation`", code="unknown-dialect"
            )
        stacks = opened(json_of(payload))
        found = effects_of(stacks.stacks, environment)
        change = Change(
            "cloudformation",
            found.effects,
            found.parts,
            (*found.unknown, *stacks.missing),
            signals=_signals(stacks, found),
            unit="change",
            needs_unknown=found.needs_unknown,
        )
        return Reading(change, tell(stacks, found, environment))


def _signals(stacks: Opened, found: Effects) -> tuple[Signal, ...]:
    """What is to be said of the change sets as a whole."""
    said = []
    if stacks.missing:
        said.append(Signal("partial-plan", "; ".join(stacks.missing[:4])))
    expanding = [
        stack.path for stack in stacks.stacks if "CAPABILITY_AUTO_EXPAND" in (stack.change_set.head.capabilities or ())
    ]
    if expanding:
        said.append(Signal("plan-time-code", f"macros may have run when the change set of `{expanding[0]}` was made"))
    if found.drifted:
        said.append(Signal("drift", f"changed outside of their stack: {found.drifted} of the resources"))
    return tuple(said)


reader: Final = CloudFormationReader()
