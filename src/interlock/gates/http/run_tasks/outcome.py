"""The answer to a run task, in the shape that HCP takes (JSON:API): a status, a sentence, and what there is to know."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from interlock.answer import Json
from interlock.model.assessment import Severity
from interlock.report.markdown import code, comment, prose
from interlock.report.subject import Subject, in_words
from interlock.report.visible import fitted, visible

Status = Literal["passed", "failed", "running"]

#: Findings that are listed one by one; all are counted.
MOST: Final = 25
LONGEST: Final = 500
LEVELS: Final[dict[Severity, str]] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "info",
    "info": "info",
}


def result(status: Status, message: str, subject: Subject | None = None) -> bytes:
    """The body of a callback. `subject` where there is a judgement to tell of."""
    attributes: Json = {"status": status, "message": fitted(visible(message), LONGEST)}
    data: Json = {"type": "task-results", "attributes": attributes}
    if subject is not None and status != "running":
        data["relationships"] = {"outcomes": {"data": _outcomes(subject, status)}}
    return msgspec.json.encode({"data": data})


def summary(subject: Subject, held: str = "") -> str:
    """One sentence: decision, case, what happens to how much, and for a hold what is missing."""
    decision = subject.decision
    said = f"{decision.outcome}: {in_words(subject.change)}; case {subject.case}"
    if decision.outcome == "allow":
        return said
    if held:
        return f"{said}; {held}: `interlock approve {subject.case} --as NAME`"
    why = "; ".join(because.because for because in decision.because)
    return f"{said}; {why}"


def _outcomes(subject: Subject, status: Status) -> list[Json]:
    label, level = ("Passed", "info") if status == "passed" else ("Failed", "error")
    outcomes = [_outcome("decision", summary(subject), comment(subject), {"Status": [_tag(label, level)]})]
    findings = subject.assessment.findings
    for index, found in enumerate(findings[:MOST], 1):
        body = f"{prose(found.message)}\n\n{code(found.where) if found.where else ''}\n\n{prose(found.fix)}\n"
        tags = {"Severity": [_tag(found.severity.capitalize(), LEVELS[found.severity])]}
        outcomes.append(_outcome(f"{found.id}-{index}", found.message, body, tags))
    if len(findings) > MOST:
        outcomes.append(_outcome("more", f"{len(findings) - MOST:,} more findings", "The case has them all.\n", {}))
    return outcomes


def _outcome(identity: str, description: str, body: str, tags: dict[str, list[Json]]) -> Json:
    shown = fitted(visible(description), LONGEST)
    attributes: Json = {"outcome-id": identity, "description": shown, "body": body, "tags": tags}
    return {"type": "task-result-outcomes", "attributes": attributes}


def _tag(label: str, level: str) -> Json:
    return {"label": label, "level": level}
