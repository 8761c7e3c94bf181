"""Shown: a call as people read it before they vote: operation, region, and each parameter; what is secret is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from interlock.aws.call import Call, Parameter
from interlock.aws.parameters import is_secret
from interlock.read.aws.operations import operation

#: Longer values are cut, and it is said how long they are.
MOST_LETTERS: Final = 2_000
MOST_LINES: Final = 400
SECRET: Final = "(secret, not shown)"


def shown(call: Call) -> str:
    """One line for the operation, and one for each value in it, named by its path."""
    lines = [f"{call.name}  in {call.region or 'no region'}"]
    known = operation(call.service, call.operation) is not None
    for number, (path, value) in enumerate(_values(call.parameters, "")):
        if number == MOST_LINES:
            lines.append(f"  and more than {MOST_LINES} values")
            break
        plain = path.replace("{}", "")
        if plain.rpartition(".")[2] == "Key":
            plain = f"`{plain}`"  # the name of an object or a tag; what looks for secrets would take it for one
        secret = known and is_secret(call.service, call.operation, path)
        lines.append(f"  {plain} = {SECRET if secret else _written(value)}")
    lines += [f"  not understood: {what}" for what in call.unread]
    return "\n".join(lines) + "\n"


def _values(value: Parameter, path: str) -> Iterator[tuple[str, Parameter]]:
    """Every value that is no structure, with the path that leads to it."""
    waiting: list[tuple[str, Parameter]] = [(path, value)]
    while waiting:
        at, each = waiting.pop()
        if isinstance(each, dict) and each:
            inner = [(f"{at}.{name}" if at else str(name), one) for name, one in each.items()]
            waiting += reversed(inner)
        elif isinstance(each, list) and each:
            waiting += reversed([(f"{at}[]", one) for one in each])
        elif at:
            yield at, each


def _written(value: Parameter) -> str:
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}… ({len(text):,} letters in all)"
