"""Flows: which attributes of a thing change with one of them, and which when it is made anew.

What an inventory tells of its types, made ready for questions. Where it is silent nobody knows what follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from interlock.model.inventory import Edge, Flow


class Follows(NamedTuple):
    """What surely follows in one thing: attributes that change, by number, and whether the thing is made anew."""

    attributes: tuple[int, ...] = ()
    anew: bool = False


class Flows:
    """`numbers` gives each attribute that anything is known to read its number, in the order of their names.

    An attribute that nothing reads has none: that it changes is felt by nobody.
    """

    __slots__ = ("_after", "_anew", "_by_type", "known", "numbers")

    def __init__(self, flows: Iterable[Flow], edges: Iterable[Edge]) -> None:
        self._by_type: dict[str, list[Flow]] = {}
        for flow in flows:
            self._by_type.setdefault(flow.type, []).append(flow)
        #: Whether anything is known of any type.
        self.known = bool(self._by_type)
        read = {field for edge in edges if edge.fields for field in edge.fields}
        self.numbers = {field: number for number, field in enumerate(sorted(read))}
        self._anew = {
            type_: {field for flow in listed if flow.replaces for field in flow.into}
            for type_, listed in self._by_type.items()
        }
        self._after: dict[tuple[str, tuple[str, ...], bool], Follows] = {}

    def after(self, type_: str, fields: tuple[str, ...], *, anew: bool = False) -> Follows:
        """What changes in a thing of this type when these attributes of it do. `anew`: it is made anew as well."""
        key = (type_, fields, anew)
        found = self._after.get(key)
        if found is None:
            found = self._after[key] = self._follow(*key)
        return found

    def remakes(self, type_: str, into: tuple[str, ...]) -> bool:
        """Whether a change of these attributes may make a thing of this type anew; none named: of any of them."""
        listed = self._by_type.get(type_, ())
        if not into:
            return any(flow.replaces and flow.field for flow in listed)
        return bool(listed) and self.after(type_, into).anew

    def _follow(self, type_: str, fields: tuple[str, ...], anew: bool) -> Follows:
        changed: set[str] = set()
        open_ = [*fields, *(self._anew.get(type_, ()) if anew else ())]
        while open_:
            field = open_.pop()
            if field in changed:
                continue
            changed.add(field)
            for flow in self._by_type.get(type_, ()):
                if flow.field == field:
                    open_ += flow.into
                    if flow.replaces and not anew:
                        anew = True
                        open_ += self._anew[type_]
        return Follows(tuple(sorted(self.numbers[field] for field in changed if field in self.numbers)), anew)
