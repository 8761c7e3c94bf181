"""A judgement as types, for replies: the contract object of docs/contract.md, whoever asked for it."""

from __future__ import annotations

from typing import Literal

import msgspec


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all of them: what is not named is refused."""


class Resource(Shape, frozen=True):
    """`location` holds pairs of a kind of failure domain and its name, `tags` pairs of tag and value."""

    type: str
    name: str
    environment: str
    location: list[tuple[str, str]]
    tags: list[tuple[str, str]]


class WayBack(Shape, frozen=True):
    """What is known of taking one effect back; `lifts` says what would make it easier."""

    reversibility: str | None
    verdict: str
    loses: str
    evidence: list[str]
    step: str
    why: str
    lifts: str


class Effect(Shape, frozen=True):
    """One verb on one resource; `known` says how surely, `cause` what in the text makes it so.

    `gentler` is a less destructive way to the same end; empty when none is known. `needs` are the
    permissions that it takes, in the target's own words.
    """

    verb: str
    resource: Resource
    known: str
    aspect: str
    choice: str
    fields: list[str]
    traits: list[str]
    part: int
    cause: str
    count: int | None
    tier: str
    reversibility: str
    way_back: WayBack | None
    gentler: str
    needs: list[str]


class Signal(Shape, frozen=True):
    """Something that was seen of the proposal as a whole: `name` is for programs, `detail` for people."""

    name: str
    detail: str


class Change(Shape, frozen=True):
    """`needs_unknown` names what takes permissions that nobody here can name, beside the `needs` of the effects."""

    parts: int
    effects: list[Effect]
    signals: list[Signal]
    needs_unknown: list[str]


class Measured(Shape, frozen=True):
    verb: str
    resource: Resource
    count: int
    indirect: int


class Reached(Resource, frozen=True):
    """A resource that feels the change, and the chain of evidence that says so."""

    chain: list[str]


class Reach(Shape, frozen=True):
    """changed ⊆ must ⊆ may. `complete` is false when a limit was hit; `frontier` counts where it went on."""

    changed: list[Reached]
    must: list[Reached]
    may: list[Reached]
    complete: bool
    frontier: int


class Rollback(Shape, frozen=True):
    verdict: str
    simulated: bool
    steps: list[str]
    why: str
    kept: str


class Finding(Shape, frozen=True):
    id: str
    severity: str
    confidence: str
    message: str
    where: str
    fix: str


class Domain(Shape, frozen=True):
    """How much of one failure domain the change takes with it; `total` is null when nobody knows."""

    kind: str
    name: str
    touched: int
    total: int | None


class RiskPart(Shape, frozen=True):
    name: str
    permille: int


class Risk(Shape, frozen=True):
    """A number from 0 to 100 for putting changes in order, and what made it. Not compared with outcomes yet."""

    score: int
    parts: list[RiskPart]
    calibrated: Literal[False]


class Assessment(Shape, frozen=True):
    tier: str
    reversibility: str
    rows: int | None
    measured: list[Measured]
    reach: Reach
    rollback: Rollback
    critical: list[str]
    domains: list[Domain]
    risk: Risk | None
    findings: list[Finding]
    unknown: list[str]
    degraded: list[str]


class Because(Shape, frozen=True):
    """One policy that made the decision; `effects` are ordinals into `change.effects`."""

    policy: str
    because: str
    lift: str | None
    effects: list[int]


class Decision(Shape, frozen=True):
    outcome: Literal["allow", "hold", "deny"]
    because: list[Because]
    requirements: list[str]
    policy_version: str


class Judged(Shape, frozen=True):
    """A judgement without a case: what `interlock check --json` prints."""

    digest: str
    kind: str
    agent: str
    environment: str
    change: Change
    assessment: Assessment
    decision: Decision
