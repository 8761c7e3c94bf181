"""Exact: whether a call is sent as it stands in a line, or a client would make something else of it first.

What is altered is not sent: neither as it stands, which would be another thing than the line says, nor as somebody
here thinks that the command would alter it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from interlock.aws.call import Call, Parameter
from interlock.aws.cli.arguments import names
from interlock.aws.parameters import Model, model_of
from interlock.aws.rawmodel import RawShape

#: A time that means the same wherever it is read: seconds, or with its zone.
_EXACT_TIME: Final = re.compile(r"[0-9]+([.][0-9]+)?|.*(Z|[+-][0-9]{2}:?[0-9]{2})", re.DOTALL)


def altered(call: Call) -> tuple[str, ...]:
    """Why this call, of which everything was read, is not sent as it stands in a line; empty when it is."""
    model = model_of(call.service, call.operation)
    found = ["its answer is a stream, which the command writes into a file"] if model.streams else []
    for member, pattern in names().worked_over.get(call.service, {}).items():
        value = call.parameters.get(member)
        if value is not None and not (isinstance(value, str) and re.fullmatch(pattern, value)):
            found.append(f"`{member}` is worked over by a client before it is sent")
    found += _ambiguous(model, model.input, call.parameters, "")
    return tuple(dict.fromkeys(found))


def _ambiguous(model: Model, shape: RawShape, value: Parameter, path: str) -> Iterator[str]:
    """Values that depend on the version of the command, or on where it runs."""
    kind = shape.type
    if kind == "blob" and value is not None:
        yield f"`{path}` holds bytes, which the command takes from a file, in base64 or as they are"
    elif kind == "timestamp" and isinstance(value, str) and not _EXACT_TIME.fullmatch(value):
        yield f"`{path}` is a time without its zone: end it with `Z`"
    elif isinstance(value, list) and kind == "list":
        for each in value:
            yield from _ambiguous(model, model.of(shape.member), each, path)
    elif isinstance(value, dict) and kind == "map":
        for each in value.values():
            yield from _ambiguous(model, model.of(shape.value), each, path)
    elif isinstance(value, dict) and kind == "structure" and not shape.document:
        for name, each in value.items():
            at = f"{path}.{name}" if path else name
            if name in shape.members:
                yield from _ambiguous(model, model.of(shape.members[name]), each, at)
            else:
                yield f"`{at}` is worked over by a client before it is sent"
