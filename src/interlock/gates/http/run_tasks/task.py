"""One run: fetch its plan, judge and record it as a case, and tell HCP. The case is the record; HCP only hears of it.

What cannot be fetched, read or judged fails: nothing passes because we could not look.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from interlock.configuration import RunTasks
from interlock.control import Control
from interlock.errors import BadInput, InterlockError
from interlock.gates.http.run_tasks.client import Client
from interlock.gates.http.run_tasks.outcome import Status, result, summary
from interlock.gates.http.run_tasks.request import RunTask
from interlock.identify.verbs import Caller
from interlock.model.case import Case
from interlock.model.proposal import Proposal
from interlock.report.subject import Subject

#: The stages at which there is a plan and it can still be stopped.
STAGES: Final = frozenset({"post_plan", "pre_apply"})
LONGEST: Final = 2_000
#: What becomes of a run, by the state of its case; a held one is told apart.
STATUS: Final[dict[str, Status]] = {"allowed": "passed", "approved": "passed"}


class Whose(NamedTuple):
    """Whose change a run is, and where: by the first row of the configuration that its workspace fits."""

    agent: str
    environment: str


class Told(NamedTuple):
    """What HCP is told. `waits` names the case that is still held and may be waited for."""

    body: bytes
    status: Status
    waits: str = ""


def whose(settings: RunTasks, task: RunTask) -> Whose:
    """A workspace that no row fits is production, and its agent is one that nobody registered."""
    name = f"{task.organization_name}/{task.workspace_name}"
    for row in settings.workspaces:
        if fnmatchcase(name, row.name):
            return Whose(row.agent or f"run-task:{name}", row.environment)
    return Whose(f"run-task:{name}", "production")


def judge(control: Control, settings: RunTasks, client: Client, task: RunTask) -> Told:
    """Fetch, judge and record; what HCP is to be told. Raises what cannot be judged now and may be later."""
    if task.stage not in STAGES:
        raise BadInput(
            "at this stage there is no plan to judge, or nothing to stop any more",
            hint="set the run task to post-plan or pre-apply",
            code="no-plan",
        )
    plan = client.fetch(task.plan_json_api_url, task.access_token)
    agent, environment = whose(settings, task)
    proposal = Proposal(
        "terraform",
        plan,
        agent,
        environment,
        session=task.run_id[:200],
        operator=settings.people.get(task.run_created_by, task.run_created_by[:200]),
        intent=task.run_message[:LONGEST],
    )
    case = control.propose(Caller("agent", agent), proposal)
    return tell(control, settings, task, case)


def tell(control: Control, settings: RunTasks, task: RunTask, case: Case, *, over: bool = False) -> Told:
    """What HCP hears of a case as it stands. `over`: it is waited for no longer."""
    subject = _subject(control, case)
    if case.state == "held" and subject is not None:
        missing = str(control.told(case)["missing"]).replace("\n", "; ")
        if settings.wait_seconds and not over:
            return Told(result("running", summary(subject, missing)), "running", case.id)
        return _final("failed", summary(subject, missing), subject, task)
    status = STATUS.get(case.state, "failed")
    if subject is None:
        return Told(result("failed", f"case {case.id} was {case.state}: {case.problem}"), "failed")
    approved = f"approved: case {case.id}" if case.state == "approved" else ""
    ended = f"{case.state}: case {case.id}" if case.state in ("rejected", "lapsed") else ""
    return _final(status, approved or ended or summary(subject), subject, task)


def refused(error: InterlockError) -> Told:
    """What HCP hears of a run that could not be judged: our words, and nothing of what came in."""
    hint = f" ({error.hint})" if error.hint else ""
    return Told(result("failed", f"interlock could not judge this run: {error.message}{hint}"), "failed")


def _final(status: Status, message: str, subject: Subject, task: RunTask) -> Told:
    return Told(result(status, message, subject if task.takes_outcomes else None), status)


def _subject(control: Control, case: Case) -> Subject | None:
    if case.change is None or case.assessment is None or case.decision is None:
        return None
    production = control.configuration.is_production
    return Subject(case.change, case.assessment, case.decision, production, case.id)
