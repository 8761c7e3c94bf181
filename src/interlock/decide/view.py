"""View: one effect of one assessed change as the facts see it, with what has to be worked out first.

The rules of this room: of two figures for one thing the worse one counts; a figure that is missing is the worst.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final

from interlock.decide.capability import Fit, best_fit
from interlock.decide.hours import is_frozen, is_open
from interlock.errors import BadConfiguration
from interlock.model.agent import Passport
from interlock.model.assessment import REVERSIBILITIES, Assessment, Reversibility, Weighed
from interlock.model.canon import MAX_INTEGER
from interlock.model.change import TIERS, Change, Effect, Resource, Tier
from interlock.model.target import Environment

#: Rows when nobody knows how many.
MAX_ROWS: Final = MAX_INTEGER

#: Findings by which the assessment says that the claimed environment is milder than the one that was found.
CLAIM_FINDINGS: Final = frozenset({"environment-mismatch"})

#: A comment-only script does nothing; it is judged as a read of nothing.
NOTHING: Final = Effect(verb="read", resource=Resource(type="none", name=""))


class View:
    """Everything about a change that is the same for all of its effects, and the effect that is looked at now."""

    effect: Effect
    weighed: Weighed
    _fit: Fit | None

    def __init__(
        self, assessment: Assessment, change: Change, passport: Passport, contract: Environment, now: int
    ) -> None:
        self.assessment = assessment
        self.change = change
        self.passport = passport
        self.contract = contract
        self.now = now
        self.doubts: list[str] = []

    def look_at(self, effect: Effect, weighed: Weighed) -> None:
        """Turn to one effect."""
        self.effect, self.weighed, self._fit = effect, weighed, None

    @property
    def tier(self) -> Tier:
        """The effect's tier, or the change's where the assessment puts the change above each of its effects."""
        return self.weighed.tier if self._floor is None else self._floor

    @cached_property
    def _floor(self) -> Tier | None:
        highest = max((TIERS.index(each.tier) for each in self.assessment.effects), default=-1)
        return self.assessment.tier if TIERS.index(self.assessment.tier) > highest else None

    @property
    def reversibility(self) -> Reversibility:
        """The effect's own, or the change's where the assessment puts the change above each of its effects."""
        return self.weighed.reversibility if self._hardest is None else self._hardest

    @cached_property
    def _hardest(self) -> Reversibility | None:
        worst = max((REVERSIBILITIES.index(each.reversibility) for each in self.assessment.effects), default=-1)
        whole = self.assessment.reversibility
        return whole if REVERSIBILITIES.index(whole) > worst else None

    @cached_property
    def critical(self) -> frozenset[str]:
        return frozenset(self.assessment.critical)

    @cached_property
    def unknown(self) -> bool:
        return bool(self.assessment.unknown) or not self.change.fully_known

    @cached_property
    def degraded(self) -> bool:
        return bool(self.assessment.degraded or self.change.degraded)

    @cached_property
    def rows(self) -> int:
        """Things changed by the whole change: the assessment's figure or the sum over its effects, the larger one."""
        total = self.assessment.rows
        counts = [
            weighed.count
            for effect, weighed in zip(self.change.effects, self.assessment.effects, strict=True)
            if weighed.tier != "observe" and (effect.aspect == "content" or weighed.count is not None)
        ]
        known = [count for count in counts if count is not None]
        if len(known) < len(counts) or (total is None and self._writes):
            return MAX_ROWS
        return min(MAX_ROWS, max(total or 0, sum(known)))

    @property
    def rows_known(self) -> bool:
        return self.rows < MAX_ROWS

    @cached_property
    def _writes(self) -> bool:
        return any(each.tier != "observe" for each in self.assessment.effects)

    @cached_property
    def resources(self) -> int:
        """Resources that the whole change writes to: those that were reached or those that were named, the larger."""
        named = {
            effect.resource.key
            for effect, weighed in zip(self.change.effects, self.assessment.effects, strict=True)
            if weighed.tier != "observe"
        }
        return max(len(named), len(self.assessment.reach.changed))

    @cached_property
    def claim_disagrees(self) -> bool:
        return any(finding.id in CLAIM_FINDINGS for finding in self.assessment.findings)

    @cached_property
    def frozen(self) -> bool:
        try:
            return is_frozen(self.contract, self.now)
        except BadConfiguration as problem:
            self.doubts.append(f"freezes cannot be told: {problem.message}")
            return True

    @cached_property
    def open_window(self) -> bool:
        try:
            return is_open(self.contract, self.now)
        except BadConfiguration as problem:
            self.doubts.append(f"working hours cannot be told: {problem.message}")
            return False

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
