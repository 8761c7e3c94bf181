"""Judge: legs 2 to 4 of the road without its record: what a proposal would do, how far it reaches, what policy says.

The road walks these legs one by one and records after each; `interlock check` and the check before a run walk them at
once. Both judge by the same code, so what was shown, what was voted on and what is checked again cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from interlock.assess.assess import assess, stricter
from interlock.configuration import Configuration
from interlock.decide.decide import decide
from interlock.errors import BadConfiguration, BadProposal, Refused
from interlock.ledger.redact import redact
from interlock.model.agent import Passport
from interlock.model.assessment import Assessment
from interlock.model.canon import digest
from interlock.model.case import Case
from interlock.model.change import Change
from interlock.model.decision import Decision, binding_digest
from interlock.model.inventory import Inventory, Rehearsal
from interlock.model.proposal import Proposal
from interlock.model.target import Target
from interlock.policy.engine import Engine
from interlock.read.names import require_names
from interlock.read.reader import Reading, SurveyedReader
from interlock.read.readers import before_planning, readable, reader_for
from interlock.survey.joined import joined

if TYPE_CHECKING:
    from interlock.execute.planner import Plan, Planner
    from interlock.model.planned import Identity

#: A change with one of these is never tried in a transaction: what it does cannot be taken back with it.
UNREHEARSABLE = frozenset({"leaves-target", "ends-transaction", "not-transactional", "dynamic"})


class Judgement(NamedTuple):
    """Legs 2 to 4 over one proposal. `inventory` and `rehearsal` are None where there was no target to look at."""

    change: Change
    inventory: Inventory | None
    rehearsal: Rehearsal | None
    assessment: Assessment
    decision: Decision


class Senses(NamedTuple):
    """Clock and chance, which come in from above: unix ms, ms that only grow, and random bytes."""

    now: Callable[[], int]
    monotonic: Callable[[], int]
    entropy: Callable[[int], bytes]


class Judge:
    """Legs 2, 3 and 4 without the record: what a proposal would do, how far, and what policy says."""

    def __init__(
        self,
        configuration: Configuration,
        engine: Engine,
        senses: Senses,
        known: Callable[[str], Identity | None] = lambda _: None,
    ) -> None:
        """`known` says what the record knows of a target's state, by the target's name; there may be no record."""
        self.configuration = configuration
        self._known = known
        self.engine = engine
        self._senses = senses

    def judge(
        self, proposal: Proposal, passport: Passport, known: Inventory | None = None, *, anew: bool = False
    ) -> Judgement:
        """All three legs at once. `known` is what the asker adds to the inventory. Raises what a leg raises.

        With `anew` the world is asked again, whatever a survey remembers of a moment ago.
        """
        target = self.target(proposal)
        return self.judged(proposal, self.read(proposal, target), target, passport, known, anew=anew)

    def judged(
        self,
        proposal: Proposal,
        reading: Reading,
        target: Target | None,
        passport: Passport,
        known: Inventory | None = None,
        *,
        anew: bool = False,
    ) -> Judgement:
        """The rest of `judge`, for who has read the proposal already; the target is looked at from here on."""
        reading, surveyed = self.resolve(reading, proposal, target, anew=anew)
        change = reading.change
        inventory, rehearsal = self.look(proposal, reading, target, passport, surveyed, known)
        assessment = self.assess(proposal, reading, target, inventory, rehearsal)
        return Judgement(change, inventory, rehearsal, assessment, self.decide(proposal, change, assessment, passport))

    def target(self, proposal: Proposal) -> Target | None:
        """The configured target that the proposal names. NotFound when there is none of that name."""
        return self.configuration.target(proposal.target) if proposal.target else None

    def plan(self, proposal: Proposal, target: Target | None) -> Plan | None:
        """The plan that takes the payload's place, on a target whose tool makes one; else None.

        Made once for a case, before leg 2. Before any tool is started, two that share no code have to follow the
        source: its reader here, and the planner, which also refuses what may not run while it is planned.
        """
        planner = _planner(target, proposal.payload)
        if planner is None or target is None:
            return None
        brought = before_planning(self._kind(proposal, target), proposal.payload, target.environment)
        if brought is not None and brought.unknown:
            raise BadProposal(
                f"what planning this would run cannot be told: {brought.unknown[0]}",
                hint="write it so that it can be read; nothing was run",
                code="unread-source",
            )
        return planner.plan(proposal.payload, target, self._known(target.name))

    def planned(self, proposal: Proposal) -> Proposal:
        """The proposal as it is judged: with its plan for payload, where one is made. For a check; nothing is kept."""
        plan = self.plan(proposal, self.target(proposal))
        return proposal if plan is None else msgspec.structs.replace(proposal, payload=plan.package)

    def read(self, proposal: Proposal, target: Target | None) -> Reading:
        """Leg 2. The dialect is the target's own; a proposal that names another one is refused."""
        technology, _, dialect = self._kind(proposal, target).partition(":")
        environment = target.environment if target is not None else proposal.environment
        reading = reader_for(technology)(proposal.payload, dialect, environment)
        require_names(reading.change)
        return reading

    def resolve(
        self, reading: Reading, proposal: Proposal, target: Target | None, *, anew: bool = False
    ) -> tuple[Reading, Inventory | None]:
        """The reading as it is at its target, and the survey that says so.

        Where a payload itself says all, it is left as it was read, and nothing is looked at yet.
        """
        if target is None:
            return reading, None
        reader = reader_for(self._kind(proposal, target))
        if not isinstance(reader, SurveyedReader):
            return reading, None
        surveyed = self._survey(target, reading.change, anew=anew)
        return reading._replace(change=reader.given(reading.change, surveyed)), surveyed

    def _survey(self, target: Target, change: Change, *, anew: bool = False) -> Inventory:
        from interlock.survey.surveyors import surveyor_for

        bounds = self.configuration.bounds
        return surveyor_for(target)(
            target,
            change,
            bounds=msgspec.structs.replace(bounds, age=0) if anew else bounds,
            now=self._senses.now(),
            monotonic=self._senses.monotonic,
        )

    def _kind(self, proposal: Proposal, target: Target | None) -> str:
        kind = proposal.kind
        if target is None or kind == target.kind:
            return kind
        technology, _, dialect = target.kind.partition(":")
        if proposal.technology == technology and not (proposal.dialect and dialect):
            return kind if proposal.dialect else target.kind
        if ":" in kind or kind != technology:
            raise BadConfiguration(
                f"target `{target.name}` is {target.kind}, the proposal is {kind}", hint=f"propose {target.kind}"
            )
        return target.kind

    def look(
        self,
        proposal: Proposal,
        reading: Reading,
        target: Target | None,
        passport: Passport,
        surveyed: Inventory | None = None,
        known: Inventory | None = None,
    ) -> tuple[Inventory | None, Rehearsal | None]:
        """The world, for leg 3: a survey with what the payload tells, and a rehearsal where there can be one.

        Nothing is tried for an agent that may only observe, nor anything that was not fully understood.
        """
        change = reading.change
        if target is None:
            return joined((known, reading.told)), None
        from interlock.execute.executors import executor_for
        from interlock.read.inventories import inventory_from
        from interlock.survey.files import given

        bounds, monotonic = self.configuration.bounds, self._senses.monotonic
        surveyed = surveyed or self._survey(target, change)
        files = [inventory_from(name, raw, target.environment) for name, raw in given(target)]
        inventory = joined((surveyed, known, *files, reading.told))
        traits = {trait for effect in change.effects for trait in effect.traits}
        if not writes(change) or not change.fully_known or not passport.complete or traits & UNREHEARSABLE:
            return inventory, None
        rehearsal = executor_for(target).rehearse(change, proposal.payload, target, bounds=bounds, monotonic=monotonic)
        return inventory, rehearsal

    def assess(
        self,
        proposal: Proposal,
        reading: Reading,
        target: Target | None,
        inventory: Inventory | None,
        rehearsal: Rehearsal | None,
    ) -> Assessment:
        """Leg 3. Of what the operator says of the target and what it says of itself, the stricter counts."""
        found = self.configuration.environment(target.environment) if target is not None else None
        if found is not None and inventory is not None and inventory.environment:
            found = stricter(self.configuration.environment(inventory.environment), found)
        return assess(
            reading.change,
            inventory=inventory,
            rehearsal=rehearsal,
            claimed=self.configuration.environment(proposal.environment),
            found=found,
            secrets=redact(_written(proposal, reading, target))[1],
        )

    def decide(self, proposal: Proposal, change: Change, assessment: Assessment, passport: Passport) -> Decision:
        """Leg 4, bound to the one digest."""
        binding = binding_digest(
            change,
            digest("payload", proposal.payload),
            proposal.target,
            passport.digest,
            assessment.environment,
            self.engine.version,
            assessment.digest,
        )
        environment = self.configuration.environment(assessment.environment)
        return decide(assessment, change, passport, environment, self.engine, self._senses.now(), binding=binding)


def require_plannable(passport: Passport) -> None:
    """Refuse to plan for an agent that may only observe: planning uses the target's credential on its words."""
    if not passport.complete:
        raise Refused(
            f"nothing is planned for `{passport.name}`, which may only observe",
            hint="`interlock agents show` says what its passport lacks",
            code="not-planned",
        )


def _planner(target: Target | None, payload: bytes) -> Planner | None:
    """The planner of this target, if it has one. Where there is no target, nothing that makes plans is loaded."""
    if target is None:
        return None
    from interlock.execute.planners import planner_for

    return planner_for(target, payload)


def _written(proposal: Proposal, reading: Reading, target: Target | None) -> bytes:
    """What of a proposal somebody wrote, and may have written a secret into.

    A plan from elsewhere is no such text: it holds the values of a state, and its reader keeps the secret ones.
    """
    planner = _planner(target, proposal.payload)
    if planner is not None:
        return planner.text(proposal.payload)
    return reading.text if reading.text is not None else readable(proposal.kind, proposal.payload)


def writes(change: Change) -> bool:
    """Whether anything but reading is in it."""
    return any(effect.verb != "read" for effect in change.effects)


def difference(case: Case, judgement: Judgement) -> str:
    """Which part of what was bound is another one now."""
    assert case.assessment is not None and case.decision is not None  # noqa: S101 - past a decision both are there
    if case.decision.policy_version != judgement.decision.policy_version:
        return "the policies changed since it was decided"
    if case.change != judgement.change:
        return "it is read differently now"
    if case.assessment.measured != judgement.assessment.measured:
        was = sum(measured.count for measured in case.assessment.measured)
        now = sum(measured.count for measured in judgement.assessment.measured)
        return (
            f"it would now touch {now} rows, not {was}" if now != was else "it would now touch other rows than before"
        )
    if case.assessment != judgement.assessment:
        return "its evidence changed since it was assessed"
    return "the agent's passport changed since it was decided"
