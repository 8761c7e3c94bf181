"""Check: a policy set against our facts and our words of requirement; what `interlock policy check` shows."""

from __future__ import annotations

from collections.abc import Mapping

from interlock.decide.facts import FACTS, WRITE, schema
from interlock.model.change import TIERS
from interlock.model.decision import parse_requirement
from interlock.policy import lint
from interlock.policy.logic import Language


def check(sources: Mapping[str, str]) -> lint.Report:
    """Every error and warning in these policy files (name to text)."""
    return lint.check(sources, schema(), parse_requirement, language())


def language() -> Language:
    """What the lint knows of our words: each tier by itself, the writing ones as a group, and what closed facts say."""
    groups = {str(tier): frozenset((str(tier),)) for tier in TIERS}
    words = {fact.path: frozenset(fact.words) for fact in FACTS if fact.words}
    return Language({**groups, "write": frozenset(WRITE)}, {"action": frozenset(TIERS), **words})
