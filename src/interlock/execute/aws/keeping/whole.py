"""Whole: who keeps the way back of a change as a whole: the keeper of its call, or one for each thing in a stack."""

from __future__ import annotations

from typing import Final

from interlock.execute.aws.keeping.contents import Contents
from interlock.execute.aws.keeping.keeper import Keeper
from interlock.execute.aws.keeping.keepers import keeper_for
from interlock.execute.aws.keeping.losses import copied
from interlock.execute.aws.keeping.stacks import Planned
from interlock.execute.aws.work import Work
from interlock.model.change import Change

_STACK: Final = ("cloudformation", "DeleteStack")


def keeper_of(work: Work, change: Change) -> Keeper | None:
    """The keeper; None for what keeps no way back.

    A change set that was approved is all that is ever executed in its call's place.
    """
    if work.change_set:
        planned = Planned(work.change_set)
        takes = work.setting.backups and any(copied(effect) for effect in change.effects)
        return Contents(change, planned) if takes else planned
    if work.setting.backups and (work.call.service, work.call.operation) == _STACK:
        return Contents(change)
    return keeper_for(work.call)
