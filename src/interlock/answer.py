"""Answer: the one shape in which every face (CLI `--json`, HTTP API, Python client) tells of a judgement or a case.

The fields of `judged` are the contract of `interlock check --json` (docs/contract.md); they are always all there, so
that a program never has to ask whether one is missing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypedDict

from interlock.judge import Judgement
from interlock.model.assessment import Assessment, Finding, Reach, Reached, Risk, Weighed
from interlock.model.case import Case
from interlock.model.change import Change, Effect, Resource
from interlock.model.decision import Decision
from interlock.model.entry import Entry, Passed, ReadsErased
from interlock.model.inventory import Measured, RollbackProof, Sample
from interlock.model.wayback import WayBack

if TYPE_CHECKING:
    from interlock.approve.quorum import Missing

Json = dict[str, object]


class Asked(TypedDict):
    """Who asked for what, as the answer repeats it."""

    kind: str
    agent: str
    environment: str


def judged(asked: Asked, judgement: Judgement) -> Json:
    """The contract object of one judgement."""
    return _judged(asked, judgement.change, judgement.assessment, judgement.decision)


def _judged(asked: Asked, change: Change, assessment: Assessment, decision: Decision) -> Json:
    return {
        "digest": decision.digest,
        "kind": asked["kind"],
        "agent": asked["agent"],
        "environment": assessment.environment,
        "change": {
            "parts": change.parts,
            "effects": _effects(change, assessment),
            "signals": [{"name": signal.name, "detail": signal.detail} for signal in change.signals],
            "needs_unknown": list(change.needs_unknown),
        },
        "assessment": _assessment(assessment),
        "decision": {
            "outcome": decision.outcome,
            "because": [
                {
                    "policy": because.policy,
                    "because": because.because,
                    "lift": because.lift or None,
                    "effects": list(because.effects),
                }
                for because in decision.because
            ],
            "requirements": [requirement.text for requirement in decision.requirements],
            "policy_version": decision.policy_version,
        },
    }


def line(identity: object, change: Change, assessment: Assessment, decision: Decision) -> Json:
    """The compact form of one judgement, for `check --lines`."""
    return {
        "id": identity,
        "outcome": decision.outcome,
        "tier": assessment.tier,
        "verbs": sorted({effect.verb for effect in change.effects}),
        "reversibility": assessment.reversibility,
        "findings": sorted({finding.id for finding in assessment.findings}),
        "unknown": list(assessment.unknown),
    }


def sample_told(sample: Sample) -> Json:
    """One row of the diff, before and after."""
    return {
        "verb": sample.verb,
        "resource": {"type": sample.resource.type, "name": sample.resource.name},
        "before": [list(field) for field in sample.before],
        "after": [list(field) for field in sample.after],
    }


def told(case: Case, missing: Missing | None = None) -> Json:
    """A case as every face shows it: the contract object where there is one, and what became of it."""
    came = case.proposed
    asked: Asked = {"kind": came.kind, "agent": came.agent, "environment": came.environment}
    answer: Json = {
        "case": case.id,
        "state": case.state,
        "proposed_at": when(case.proposed_at),
        "changed_at": when(case.changed_at),
        "target": came.target,
        "intent": came.intent,
        "session": came.session,
        "author": came.author,
        "operator": came.operator,
        "owner": came.owner,
        "missing": missing.text if missing else "",
        "problem": case.problem,
        "votes": [
            {
                "person": vote.ballot.person,
                "choice": vote.ballot.choice,
                "cast_at": when(vote.ballot.cast_at),
                "expires_at": when(vote.ballot.expires_at),
                "reason": vote.ballot.reason,
                "break_glass": vote.ballot.break_glass,
            }
            for vote in case.votes
        ],
        "execution": _execution(case),
    }
    if case.change is not None and case.assessment is not None and case.decision is not None:
        answer |= _judged(asked, case.change, case.assessment, case.decision)
    else:
        answer |= dict(asked)
    return answer


def read_told(entry: Entry) -> Json:
    """A read that passed without a case, in the same words; or that such reads were erased."""
    if isinstance(entry.what, ReadsErased):
        return _erasure_told(entry, entry.what)
    assert isinstance(entry.what, Passed)  # noqa: S101 - nothing else stands in the streams that are asked for
    passed = entry.what
    return {
        "at": when(entry.at),
        "agent": entry.by.removeprefix("agent:"),
        "target": passed.target,
        "environment": passed.environment,
        "what": list(passed.what),
        "resources": list(passed.resources),
        "because": list(passed.policies),
        "digest": passed.digest,
        "session": passed.session,
        "operator": passed.operator,
    }


def _erasure_told(entry: Entry, what: ReadsErased) -> Json:
    return {
        "at": when(entry.at),
        "agent": entry.stream.removeprefix("passed/"),
        "by": entry.by,
        "erased": what.count,
        "person": what.person,
        "since": when(what.since),
        "until": when(what.until),
        "reason": what.reason,
    }


def when(milliseconds: int) -> str:
    """RFC 3339 in UTC, to the second; empty for never."""
    if not milliseconds:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _effects(change: Change, assessment: Assessment) -> list[Json]:
    return [_effect(*each) for each in zip(change.effects, assessment.effects, strict=True)]


def _effect(effect: Effect, weighed: Weighed) -> Json:
    return {
        "verb": effect.verb,
        "resource": _resource(effect.resource),
        "known": effect.known,
        "aspect": effect.aspect,
        "choice": effect.choice,
        "fields": list(effect.fields),
        "traits": list(effect.traits),
        "part": effect.part,
        "cause": effect.cause,
        "way_back": _way_back(effect.way_back),
        "gentler": effect.gentler,
        "needs": list(effect.needs),
        "count": weighed.count,
        "tier": weighed.tier,
        "reversibility": weighed.reversibility,
    }


def _way_back(known: WayBack | None) -> Json | None:
    """What the reader knows of taking one effect back; null where it knows nothing of it."""
    if known is None:
        return None
    return {
        "reversibility": known.reversibility,
        "verdict": known.verdict,
        "loses": known.loses,
        "evidence": list(known.evidence),
        "step": known.step,
        "why": known.why,
        "lifts": known.lifts,
    }


def _resource(resource: Resource) -> Json:
    """Location and tags are pairs: a thing may stand in two networks."""
    return {
        "type": resource.type,
        "name": resource.name,
        "environment": resource.environment,
        "location": [list(pair) for pair in resource.location],
        "tags": [list(pair) for pair in resource.tags],
    }


def _assessment(assessment: Assessment) -> Json:
    return {
        "tier": assessment.tier,
        "reversibility": assessment.reversibility,
        "rows": assessment.rows,
        "measured": [_measured(measured) for measured in assessment.measured],
        "reach": _reach(assessment.reach),
        "rollback": _rollback(assessment.rollback),
        "critical": list(assessment.critical),
        "domains": [
            {"kind": domain.kind, "name": domain.name, "touched": domain.touched, "total": domain.total}
            for domain in assessment.domains
        ],
        "risk": _risk(assessment.risk),
        "findings": [finding(found) for found in assessment.findings],
        "unknown": list(assessment.unknown),
        "degraded": list(assessment.degraded),
    }


def _risk(risk: Risk | None) -> Json | None:
    if risk is None:
        return None
    parts = [{"name": name, "permille": permille} for name, permille in risk.parts]
    return {"score": risk.score, "parts": parts, "calibrated": False}


def finding(found: Finding) -> Json:
    """One finding, all fields there."""
    return {
        "id": found.id,
        "severity": found.severity,
        "confidence": found.confidence,
        "message": found.message,
        "where": found.where,
        "fix": found.fix,
    }


def _measured(measured: Measured) -> Json:
    return {
        "verb": measured.verb,
        "resource": _resource(measured.resource),
        "count": measured.count,
        "indirect": measured.indirect,
    }


def _reach(reach: Reach) -> Json:
    # What is changed must be felt, and what must be may be: most things stand in more than one of these lists.
    made: dict[int, Json] = {}

    def listed(reached: tuple[Reached, ...]) -> list[Json]:
        return [made.get(id(one)) or made.setdefault(id(one), _reached(one)) for one in reached]

    return {
        "changed": listed(reach.changed),
        "must": listed(reach.must),
        "may": listed(reach.may),
        "complete": reach.complete,
        "frontier": reach.frontier,
    }


def _reached(reached: Reached) -> Json:
    return _resource(reached.resource) | {"chain": list(reached.chain)}


def _rollback(rollback: RollbackProof) -> Json:
    return {
        "verdict": rollback.verdict,
        "simulated": rollback.simulated,
        "steps": list(rollback.steps),
        "why": rollback.why,
        "kept": rollback.kept,
    }


def _execution(case: Case) -> Json | None:
    execution = case.execution
    if execution is None:
        return None
    return {
        "digest": execution.digest,
        "steps": [{"name": step.name, "phase": step.phase, "detail": step.detail} for step in execution.steps],
        "measured": [_measured(measured) for measured in execution.measured],
        "undo_until": when(execution.undo_until),
        "error": execution.error,
    }
