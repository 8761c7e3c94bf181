"""SARIF 2.1.0: findings, and the policies that hold or deny, for code scanning.

A rule is a kind of finding or a policy; its level is the worst that was found of it. A result's fingerprint is made of
what it is and where, not of figures, so that the next run over the same change finds it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Final, Literal
from urllib.parse import quote

from interlock.model.assessment import SEVERITIES, Finding, Severity
from interlock.report.subject import Subject
from interlock.report.visible import fitted, visible

Json = dict[str, object]
Level = Literal["error", "warning", "note"]

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final[dict[Severity, Level]] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "info": "note",
}
#: What GitHub sorts by: 9 and more is critical, 7 high, 4 medium, above 0 low.
SCORES: Final[dict[Severity, str]] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.1"}
FINGERPRINT: Final = "interlock/v1"
#: Code scanning takes 5,000 results of a run.
MOST: Final = 5_000
LONGEST: Final = 1_000


def sarif(subject: Subject, plan: str, version: str, docs: str = "") -> str:
    """The report as text. `plan` is the file that was judged, `docs` the address of the findings' pages, if any."""
    found = [*_policies(subject), *subject.assessment.findings][:MOST]
    rules = sorted({one.id for one in found})
    places = {rule: place for place, rule in enumerate(rules)}
    seen: dict[str, int] = {}
    run: Json = {
        "tool": {"driver": _driver(found, rules, version, docs)},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, places[one.id], plan, seen) for one in found],
        "properties": _figures(subject),
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=True) + "\n"


def _policies(subject: Subject) -> Iterator[Finding]:
    """The policies that stand in the way, as findings; where nothing does there are none."""
    outcome = subject.decision.outcome
    if outcome == "allow":
        return
    for because in subject.decision.because:
        lift = f"; lifted by {because.lift}" if because.lift else ""
        severity: Severity = "medium" if because.lift else "high"
        yield Finding(f"policy/{because.policy}", severity, "high", f"{outcome}: {because.because}{lift}")


def _driver(found: list[Finding], rules: list[str], version: str, docs: str) -> Json:
    worst: dict[str, Severity] = {}
    for one in found:
        worst[one.id] = max(worst.get(one.id, "info"), one.severity, key=SEVERITIES.index)
    return {
        "name": "Interlock",
        "semanticVersion": version,
        "rules": [_rule(rule, worst[rule], docs) for rule in rules],
    }


def _rule(rule: str, severity: Severity, docs: str) -> Json:
    policy = rule.startswith("policy/")
    text = f"the policy {rule.removeprefix('policy/')}" if policy else rule.replace("-", " ")
    described: Json = {
        "id": _text(rule),
        "shortDescription": {"text": _text(text)},
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": {"tags": ["policy" if policy else "finding"], "security-severity": SCORES[severity]},
    }
    if docs and not policy:
        described["helpUri"] = f"{docs.rstrip('/')}/findings/{quote(rule)}.md"
    return described


def _result(found: Finding, rule: int, plan: str, seen: dict[str, int]) -> Json:
    place: Json = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(plan, safe="/")},
            "region": {"startLine": 1},
        }
    }
    if found.where:
        place["logicalLocations"] = [{"fullyQualifiedName": _text(found.where), "kind": "resource"}]
    fix = f" Fix: {found.fix}" if found.fix else ""
    return {
        "ruleId": _text(found.id),
        "ruleIndex": rule,
        "level": LEVELS[found.severity],
        "message": {"text": _message(found.message + fix)},
        "locations": [place],
        "partialFingerprints": {FINGERPRINT: _fingerprint(found, seen)},
        "properties": {"severity": found.severity, "confidence": found.confidence},
    }


def _fingerprint(found: Finding, seen: dict[str, int]) -> str:
    """What it is and at which thing; its place in the plan (`change 12: NAME`) moves when something else comes in."""
    thing = found.where.partition(": ")[2] or found.where
    digest = hashlib.sha256(f"{found.id}\0{thing}".encode("utf-8", "backslashreplace")).hexdigest()
    seen[digest] = seen.get(digest, 0) + 1
    return f"{digest}:{seen[digest]}"


def _text(text: str) -> str:
    return fitted(visible(text), LONGEST)


def _message(text: str) -> str:
    """A text in which nothing is a link: the standard reads `[words](address)` as one, also in a plain message."""
    return _text(text).replace("](", "] (")


def _figures(subject: Subject) -> Json:
    assessment, decision = subject.assessment, subject.decision
    return {
        "digest": decision.digest,
        "outcome": decision.outcome,
        "environment": _text(assessment.environment),
        "tier": assessment.tier,
        "reversibility": assessment.reversibility,
        "risk": assessment.risk.score if assessment.risk else None,
    }
