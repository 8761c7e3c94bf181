"""Planned: a stack update as CloudFormation itself says that it would go, in the place of the call.

The executor makes the package (`execute/aws/stacks.py`): `call` is what was proposed, `changeSets` and `template` are
read by the reader of CloudFormation. Its resources become things at AWS where the change set knows their physical ids,
so that survey, policy and criticality mean the same things whether a call or a stack touches them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from interlock.aws.things import of_stack
from interlock.errors import BadProposal
from interlock.model.change import Change, Effect, Resource
from interlock.model.inventory import Inventory
from interlock.model.wayback import WayBack
from interlock.read.cloudformation.reader import reader as stacks
from interlock.read.reader import Reading

NEEDS: Final = ("cloudformation:ExecuteChangeSet",)
_ARN: Final = re.compile(r"arn:[\w-]+:cloudformation:([a-z0-9-]+):(\d{12}):")

#: The ways back of the stack itself; what becomes of the things in it stands at each of them.
_MADE: Final = WayBack("exact-inverse", "valid", step="delete the stack")
_UPDATED: Final = WayBack("disruptive-inverse", "valid", step="update the stack to the template before")

Renamed = dict[tuple[str, str], Resource]


def is_planned(payload: bytes) -> bool:
    """Whether these bytes are a planned call. No call begins so."""
    return payload.startswith(b'{"call":') and b'"changeSets":' in payload


def reading_of(payload: bytes, environment: str) -> Reading:
    """What the change set in this package would do, and the stack that it does it to."""
    try:
        package: dict[str, Any] = msgspec.json.decode(payload, type=dict[str, Any])
        head = package["changeSets"][0]
        name, identity = str(head["StackName"]), str(head["StackId"])
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, IndexError, TypeError) as error:
        raise BadProposal("this is no planned call", code="not-a-call") from error
    package.pop("call", None)
    reading = stacks(msgspec.json.encode(package), "", environment)
    place = _ARN.match(identity)
    renamed = _renamed(package, name, environment, place)
    location = (("account", place[2]), ("region", place[1])) if place else ()
    new = package.get("new") is True
    stack = Effect(
        "create" if new else "update",
        Resource("aws.cloudformation.stack", name, environment, location),
        known="planned",
        aspect="structure",
        cause="cloudformation:ExecuteChangeSet",
        way_back=_MADE if new else _UPDATED,
        needs=NEEDS,
    )
    change = reading.change
    effects = (stack, *(_moved(effect, renamed) for effect in change.effects))
    told = reading.told
    return Reading(
        Change("aws", effects, change.parts, change.unknown, change.degraded, change.signals, change.unit),
        _told(told, renamed) if told is not None else None,
    )


def _renamed(package: dict[str, Any], name: str, environment: str, place: re.Match[str] | None) -> Renamed:
    """Resources of the stack, by type and logical name, as the things that they are."""
    region, account = (place[1], place[2]) if place else ("", "")
    found: Renamed = {}
    for logical, kind, physical in _physical(package, name):
        thing = of_stack(kind, physical, region, account)
        location = tuple((key, value) for key, value in (("account", account), ("region", region)) if value)
        found[f"cloudformation.{kind}", f"{name}/{logical}"] = Resource(thing.type, thing.name, environment, location)
    return found


def _physical(package: dict[str, Any], name: str) -> Iterator[tuple[str, str, str]]:
    """Logical id, type and physical id of what is in the outermost stack, as far as they are known."""
    for each in package.get("stackResources") or ():
        if each.get("PhysicalResourceId"):
            yield each["LogicalResourceId"], each["ResourceType"], each["PhysicalResourceId"]
    for page in package["changeSets"]:
        changes = page.get("Changes") if page.get("StackName") == name else None
        for change in changes or ():
            each = change.get("ResourceChange") or {}
            if each.get("PhysicalResourceId"):
                yield each["LogicalResourceId"], each["ResourceType"], each["PhysicalResourceId"]


def _moved(effect: Effect, renamed: Renamed) -> Effect:
    """The effect on the thing itself. What its handlers may call is the stack's affair, and no wish of our session."""
    effect = msgspec.structs.replace(effect, needs=())
    resource = renamed.get(effect.resource.key)
    if resource is None:
        return effect
    place = (*resource.location, *(each for each in effect.resource.location if each[0] not in ("account", "region")))
    resource = msgspec.structs.replace(resource, location=place, tags=effect.resource.tags)
    return msgspec.structs.replace(effect, resource=resource)


def _told(told: Inventory, renamed: Renamed) -> Inventory:
    """What the change set tells of the world, by the same names."""

    def named(resource: Resource) -> Resource:
        return renamed.get(resource.key, resource)

    return msgspec.structs.replace(
        told,
        items=tuple(msgspec.structs.replace(item, resource=named(item.resource)) for item in told.items),
        edges=tuple(
            msgspec.structs.replace(edge, source=named(edge.source), target=named(edge.target)) for edge in told.edges
        ),
    )
