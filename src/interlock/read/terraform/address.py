"""Addresses: the full name of a resource instance, taken apart into its modules, its resource and their keys."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from interlock.read.terraform.syntax import steps_of

#: What no type of a managed resource is called, and what begins something else.
_OTHERS: Final = frozenset({"module", "data", "ephemeral"})


class Address(NamedTuple):
    """`module.a["x"].aws_vpc.b[0]`: modules `("a",)`, part `aws_vpc.b`, keys `('["x"]', "[0]")`; no key is "".

    A data source's part begins with `data.`; every key is in the order of the address, the resource's own last.
    """

    modules: tuple[str, ...]
    part: str
    keys: tuple[str, ...]


def address_of(text: str) -> Address | None:
    """The parts of a resource's address, with or without keys; None when it is none."""
    return (_counted(text) if '"' not in text else None) or _taken_apart(text)


def _counted(text: str) -> Address | None:
    """The parts of an address as most are, without a key or with a number; None for any other."""
    head, _, last = text.rpartition(".")
    path, _, kind = head.rpartition(".")
    name, bracket, key = last.partition("[")
    counted = not bracket or (key[-1:] == "]" and key[:-1].isdecimal())
    if not (kind and name and counted) or kind in _OTHERS or "[" in kind:
        return None
    around = _modules(path)
    return None if around is None else Address(around.modules, f"{kind}.{name}", (*around.keys, f"{bracket}{key}"))


@lru_cache(maxsize=4_096)
def _modules(path: str) -> Address | None:
    """Modules alone, many things standing in each; None where it is anything else."""
    found = _taken_apart(f"{path}.a.b" if path else "a.b")
    return found._replace(keys=found.keys[:-1]) if found is not None and found.part == "a.b" else None


def _taken_apart(text: str) -> Address | None:
    steps = steps_of(text)
    modules: list[str] = []
    keys: list[str] = []
    at = 0
    while at + 1 < len(steps) and steps[at] == "module":
        modules.append(steps[at + 1])
        at += 2
        keyed = at < len(steps) and steps[at].startswith("[")
        keys.append(steps[at] if keyed else "")
        at += keyed
    width = 3 if at < len(steps) and steps[at] in ("data", "ephemeral") else 2
    part, rest = steps[at : at + width], steps[at + width :]
    if len(part) < width or len(rest) > 1:
        return None
    for step in (*modules, *part):
        if step.startswith("["):
            return None
    if rest and not rest[0].startswith("["):
        return None
    return Address(tuple(modules), ".".join(part), (*keys, rest[0] if rest else ""))
