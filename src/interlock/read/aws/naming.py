"""Naming: the things that a call names, as one resource each, spelled as the target itself would say it.

The rules of this room: an ARN is built only where nothing of it has to be guessed. A bucket is called by its name, an
object by `bucket/key`, a queue by the last part of its address. Whatever a call names twice is one thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Final

from interlock.aws.arns import build, parse
from interlock.aws.call import Call, Parameter
from interlock.model.change import Resource
from interlock.read.aws.operations import Operation
from interlock.read.aws.rows import values_at

#: No more things are named by one call than this; a call that names more is degraded.
MOST: Final = 20_000

_QUEUE: Final = re.compile(r"https?://[^/]+/(?:(\d{12})/)?([\w.-]+)")
_BUCKET_ARN: Final = re.compile(r"arn:[\w-]+:s3:::")
#: What may stand between an object's bucket and its key; anything else would make two names of one.
_TEXT: Final = (str, int)


def resources_of(call: Call, operation: Operation, environment: str) -> list[Resource]:
    """Everything that the call names; where it names nothing, the service itself as one."""
    names = list(islice(_names(call, operation.names), MOST))
    if not names:
        return [Resource(operation.type, call.service, environment, location(call))]
    found = [Resource(operation.type, _spelled(call, operation, each), environment, location(call)) for each in names]
    return list({resource.key: resource for resource in found}.values()) if len(found) > 1 else found


def location(call: Call) -> tuple[tuple[str, str], ...]:
    """Where it is, as far as the call says."""
    account = (("account", call.account),) if call.account else ()
    return (*account, ("region", call.region)) if call.region else account


def is_named(call: Call, operation: Operation) -> bool:
    """Whether the call names anything at all."""
    return next(_names(call, operation.names), None) is not None


def _names(call: Call, paths: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The names of each thing, the innermost last. What is left out of the outer ones is left out of the name."""
    if len(paths) == 1 and "&" not in paths[0]:
        for value in _given(call.parameters, paths[0]):
            yield (value,)
        return
    if len(paths) == 1:
        for path in paths[0].split("&"):
            yield from _names(call, (path,))
        return
    outer = [[*_given(call.parameters, path)][:1] or [""] for path in paths[:-1]]
    inner = [*_given(call.parameters, paths[-1])] if paths else []
    for *parts, last in product(*outer, inner):
        yield tuple(part for part in (*parts, last) if part)


def _given(parameters: dict[str, Parameter], path: str) -> Iterator[str]:
    """The texts at the first alternative that is given; of members of a list, at each of them."""
    first, *others = path.split("|")
    head = first.rpartition(".")[0]
    for alternative in (first, *others):
        at = f"{head}.{alternative}" if head and "." not in alternative else alternative
        found = False
        for value in values_at(parameters, at):
            for each in value if isinstance(value, list) else (value,):
                if isinstance(each, _TEXT) and not isinstance(each, bool) and each != "":
                    found = True
                    yield str(each)
        if found and "[]" not in at:
            return


def _spelled(call: Call, operation: Operation, names: tuple[str, ...]) -> str:
    last = names[-1]
    if call.service == "s3":
        return "/".join((_BUCKET_ARN.sub("", names[0]), *names[1:]))
    if call.service == "sqs" and (match := _QUEUE.fullmatch(last)):
        return build(operation.arn, call.region, match[1] or call.account, (match[2],)) or match[2]
    if parse(last) is not None:
        return last
    if operation.arn:
        arn = build(operation.arn, call.region, call.account, names)
        if arn:
            return arn
    return "/".join(names)
