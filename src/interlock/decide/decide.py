"""Decide: what policy says of one assessed change, with reasons that name what they are about.

The rules of this room: effects with equal facts are judged once; what each ruling amounts to is said in verdict.py;
a change is what its worst effect is; and what was not fully understood is never allowed, whatever the policies say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from interlock.decide.facts import FACTS, Fact, schema
from interlock.decide.verdict import Reason, merge, reasons_of, worst
from interlock.decide.view import NOTHING, Moment, View, moment_of
from interlock.model.agent import Passport
from interlock.model.assessment import Assessment, Weighed
from interlock.model.change import Change, Effect
from interlock.model.decision import Because, Decision, Requirement, parse_requirement
from interlock.model.target import Environment
from interlock.policy.cedar import CedarEngine, load
from interlock.policy.engine import Engine, Plain, Question

#: Decisions on changes of up to so many effects are remembered by the values that they were made of.
FEW: Final = 16
REMEMBERED: Final = 2_048

#: Ordinals that one reason lists at most; the decision is recorded and shown, and nobody reads more.
MAX_ORDINALS: Final = 100
MAX_SHOWN: Final = 80

NOT_UNDERSTOOD: Final = "interlock:not-understood"
DOES_NOT_FIT: Final = "interlock:does-not-fit"

#: What lifts the hold on a change that the policies allowed although not all of it was understood.
_TWO_PEOPLE: Final = Requirement("approval", 2)


class _Plan(NamedTuple):
    """Which facts the policies of one engine read. What none reads splits no cache and no group."""

    per_change: tuple[Fact, ...]
    per_effect: tuple[Fact, ...]
    paths: tuple[str, ...]
    names_agents: bool
    names_resources: bool


def engine(sources: Mapping[str, str]) -> CedarEngine:
    """The engine over these policy files, against the schema of our facts. Raises BadPolicy."""
    loaded = load(sources, schema(), parse_requirement)
    return loaded.narrowed(schema(loaded.reads))


def decide(
    assessment: Assessment,
    change: Change,
    passport: Passport,
    environment: Environment,
    engine: Engine,
    now: int,
    *,
    binding: str,
) -> Decision:
    """The decision on a change, bound to `binding`. `environment` is the contract of the assessed environment.

    `now` (unix milliseconds) only serves working hours and freezes. Raises nothing: what cannot be decided is deny.
    """
    ruled = remembered if len(change.effects) <= FEW else _ruled
    ruling = ruled(assessment, change, passport, environment, engine, moment_of(environment, now))
    return msgspec.structs.replace(ruling, digest=binding)


def _ruled(
    assessment: Assessment,
    change: Change,
    passport: Passport,
    environment: Environment,
    engine: Engine,
    moment: Moment,
) -> Decision:
    """The decision, bound to nothing yet."""
    problem = _unfit(assessment, change, environment)
    if problem:
        return Decision("deny", (problem,), (), engine.version, degraded=_degraded(assessment, change, ()))
    view = View(assessment, change, passport, environment, moment)
    reasons: dict[Reason, list[int]] = {}
    for question, ordinals in _grouped(view, engine):
        for reason in reasons_of(engine, engine.judge(question)):
            reasons.setdefault(reason, []).extend(ordinals)
    outcome = worst(reason.outcome for reason in reasons)
    if outcome == "allow" and view.unknown:
        outcome = "hold"
        text = "not all of this change was understood, and what is not understood is never allowed as it stands"
        reasons[Reason("hold", NOT_UNDERSTOOD, text, _TWO_PEOPLE.text)] = []
    made = {reason: ordinals for reason, ordinals in reasons.items() if reason.outcome == outcome}
    return Decision(
        outcome=outcome,
        because=tuple([_because(reason, sorted(made[reason]), change) for reason in sorted(made)]),
        requirements=merge(parse_requirement(reason.lift) for reason in made if reason.lift),
        policy_version=engine.version,
        degraded=_degraded(assessment, change, view.doubts),
    )


#: The decision, from memory where an equal one was made.
remembered: Final = lru_cache(maxsize=REMEMBERED)(_ruled)


def _degraded(assessment: Assessment, change: Change, doubts: Iterable[str]) -> tuple[str, ...]:
    """Every limit that was hit on the way to this decision, each once."""
    return tuple(dict.fromkeys((*change.degraded, *assessment.degraded, *doubts)))


def _unfit(assessment: Assessment, change: Change, environment: Environment) -> Because | None:
    """Why this assessment is none of this change under this contract, if so: then nothing can be decided from it."""
    if len(assessment.effects) != len(change.effects):
        return Because(DOES_NOT_FIT, "the assessment does not weigh each effect of this change")
    if assessment.environment != environment.name:
        return Because(DOES_NOT_FIT, "the environment's contract is not the one that was assessed")
    return None


@lru_cache(maxsize=8)
def _plan(engine: Engine) -> _Plan:
    read = [fact for fact in FACTS if engine.reads(fact.path)]
    per_change = tuple(fact for fact in read if fact.per == "change")
    per_effect = tuple(fact for fact in read if fact.per == "effect")
    return _Plan(
        per_change,
        per_effect,
        tuple(fact.path for fact in (*per_change, *per_effect)),
        engine.reads("principal.id"),
        engine.reads("resource.id"),
    )


def _grouped(view: View, engine: Engine) -> list[tuple[Question, list[int]]]:
    """The distinct questions that this change raises, each with the ordinals of the effects that raise it."""
    plan = _plan(engine)
    change, weighed = view.change, view.assessment.effects
    if change.effects:
        pairs: Iterable[tuple[Effect, Weighed]] = zip(change.effects, weighed, strict=True)
    else:
        pairs = ((NOTHING, Weighed(view.assessment.tier, view.assessment.reversibility, 0)),)
    agent = view.passport.name if plan.names_agents else "agent"
    found: dict[tuple[str, str, tuple[Plain, ...]], list[int]] = {}
    for ordinal, (effect, each) in enumerate(pairs):
        view.look_at(effect, each)
        resource = effect.resource.name if plan.names_resources else "resource"
        key = (view.tier, resource, tuple([fact.take(view) for fact in plan.per_effect]))
        found.setdefault(key, []).append(ordinal)
    common = tuple([fact.take(view) for fact in plan.per_change])
    return [
        (Question(agent, tier, resource, plan.paths, (*common, *values)), ordinals if change.effects else [])
        for (tier, resource, values), ordinals in found.items()
    ]


def _because(reason: Reason, ordinals: list[int], change: Change) -> Because:
    """The reason as it is told; one that stands against the change names what it stands against."""
    text = reason.because
    if reason.outcome != "allow" and ordinals:
        # By name and not by place: the reasons of a change do not depend on the order of its effects.
        first, others = change.effects[ordinals[0]], 0
        if len(ordinals) > 1:
            effects = [change.effects[ordinal] for ordinal in ordinals]
            first = min(effects, key=lambda effect: (effect.resource.name, effect.cause, effect.verb))
            others = len({effect.resource.key for effect in effects}) - 1
        cause = f": {_shown(first.cause)}" if first.cause else ""
        more = f", and {others:,} more" if others else ""
        text = f"{text} (`{_shown(first.resource.name)}`{cause}{more})"
    return Because(reason.policy, text, reason.lift, tuple(ordinals[:MAX_ORDINALS]))


def _shown(text: str) -> str:
    """Text of the proposal's own, made safe to stand inside a sentence of ours: printable, short, without backticks."""
    plain = text.replace("`", "'")
    if not plain.isprintable():
        plain = "".join(letter if letter.isprintable() else "�" for letter in plain)
    return plain if len(plain) <= MAX_SHOWN else plain[: MAX_SHOWN - 1] + "…"
