"""Addresses: the full name of a resource instance, taken apart into its modules, its resource and their keys."""

from __future__ import annotations

from typing import NamedTuple

from interlock.read.terraform.syntax import steps_of


class Address(NamedTuple):
    """`module.a["x"].aws_vpc.b[0]`: modules `("a",)`, part `aws_vpc.b`, keys `('["x"]', "[0]")`; no key is "".

    A data source's part begins with `data.`; every key is in the order of the address, the resource's own last.
    """

    modules: tuple[str, ...]
    part: str
    keys: tuple[str, ...]


def address_of(text: str) -> Address | None:
    """The parts of a resource's address, with or without keys; None when it is none."""
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
