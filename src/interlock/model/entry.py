"""Entry: everything that can be recorded. One entry is one canonical JSON object in the ledger.

Streams: `case/<id>` for a case, `call/<key>` and `try/<mark>` for which case a call at a gate belongs to,
`agent/<name>`, `passed/<agent>` for what went through without a case, `person/<name>`, and `system` for what concerns
everybody.
"""

from __future__ import annotations

from typing import Literal

from interlock.model.agent import Passport, Person
from interlock.model.approval import Approval, Vote
from interlock.model.assessment import Assessment
from interlock.model.canon import Value
from interlock.model.change import Change
from interlock.model.decision import Decision
from interlock.model.execution import Step
from interlock.model.inventory import Sample
from interlock.model.planned import Identity

Purpose = Literal["run", "undo", "close"]


class Proposed(Value, frozen=True, tag_field="type", tag="proposed"):
    """A proposal came in. Payload and prompt are sealed in the vault; here stand their vault digests."""

    kind: str
    agent: str
    environment: str
    target: str
    passport: str
    payload: str
    payload_size: int
    session: str = ""
    author: str = ""
    operator: str = ""
    owner: str = ""
    intent: str = ""
    prompt: str = ""
    proposal: str = ""


class Planned(Value, frozen=True, tag_field="type", tag="planned"):
    """A plan was made of what was proposed, and takes its place: `package` is its vault digest, `output` that of what
    the tool said, `identity` the state that it was made on, `tool` which tool made it (`terraform 1.11.4`)."""

    package: str
    package_size: int
    identity: Identity
    tool: str = ""
    output: str = ""


class WasRead(Value, frozen=True, tag_field="type", tag="read"):
    change: Change


class Assessed(Value, frozen=True, tag_field="type", tag="assessed"):
    """`samples` is the vault digest of the diff sample, so that personal data in rows can be erased."""

    assessment: Assessment
    samples: str = ""


class Decided(Value, frozen=True, tag_field="type", tag="decided"):
    decision: Decision


class Refused(Value, frozen=True, tag_field="type", tag="refused"):
    """A leg of the road could not be gone: `leg` names it, the rest is the error. Nothing runs."""

    leg: str
    code: str
    message: str


class Voted(Value, frozen=True, tag_field="type", tag="voted"):
    vote: Vote


class Approved(Value, frozen=True, tag_field="type", tag="approved"):
    approval: Approval


class Lapsed(Value, frozen=True, tag_field="type", tag="lapsed"):
    """What was decided no longer holds: `code` is `stale` or `expired`."""

    code: str
    reason: str


class Started(Value, frozen=True, tag_field="type", tag="started"):
    """An execution begins. `ballots` are the nonces of the votes it uses up."""

    purpose: Purpose
    digest: str
    ballots: tuple[str, ...] = ()


class Stepped(Value, frozen=True, tag_field="type", tag="stepped"):
    purpose: Purpose
    step: Step


class Finished(Value, frozen=True, tag_field="type", tag="finished"):
    """An execution ended: `done` for its purpose, `failed`, or `untold` when nobody can tell.

    A failed one changed nothing, unless `error` says what of it took effect.
    """

    purpose: Purpose
    result: Literal["done", "failed", "untold"]
    undo_until: int = 0
    output: str = ""
    error: str = ""


class Erased(Value, frozen=True, tag_field="type", tag="erased"):
    """The vault's contents for this case were erased; every proof still holds."""

    reason: str


class Reviewed(Value, frozen=True, tag_field="type", tag="reviewed"):
    """A break-glass case was looked at afterwards by somebody who did not break the glass."""

    note: str


class AgentWritten(Value, frozen=True, tag_field="type", tag="agent-written"):
    """An agent's passport as it is from now on (added, changed or retired)."""

    passport: Passport


class TokenIssued(Value, frozen=True, tag_field="type", tag="token-issued"):
    """A token for an agent: its id, never itself. `expires_at` is unix milliseconds."""

    token: str
    environment: str
    session: str
    expires_at: int


class TokenRevoked(Value, frozen=True, tag_field="type", tag="token-revoked"):
    """`token` is an id, or `*` for every token that was issued up to now."""

    token: str


class KeyIssued(Value, frozen=True, tag_field="type", tag="key-issued"):
    """A virtual key for an agent: its name, never its secret. No `regions` or `services`: all of the target's.

    `expires_at` is unix milliseconds.
    """

    key: str
    target: str
    environment: str
    session: str
    operator: str
    expires_at: int
    regions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    author: str = ""


class KeyRevoked(Value, frozen=True, tag_field="type", tag="key-revoked"):
    """`key` is a virtual key's name, or `*` for every one that was issued up to now."""

    key: str


class Passed(Value, frozen=True, tag_field="type", tag="passed"):
    """A read that policy allows as it is went through a gate; it has no case. Its answer leaves after this is durable.

    `what` are the causes of its effects (`s3:GetObject`), `resources` the names that they read, the first hundred of
    them. `payload` is the vault digest, under `sealed`, of the payloads that were recorded at once; this one has the
    place `place` among them. `digest` is that of the decision, which `policies` made.
    """

    kind: str
    target: str
    environment: str
    what: tuple[str, ...]
    resources: tuple[str, ...]
    sealed: str
    payload: str
    place: int
    digest: str
    policies: tuple[str, ...]
    session: str = ""
    author: str = ""
    operator: str = ""


class ReadsErased(Value, frozen=True, tag_field="type", tag="reads-erased"):
    """What the vault held of an agent's reads that passed was erased, for as many of them as `count`: those of `person`
    (empty: everybody's) from `since` until before `until` (unix milliseconds; 0: without that bound)."""

    reason: str
    count: int
    person: str = ""
    since: int = 0
    until: int = 0


class Called(Value, frozen=True, tag_field="type", tag="called"):
    """A call at a gate is this case. In `call/<key>`: from now on identical calls are, while it is open. In
    `try/<mark>`: a call by this signature or invocation id is; `key` says which call that was, and `invocation` is the
    mark of the invocation id that came with the signature."""

    case: str
    key: str
    invocation: str = ""


class Answered(Value, frozen=True, tag_field="type", tag="answered"):
    """In `call/<key>`: the answer of this case was taken whole, so that the next identical call is one of its own."""

    case: str


class PersonWritten(Value, frozen=True, tag_field="type", tag="person-written"):
    person: Person


class Opened(Value, frozen=True, tag_field="type", tag="opened"):
    """A process opened the ledger: which version, policy set and self-test result."""

    version: str
    policy_version: str
    armed: bool
    problems: tuple[str, ...] = ()


What = (
    Proposed
    | Planned
    | WasRead
    | Assessed
    | Decided
    | Refused
    | Voted
    | Approved
    | Lapsed
    | Started
    | Stepped
    | Finished
    | Erased
    | Reviewed
    | AgentWritten
    | TokenIssued
    | TokenRevoked
    | KeyIssued
    | KeyRevoked
    | Passed
    | ReadsErased
    | Called
    | Answered
    | PersonWritten
    | Opened
)


class Entry(Value, frozen=True):
    """One recorded thing: when (unix milliseconds), by whom (`agent:fixer`, `person:ada`, `interlock`), and what."""

    at: int
    by: str
    stream: str
    what: What


class Samples(Value, frozen=True):
    """The diff sample as it is sealed in the vault."""

    samples: tuple[Sample, ...]
