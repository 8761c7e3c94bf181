"""Control: the composition root. It opens ledger, policy, keys and inventory, and holds the verbs that a face may call.

It decides nothing: each verb asks `identify/verbs.py` whether this kind of caller may use it, and hands on to the road.
What an agent may see is its own; people and operators see all.
"""

from __future__ import annotations

from contextlib import ExitStack
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Self

from interlock import __version__
from interlock.answer import Json, read_told, sample_told, told
from interlock.approve.vote import draw
from interlock.claims import Claim, Claims
from interlock.decide.decide import engine
from interlock.erasure import Reads, erase_reads
from interlock.errors import BadPolicy, Conflict, Forbidden, InterlockError, KeyLost, NotFound
from interlock.execute.executor import Exchange
from interlock.execute.planners import planner_for
from interlock.home import Home
from interlock.identify.issuer import open_issuer
from interlock.identify.verbs import Caller, require
from interlock.judge import Judge, Judgement, Senses, require_plannable
from interlock.ledger.keys import load_master, load_signer
from interlock.ledger.log import open_ledger
from interlock.ledger.vault import Vault
from interlock.model import entry as kinds
from interlock.model.approval import Ballot, Choice, Vote
from interlock.model.canon import parse
from interlock.model.case import OPEN_STATES, Case
from interlock.model.proposal import Proposal
from interlock.pace import Pace
from interlock.passing import Passage, Passing
from interlock.policy.engine import Engine
from interlock.policy.shut import ShutEngine
from interlock.proposing import Proposing
from interlock.read.readers import readable
from interlock.record import CLAIMED, PASSED, SYSTEM, Record
from interlock.registry import Registry
from interlock.road import Road
from interlock.selftest import prove
from interlock.survey.surveyors import unusable


class Control:
    """One open home. Made by `Control.open`; a context manager; every method may be called from any thread."""

    def __init__(self, home: Home, senses: Senses, *, store: str = "", trust_head: bool = False) -> None:
        self.home = home
        self.configuration = home.configuration()
        self._senses = senses
        with ExitStack() as opening:
            self.ledger = opening.enter_context(
                open_ledger(
                    store or self.configuration.store,
                    signer=load_signer(home.ledger_key),
                    high_water=self.configuration.high_water,
                    trust_head=trust_head,
                )
            )
            self.vault = Vault(self.ledger.store, load_master(home.vault_key), entropy=senses.entropy)
            self.pace = Pace(self.configuration.pace, senses.monotonic)
            self.record = Record(self.ledger, self.vault, senses.now, self.pace.grew)
            self.shut: BadPolicy | None = None
            try:
                court: Engine = engine(home.policy_sources())
            except BadPolicy as error:  # what takes away asks no policy, and has to work all the same
                self.shut, court = error, ShutEngine(str(error))
            self.judge = Judge(self.configuration, court, senses, self.record.identity)
            self.proposing = Proposing(self.record, self.judge, senses)
            self.road = Road(self.record, self.judge, senses)
            issuer = open_issuer(home.issuer_key)
            self.registry = Registry(self.record, home, issuer, senses, self.configuration.origin)
            self.claims = Claims(self.record, self.pace)
            self.passing = Passing(self.record, self.judge, senses)
            self._problems: tuple[str, ...] | None = None
            opening.pop_all()

    @classmethod
    def open(cls, path: Path, senses: Senses, *, store: str = "", trust_head: bool = False) -> Self:
        """Open a home. `store` replaces the configured one; `trust_head` accepts its head without a high-water mark."""
        return cls(Home(path), senses, store=store, trust_head=trust_head)

    def close(self) -> None:
        self.passing.close()
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # asking and looking

    def check(self, caller: Caller, proposal: Proposal) -> Judgement:
        """Judge without recording and without executing."""
        require("check", caller)
        self.require_policies()
        passport = self.record.passport(proposal.agent)
        target = self.configuration.targets.get(proposal.target)
        if caller.kind == "agent" and planner_for(target, proposal.payload) is not None:
            require_plannable(passport)
        return self.judge.judge(self.judge.planned(proposal), passport)

    def propose(self, caller: Caller, proposal: Proposal, *, run: bool = False) -> Case:
        """Legs 1 to 4, and with `run` the rest of the road too where the change is allowed as it is."""
        self._admit(caller, proposal)
        self.pace.proposes(proposal)
        case = self.proposing.propose(proposal)
        if run and case.state == "allowed" and proposal.target:
            case = self.road.run(case.id, _by(caller))
        return case

    def called(self, caller: Caller, proposal: Proposal, claim: Claim) -> Case | None:
        """The case of this call at a gate: the one that it belongs to, or a new one (legs 1 to 4). None while an
        identical call is being judged. Whichever process asks, one call has one case."""
        self._admit(caller, proposal)
        while True:
            place, by = self.claims.find(claim), _by(caller)
            try:
                if place.joins:
                    self.claims.join(claim, place, by)
                if place.judging or place.case is not None:
                    return place.case
                self.pace.proposes(proposal)
                return self.proposing.propose(proposal, self.claims.beside(claim, place, by))
            except Conflict as error:
                if error.code != CLAIMED:
                    raise  # who came first moved on by that; so this is not tried for ever

    def joined(self, caller: Caller, claim: Claim, case_id: str) -> bool:
        """Whether this call of its own is this case; if so that is on record."""
        require("propose", caller)
        while True:
            place = self.claims.find(claim)
            if place.case is None or place.case.id != case_id:
                return False
            try:
                if place.joins:
                    self.claims.join(claim, place, _by(caller))
            except Conflict as error:
                if error.code != CLAIMED:
                    raise
            else:
                return True

    def answered(self, caller: Caller, claim: Claim, case_id: str) -> None:
        """The answer of this case was taken whole: an identical call is one of its own from now on."""
        require("propose", caller)
        self.claims.answered(claim, case_id, _by(caller))

    def glance(self, caller: Caller, proposal: Proposal, key: str = "", *, judge: bool = True) -> Passage | None:
        """The passage of a read that is allowed as it is; None for what has to go the whole road.

        With `judge` False only what is remembered is asked, which takes no time. `key` is the virtual key it came by.
        """
        self._admit(caller, proposal)
        passage = self.passing.glance(proposal, key) if judge else self.passing.remembered(proposal, key)
        if passage is not None:
            self.pace.reads(proposal)
        return passage

    def _admit(self, caller: Caller, proposal: Proposal) -> None:
        require("propose", caller)
        if caller.kind == "agent" and proposal.agent != caller.name:
            raise Forbidden(f"`{caller.name}` cannot propose as `{proposal.agent}`", code="other-agent")
        self._require_armed()

    def case(self, caller: Caller, case_id: str) -> Case:
        """One case. An agent is told of others' cases what it would be told of none."""
        require("show", caller)
        case = self.record.case(case_id)
        if caller.kind == "agent" and case.proposed.agent != caller.name:
            raise NotFound(f"there is no case `{case_id}`", hint="`interlock cases` lists them")
        return case

    def cases(self, caller: Caller) -> list[Case]:
        """All cases that this caller may see, oldest first."""
        require("cases", caller)
        cases = self.record.cases()
        return [case for case in cases if caller.kind != "agent" or case.proposed.agent == caller.name]

    def reads(self, caller: Caller, agent: str, count: int) -> list[Json]:
        """The last reads of an agent that passed without a case, oldest first. An agent sees its own."""
        require("cases", caller)
        if caller.kind == "agent" and agent != caller.name:
            raise NotFound(f"there are no reads of `{agent}`")
        found = self.record.newest(PASSED + agent, count)
        if not found and not self.record.passport(agent).registered:
            raise NotFound(f"no agent is called `{agent}`", hint="`interlock agents list` names them")
        return [read_told(entry) for entry in found]

    def told(self, case: Case) -> Json:
        """The case as every face shows it."""
        return told(case, self.road.missing(case))

    def payload(self, case: Case) -> bytes:
        """The exact bytes that would run; empty when they were erased."""
        return b"" if case.erased else self.record.unseal(case.id, case.proposed.payload)

    def readable(self, case: Case) -> bytes:
        """The payload for people and agents to read; empty where it is no text that anybody wrote for reading.

        A plan holds values out of a state, secrets among them, which whoever may see the case may not all see.
        """
        payload = self.payload(case)
        if not payload:
            return b""
        planner = planner_for(self.configuration.targets.get(case.proposed.target))
        if planner is not None and case.planned is not None:
            payload = planner.text(payload)
            return readable(case.proposed.kind, payload) or payload
        return readable(case.proposed.kind, payload)

    def samples(self, case: Case) -> list[Json]:
        """The sample of the diff, as JSON; empty when there is none or it was erased."""
        if not case.samples or case.erased:
            return []
        sealed = parse(self.record.unseal(case.id, case.samples), kinds.Samples)
        return [sample_told(sample) for sample in sealed.samples]

    def output(self, case: Case) -> bytes:
        """What the execution returned; empty when nothing, or when it was erased."""
        return b"" if case.erased or not case.output else self.record.unseal(case.id, case.output)

    # voting

    def ballot(self, case: Case, person: str, choice: Choice, *, reason: str = "", break_glass: bool = False) -> Ballot:
        """The ballot of a case as it was shown, for a person to sign."""
        return draw(
            self.road.poll(case),
            person,
            choice,
            now=self.record.now(),
            entropy=self._senses.entropy,
            reason=reason,
            break_glass=break_glass,
        )

    def sign(self, ballot: Ballot, passphrase: str) -> Vote:
        """The ballot signed with the key that its person keeps in this home."""
        return self.registry.sign(ballot, passphrase)

    def vote(self, vote: Vote) -> Case:
        """Cast a signed vote. Whoever brings it, it is the signature that says whose it is."""
        caller = Caller("person", vote.ballot.person)
        require("break-glass" if vote.ballot.break_glass else vote.ballot.choice, caller)
        return self.road.vote(vote)

    def review(self, caller: Caller, case_id: str, person: str, note: str, passphrase: str) -> Case:
        """Record that somebody else has looked at a case that broke the glass. `caller` only carries the words."""
        if caller.kind == "agent":
            require("review", caller)
        require("review", self.registry.prove(person, passphrase))
        return self.road.review(case_id, person, note)

    # acting

    def run(self, caller: Caller, case_id: str, exchange: Exchange | None = None) -> Case:
        """Legs 6 to 9. `exchange` is what a gate holds open for it."""
        require("run", caller)
        self._require_armed()
        self.case(caller, case_id)
        return self.road.run(case_id, _by(caller), exchange)

    def undo(self, caller: Caller, case_id: str) -> Case:
        """The way back, within the undo window."""
        require("undo", caller)
        return self.road.undo(case_id, _by(caller))

    def recover(self, caller: Caller) -> list[Case]:
        """Resolve what a dead process left in the middle, and close what is past its window; those that moved."""
        require("resume", caller)
        moved = []
        for case in self.interrupted():
            settled = self.settle(case)
            if settled.entries != case.entries:
                moved.append(settled)
        return moved + self.sweep()

    def interrupted(self, idle_ms: int = 0) -> list[Case]:
        """Cases in the middle of a leg that nobody has moved for this long: some process may have died on them."""
        since = self.record.now() - idle_ms
        unfinished = (*OPEN_STATES, "proposed", "read", "assessed")
        left = [case for case in self.record.cases() if case.state in unfinished and case.changed_at <= since]
        return [case for case in left if not idle_ms or case.changed_at <= since - self._patience(case)]

    def _patience(self, case: Case) -> int:
        """How much longer than usual a case may stand still, in milliseconds: its target's tool may be planning."""
        target = self.configuration.targets.get(case.proposed.target)
        planner = planner_for(target)
        return planner.patience(target) if planner is not None and target is not None else 0

    def settle(self, case: Case) -> Case:
        """What the target says became of an interrupted case, recorded; unmoved when it cannot be asked now."""
        return self.road.recover(case)

    def sweep(self) -> list[Case]:
        """Close every case whose undo window is over; those that were closed."""
        return [self.close_window(case) for case in self.due()]

    def due(self) -> list[Case]:
        """Cases whose undo window is over and that still keep what the way back needed."""
        now = self.record.now()
        return [
            case
            for case in self.record.cases()
            if case.state == "done" and case.execution is not None and 0 < case.execution.undo_until < now
            if not case.erased
        ]

    def close_window(self, case: Case) -> Case:
        """Let go of what was kept for the way back of a case that is due."""
        return self.road.close(case.id)

    def erase(self, caller: Caller, case_id: str, reason: str) -> Case:
        """Erase the vault's contents of a case. What is still running or can still be undone is closed first."""
        require("erase", caller)
        case = self.record.case(case_id)
        if case.state in OPEN_STATES:
            raise Conflict(f"case `{case.id}` is {case.state}", hint="`interlock recover` first, then erase it")
        if case.state == "done" and case.execution is not None and case.execution.undo_until:
            case = self.road.close(case.id)  # what was kept aside at the target could never be let go afterwards
        return self.record.erase(case, _by(caller), reason)

    def erase_reads(self, caller: Caller, which: Reads, reason: str) -> dict[str, int]:
        """Erase what the vault holds of reads that passed without a case; how many, by agent."""
        require("erase", caller)
        return erase_reads(self.record, self.vault, which, _by(caller), reason)

    # health

    def health(self) -> Json:
        """What is armed, degraded or stopped. Cheap enough to be asked every second."""
        problems, size = list(self.problems), -1
        try:
            size = self.ledger.size()
            self.record.now()
        except InterlockError as error:
            problems.append(str(error))
        return {
            "state": "armed" if not problems else "stopped",
            "version": __version__,
            "problems": problems,
            "degraded": [
                *(f"a review of case `{case}` is due: it broke the glass" for case in self._reviews_due(size)),
                *(f"`{agent}` is held back: it asks faster than its pace" for agent in self.pace.held_back()),
                *unusable(self.configuration.targets.values()),
            ],
            "policy_version": self.judge.engine.version,
            "ledger_entries": size,
            "store": self.ledger.store.where,
            "targets": sorted(self.configuration.targets),
            "gates": {"cli": "cooperative", "http": "sealed for targets whose credential only this home holds"},
        }

    @property
    def problems(self) -> tuple[str, ...]:
        """What keeps this gate from being armed. The self-test is made when this is first asked for."""
        return self._problems if self._problems is not None else self.rearm()

    def rearm(self) -> tuple[str, ...]:
        """Make the self-test (again). A gate that fails it lets nothing pass; what is new in its result is recorded."""
        self._problems = prove(self.judge) if self.shut is None else (str(self.shut),)
        opened = kinds.Opened(__version__, self.judge.engine.version, not self._problems, self._problems)
        before = self.record.entries(SYSTEM)
        if not before or before[-1].what != opened:
            self.record.write(SYSTEM, None, "interlock", [opened])
        return self._problems

    def _reviews_due(self, size: int) -> list[str]:
        return [
            case.id
            for case in (self.record.cases() if size >= 0 else ())
            if case.approval is not None and case.approval.break_glass and not case.reviewed
        ]

    def require_policies(self) -> None:
        """Raises BadPolicy where the policies could not be loaded: then nothing is judged."""
        if self.shut is not None:
            raise copy(self.shut)

    def _require_armed(self) -> None:
        self.require_policies()
        if self.problems:
            raise KeyLost(
                f"the gate is not armed: {self.problems[0]}", hint="`interlock status` says why", code="not-armed"
            )


def _by(caller: Caller) -> str:
    return f"{caller.kind}:{caller.name}"
