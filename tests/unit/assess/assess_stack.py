"""Short words for a stack of infrastructure: things with places and tags, planned effects, and what stands on what."""

from __future__ import annotations

from interlock.model.change import Change, Effect, Resource, Signal, SignalName, Verb
from interlock.model.inventory import Edge, EdgeKind, Inventory, Item, Strength
from interlock.model.wayback import Reversibility, RollbackVerdict, WayBack

#: A way back that exists and disturbs: what most things that hold nothing have.
EASY = WayBack("disruptive-inverse", "valid", step="make it again")
#: What is gone for good, by knowledge.
GONE = WayBack(
    "irreversible", "invalid", loses="all that is in it", why="there is no snapshot", lifts="name a snapshot"
)
#: The same with a copy that stays.
KEPT = WayBack("verified-copy", "valid-with-loss", "writes since the snapshot", ("snapshot s is named",), "restore s")


def thing(name: str, kind: str = "t.node", *, at: dict[str, str] | None = None, **tags: str) -> Resource:
    return Resource(kind, name, location=tuple(sorted((at or {}).items())), tags=tuple(sorted(tags.items())))


def act(verb: Verb, what: Resource | str, **rest: object) -> Effect:
    resource = what if isinstance(what, Resource) else thing(what)
    return Effect(verb, resource, **{"known": "planned", "aspect": "structure", **rest})  # type: ignore[arg-type]


def plan(*effects: Effect, signals: tuple[tuple[SignalName, str], ...] = ()) -> Change:
    numbered = tuple(
        effect if effect.part else type(effect)(**{**_fields(effect), "part": part})
        for part, effect in enumerate(effects)
    )
    return Change("t", numbered, len(effects), signals=tuple(Signal(*each) for each in signals), unit="part")


def back(reversibility: Reversibility | None, verdict: RollbackVerdict, **rest: object) -> WayBack:
    return WayBack(reversibility, verdict, **rest)  # type: ignore[arg-type]


def item(what: Resource | str, **rest: object) -> Item:
    return Item(what if isinstance(what, Resource) else thing(what), **rest)  # type: ignore[arg-type]


def edge(source: Resource | str, kind: EdgeKind, target: Resource | str, strength: Strength = "hard") -> Edge:
    ends = [end if isinstance(end, Resource) else thing(end) for end in (source, target)]
    return Edge(ends[0], ends[1], kind, strength, "seen")


def stack(*parts: Item | Edge | Resource | str, complete: bool = True) -> Inventory:
    items = [item(part) if isinstance(part, Resource | str) else part for part in parts if not isinstance(part, Edge)]
    edges = [part for part in parts if isinstance(part, Edge)]
    return Inventory("stack", "", tuple(items), tuple(edges), 7, complete)


def _fields(effect: Effect) -> dict[str, object]:
    return {name: getattr(effect, name) for name in effect.__struct_fields__}
