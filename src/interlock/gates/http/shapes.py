"""Requests and replies as types: what is decoded strictly on the way in, and what the OpenAPI document promises.

A test converts real replies into these types, unknown fields forbidden, so that the document cannot drift from them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from interlock.gates.http.judgement import Assessment, Change, Decision, Measured, Shape
from interlock.model.approval import Choice
from interlock.model.case import State

Name = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=4_000)]
Prompt = Annotated[str, Meta(max_length=1_000_000)]


class Nothing(Shape, frozen=True):
    """No field: a request without a query or a body."""


# requests


class Check(Shape, frozen=True):
    """A change to be judged. `payload` is its text; for what is not UTF-8, `payload_base64` is its bytes."""

    kind: Annotated[str, Meta(min_length=1, max_length=100)]
    payload: str | None = None
    payload_base64: bytes | None = None
    target: Name = ""
    environment: Name = ""
    agent: Name = ""


class Propose(Check, frozen=True):
    """A change that an agent asks for. What its token already says (agent, environment, session) may be left out."""

    intent: Text = ""
    author: Name = ""
    operator: Name = ""
    session: Name = ""
    prompt: Prompt = ""
    run: bool = False


class CasesQuery(Shape, frozen=True):
    """Only cases in this state; at most so many, the newest."""

    state: State | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 50


class WaitQuery(Shape, frozen=True):
    """How long to wait for a held case to be decided, in seconds."""

    seconds: Annotated[int, Meta(ge=0, le=50)] = 25


class BallotQuery(Shape, frozen=True):
    """What the ballot is for. Reason and break-glass are filled in by the voter, before signing."""

    choice: Choice


class RangeQuery(Shape, frozen=True):
    """Entries start … stop-1. Fewer may come: `next` says where to go on."""

    start: Annotated[int, Meta(ge=0)]
    stop: Annotated[int, Meta(ge=0)]


class InclusionQuery(Shape, frozen=True):
    """Is entry `index` in the log of the first `size` entries?"""

    index: Annotated[int, Meta(ge=0)]
    size: Annotated[int, Meta(ge=1)]


class ConsistencyQuery(Shape, frozen=True):
    """Does the log of `new` entries begin with the log of `old` entries?"""

    old: Annotated[int, Meta(ge=0)]
    new: Annotated[int, Meta(ge=0)]


class ChallengeRequest(Shape, frozen=True):
    """Who wants to open a session."""

    person: Annotated[str, Meta(min_length=1, max_length=63)]


class SessionRequest(Shape, frozen=True):
    """The Ed25519 signature (base64) over the challenge of this nonce."""

    nonce: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


# replies


class ErrorBody(Shape, frozen=True):
    """`code` is stable and for programs; the rest is for people. `where` names the field or the case."""

    code: str
    message: str
    where: str | UnsetType = UNSET
    hint: str | UnsetType = UNSET


class Error(Shape, frozen=True):
    """Every reply that is no success."""

    error: ErrorBody


class CastVote(Shape, frozen=True):
    person: str
    choice: str
    cast_at: str
    expires_at: str
    reason: str
    break_glass: bool


class Step(Shape, frozen=True):
    name: str
    phase: str
    detail: str


class Execution(Shape, frozen=True):
    digest: str
    steps: list[Step]
    measured: list[Measured]
    undo_until: str
    error: str


class Case(Shape, frozen=True):
    """A case as every face shows it. Of one that was refused before its decision, the last five fields are not there.

    `output` (what the execution returned, as text) is there when this request executed it.
    """

    case: str
    state: State
    kind: str
    agent: str
    environment: str
    proposed_at: str
    changed_at: str
    target: str
    intent: str
    session: str
    author: str
    operator: str
    owner: str
    missing: str
    problem: str
    votes: list[CastVote]
    execution: Execution | None
    output: str | UnsetType = UNSET
    digest: str | UnsetType = UNSET
    change: Change | UnsetType = UNSET
    assessment: Assessment | UnsetType = UNSET
    decision: Decision | UnsetType = UNSET


class Cases(Shape, frozen=True):
    """The newest cases, newest last; `total` counts all that were asked for."""

    cases: list[Case]
    total: int


class Sample(Shape, frozen=True):
    verb: str
    resource: dict[str, str]
    before: list[tuple[str, str]]
    after: list[tuple[str, str]]


class Contents(Shape, frozen=True):
    """What would run, as text or as base64, and the sample of the diff: people see it before they vote."""

    case: str
    payload: str | None
    payload_base64: str | None
    samples: list[Sample]


class Output(Shape, frozen=True):
    """What the execution returned: text, or base64 of what is not UTF-8; both null when nothing."""

    case: str
    text: str | None
    base64: str | None


class Health(Shape, frozen=True):
    state: Literal["armed", "stopped"]
    version: str
    problems: list[str]
    degraded: list[str]
    policy_version: str
    ledger_entries: int
    gates: dict[str, str]


class Verb(Shape, frozen=True):
    """One of our own verbs: which kinds of caller may use it, why just these, and through which routes."""

    verb: str
    callers: list[str]
    because: str
    routes: list[str]


class Verbs(Shape, frozen=True):
    verbs: list[Verb]


class ChallengeReply(Shape, frozen=True):
    """Sign `interlock/v1/session`, a zero byte, and the canonical JSON of these four fields."""

    person: str
    audience: str
    nonce: str
    expires_at: int


class Session(Shape, frozen=True):
    """Send it as `Authorization: Session TOKEN`. It is shown once."""

    token: str
    person: str
    expires_at: str


class Taken(Shape, frozen=True):
    """Whether there is something to judge: false for a request that only asks whether anybody is there."""

    taken: bool


class Revoked(Shape, frozen=True):
    agent: str
    token: str


class CheckpointReply(Shape, frozen=True):
    """The newest signed checkpoint (a C2SP signed note) and the key that verifies it."""

    checkpoint: str
    verifier: str


class LedgerEntry(Shape, frozen=True):
    index: int
    stream: str
    position: int
    data: bytes


class Entries(Shape, frozen=True):
    entries: list[LedgerEntry]
    next: int


class Proof(Shape, frozen=True):
    """Hashes of an RFC 6962 proof, base64."""

    proof: list[bytes]
