"""THE MAIN ROAD: proposal -read-> change -assess-> assessment -decide-> decision -approve-> approval
-execute-> execution.

Legs 5 to 9; the first four, which end with the decision, are in `proposing.py`. No other place knows the order. Each
leg is short: compute, record, go on. Nothing that touches the world happens before the entry that announces it is
durable, and a leg that cannot be gone is recorded as refused.

    propose   1 seal and record what came in, and have it planned where the target's tool plans   2 read
              3 survey, rehearse and assess   4 decide
    vote      5 check one vote, record it, and record the approval when the quorum is there
    run       6 judge again: any difference is stale   7 start   8 step by step   9 finish
    undo, close, recover   the same steps, for the way back, the end of the undo window, and after a crash
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Final, Literal, NoReturn

from interlock.approve.poll import Poll, poll_of
from interlock.approve.quorum import Missing, quorum
from interlock.approve.review import admit_review
from interlock.approve.vote import accept
from interlock.errors import BadConfiguration, Conflict, InterlockError, Refused, Stale, TargetError
from interlock.execute.executor import Exchange, Executor, Order
from interlock.execute.executors import executor_for
from interlock.execute.planners import planner_for
from interlock.execute.run import drive
from interlock.judge import Judge, Judgement, Senses, difference, writes
from interlock.model import entry as kinds
from interlock.model.approval import Vote
from interlock.model.case import OPEN_STATES, Case, State
from interlock.model.change import Change
from interlock.model.execution import Step
from interlock.model.proposal import Proposal
from interlock.record import Record

US = "interlock"
#: What a case in each open state is in the middle of.
PURPOSES: Final[dict[str, kinds.Purpose]] = {"running": "run", "undoing": "undo", "closing": "close"}
#: The state in which each purpose has reached its end. An undo that failed leaves `done`, and is no success.
ENDS: Final[dict[kinds.Purpose, State]] = {"run": "done", "undo": "undone", "close": "closed"}


class Road:
    """The legs, with their record."""

    def __init__(self, record: Record, judge: Judge, senses: Senses) -> None:
        self.record = record
        self.judge = judge
        self._senses = senses

    def vote(self, vote: Vote) -> Case:
        """Leg 5: one checked vote, and the approval as soon as nothing is missing any more."""
        case = self.record.case(vote.ballot.case)
        if vote.ballot.choice == "approve":
            _require_whole(case)
        poll = self.poll(case)
        used = {cast.ballot.nonce for cast in case.votes}
        accept(vote, poll, used=used, now=self.record.now())
        case = self.record.extend(case, f"person:{vote.ballot.person}", kinds.Voted(vote))
        if case.state == "held":
            reached = quorum(poll, case.votes, used=(), now=self.record.now())
            if not isinstance(reached, Missing):
                case = self.record.extend(case, US, kinds.Approved(reached))
        return case

    def poll(self, case: Case) -> Poll:
        """What is voted on in this case, and by whom."""
        return poll_of(
            case,
            people=self.record.people(),
            agents=[passport.name for passport in self.record.agents()],
            approval_seconds=self.judge.configuration.environment(_environment(case)).approval_seconds,
            owner=self.record.passport(case.proposed.agent).owner,
        )

    def missing(self, case: Case) -> Missing | None:
        """What still stands between a held case and its approval, in words for people."""
        if case.state != "held":
            return None
        reached = quorum(self.poll(case), case.votes, used=(), now=self.record.now())
        return reached if isinstance(reached, Missing) else None

    def review(self, case_id: str, person: str, note: str) -> Case:
        """Somebody who did not break the glass has looked at a case that did."""
        case = self.record.case(case_id)
        text = admit_review(person, note, self.poll(case), case.approval)
        return self.record.extend(case, f"person:{person}", kinds.Reviewed(text))

    def run(self, case_id: str, by: str, exchange: Exchange | None = None) -> Case:
        """Legs 6 to 9. Raises Refused when something is missing, Stale when anything differs from what was approved.

        `exchange` is what a gate holds open for it.
        """
        case = self.record.case(case_id)
        if case.state not in ("allowed", "approved"):
            raise _not_runnable(case, self.missing(case))
        _require_whole(case)
        proposal = self.proposal(case)
        passport = self.record.passport(proposal.agent)
        try:
            judgement = self.judge.judge(proposal, passport, anew=True)
        except Stale as error:
            self._lapse(case, "stale", error.message)
        self._require_unchanged(case, judgement)
        order, executor = self._order(case, proposal, judgement.change, exchange)
        used = tuple(vote.ballot.nonce for vote in case.votes)
        case = self.record.extend(case, by, kinds.Started("run", order.digest, used))
        return self._perform(case, order, executor, "run", executor.execute(order, self._sealer(case)))

    def undo(self, case_id: str, by: str) -> Case:
        """The way back, within the undo window. Raises Refused when it is over, Stale when others changed it since."""
        case = self.record.case(case_id)
        execution = case.execution
        if case.state != "done" or execution is None:
            raise Conflict(f"case `{case.id}` is {case.state}", hint="only a case that is done can be undone")
        if self.record.now() > execution.undo_until:
            raise Refused(
                f"the undo window of case `{case.id}` is over", hint="propose the way back as a change of its own"
            )
        order, executor = self._order(case, self.proposal(case), case.change)
        case = self.record.extend(case, by, kinds.Started("undo", order.digest))
        steps = executor.undo(order, execution.images, lambda image: self.record.unseal(case.id, image))
        return self._perform(case, order, executor, "undo", steps)

    def close(self, case_id: str) -> Case:
        """The end of the undo window: what was kept aside for the way back is let go."""
        case = self.record.case(case_id)
        order, executor = self._order(case, self.proposal(case), case.change)
        case = self.record.extend(case, US, kinds.Started("close", order.digest))
        return self._perform(case, order, executor, "close", executor.close(order))

    def recover(self, case: Case) -> Case:
        """After a crash: what the target says happened is what is recorded. A case before its decision is refused."""
        if case.state in ("proposed", "read", "assessed"):
            message = "the process ended before there was a decision; propose it again"
            return self.record.extend(case, US, kinds.Refused("recover", "interrupted", message))
        if case.state not in OPEN_STATES:
            return case
        order, executor = self._order(case, self.proposal(case), case.change)
        return self._settle(case, order, executor, PURPOSES[case.state], "the process ended in the middle of it")

    def proposal(self, case: Case) -> Proposal:
        """The proposal as it is judged and executed, its payload (or the plan in its place) from the vault.

        NotFound when it was erased.
        """
        came = case.proposed
        return Proposal(
            came.kind,
            self.record.unseal(case.id, case.planned.package if case.planned is not None else came.payload),
            came.agent,
            came.environment,
            came.target,
            came.session,
            came.author,
            came.operator,
            came.intent,
        )

    # the short ends of the legs

    def _sealer(self, case: Case) -> Callable[[bytes], str]:
        return lambda content: self.record.seal(case.id, content)

    def _require_unchanged(self, case: Case, judgement: Judgement) -> None:
        """Leg 6. What lapses is recorded, so that nobody can try the same approval again."""
        assert case.decision is not None  # noqa: S101 - the table of moves leads here only past a decision
        fresh = judgement.decision
        if fresh.digest != case.decision.digest:
            if judgement.rehearsal is not None and judgement.rehearsal.hindered:
                raise TargetError(
                    f"case `{case.id}` could not be tried again: {judgement.rehearsal.hindered}",
                    hint="nothing was done and the approval stays; mend it, then run the case again",
                    code="not-rehearsed",
                )
            self._lapse(case, "stale", difference(case, judgement))
        if fresh.outcome == "deny" or (fresh.outcome == "hold" and case.state == "allowed"):
            why = "; ".join(because.because for because in fresh.because) or "no policy permits it any more"
            self._lapse(case, "stale", f"policy now says {fresh.outcome}: {why}")
        if fresh.outcome == "hold":
            poll = self.poll(case)._replace(decision=fresh)
            reached = quorum(poll, case.votes, used=(), now=self.record.now())
            if isinstance(reached, Missing):
                self._lapse(case, "expired", f"the approval no longer suffices: {reached.text}")

    def _lapse(self, case: Case, code: str, reason: str) -> NoReturn:
        self.record.extend(case, US, kinds.Lapsed(code, reason))
        raise Stale(f"case `{case.id}` cannot run: {reason}", hint="propose it again")

    def _order(
        self, case: Case, proposal: Proposal, change: Change | None, exchange: Exchange | None = None
    ) -> tuple[Order, Executor]:
        target = self.judge.target(proposal)
        if target is None or change is None or case.assessment is None or case.decision is None:
            raise BadConfiguration(
                f"case `{case.id}` names no target", hint="propose it with --target to have it executed"
            )
        if case.planned is None and planner_for(target, proposal.payload) is not None:
            raise BadConfiguration(f"case `{case.id}` was never planned", hint="propose it again")
        order = Order(
            case.id,
            case.decision.digest,
            change,
            proposal.payload,
            target,
            case.assessment.measured,
            writes(change),
            exchange,
            self._senses.now,
        )
        return order, executor_for(target)

    def _perform(
        self, case: Case, order: Order, executor: Executor, purpose: kinds.Purpose, steps: Iterator[Step]
    ) -> Case:
        """Legs 8 and 9. Every step is durable in the record before the executor is resumed; see execute/run.py."""
        output = ""
        try:
            with contextlib.closing(drive(steps)) as driven:
                for step in driven:
                    case = self.record.extend(case, US, kinds.Stepped(purpose, step))
                    output = step.output or output
        except Conflict as error:
            if not isinstance(error, Stale):
                raise  # somebody else recorded on this case; what is recorded there stands
            self.record.extend(case, US, kinds.Finished(purpose, "failed", error=error.message))
            raise
        except InterlockError as error:
            settled = self._settle(case, order, executor, purpose, error.message)
            if settled.state == ENDS[purpose]:
                return settled
            raise
        return self._finish(case, purpose, output)

    def _finish(self, case: Case, purpose: kinds.Purpose, output: str = "") -> Case:
        execution = case.execution
        undo_until = 0
        if purpose == "run" and execution is not None and execution.images:
            window = self.judge.configuration.environment(_environment(case)).undo_window_seconds
            undo_until = self.record.now() + window * 1000
        return self.record.extend(case, US, kinds.Finished(purpose, "done", undo_until=undo_until, output=output))

    def _settle(self, case: Case, order: Order, executor: Executor, purpose: kinds.Purpose, error: str) -> Case:
        """Record what the target itself says became of an execution that did not end by itself."""
        try:
            seen = executor.look(order, purpose)
        except InterlockError:
            return case  # the target cannot be asked now; the case stays open and recovery asks again
        if seen == "done":
            return self._finish(case, purpose)
        result: Literal["failed", "untold"] = "untold" if seen == "unknown" else "failed"
        if seen == "in-part" and (account := executor.account(order, purpose)) not in error:
            error = f"{account}; {error}"
        return self.record.extend(case, US, kinds.Finished(purpose, result, error=error))


def _environment(case: Case) -> str:
    """The environment whose contract the case stands under: the assessed one, once there is one."""
    return case.assessment.environment if case.assessment is not None else case.proposed.environment


def _require_whole(case: Case) -> None:
    if case.erased:
        raise Refused(f"what case `{case.id}` would run was erased", hint="propose it again")


def _not_runnable(case: Case, missing: Missing | None) -> InterlockError:
    if case.state == "held" and missing is not None:
        return Refused(f"case `{case.id}` is held: {missing.text}", hint=f"`interlock approve {case.id} --as NAME`")
    if case.state == "denied" and case.decision is not None:
        why = "; ".join(because.because for because in case.decision.because)
        return Refused(f"case `{case.id}` is denied: {why}")
    return Conflict(
        f"case `{case.id}` is {case.state}",
        hint="propose it again" if case.problem else f"`interlock show {case.id}` tells what became of it",
    )
