"""View: one effect of one assessed change as the facts see it, with what has to be worked out first.

The rules of this room: of two figures for one thing the worse one counts; a figure that is missing is the worst.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from interlock.decide.capability import Fit, best_fit
from interlock.decide.hours import is_frozen, is_open
from interlock.errors import BadConfiguration
from interlock.model.agent import Passport
from interlock.model.assessment import SEVERITIES, Assessment, Severity, Weighed
from interlock.model.canon import MAX_INTEGER
from interlock.model.change import TIERS, Change, Effect, Resource, Tier
from interlock.model.target import Environment
from interlock.model.wayback import REVERSIBILITIES, Reversibility

#: Rows when nobody knows how many, and things in reach when it was cut.
MAX_ROWS: Final = MAX_INTEGER

#: The finding by which the assessment says that the environment which was claimed is not the one that was found.
CLAIM_FINDING: Final = "environment-disagrees"

#: The finding by which the assessment says that no member of a redundancy group is left out.
GROUP_FINDING: Final = "whole-redundancy-group"

#: A script of comments, or of nothing, does nothing; it is judged as a read of nothing.
NOTHING: Final = Effect(verb="read", resource=Resource(type="none", name=""))

TIER_RANK: Final[dict[Tier, int]] = {tier: rank for rank, tier in enumerate(TIERS)}
UNDO_RANK: Final[dict[Reversibility, int]] = {word: rank for rank, word in enumerate(REVERSIBILITIES)}
_SEVERITY: Final[dict[Severity, int]] = {word: rank for rank, word in enumerate(SEVERITIES)}


class Moment(NamedTuple):
    """What a moment is under an environment's contract; all that time has to do with a decision."""

    frozen: bool
    open_window: bool
    doubts: tuple[str, ...] = ()


def moment_of(contract: Environment, now: int) -> Moment:
    """What `now` (unix milliseconds) is. What cannot be told is frozen and closed, and said."""
    if not contract.freezes and not contract.hours:
        return ALWAYS
    doubts: list[str] = []

    def told(ask: Callable[[Environment, int], bool], what: str, *, in_doubt: bool) -> bool:
        try:
            return ask(contract, now)
        except BadConfiguration as problem:
            doubts.append(f"{what} cannot be told: {problem.message}")
            return in_doubt

    frozen = told(is_frozen, "freezes", in_doubt=True)
    return Moment(frozen, told(is_open, "working hours", in_doubt=False), tuple(doubts))


ALWAYS: Final = Moment(frozen=False, open_window=True)


class View:
    """Everything about a change that is the same for all of its effects, and the effect that is looked at now."""

    effect: Effect
    weighed: Weighed
    tier: Tier
    reversibility: Reversibility
    _fit: Fit | None

    def __init__(
        self, assessment: Assessment, change: Change, passport: Passport, contract: Environment, moment: Moment
    ) -> None:
        self.assessment = assessment
        self.change = change
        self.passport = passport
        self.contract = contract
        self.doubts = moment.doubts
        self.unknown = bool(assessment.unknown) or not change.fully_known
        self.degraded = bool(assessment.degraded or change.degraded)
        self.critical = frozenset(assessment.critical)
        self.findings = frozenset([finding.id for finding in assessment.findings])
        self.worst_severity = max([_SEVERITY[finding.severity] for finding in assessment.findings], default=0)
        self.claim_disagrees = CLAIM_FINDING in self.findings
        self.rows, self.resources = _figures(assessment, change)
        self.rows_known = self.rows < MAX_ROWS
        self.cut = assessment.reach.frontier > 0
        self.reach = MAX_ROWS if self.cut else len(assessment.reach.may)
        self.whole_group = GROUP_FINDING in self.findings
        self.frozen, self.open_window = moment.frozen, moment.open_window
        self._tier, self._reversibility = _above_all(assessment)

    def look_at(self, effect: Effect, weighed: Weighed) -> None:
        """Turn to one effect. What the assessment puts on the whole change above each of its effects holds for all."""
        self.effect, self.weighed, self._fit = effect, weighed, None
        self.tier = self._tier or weighed.tier
        self.reversibility = self._reversibility or weighed.reversibility

    @property
    def fit(self) -> Fit:
        """The capability that serves this effect best."""
        if self._fit is None:
            self._fit = best_fit(
                self.passport,
                self.effect,
                self.tier,
                self.contract.name,
                rows=self.rows,
                resources=self.resources,
                reach=self.reach,
                met=self._met,
            )
        return self._fit

    @property
    def _met(self) -> Mapping[str, bool]:
        rollback = self.assessment.rollback
        return {
            "simulated-rollback": rollback.simulated and rollback.verdict == "valid",
            "verified-backup": self.reversibility == "verified-copy",
            "open-window": self.open_window,
            "named-resources": self.effect.choice == "named" or self.weighed.keyed,
        }


def _figures(assessment: Assessment, change: Change) -> tuple[int, int]:
    """Rows changed and resources written to by the whole change.

    Rows are the assessment's figure or the sum over the effects, whichever is larger; when the assessment has none for
    a change that writes, or an effect on content has none, nobody knows. Resources are those named or those reached.
    """
    total, known = 0, True
    named: set[tuple[str, str]] = set()
    for effect, weighed in zip(change.effects, assessment.effects, strict=True):
        if weighed.tier != "observe":
            named.add((effect.resource.type, effect.resource.name))
            if weighed.count is not None:
                total += weighed.count
            elif effect.aspect == "content":
                known = False
    if not known or (assessment.rows is None and named):
        rows = MAX_ROWS
    else:
        rows = min(MAX_ROWS, max(total, assessment.rows or 0))
    return rows, max(len(named), len(assessment.reach.changed))


def _above_all(assessment: Assessment) -> tuple[Tier | None, Reversibility | None]:
    """The change's own tier and reversibility where they are worse than those of every effect: then they count."""
    tier = max([TIER_RANK[each.tier] for each in assessment.effects], default=-1)
    way = max([UNDO_RANK[each.reversibility] for each in assessment.effects], default=-1)
    return (
        assessment.tier if TIER_RANK[assessment.tier] > tier else None,
        assessment.reversibility if UNDO_RANK[assessment.reversibility] > way else None,
    )
