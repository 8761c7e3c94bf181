"""Explain: a decision told back with the policies that made it, where they stand, and the facts that they read.

The facts are worked out again from what was recorded, for the moment of the decision. A decision that was made under
another version of the policies is still told, from what was recorded of it; it then says that the files have moved on.
"""

from __future__ import annotations

from typing import NamedTuple

from interlock.decide.facts import FACTS
from interlock.decide.view import NOTHING, View, moment_of
from interlock.model.agent import Passport
from interlock.model.assessment import Assessment, Weighed
from interlock.model.change import Change
from interlock.model.decision import Because, Decision
from interlock.model.target import Environment
from interlock.policy.engine import Engine, Plain, Rule


class Told(NamedTuple):
    """One reason: what was said, the policy's text and place (empty for rules of the product), and what it looked at.

    `facts` are those of the first effect that it stands against; `effects` say verb and resource, in their order.
    """

    policy: str
    because: str
    lift: str
    where: str
    text: str
    effects: tuple[str, ...]
    facts: tuple[tuple[str, Plain], ...]


class Explanation(NamedTuple):
    """A decision told back. `current` False: the policies have changed since it was made."""

    outcome: str
    current: bool
    reasons: tuple[Told, ...]
    requirements: tuple[str, ...]


def explain(
    decision: Decision,
    change: Change,
    assessment: Assessment,
    passport: Passport,
    environment: Environment,
    engine: Engine,
    decided_at: int,
) -> Explanation:
    """Why this decision was made. `decided_at` is the moment of the decision in unix milliseconds."""
    current = decision.policy_version == engine.version
    view = View(assessment, change, passport, environment, moment_of(environment, decided_at))
    reasons = []
    for each in decision.because:
        rule = engine.rules.get(each.policy) if current else None
        reasons.append(_told(each, rule, change, view))
    return Explanation(
        decision.outcome, current, tuple(reasons), tuple(requirement.text for requirement in decision.requirements)
    )


def _told(because: Because, rule: Rule | None, change: Change, view: View) -> Told:
    named = [change.effects[ordinal] for ordinal in because.effects if ordinal < len(change.effects)]
    effects = tuple(f"{effect.verb} {effect.resource.name}" for effect in named)
    if rule is None:
        return Told(because.policy, because.because, because.lift, "", "", effects, ())
    first = because.effects[0] if because.effects else 0
    if first < len(change.effects):
        view.look_at(change.effects[first], view.assessment.effects[first])
    else:
        view.look_at(NOTHING, Weighed(view.assessment.tier, view.assessment.reversibility, 0))
    facts = tuple((fact.path, fact.take(view)) for fact in FACTS if _is_read(fact.path, rule))
    return Told(because.policy, because.because, because.lift, rule.where, rule.text, effects, facts)


def _is_read(path: str, rule: Rule) -> bool:
    return any(said == path or path.startswith(said + ".") for said in rule.facts)
