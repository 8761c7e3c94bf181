"""Given: the change as it is at its target, once a survey has found what its selectors mean and what is kept of things.

The rules of this room: what a stack, an environment or a selector contains is named one by one, and what contains it
stays in the change. Nothing that was there before is taken away, and only a survey that is complete makes the effect
on what contains it better than it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

import msgspec

from interlock.model.change import Change, Effect, Resource
from interlock.model.inventory import Edge, Inventory, Item
from interlock.model.wayback import WayBack
from interlock.read.aws.effects import ordered
from interlock.read.aws.evidence import kind_inside, losing, weighed

#: No more things are named out of what contains them.
MOST: Final = 20_000
#: What stands under a name of its own and holds nothing else. What a table holds is counted now and then only.
OBJECT: Final = "aws.s3.object"
STACK: Final = "aws.cloudformation.stack"
#: Something in a stack, by the name that it has there.
PART: Final = "aws.cloudformation.stack-resource"
#: What a stack deletes only when nothing is in it.
BUCKET: Final = "aws.s3.bucket"
_EMPTY: Final = WayBack(
    "grace-period",
    "valid-with-loss",
    loses="its name, which anybody may take, its policy and its settings",
    evidence=("CloudFormation does not delete a bucket that has something in it",),
    step="make it again from its definition",
)

Key = tuple[str, str]


def given(change: Change, inventory: Inventory) -> Change:
    """The same change with what it contains named, and its ways back judged by what is kept."""
    items = {item.resource.key: item for item in inventory.items}
    contained: dict[Key, list[Resource]] = {}
    let_go: dict[Key, list[Resource]] = {}
    for edge in inventory.edges:
        if edge.kind == "contains":
            contained.setdefault(edge.target.key, []).append(edge.source)
        elif _is_let_go(edge, items):
            let_go.setdefault(edge.target.key, []).append(edge.source)
    going = contained
    if let_go:
        going = {key: [*contained.get(key, ()), *let_go.get(key, ())] for key in {**contained, **let_go}}
    effects: list[Effect] = []
    named = {effect.resource.key for effect in change.effects}
    degraded = list(change.degraded)
    for effect in change.effects:
        cascades = "cascades" in effect.traits
        within = going if effect.verb == "delete" else contained
        inside = list(islice(_inside(effect, within, named), MOST + 1)) if cascades else []
        cut = len(inside) > MOST
        if cut:
            degraded.append(f"`{effect.resource.name}` contains more than {MOST:,} things")
        whole = cascades and inventory.complete and not cut and effect.resource.key in items
        new = inventory.complete and _is_new(effect, items)
        own = msgspec.structs.replace(effect, verb="create") if new else effect
        effects.append(_judged(own, items, len(inside) if whole else None))
        for each in inside[:MOST]:
            item = items.get(each.key)
            named_too = len(contained.get(each.key, ())) if whole and each.type == STACK and item is not None else None
            effects.append(_judged(_one(effect, each, item), items, named_too, contained=True))
        if effect.resource.type == PART and effect.resource.key not in items:
            degraded.append(f"`{effect.resource.name}` is nothing that the stack lets go of")
    unknown = (*change.unknown, *degraded[len(change.degraded) :])
    return msgspec.structs.replace(change, effects=tuple(effects), unknown=unknown, degraded=tuple(degraded))


def _is_let_go(edge: Edge, items: Mapping[Key, Item]) -> bool:
    """Whether a stack made this thing, and leaves it where it is."""
    item = items.get(edge.source.key) if edge.kind == "after" and edge.target.type == STACK else None
    return item is not None and "retained" in item.kept


def _is_new(effect: Effect, items: Mapping[Key, Item]) -> bool:
    """Whether one thing is written under a name that is free."""
    alone = effect.verb == "update" and effect.aspect == "content" and effect.choice == "named" and effect.count == 1
    item = items.get(effect.resource.key)
    return alone and effect.resource.type == OBJECT and item is not None and item.size == 0


def _inside(effect: Effect, contained: Mapping[Key, list[Resource]], named: set[Key]) -> Iterator[Resource]:
    """Everything inside, and inside of that, each once; what the change names already is not named again."""
    waiting = [effect.resource.key]
    seen = {*named}
    while waiting:
        for resource in contained.get(waiting.pop(), ()):
            if resource.key not in seen:
                seen.add(resource.key)
                waiting.append(resource.key)
                yield resource


def _one(effect: Effect, resource: Resource, item: Item | None) -> Effect:
    """What happens to one thing inside."""
    bare = Resource(resource.type, resource.name, effect.resource.environment, resource.location)
    if effect.verb == "delete" and item is not None and "retained" in item.kept:
        return Effect(
            "update",
            bare,
            effect.known,
            "structure",
            traits=("forgets",),
            part=effect.part,
            cause=f"in `{effect.resource.name}`, which lets go of it and leaves it where it is",
            way_back=WayBack("exact-inverse", "valid", step="import it again"),
        )
    kind = kind_inside(resource.type)
    content = effect.aspect == "content"
    back = losing(resource.type, effect.verb) if effect.verb in ("delete", "replace") else effect.way_back
    if (effect.resource.type, effect.verb, resource.type) == (STACK, "delete", BUCKET):
        back = _EMPTY
    aspect = "content" if content else kind.aspect if kind is not None else "structure"
    return Effect(
        effect.verb,
        bare,
        effect.known,
        aspect,
        count=1 if content else None,
        traits=ordered(trait for trait in effect.traits if trait == "leaves-a-gap"),
        part=effect.part,
        cause=f"in `{effect.resource.name}`",
        way_back=back,
        needs=effect.needs if content else (),
    )


def _judged(effect: Effect, items: Mapping[Key, Item], inside: int | None, contained: bool = False) -> Effect:
    """The effect with its way back judged by what was found; `inside`: so many things in it were all named.

    `contained`: it is one of those that are in what the change names.
    """
    item = items.get(effect.resource.key)
    back = weighed(effect, item, inside=contained) if item is not None else effect.way_back
    if inside is not None and effect.verb in ("delete", "replace"):
        says = f"everything in it is named here: {inside:,}"
        back = WayBack("disruptive-inverse", "valid", evidence=(says,), step="make it again from its definition")
    return effect if back is effect.way_back else msgspec.structs.replace(effect, way_back=back)
