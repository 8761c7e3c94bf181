"""Inventory: what exists at a target, what depends on what, and what a rehearsal there measured."""

from __future__ import annotations

from typing import Literal

from interlock.model.canon import Value
from interlock.model.change import Resource, Verb

Strength = Literal["hard", "soft", "mention"]
EdgeKind = Literal["contains", "references", "cascades", "nulls", "triggers", "reads", "owns"]


class Item(Value, frozen=True):
    """One existing resource. `size` is rows or objects in it, None when unknown; `keys` are its unique column sets."""

    resource: Resource
    size: int | None = None
    keys: tuple[tuple[str, ...], ...] = ()
    fields: tuple[str, ...] = ()
    critical: bool = False
    protections: tuple[str, ...] = ()


class Edge(Value, frozen=True):
    """`source` depends on `target`: when `target` goes or moves, `source` feels it. `evidence` says who told us."""

    source: Resource
    target: Resource
    kind: EdgeKind
    strength: Strength = "hard"
    evidence: str = ""


class Inventory(Value, frozen=True):
    """A survey of one target. `environment` is what the target itself is, whatever the proposal claimed.

    `complete` is False when a limit was hit or something could not be read; `limits` says which.
    """

    target: str
    environment: str = ""
    items: tuple[Item, ...] = ()
    edges: tuple[Edge, ...] = ()
    surveyed_at: int = 0
    complete: bool = True
    limits: tuple[str, ...] = ()


class Measured(Value, frozen=True):
    """What a rehearsal really did to one resource; of `count` things, `indirect` ones came by cascade or trigger."""

    resource: Resource
    verb: Verb
    count: int
    indirect: int = 0


class Sample(Value, frozen=True):
    """One row of the diff, as text that people read; secrets are redacted before it is stored."""

    resource: Resource
    verb: Verb
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()


RollbackVerdict = Literal["none-needed", "valid", "valid-with-loss", "invalid", "unknown"]


class RollbackProof(Value, frozen=True):
    """The way back: its steps, and whether it was simulated (applied, rolled back, contents compared)."""

    verdict: RollbackVerdict = "unknown"
    simulated: bool = False
    steps: tuple[str, ...] = ()
    why: str = ""


class Rehearsal(Value, frozen=True):
    """What happened when the change was really tried in a transaction that was then rolled back.

    `complete` False means that a bound was hit: the figures are then an estimate or missing and `limits` says which
    bound. `samples` holds up to ten rows. `failed` carries the target's own error when the change does not even run.
    """

    measured: tuple[Measured, ...] = ()
    samples: tuple[Sample, ...] = ()
    rollback: RollbackProof = RollbackProof()
    complete: bool = True
    limits: tuple[str, ...] = ()
    failed: str = ""
