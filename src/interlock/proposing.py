"""Proposing: legs 1 to 4 of the road, from what came in to the decision, with their record.

What names a target is recorded as soon as something is done upon its word: before its tool plans, before it is looked
at. What names none touches nothing, and is recorded with its decision; such proposals that come at once are judged by
one thread, leg by leg, and recorded in one transaction, each as a case of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from typing import Final, NamedTuple, NoReturn

import msgspec

from interlock.caseids import CaseIds
from interlock.errors import BadInput, Conflict, InterlockError
from interlock.execute.planners import planner_for
from interlock.judge import Judge, Senses, require_plannable
from interlock.ledger.batch import OVERTAKEN
from interlock.ledger.entry import TOO_LARGE
from interlock.ledger.redact import redact
from interlock.ledger.vault import Fresh
from interlock.model import entry as kinds
from interlock.model.agent import Passport
from interlock.model.canon import canonical
from interlock.model.case import Case
from interlock.model.inventory import Rehearsal
from interlock.model.proposal import Proposal
from interlock.model.target import Target
from interlock.record import CASE, Opening, Placed, Record, Standing
from interlock.together import Together

US: Final = "interlock"
#: How often a proposal is judged anew because its agent's passport was changed meanwhile.
OVERTAKINGS: Final = 5
#: What is judged by another caller's thread is no longer than this, so that nobody waits for a long one. Bytes.
SHORT: Final = 8_192

#: What is recorded with the first entry of the case of this id.
Beside = Callable[[str], Sequence[Placed]]


class Draft(NamedTuple):
    """A case that is being begun, and as what its agent stood. `pending` is not recorded yet."""

    proposal: Proposal
    id: str
    fresh: Fresh
    standing: Standing
    pending: list[kinds.What]

    def opening(self, beside: Sequence[Placed] = ()) -> Opening:
        by = f"agent:{self.proposal.agent}"
        return Opening(self.id, by, tuple(self.pending), self.fresh, self.standing, beside)


class Judged(NamedTuple):
    """A draft with all that will be recorded, and the error that it ends with."""

    draft: Draft
    error: InterlockError | None


class Proposing:
    """Begins cases. Every method may be called from any thread."""

    def __init__(self, record: Record, judge: Judge, senses: Senses) -> None:
        self.record = record
        self.judge = judge
        self._ids = CaseIds(senses.entropy, senses.monotonic)
        self._together = Together(self._judged, self._begun)

    def propose(self, proposal: Proposal, beside: Beside | None = None) -> Case:
        """Legs 1 to 4. What came in is recorded whatever becomes of it; a leg's error is recorded, then raised.

        It is judged by the passport that we remember, and recorded only while that is still the agent's passport.
        When it is not, nothing was recorded or tried on a target, and it is judged anew. What `beside` gives for the
        case's id is recorded with its first entry; Conflict, and nothing happened, when a place of it was taken.
        """
        for _ in range(OVERTAKINGS):
            try:
                return self._propose(proposal, beside)
            except Conflict as error:
                if error.code != OVERTAKEN:
                    raise
        raise Conflict(f"the passport of `{proposal.agent}` does not stand still", hint="propose it again")

    def _propose(self, proposal: Proposal, beside: Beside | None) -> Case:
        if beside is None and _is_short(proposal) and threading.current_thread() is not threading.main_thread():
            return self._together.serve(proposal)
        draft = self._draft(proposal)
        written: Case | None = None

        def flush() -> Case:
            nonlocal written
            if written is None:
                written = self.record.begin(draft.opening(beside(draft.id) if beside is not None else ()))
            else:
                written = self.record.extend(written, US, *draft.pending)
            draft.pending.clear()
            return written

        error = _walked(self._legs(draft, flush))
        try:
            case = flush()
        except BadInput as large:
            if large.code != TOO_LARGE or error is not None:
                raise
            # What came in stays on record; what it was read as takes more room than the ledger gives to one entry.
            draft.pending[int(written is None) :] = [kinds.Refused("decide", large.code, large.message)]
            flush()
            raise
        if error is not None:
            raise error
        return case

    def _draft(self, proposal: Proposal) -> Draft:
        """A case that begins with what came in; nothing is recorded yet."""
        case_id, standing = self._ids.draw(), self.record.standing(proposal.agent)
        fresh = self.record.fresh(CASE + case_id)
        return Draft(proposal, case_id, fresh, standing, [_received(fresh, proposal, standing.passport)])

    def _legs(self, draft: Draft, flush: Callable[[], object]) -> Generator[None, None, InterlockError | None]:
        """The legs as far as they go, into the draft; what ended them early, if anything. `flush` records them.

        It yields between the legs.
        """
        proposal, pending, passport, leg = draft.proposal, draft.pending, draft.standing.passport, "plan"
        try:
            target = self.judge.target(proposal)
            if planner_for(target, proposal.payload) is not None:
                flush()
                require_plannable(passport)
                proposal = self._plan(draft.id, proposal, target, pending)
            leg = "read"
            reading = self.judge.read(proposal, target)
            if target is not None:
                flush()
            yield
            reading, surveyed = self.judge.resolve(reading, proposal, target)
            change = reading.change
            pending.append(kinds.WasRead(change))
            leg = "assess"
            inventory, rehearsal = self.judge.look(proposal, reading, target, passport, surveyed)
            assessment = self.judge.assess(proposal, reading, target, inventory, rehearsal)
            pending.append(kinds.Assessed(assessment, self._samples(draft.id, rehearsal)))
            yield
            leg = "decide"
            pending.append(kinds.Decided(self.judge.decide(proposal, change, assessment, passport)))
        except InterlockError as error:
            pending.append(kinds.Refused(leg, error.code, error.message))
            return error
        return None

    def _judged(self, proposal: Proposal) -> Generator[None, None, Judged]:
        draft = self._draft(proposal)
        yield
        return Judged(draft, (yield from self._legs(draft, _nothing_to_announce)))

    def _begun(self, judged: Sequence[Judged]) -> list[Case | InterlockError]:
        cases = self.record.begin_each([draft.opening() for draft, _ in judged])
        return [
            case if isinstance(case, InterlockError) or error is None else error
            for case, (_, error) in zip(cases, judged, strict=True)
        ]

    def _plan(self, case_id: str, proposal: Proposal, target: Target | None, pending: list[kinds.What]) -> Proposal:
        """The proposal with its plan for payload; the plan is sealed, and will be recorded with what follows."""
        plan = self.judge.plan(proposal, target)
        assert plan is not None  # noqa: S101 - only asked for where there is a planner
        package = self.record.seal(case_id, plan.package)
        output = self.record.seal_text(case_id, plan.output)
        pending.append(kinds.Planned(package, len(plan.package), plan.identity, plan.tool, output))
        return msgspec.structs.replace(proposal, payload=plan.package)

    def _samples(self, case_id: str, rehearsal: Rehearsal | None) -> str:
        if rehearsal is None or not rehearsal.samples:
            return ""
        return self.record.seal_text(case_id, canonical(kinds.Samples(rehearsal.samples)))


def _is_short(proposal: Proposal) -> bool:
    """Whether it is judged in no time: it names no target, and there is little to read."""
    if proposal.target:
        return False
    return len(proposal.payload) + len(proposal.prompt) + len(proposal.intent) <= SHORT


def _walked(legs: Generator[None, None, InterlockError | None]) -> InterlockError | None:
    """All of the legs at once."""
    while True:
        try:
            next(legs)
        except StopIteration as end:
            error: InterlockError | None = end.value
            return error


def _nothing_to_announce() -> NoReturn:
    raise AssertionError("a proposal without a target touches nothing that has to be announced")


def _received(fresh: Fresh, proposal: Proposal, passport: Passport) -> kinds.Proposed:
    """The first entry: who asked for what. The payload is sealed exactly, since it has to run; the prompt redacted."""
    return kinds.Proposed(
        kind=proposal.kind,
        agent=proposal.agent,
        environment=proposal.environment,
        target=proposal.target,
        passport=passport.digest,
        payload=fresh.seal(proposal.payload),
        payload_size=len(proposal.payload),
        session=proposal.session,
        author=proposal.author,
        operator=proposal.operator,
        owner=passport.owner,
        intent=redact(proposal.intent)[0],
        prompt=fresh.seal(redact(proposal.prompt.encode())[0]) if proposal.prompt else "",
        proposal=proposal.digest,
    )
