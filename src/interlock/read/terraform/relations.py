"""Relations: what a type says beyond a reference: that a thing is a copy, stands in a group, or is critical.

The knowledge is `knowledge/relations.json` and `knowledge/flows.json`, reviewed, and says nothing of a type that is
not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

from interlock.model.change import Resource
from interlock.model.inventory import Edge, Flow

TECHNOLOGY = "terraform."


class _Relations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    copies: dict[str, tuple[str, ...]]
    groups: dict[str, tuple[str, ...]]
    members: dict[str, tuple[str, str]]
    critical: dict[str, frozenset[str]]


class _Flows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    flows: tuple[Flow, ...]


@cache
def relations() -> _Relations:
    """What is known of types: copies, groups, members, and tags that mean critical."""
    raw = Path(__file__).with_name("knowledge").joinpath("relations.json").read_bytes()
    return msgspec.json.decode(raw, type=_Relations)


@cache
def flows() -> tuple[Flow, ...]:
    """What is known of the attributes of types."""
    raw = Path(__file__).with_name("knowledge").joinpath("flows.json").read_bytes()
    return msgspec.json.decode(raw, type=_Flows).flows


def flows_of(resources: Iterable[Resource]) -> tuple[Flow, ...]:
    """The flows of the types that are there."""
    types = {resource.type for resource in resources}
    return tuple(flow for flow in flows() if flow.type in types)


def declared_critical(resource: Resource) -> bool:
    """Whether a tag says that it is critical."""
    known = relations().critical
    for name, value in resource.tags:
        words = known.get(name.lower())
        if words is not None and value.lower() in words:
            return True
    return False


def copies(edge: Edge) -> Edge | None:
    """The edge that says that its source is a copy of its target; None for one that is only used."""
    into = relations().copies.get(edge.source.type.removeprefix(TECHNOLOGY), ())
    if edge.kind != "uses" or not any(name in into for name in edge.into):
        return None
    return Edge(edge.source, edge.target, "copies", "hard", edge.evidence)


class Groups:
    """Who stands in for whom: gathered from values, then from edges; `of` gives the groups of a thing."""

    def __init__(self) -> None:
        self._found: dict[str, dict[tuple[str, str], None]] = {}
        self._named: dict[str, str] = {}
        self._attached: list[tuple[str, str, Resource]] = []

    def add(self, resource: Resource, values: Mapping[str, object]) -> None:
        """What its own values say, and by which names others may refer to it."""
        kind = resource.type.removeprefix(TECHNOLOGY)
        for name in ("id", "arn", "name"):
            value = values.get(name)
            if isinstance(value, str) and value:
                self._named.setdefault(value, resource.name)
        for name in relations().groups.get(kind, ()):
            value = values.get(name)
            if isinstance(value, str) and value:
                self._put(resource.name, name, value)
        if kind in relations().members:
            group, member = (values.get(name) for name in relations().members[kind])
            if isinstance(group, str) and isinstance(member, str) and group and member:
                self._attached.append((group, member, resource))

    def add_edge(self, edge: Edge) -> None:
        """What a reference says where values are not known yet: members of one thing, primary and copy."""
        kind = edge.source.type.removeprefix(TECHNOLOGY)
        if edge.kind == "copies" and edge.source.type == edge.target.type:
            for each in (edge.source, edge.target):
                self._put(each.name, "replicas", edge.target.name)
        elif edge.kind == "uses" and any(name in edge.into for name in relations().groups.get(kind, ())):
            self._put(edge.source.name, next(n for n in relations().groups[kind] if n in edge.into), edge.target.name)

    def of(self, resource: Resource) -> tuple[tuple[str, str], ...]:
        """The groups that it is a member of, sorted."""
        found = self._found.get(resource.name)
        return tuple(sorted(found)) if found else ()

    def settle(self) -> None:
        """Put together what attachments say, when all names are known."""
        for group, member, _ in self._attached:
            if member in self._named:
                self._put(self._named[member], "targets", group)

    def _put(self, name: str, kind: str, group: str) -> None:
        self._found.setdefault(name, {})[kind, self._named.get(group, group)] = None


def all_copies(edges: Iterable[Edge]) -> Iterator[Edge]:
    """The copies among what is used."""
    for edge in edges:
        found = copies(edge)
        if found is not None:
            yield found
