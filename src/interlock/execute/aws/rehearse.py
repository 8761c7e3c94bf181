"""Rehearse: what can be tried at AWS without doing it. EC2 tells whether a call would be done; other services cannot.

What is certain of the way back is said with it: by which call, from which copy. It counts as simulated in one case:
where all that the call writes over was read, whole, and writing that again is the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from interlock.aws.call import Call
from interlock.aws.connection import Connections, Patience, code_of, failed
from interlock.aws.models import service as model_of
from interlock.errors import InterlockError
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.contents import Contents
from interlock.execute.aws.keeping.keeper import Keeper
from interlock.execute.aws.keeping.whole import keeper_of
from interlock.execute.aws.narrow import Scope, wishes
from interlock.execute.aws.sessions import write_session
from interlock.execute.aws.work import Work
from interlock.model.change import Change
from interlock.model.inventory import Measured, Rehearsal, RollbackProof

CASE: Final = "rehearsal"
#: EC2 says by this code that it would have done it.
WOULD: Final = "DryRunOperation"


def rehearse(change: Change, work: Work, pause: Callable[[float], None]) -> Rehearsal:
    """What was tried, and what is known of the way back. A call that AWS would refuse has failed here already."""
    tells = _tells(work)
    if tells and (why := _tried(change, work)):
        return Rehearsal(failed=why)
    keeper = keeper_of(work, change) if work.setting.backups or work.change_set else None
    untried = (f"`{work.call.name}` cannot be tried without doing it; it was only read",)
    if isinstance(keeper, Contents):
        rollback, limits = keeper.proof(_asking(work, pause), work.call)
        limits = limits if work.change_set else (*untried, *limits)
        return Rehearsal(rollback=rollback, complete=not limits, limits=limits)
    rollback = _way_back(keeper, work, pause)
    if rollback.simulated:
        return Rehearsal(_named(change), rollback=rollback)
    if tells or work.change_set:
        return Rehearsal(rollback=rollback)
    return Rehearsal(rollback=rollback, complete=False, limits=untried)


def _named(change: Change) -> tuple[Measured, ...]:
    """What would be touched: of content that is named one by one, it is what is named."""
    return tuple(
        Measured(effect.resource, effect.verb, effect.count or 1) for effect in change.effects if effect.verb != "read"
    )


def _tells(work: Work) -> bool:
    """Whether AWS says beforehand if it would do it. What a change set does is known; it is not tried."""
    if work.change_set:
        return False
    operation = model_of(work.call.service).operation(work.call.operation)
    return operation is not None and operation.input is not None and "DryRun" in operation.input.members


def _tried(change: Change, work: Work) -> str:
    """Why AWS would refuse it, in words; empty when it would do it."""
    from botocore.exceptions import BotoCoreError, ClientError

    scope = Scope(work.setting.account, work.request.region)
    session = write_session(work.setting, wishes(change, scope), work.request.region, CASE, now=0)
    connections = Connections(work.setting.address, Patience(attempts=1))
    connections.holder.credential = session.credential
    client = connections.client(work.call.service, work.call.region)
    parameters: Mapping[str, Any] = {**work.call.parameters, "DryRun": True}
    try:
        client._make_api_call(work.call.operation, parameters)
    except (ClientError, BotoCoreError) as error:
        code = code_of(error)
        if code == WOULD:
            return ""
        if not code:
            raise failed(error, f"`{work.call.name}`", work.setting.address) from None
        return f"AWS would refuse it: `{code}`"
    return "AWS answered a dry run as if it had done it"


def _asking(work: Work, pause: Callable[[float], None]) -> Hands:
    """Hands that only ask."""
    return Hands(work.setting, CASE, work.call.region, {}, now=lambda: 0, pause=pause)


def _way_back(keeper: Keeper | None, work: Work, pause: Callable[[float], None]) -> RollbackProof:
    if keeper is None:
        return RollbackProof()
    promised = _with_kept(keeper, work.call)
    if not keeper.is_cheap(work.call):
        return promised
    try:
        memory = keeper.remember(_asking(work, pause), work.call, lambda _: "")
    except InterlockError as error:
        return RollbackProof(why=f"what it takes to go back cannot be read: {error.message}")
    if memory is None:
        return RollbackProof(why="there is nothing of it that could be kept")
    return msgspec.structs.replace(promised, simulated=keeper.exact and promised.verdict == "valid")


def _with_kept(keeper: Keeper, call: Call) -> RollbackProof:
    """What the keeper promises, and what it sees to before anything is lost."""
    promised = keeper.promise(call)
    if promised.verdict not in ("valid", "valid-with-loss"):
        return promised
    if keeper.softens(call) and keeper.waits:
        return msgspec.structs.replace(promised, kept="until-closed")
    return msgspec.structs.replace(promised, kept="copy") if keeper.copies else promised
