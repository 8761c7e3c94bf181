"""Errand: one call on the whole road, and everybody who waits for its answer."""

from __future__ import annotations

import asyncio
from typing import Literal, NamedTuple

from interlock.claims import Claim
from interlock.errors import InterlockError
from interlock.gates.aws.bodies import Body
from interlock.gates.aws.reply import Reply
from interlock.identify.verbs import Caller
from interlock.model.proposal import Proposal

#: `dormant`: nobody waits, and it has not run; the identical call wakes it.
Stage = Literal["proposing", "held", "running", "dormant", "settled"]


class Asked(NamedTuple):
    """A call that has to go the whole road.

    `key` says which calls are the same one: the fingerprint, and whose it is. `signature` and `invocation` are what
    tries of one call have in common, each with its virtual key; `until` is when neither could come again any more.
    `signature_is_whole`: all of the call is signed.
    """

    caller: Caller
    access_key: str
    proposal: Proposal
    body: Body
    key: str
    signature: str
    invocation: str
    until: int
    signature_is_whole: bool
    hold_seconds: float

    @property
    def claim(self) -> Claim:
        """What the record knows this call by."""
        return Claim(self.key, self.signature, self.invocation, self.signature_is_whole)


class Errand:
    """Its stage only goes forward, but that a dormant one is woken. Lives in one loop."""

    def __init__(self, key: str, case_id: str = "") -> None:
        self.key = key
        self.case_id = case_id
        self.stage: Stage = "dormant" if case_id else "proposing"
        #: It was held; then, and only then, identical calls of their own are taken for the same one.
        self.was_held = bool(case_id)
        self.takers = 0
        self.marks: set[str] = set()
        self.missing = ""
        self.reply: Reply | None = None
        self.refusal: InterlockError | None = None
        self.task: asyncio.Task[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []

    def move(self, stage: Stage) -> None:
        self.stage = stage
        self.wake()

    def settle(self, outcome: Reply | InterlockError) -> None:
        """It came to its end."""
        if isinstance(outcome, Reply):
            self.reply = outcome
            outcome.seal()
        else:
            self.refusal = outcome
            if self.reply is not None:
                self.reply.seal(broken=True)
        self.move("settled")

    @property
    def answers(self) -> bool:
        """Whether there is something to tell a taker for good."""
        return self.stage == "settled" or (self.reply is not None and self.reply.streams)

    def wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    async def moved(self) -> None:
        """Until its stage changes, or its answer begins."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting
