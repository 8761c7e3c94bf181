"""The table of routes. `docs/gates/http.md` and /openapi.json are written from it; tests go through all of it."""

from __future__ import annotations

from typing import Any, Final

from interlock.gates.http import about, cases, hooks, people, record, shapes
from interlock.gates.http.judgement import Judged
from interlock.gates.http.route import LARGE_BODY, Route
from interlock.gates.http.run_tasks.request import RunTask
from interlock.model.approval import Ballot, Vote

CASE: Final = "/v1/cases/{case}"

#: What the names in paths may be; anything else is not there.
PARAMS: Final = {"case": "[0-9a-z]{1,64}", "agent": "[a-z0-9][a-z0-9._-]{0,62}", "token": r"[0-9a-f]{32}|\*"}

ROUTES: Final[tuple[Route[Any, Any], ...]] = (  # Any: see Gate.routes; and any JSON
    Route("GET", "/health", ("health",), "What is armed, degraded or stopped",
          about.health, shapes.Health, pool="health", open=True),
    Route("GET", "/openapi.json", (), "This document", about.openapi, dict[str, Any], open=True),
    Route("GET", "/v1/verbs", (), "Our own verbs: who may use each, and why", about.verbs, shapes.Verbs, open=True),
    Route("POST", "/v1/check", ("check",), "Judge a change without recording or executing it",
          cases.check, Judged, body=shapes.Check, pool="heavy", limit=LARGE_BODY, fails=(404,)),
    Route("POST", "/v1/cases", ("propose",), "Propose a change; with `run`, execute it when it is allowed",
          cases.propose, shapes.Case, body=shapes.Propose, status=201, pool="heavy", limit=LARGE_BODY,
          fails=(404, 409, 429)),
    Route("GET", "/v1/cases", ("cases",), "List cases; an agent sees its own",
          cases.listed, shapes.Cases, query=shapes.CasesQuery),
    Route("GET", CASE, ("show",), "Show a case", cases.shown, shapes.Case),
    Route("GET", f"{CASE}/wait", ("show",), "Show a case as soon as it is no longer held, or when the time is over",
          cases.waited, shapes.Case, query=shapes.WaitQuery),
    Route("GET", f"{CASE}/contents", ("show",), "What would run, and for people the sample of the diff",
          cases.contents, shapes.Contents),
    Route("GET", f"{CASE}/output", ("show",), "What the execution returned", cases.output, shapes.Output),
    Route("POST", f"{CASE}/run", ("run",), "Execute a case that is allowed or approved, exactly as it was",
          cases.run, shapes.Case, pool="heavy", fails=(409,)),
    Route("POST", f"{CASE}/undo", ("undo",), "Take a case back within its undo window",
          cases.undo, shapes.Case, pool="heavy", fails=(409,)),
    Route("GET", f"{CASE}/ballot", ("approve", "reject"), "The ballot of a case, to be filled in and signed",
          people.ballot, Ballot, query=shapes.BallotQuery, fails=(409,)),
    Route("POST", f"{CASE}/votes", ("approve", "reject", "break-glass"), "Cast a vote that its person has signed",
          people.vote, shapes.Case, body=Vote, status=201, fails=(409,)),
    Route("POST", "/v1/sessions/challenge", (), "Ask for a challenge to sign",
          people.challenge, shapes.ChallengeReply, body=shapes.ChallengeRequest, open=True),
    Route("POST", "/v1/sessions", (), "Open a session with a signed challenge",
          people.session, shapes.Session, body=shapes.SessionRequest, status=201, fails=(401,), open=True),
    Route("POST", "/v1/agents/{agent}/tokens/{token}/revoke", ("revoke-token",), "Revoke an agent's token; `*`: all",
          people.revoke, shapes.Revoked),
    Route("POST", "/v1/run-tasks/hcp", (), "A run of HCP Terraform, signed with the key of run tasks, to be judged",
          hooks.run_task, shapes.Taken, body=RunTask, fails=(401, 404), open=True, guard=hooks.signed),
    Route("GET", "/v1/ledger/checkpoint", ("verify",), "The newest signed checkpoint",
          record.checkpoint, shapes.CheckpointReply),
    Route("GET", "/v1/ledger/entries", ("export",), "Entries of the ledger, as they were hashed",
          record.entries, shapes.Entries, query=shapes.RangeQuery),
    Route("GET", "/v1/ledger/inclusion", ("verify",), "The proof that an entry is in the ledger",
          record.inclusion, shapes.Proof, query=shapes.InclusionQuery),
    Route("GET", "/v1/ledger/consistency", ("verify",), "The proof that the ledger only grew",
          record.consistency, shapes.Proof, query=shapes.ConsistencyQuery),
)  # fmt: skip
