"""There and back: a call serialised by botocore and understood again, and what of it came back."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

from interlock.aws import models
from interlock.aws.call import Call
from interlock.aws.calls import understand
from interlock.aws.operations import Shape
from interlock.aws.serialize import request_of
from interlock.errors import BadInput

#: `exact`: service, operation and parameters; `sibling`: the same operation of a service that shares the API;
#: `changed`: other parameters; `unread`: with gaps; `other`: another operation; `unmade`: botocore does not make it.
Verdict: TypeAlias = Literal["exact", "sibling", "changed", "unread", "other", "unmade"]


class Outcome(NamedTuple):
    """How one call came back, and in words why not better."""

    verdict: Verdict
    words: str = ""


def there_and_back(call: Call, protocol: str = "", base: str = "") -> Outcome:
    """Serialise and understand one call; at an emulator where `base` names one."""
    try:
        request = request_of(call, protocol=protocol, base=base)
    except BadInput as error:
        return Outcome("unmade", str(error))
    found = understand(request)
    if found.operation != call.operation:
        return Outcome("other", f"{found.name} {'; '.join(found.unread)}")
    if found.unread:
        return Outcome("unread", "; ".join(found.unread))
    if found.service != call.service:
        return Outcome("sibling", found.service) if call.service in found.siblings else Outcome("other", found.name)
    operation = models.service(call.service).operation(call.operation)
    if operation is None or operation.input is None:
        return Outcome("exact")
    shape = operation.input
    sent, came = plain(shape, dict(call.parameters)), plain(shape, dict(found.parameters))
    for member in shape.members.values():
        if member.location == "header" and member.wire.lower() == "content-type" and member.name not in sent:
            came.pop(member.name, None)  # the serialiser puts it in by itself
    return Outcome("exact") if sent == came else Outcome("changed", f"{sent} -> {came}"[:400])


def plain(shape: Shape, value: Any) -> Any:
    """The value without what no wire can tell: empty structures and lists, and how a point in time is written."""
    if shape.kind == "structure" and isinstance(value, dict):
        found = {name: plain(shape.members[name].shape, inner) for name, inner in value.items()}
        return {name: inner for name, inner in found.items() if inner not in ([], {}, None)}
    if shape.kind == "list" and isinstance(value, list):
        elements = (plain(shape.element.shape, inner) for inner in value)
        return [inner for inner in elements if inner not in ([], {})]
    if shape.kind == "map" and isinstance(value, dict):
        return {key: plain(shape.value.shape, inner) for key, inner in value.items()}
    if shape.kind == "timestamp":
        from botocore.utils import parse_to_aware_datetime

        return parse_to_aware_datetime(value).timestamp()
    return value
