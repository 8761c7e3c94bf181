"""Naming: the things that a call names, as one resource each, spelled as the target itself would say it.

The rules of this room: `interlock.aws.things` says what a thing is called. An ARN tells itself what it names, whatever
the operation calls it. A queue is called by the last part of its address. Whatever a call names twice is one thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Final

from interlock.aws.call import Call, Parameter
from interlock.aws.things import parse, selector, spelled, typed
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
    where = location(call)
    found = [_resource(call, operation, each, environment, where) for each in names]
    return list({resource.key: resource for resource in found}.values()) if len(found) > 1 else found


def selected_of(call: Call, operation: Operation, environment: str) -> Resource | None:
    """What a call chooses by filters and does not name; None where it names things, or chooses nothing."""
    targets = call.parameters.get("Targets")
    if not isinstance(targets, list) or not targets or is_named(call, operation):
        return None
    chosen: list[tuple[str, tuple[str, ...]]] = []
    for each in targets:
        if not isinstance(each, dict) or not isinstance(key := each.get("Key"), str):
            return None
        values = each.get("Values")
        chosen.append((key, tuple(str(value) for value in values) if isinstance(values, list) else ()))
    return Resource("aws.ssm.managed-instance", selector(tuple(chosen)), environment, location(call))


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


#: What ids at EC2 begin with, and what they are of.
IDS: Final = {
    "i": "instance",
    "vol": "volume",
    "snap": "snapshot",
    "ami": "image",
    "sg": "security-group",
    "vpc": "vpc",
    "subnet": "subnet",
    "rtb": "route-table",
    "igw": "internet-gateway",
    "nat": "nat-gateway",
    "eni": "network-interface",
    "acl": "network-acl",
    "eipalloc": "address",
    "lt": "launch-template",
    "key": "key-pair",
    "tgw": "transit-gateway",
    "vpce": "vpc-endpoint",
    "pcx": "vpc-peering-connection",
}


def _resource(
    call: Call, operation: Operation, names: tuple[str, ...], environment: str, where: tuple[tuple[str, str], ...]
) -> Resource:
    last = names[-1]
    if last.startswith("arn:"):
        thing = typed(last)
        if thing is not None:
            return Resource(thing.type, thing.name, environment, where)
        if parse(last) is not None:
            return Resource(operation.type, last, environment, where)
    if operation.type == "aws.ec2.resource" and (kind := IDS.get(last.partition("-")[0])):
        type_ = f"aws.ec2.{kind}"
        return Resource(type_, spelled(type_, names, call.region, call.account), environment, where)
    if call.service == "s3":
        names = (_BUCKET_ARN.sub("", names[0]), *names[1:])
    elif call.service == "sqs" and (match := _QUEUE.fullmatch(last)):
        return Resource(
            operation.type,
            spelled(operation.type, (match[2],), call.region, match[1] or call.account),
            environment,
            where,
        )
    return Resource(operation.type, spelled(operation.type, names, call.region, call.account), environment, where)
