"""Short words for the values that the tests of this room are made of."""

from __future__ import annotations

from interlock.assess.assess import assess
from interlock.assess.findings import FINDINGS
from interlock.model.assessment import Assessment, Finding
from interlock.model.change import Aspect, Change, Effect, Resource, Verb
from interlock.model.inventory import Edge, EdgeKind, Inventory, Item, Measured, Rehearsal, RollbackProof, Strength
from interlock.model.target import Environment

PRODUCTION = Environment("production")
STAGING = Environment("staging", production=False, strictness=50)
PROVED = RollbackProof("valid", simulated=True, steps=("put it back",))


def thing(name: str, kind: str = "t.table") -> Resource:
    return Resource(kind, name)


def effect(verb: Verb = "update", name: str = "orders", *, aspect: Aspect = "content", **rest: object) -> Effect:
    return Effect(verb, thing(name), aspect=aspect, **rest)  # type: ignore[arg-type]


def change(*effects: Effect, unknown: tuple[str, ...] = (), degraded: tuple[str, ...] = ()) -> Change:
    return Change("t:x", effects, len(effects), unknown, degraded)


def item(name: str, size: int | None = 100, *, critical: bool = False, kind: str = "t.table") -> Item:
    return Item(thing(name, kind), size, (("id",),), ("id", "status"), critical)


def edge(source: str, kind: EdgeKind, target: str, strength: Strength = "hard", evidence: str = "seen") -> Edge:
    return Edge(thing(source), thing(target), kind, strength, evidence)


def inventory(
    *parts: Item | Edge, complete: bool = True, environment: str = "", limits: tuple[str, ...] = ()
) -> Inventory:
    items = tuple(part for part in parts if isinstance(part, Item))
    edges = tuple(part for part in parts if isinstance(part, Edge))
    return Inventory("shop", environment, items, edges, 7, complete, limits)


def measured(name: str, verb: Verb, count: int, indirect: int = 0) -> Measured:
    return Measured(thing(name), verb, count, indirect)


def rehearsal(*counts: Measured, rollback: RollbackProof = PROVED, **rest: object) -> Rehearsal:
    return Rehearsal(counts, (), rollback, **rest)  # type: ignore[arg-type]


def judged(
    what: Change | Effect,
    world: Inventory | None = None,
    tried: Rehearsal | None = None,
    *,
    claimed: Environment = PRODUCTION,
    found: Environment | None = None,
    secrets: tuple[str, ...] = (),
) -> Assessment:
    whole = change(what) if isinstance(what, Effect) else what
    return assess(whole, inventory=world, rehearsal=tried, claimed=claimed, found=found, secrets=secrets)


def findings(slug: str, *args: object, **rest: object) -> list[Finding]:
    """The findings of this kind alone."""
    assert slug in {row.id for row in FINDINGS}, slug
    return [finding for finding in judged(*args, **rest).findings if finding.id == slug]  # type: ignore[arg-type]
