"""What a caller is told of a case that does not run: which policy and argument, what is missing, where to look."""

from __future__ import annotations

from typing import Final

from interlock.errors import Conflict, InterlockError, Refused
from interlock.model.case import Case
from interlock.model.decision import Because

MOST_CAUSES: Final = 3
MOST_REASONS: Final = 4


def held(case_id: str, missing: str) -> Refused:
    """It still waits for people."""
    return Refused(
        f"case `{case_id}` is held: {missing or 'a person has to look'}",
        hint=f"`interlock show {case_id}`; after approval repeat this very call, and it runs once",
        where=case_id,
        code="held",
    )


def running(case_id: str) -> Conflict:
    return Conflict(
        f"case `{case_id}` is still running",
        hint="repeat this very call to get its answer; it does not run twice",
        where=case_id,
        code="running",
    )


def stopped(case: Case) -> InterlockError:
    """Why a case that is not allowed, held or approved does not run."""
    where = case.id
    if case.state == "denied":
        return Refused(f"case `{case.id}` is denied: {reasons(case)}", hint=_show(case), where=where, code="denied")
    if case.state == "rejected":
        said = "; ".join(vote.ballot.reason for vote in case.votes if vote.ballot.choice == "reject")
        return Refused(
            f"case `{case.id}` was rejected by a person{': ' if said else ''}{said}",
            hint=_show(case),
            where=where,
            code="denied",
        )
    if case.state == "lapsed":
        return Refused(
            f"case `{case.id}` has lapsed: {case.problem}",
            hint="repeat the call to have it judged anew",
            where=where,
            code="lapsed",
        )
    if case.state == "untold":
        return Conflict(
            f"whether case `{case.id}` took effect cannot be told",
            hint="a person has to look",
            where=where,
            code="untold",
        )
    return Conflict(f"case `{case.id}` is {case.state}", hint=_show(case), where=where, code="over")


def reasons(case: Case) -> str:
    """The reasons of a decision, each with the calls and arguments that it is about."""
    if case.decision is None:
        return case.problem or "there was no decision"
    forbidding = [because for because in case.decision.because if not because.lift] or case.decision.because
    told = [f"{because.because}{_about(case, because)} [{because.policy}]" for because in forbidding]
    return "; ".join([*told[:MOST_REASONS], *_gentler(case)]) or "no policy permits it"


def _gentler(case: Case) -> list[str]:
    effects = case.change.effects if case.change is not None else ()
    return [f"a gentler way: {effect.gentler}" for effect in effects if effect.gentler][:1]


def _about(case: Case, because: Because) -> str:
    """What the reason is about: `rds:DeleteDBInstance SkipFinalSnapshot=true on …`."""
    if case.change is None:
        return ""
    named: list[str] = []
    for index in because.effects:
        effect = case.change.effects[index]
        text = f"{effect.cause or effect.verb} on `{effect.resource.name}`"
        if text not in named:
            named.append(text)
    more = f" and {len(named) - MOST_CAUSES} more" if len(named) > MOST_CAUSES else ""
    return f" ({', '.join(named[:MOST_CAUSES])}{more})" if named else ""


def _show(case: Case) -> str:
    return f"`interlock show {case.id}`"
