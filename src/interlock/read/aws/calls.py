"""Calls: the change that one understood call makes, taken apart where it holds several."""

from __future__ import annotations

import msgspec

from interlock.aws.call import Call
from interlock.model.change import Change, Effect, Resource
from interlock.model.wayback import WayBack
from interlock.read.aws.batches import Part, parts_of
from interlock.read.aws.effects import Read, effects_of
from interlock.read.aws.naming import MOST


def change_of_call(call: Call, environment: str) -> Change:
    """What one call does, taken apart where it holds several."""
    if call.operation == "DeleteStack" and call.parameters.get("RetainResources"):
        return _retaining(call, environment)
    parts = parts_of(call)
    if len(parts) == 1 and parts[0].call is call:
        read = effects_of(call, environment)
        return change_of_effects(read.effects, read.unknown)
    effects: list[Effect] = []
    unknown: list[str] = []
    for part in parts:
        read = _read(part, call, environment)
        effects += read.effects
        unknown += read.unknown
    return change_of_effects(tuple(effects), tuple(dict.fromkeys(unknown)))


def _retaining(call: Call, environment: str) -> Change:
    """A stack that goes, and things in it that it is told to let go of, by the names that they have there.

    Whether it does is for a survey to say: only a stack whose deletion failed before listens to that.
    """
    read = effects_of(call, environment)
    listed = call.parameters["RetainResources"]
    names = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    stack = read.effects[0].resource
    back = WayBack("exact-inverse", "valid", step="import it again")
    kept = [
        Effect(
            "update",
            Resource("aws.cloudformation.stack-resource", f"{stack.name}/{name}", environment, stack.location),
            aspect="structure",
            traits=("forgets",),
            cause=f"{call.name} RetainResources: it is let go of and left where it is",
            way_back=back,
        )
        for name in dict.fromkeys(names)
    ]
    return change_of_effects((*read.effects, *kept), read.unknown)


def _read(part: Part, whole: Call, environment: str) -> Read:
    read = effects_of(part.call, environment)
    inside = "" if part.call.operation == whole.operation else f"{whole.name}, "
    effects = tuple(
        msgspec.structs.replace(
            effect,
            cause=inside + effect.cause,
            count=effect.count if part.things is None else part.things,
            needs=part.actions or effect.needs,
        )
        for effect in read.effects
    )
    return Read(effects, read.unknown)


def change_of_effects(effects: tuple[Effect, ...], unknown: tuple[str, ...]) -> Change:
    """The change of these effects; one that names more than can be named is not understood."""
    degraded = (f"more than {MOST:,} things are named",) if len(effects) >= MOST else ()
    return Change("aws", effects, 1, (*unknown, *degraded), degraded, unit="call")
