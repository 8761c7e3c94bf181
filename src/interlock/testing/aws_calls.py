"""Calls of every operation that botocore knows, made from its shapes: the least that an operation takes, or all of it.

For tests and measures: what is made here is serialised by botocore and has to be understood again as the same call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from interlock.aws import models
from interlock.aws.call import Call
from interlock.aws.operations import Member, Service, Shape

#: How deep what is made may be nested, so that shapes which hold themselves come to an end.
DEEP: Final = 5
#: Of the members of a union the plain ones are taken first: those in structures and lists may hold the union again.
ORDER: Final = {"structure": 1, "map": 2, "list": 3}
#: Parameters on which the host depends, so that they have to be what they should be.
GIVEN: Final = {
    "s3": {"Bucket": "orders-archive"},
    "cloudfront-keyvaluestore": {"KvsARN": "arn:aws:cloudfront::123456789012:key-value-store/one"},
}
REGION: Final = "eu-central-1"


def names() -> list[str]:
    """All services."""
    return [row.name for row in models.index().services]


def calls(service: str, *, full: bool) -> Iterator[Call]:
    """One call of each operation of a service."""
    model = models.service(service)
    for name in model.names:
        yield call(model, name, full=full)


def call(model: Service, name: str, *, full: bool) -> Call:
    """One call of this operation."""
    operation = model.operation(name)
    assert operation is not None
    parameters = structure(operation.input, 0, full=full) if operation.input else {}
    parameters |= {each: given for each, given in GIVEN.get(model.name, {}).items() if each in parameters}
    return Call(model.name, name, REGION, "", parameters)


def structure(shape: Shape, depth: int, *, full: bool) -> dict[str, Any]:
    """A structure with what it cannot do without, or with everything. Of a union one member."""
    found: dict[str, Any] = {}
    if depth > 4 * DEEP:
        return {}
    members = list(shape.members.items())
    if shape.union:
        members.sort(key=lambda pair: (_again(pair[1].shape, shape), ORDER.get(pair[1].shape.kind, 0)))
    for name, member in members:
        wanted = name in shape.required or (full and depth < DEEP) or member.location == "uri" or member.host_label
        if member.shape.raw.eventstream or not (wanted or shape.union) or (shape.union and found):
            continue
        found[name] = value(member, depth + 1, full=full)
    return found


def value(member: Member, depth: int, *, full: bool) -> Any:
    """A value of a member's shape."""
    shape = member.shape
    if shape.kind == "structure":
        return structure(shape, depth, full=full)
    least = int(shape.raw.min)
    if shape.kind == "list":
        if depth > (4 * DEEP if least else DEEP):
            return []
        element = value(shape.element, depth + 1, full=full)
        if element == {}:
            element = _some(shape.element, depth)
        return [element] * max(least, 1)
    if shape.kind == "map":
        key = str(value(shape.key, depth + 1, full=full))
        names = [key + "x" * at for at in range(max(least, 1))] if depth <= (4 * DEEP if least else DEEP) else []
        return {name: value(shape.value, depth + 1, full=full) for name in names}
    if shape.kind == "string":
        text = shape.raw.enum[0] if shape.raw.enum else f"{member.name.lower()}-1".ljust(least, "x")
        return {"a": 1} if member.json and member.location == "header" else text
    plain: dict[str, Any] = {
        "blob": b"\x00\xffbytes".ljust(least, b"x"),
        "boolean": True,
        "integer": max(7, least),
        "float": max(1.5, shape.raw.min),
        "timestamp": "2026-01-02T03:04:05Z",
        "document": {"a": [1, None, "b"]},
    }
    return plain[shape.kind]


def _again(shape: Shape, outer: Shape) -> bool:
    """Whether this shape is the outer one again, or a list of it."""
    return shape is outer or (shape.kind == "list" and shape.element.shape is outer)


def _some(member: Member, depth: int) -> Any:
    """A structure that could be empty, which no form can say, with one member, a plain one if there is any."""
    members = list(member.shape.members.values()) if member.shape.kind == "structure" else []
    plain = [inner for inner in members if inner.shape.kind not in ("structure", "list", "map")] or members
    return {plain[0].name: value(plain[0], depth + 2, full=False)} if plain and depth <= DEEP else {}
