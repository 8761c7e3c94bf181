"""The whole road for a call: judged, held while people look, run once; identical calls and later tries join it.

    a try of a call that was seen (its signature, or its invocation)   waits for, or is given, that call's answer
    an identical call while one is held, or approved                   is the same call: it runs once, for all
    an identical call after that                                       is a call of its own

Nobody waits longer than the target's `hold`. What is held is not lost by that: the identical call finds its case again,
after a restart and at another replica too, since the record says which call is which case (claims.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from interlock.claims import TWIN
from interlock.errors import Broken, Conflict, InterlockError, StoreError, Untold
from interlock.execute.aws.answer import from_bytes
from interlock.gates.aws import words
from interlock.gates.aws.desk import Desk
from interlock.gates.aws.errand import Asked, Errand
from interlock.gates.aws.memory import Memory
from interlock.gates.aws.reply import Carried, Reply
from interlock.gates.aws.threads import Threads
from interlock.identify.verbs import Caller
from interlock.model.case import RAN, Case

log: Final = logging.getLogger("interlock.aws")

#: How long to sleep between two looks at a held case, from the first to the longest.
LOOK_SECONDS: Final = (0.1, 0.2, 0.4, 0.8)

#: How long a call may take to be judged, and to run, before its client is told to ask again; clients wait for a minute.
WORK_SECONDS: Final = 50.0
#: Clients sign by the second.
SECOND: Final = 1.0


class Holding:
    """All calls that are on the road here. Lives in one event loop."""

    def __init__(self, desk: Desk, threads: Threads, folder: Path, now: Callable[[], int]) -> None:
        self._desk = desk
        self._threads = threads
        self._folder = folder
        self._memory = Memory(now)

    @asynccontextmanager
    async def answering(self, asked: Asked) -> AsyncIterator[Reply]:
        """The answer to this call, as soon as it may be given out; leave it when it has gone out whole.

        Raises why there is none. Left by an error, the answer was not taken, and is there for the identical call.
        """
        errand = await self._joined(asked)
        errand.takers += 1
        try:
            await self._settled(errand, asked)
            if errand.refusal is not None:
                raise errand.refusal
            yield errand.reply or await self._kept(errand, asked.caller)
            self._memory.leave(errand)
            if errand.was_held:
                await self._answered(errand, asked)
        finally:
            errand.takers -= 1
            if not errand.takers and errand.stage == "settled":
                errand.reply = None  # from now on the record has it

    async def _settled(self, errand: Errand, asked: Asked) -> None:
        """Until there is something to tell, for as long as this target lets a call wait."""
        began = asyncio.get_running_loop().time()
        try:
            while not errand.answers:
                self._drive(errand, asked)
                waits = errand.stage in ("held", "dormant")
                ends = began + (asked.hold_seconds if waits else max(asked.hold_seconds, WORK_SECONDS))
                async with asyncio.timeout_at(ends):
                    await errand.moved()
        except TimeoutError:
            raise self._unanswered(errand) from None

    # which errand

    async def _joined(self, asked: Asked) -> Errand:
        known = self._memory.tried(asked)
        while known is None:
            same = self._memory.same(asked.key)
            if same is None:
                if self._memory.is_twin(asked):
                    raise await _twin()
                known = Errand(asked.key)
                self._memory.open(known)
            elif same.was_held and await self._is_on_record(asked, same):
                known = same
            elif same.stage == "proposing":
                await same.moved()  # whether it will be held, and so is the same call, is not known yet
            else:
                self._memory.leave(same)
        self._memory.mark(asked, known)
        return known

    async def _is_on_record(self, asked: Asked, same: Errand) -> bool:
        """Whether the record too says that this call of its own is that case: it may have been answered elsewhere."""
        work = lambda: self._desk.joined(asked.caller, asked.claim, same.case_id)  # noqa: E731 - handed on at once
        try:
            return await self._threads.run("judge", work)
        except Conflict as error:
            raise await _twin() if error.code == TWIN else error from error

    def _unanswered(self, errand: Errand) -> InterlockError:
        if errand.stage == "running":
            return words.running(errand.case_id)
        if errand.case_id:
            return words.held(errand.case_id, errand.missing)
        return Broken("it could not be judged in time", hint="try again", code="busy")

    # the road

    def _drive(self, errand: Errand, asked: Asked) -> None:
        """See that somebody moves this errand along; with what this taker brought, should nobody be."""
        if errand.task is None and errand.stage != "settled":
            errand.task = asyncio.get_running_loop().create_task(self._go(errand, asked))

    async def _go(self, errand: Errand, asked: Asked) -> None:
        try:
            await self._walk(errand, asked)
        except InterlockError as error:
            self._end(errand, error)
        except Exception as bug:  # whoever waits is told, and nothing is tried again by itself
            log.exception("an errand stumbled", exc_info=bug)
            self._end(errand, Untold("a bug of ours: whether it took effect is not known", where=errand.case_id))
        finally:
            errand.task = None
            errand.wake()

    async def _walk(self, errand: Errand, asked: Asked) -> None:
        case = await (self._look(errand, asked.caller) if errand.case_id else self._begun(errand, asked))
        while True:
            looks = 0
            while case.state in ("held", "running"):  # running: at another replica, or where a process has died
                if not errand.takers:
                    return errand.move("dormant")
                await self._tell(errand, case)
                await asyncio.sleep(LOOK_SECONDS[min(looks, len(LOOK_SECONDS) - 1)])
                looks += 1
                case = await self._look(errand, asked.caller)
            if case.state not in ("allowed", "approved"):
                return await self._over(errand, case, asked.caller)
            if not errand.takers:
                return errand.move("dormant")  # whoever asked is gone before it ran; a later try takes it up
            if await self._run(errand, asked):
                return None
            case = await self._look(errand, asked.caller)

    async def _begun(self, errand: Errand, asked: Asked) -> Case:
        """The case of this call: a new one, or that which the record says it is."""
        looks = 0
        try:
            while (case := await self._threads.run("judge", lambda: self._called(asked))) is None:
                if not errand.takers:
                    raise Broken("nobody waits for it any more", hint="try again", code="busy")
                await asyncio.sleep(LOOK_SECONDS[min(looks, len(LOOK_SECONDS) - 1)])
                looks += 1
        except Conflict as error:
            raise await _twin() if error.code == TWIN else error from error
        errand.case_id = case.id
        errand.was_held = case.state in ("held", "approved") or case.approval is not None
        return case

    def _called(self, asked: Asked) -> Case | None:
        """On a thread. What was revoked since this process last looked is found out before anything is recorded."""
        self._desk.registry.virtual(asked.access_key, fresh=True)
        return self._desk.called(asked.caller, asked.proposal, asked.claim)

    async def _tell(self, errand: Errand, case: Case) -> None:
        """Let the takers know what is waited for."""
        if errand.stage == case.state:
            return
        if case.state == "held":
            errand.was_held, errand.missing = True, await self._missing(case)
            errand.move("held")
        else:
            errand.move("running")

    async def _over(self, errand: Errand, case: Case, caller: Caller) -> None:
        """It is not to be run: it ran already, or never will."""
        if case.state in ("done", "undoing", "undone", "closing", "closed") or (case.state == "failed" and case.output):
            self._end(errand, await self._kept(errand, caller))
        else:
            self._end(errand, words.stopped(case))

    async def _run(self, errand: Errand, asked: Asked) -> bool:
        """Run it, to its end; False where another replica was first."""
        loop = asyncio.get_running_loop()
        reply = Reply(loop, self._folder)
        carried = Carried(asked.body, reply)
        errand.reply = reply
        errand.move("running")
        if not errand.was_held:
            self._memory.leave(errand)
        told = loop.create_task(self._told(errand, reply))
        try:
            await self._threads.run("act", lambda: self._desk.run(asked.caller, errand.case_id, carried))
        except InterlockError as error:
            if isinstance(error, Conflict) and not reply.status and await self._runs_elsewhere(errand, asked.caller):
                errand.reply = None
                return False
            # What AWS itself answered is the answer, also where it said no; but never one that is not on record.
            if reply.whole and not isinstance(error, StoreError | Untold):
                self._end(errand, reply)
            else:
                self._end(errand, await self._failed(errand, error, asked.caller, answered=bool(reply.status)))
            return True
        finally:
            told.cancel()
        self._end(errand, reply if reply.whole else await self._kept(errand, asked.caller))
        return True

    async def _runs_elsewhere(self, errand: Errand, caller: Caller) -> bool:
        """Whether it is running, or ran, though not by us."""
        try:
            return (await self._look(errand, caller)).state in RAN
        except InterlockError:
            return False

    async def _told(self, errand: Errand, reply: Reply) -> None:
        """Tell the takers when the answer is so large that it is given out before its end."""
        while not reply.streams:
            await reply.came()
        errand.wake()

    async def _failed(self, errand: Errand, error: InterlockError, caller: Caller, *, answered: bool) -> InterlockError:
        """The error, so worded that nobody repeats what may have taken effect."""
        try:
            state = (await self._look(errand, caller)).state
        except InterlockError:
            state = "running"
        if isinstance(error, Broken) and (answered or state not in ("allowed", "approved", "failed")):
            return Untold(
                f"case `{errand.case_id}` may have taken effect: {error.message}",
                hint=f"`interlock show {errand.case_id}`; do not repeat it before you have looked",
                where=errand.case_id,
            )
        error.where = error.where or errand.case_id
        return error

    async def _kept(self, errand: Errand, caller: Caller) -> Reply:
        """The answer as it was recorded. Raises Conflict where it is not kept."""

        def recorded() -> bytes:
            return self._desk.output(self._desk.case(caller, errand.case_id))

        raw = await self._threads.run("look", recorded)
        kept = from_bytes(raw) if raw else None
        if kept is None or not kept.whole:
            raise Conflict(
                f"case `{errand.case_id}` ran, and its answer is not kept",
                hint=f"`interlock show {errand.case_id}`",
                where=errand.case_id,
                code="not-kept",
            )
        reply = Reply(asyncio.get_running_loop(), self._folder)
        reply.begin(kept.status, kept.headers)
        reply.add(kept.body)
        reply.end()
        reply.seal()
        return reply

    async def _look(self, errand: Errand, caller: Caller) -> Case:
        return await self._threads.run("look", lambda: self._desk.case(caller, errand.case_id))

    async def _missing(self, case: Case) -> str:
        return await self._threads.run("look", lambda: str(self._desk.told(case)["missing"]).replace("\n", "; "))

    def _end(self, errand: Errand, outcome: Reply | InterlockError) -> None:
        errand.settle(outcome)
        self._memory.settled(errand)

    async def _answered(self, errand: Errand, asked: Asked) -> None:
        """Record that the answer was taken. Where that fails, the next identical call is given it once more."""
        try:
            work = lambda: self._desk.answered(asked.caller, asked.claim, errand.case_id)  # noqa: E731 - as above
            await self._threads.run("judge", work)
        except InterlockError as error:
            log.warning("that an answer was taken is not on record", extra={"fields": {"why": error.message}})


async def _twin() -> Broken:
    """The error for a call that carries the signature of one before it, as soon as it would be signed otherwise."""
    await asyncio.sleep(SECOND)
    return Broken("this signature was used a moment ago", hint="sign the call again", code="busy")
