"""Assessment: how far a change reaches, whether it can be undone, and what a person should know before deciding."""

from __future__ import annotations

from typing import Final, Literal, get_args

from interlock.model.canon import Value, canonical, digest
from interlock.model.change import Resource, Tier
from interlock.model.inventory import Measured, Plane, RollbackProof
from interlock.model.wayback import Reversibility

Severity = Literal["info", "low", "medium", "high", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
Confidence = Literal["low", "medium", "high"]


class Finding(Value, frozen=True):
    """One thing that somebody should know. `id` is the slug of its file, its docs page and its vectors."""

    id: str
    severity: Severity
    confidence: Confidence
    message: str
    where: str = ""
    fix: str = ""


class Reached(Value, frozen=True):
    """A resource that feels the change, and the shortest chain of evidence that says so."""

    resource: Resource
    chain: tuple[str, ...] = ()


class Reach(Value, frozen=True):
    """changed ⊆ must ⊆ may. `complete` False: something was cut or not read; `frontier` counts what that left."""

    changed: tuple[Reached, ...] = ()
    must: tuple[Reached, ...] = ()
    may: tuple[Reached, ...] = ()
    complete: bool = True
    frontier: int = 0


class Weighed(Value, frozen=True):
    """One effect as assessed; in the order of the change's effects. `count` None is unknown, never zero.

    `planes` are what its resource is to others, by the inventory.
    """

    tier: Tier
    reversibility: Reversibility
    count: int | None = None
    keyed: bool = False
    planes: tuple[Plane, ...] = ()


class Touched(Value, frozen=True):
    """How much of one failure domain the change takes with it: `touched` of `total` known things in `kind` `name`.

    `kind` is a key of `Resource.location` (account, region, zone, cell, tenant, cluster, key, role, network, state), or
    a redundancy group of `Item.groups`. `total` None: nobody knows how many there are.
    """

    kind: str
    name: str
    touched: int
    total: int | None = None


class Risk(Value, frozen=True):
    """One number from 0 to 100 for putting changes in order, and what made it; hard stops are policies, not points.

    `parts` are (name, permille) in the order of their share. Uncalibrated: nobody has compared it with outcomes.
    """

    score: int = 0
    parts: tuple[tuple[str, int], ...] = ()


class Assessment(Value, frozen=True):
    """Everything that policy and people judge by. `environment` is the stricter of claimed and found."""

    environment: str
    tier: Tier
    reversibility: Reversibility
    reach: Reach = Reach()
    effects: tuple[Weighed, ...] = ()
    critical: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    unknown: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    measured: tuple[Measured, ...] = ()
    rollback: RollbackProof = RollbackProof()
    rows: int | None = None
    domains: tuple[Touched, ...] = ()
    risk: Risk | None = None

    @property
    def digest(self) -> str:
        return digest("assessment", canonical(self))
