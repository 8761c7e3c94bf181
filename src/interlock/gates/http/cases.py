"""Handlers for cases: check, propose, look, wait, run, undo, and what came out."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from msgspec import structs

from interlock.answer import Asked as Named
from interlock.answer import Json, judged
from interlock.errors import BadInput, Forbidden, InterlockError, Unauthenticated
from interlock.gates.http import shapes
from interlock.gates.http.entry import HOW
from interlock.gates.http.route import Asked, Reply, refusal
from interlock.gates.http.shapes import Nothing
from interlock.identify.tokens import bind
from interlock.model.case import Case
from interlock.model.proposal import Proposal

MAX_PAYLOAD: Final = 10 * 1024 * 1024
#: Who is judged where nobody is named: nobody that is registered.
NOBODY: Final = "unregistered"


def check(asked: Asked[Nothing, shapes.Check]) -> Reply:
    """Judge without recording. Whoever says nothing of themselves is told what the rules say of a text, no more."""
    body, who = asked.body, asked.who
    if who.caller.kind == "anyone" and (body.agent or body.target):
        field = "agent" if body.agent else "target"
        message = f"say who you are to name a {field}: passports and targets are nobody's to map"
        raise Unauthenticated(message, hint=HOW, where=field)
    proposal = Proposal(body.kind, _payload(body), body.agent, body.environment, body.target)
    proposal = _completed(asked, bind(who.claims, proposal) if who.claims else proposal)
    judgement = asked.gate.control.check(who.caller, proposal)
    named: Named = {"kind": proposal.kind, "agent": proposal.agent, "environment": proposal.environment}
    return Reply(judged(named, judgement))


def propose(asked: Asked[Nothing, shapes.Propose]) -> Reply:
    """Legs 1 to 4; with `run` also the rest, where the change is allowed as it is."""
    body, who, control = asked.body, asked.who, asked.gate.control
    proposal = Proposal(
        body.kind,
        _payload(body),
        body.agent,
        body.environment,
        body.target,
        body.session,
        body.author,
        body.operator,
        body.intent,
        body.prompt,
    )
    proposal = bind(who.claims, proposal) if who.claims else _by_person(proposal, who.caller.name)
    case = control.propose(who.caller, _completed(asked, proposal))
    place = (("location", f"/v1/cases/{case.id}"),)
    if not body.run or case.state != "allowed" or not proposal.target:
        return Reply(control.told(case), 201, place)
    return Reply(_ran(asked, case.id), 201, place)


def listed(asked: Asked[shapes.CasesQuery, Nothing]) -> Reply:
    """The newest cases that this caller may see."""
    control, query = asked.gate.control, asked.query
    cases = [case for case in control.cases(asked.who.caller) if query.state in (None, case.state)]
    return Reply({"cases": [control.told(case) for case in cases[-query.limit :]], "total": len(cases)})


def shown(asked: Asked[Nothing, Nothing]) -> Reply:
    return Reply(asked.gate.control.told(_case(asked)))


def waited(asked: Asked[shapes.WaitQuery, Nothing]) -> Reply:
    """The case; asked again, while it is held, until the time is over."""
    case = _case(asked)
    return Reply(asked.gate.control.told(case), wait=asked.query.seconds if case.state == "held" else 0)


def contents(asked: Asked[Nothing, Nothing]) -> Reply:
    """What would run, and the sample. An agent gets no rows here that it could not read otherwise."""
    control, case = asked.gate.control, _case(asked)
    readable = control.readable(case)
    text, raw = _text(readable) if readable else (None, None)
    samples = [] if asked.who.caller.kind == "agent" else control.samples(case)
    return Reply({"case": case.id, "payload": text, "payload_base64": raw, "samples": samples})


def output(asked: Asked[Nothing, Nothing]) -> Reply:
    case = _case(asked)
    content = asked.gate.control.output(case)
    text, raw = _text(content) if content else (None, None)
    return Reply({"case": case.id, "text": text, "base64": raw})


def run(asked: Asked[Nothing, Nothing]) -> Reply:
    """Legs 6 to 9. An agent's token is for one environment, and so is what it may set going."""
    case, claims = _case(asked), asked.who.claims
    if claims is not None and case.proposed.environment != claims.environment:
        raise Forbidden(
            f"case `{case.id}` is for `{case.proposed.environment}`, this token for `{claims.environment}`",
            hint="ask for a token that fits",
            code="not-its-token",
        )
    return Reply(_ran(asked, case.id))


def undo(asked: Asked[Nothing, Nothing]) -> Reply:
    control = asked.gate.control
    return Reply(control.told(control.undo(asked.who.caller, asked.params["case"])))


def _case(asked: Asked[shapes.WaitQuery, Nothing] | Asked[Nothing, Nothing]) -> Case:
    return asked.gate.control.case(asked.who.caller, asked.params["case"])


def _ran(asked: Asked[Nothing, shapes.Propose] | Asked[Nothing, Nothing], case_id: str) -> Json:
    """The case after its run, with what it returned. An error names the case: the caller may not know its id yet."""
    control = asked.gate.control
    try:
        case = control.run(asked.who.caller, case_id)
    except InterlockError as error:
        error.where = error.where or f"case {case_id}"
        raise
    return control.told(case) | {"output": control.output(case).decode("utf-8", "replace")}


def _payload(body: shapes.Check) -> bytes:
    if body.payload is not None and body.payload_base64 is None:
        payload = body.payload.encode()
    elif body.payload is None and body.payload_base64 is not None:
        payload = body.payload_base64
    else:
        raise BadInput("give either `payload` or `payload_base64`", where="payload", code="bad-body")
    if len(payload) > MAX_PAYLOAD:
        raise refusal(413, "too-large", f"a payload has at most {MAX_PAYLOAD} bytes", "split the change", "payload")
    return payload


def _by_person(proposal: Proposal, person: str) -> Proposal:
    """A proposal that a person makes for an agent: they are its operator, and so of the asker's party, in any case."""
    if not proposal.agent:
        raise BadInput("say which agent it is for", where="agent", code="bad-body")
    if proposal.operator not in ("", person):
        raise Forbidden(f"`{person}` cannot propose as `{proposal.operator}`", code="other-person")
    return structs.replace(proposal, operator=person)


def _completed(asked: Asked[Nothing, shapes.Check] | Asked[Nothing, shapes.Propose], proposal: Proposal) -> Proposal:
    """Blanks that nobody filled: no agent is one that nobody registered, no environment is the target's."""
    target = asked.gate.control.configuration.targets.get(proposal.target)
    return structs.replace(
        proposal,
        agent=proposal.agent or NOBODY,
        environment=proposal.environment or (target.environment if target else "production"),
    )


def _text(content: bytes) -> tuple[str | None, str | None]:
    """(text, None) for UTF-8, (None, base64) for the rest."""
    try:
        return content.decode(), None
    except UnicodeDecodeError:
        return None, b64encode(content).decode()
