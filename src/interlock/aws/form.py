"""Forms: the parameters of the query and ec2 protocols, `Filters.Filter.1.Values.Value.2=x`, along a shape.

The names are first taken apart at their dots into a tree, and the tree is read along the shape. What has no place in
the shape is a gap. Positions in a list are whole numbers without leading zeros; their order counts, not their values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from interlock.aws.call import Parameter
from interlock.aws.gaps import DEEPEST, Gaps, Place, quoted
from interlock.aws.operations import Member, Shape
from interlock.aws.scalars import scalar

#: A text, or what stands below a name.
Tree: TypeAlias = "str | dict[str, Tree]"

POSITION: Final = re.compile(r"[1-9][0-9]{0,8}")


def tree(form: Mapping[str, str], gaps: Gaps) -> dict[str, Tree]:
    """The names taken apart at their dots."""
    root: dict[str, Tree] = {}
    for name, value in form.items():
        *above, last = name.split(".", DEEPEST)
        node = root
        for piece in above:
            inner = node.setdefault(piece, {})
            if isinstance(inner, str):
                gaps.add(f"{quoted(name)} stands below what has a value itself")
                break
            node = inner
        else:
            if last in node:
                gaps.add(f"{quoted(name)} has a value and more below it")
            else:
                node[last] = value
    return root


class Form:
    """Reads the tree of one form. In the ec2 protocol all lists are flattened."""

    __slots__ = ("ec2", "gaps")

    def __init__(self, gaps: Gaps, *, ec2: bool) -> None:
        self.gaps = gaps
        self.ec2 = ec2

    def structure(
        self, shape: Shape | None, node: dict[str, Tree], place: Place, depth: int = 0
    ) -> dict[str, Parameter]:
        """A structure: every name has to be a member."""
        found: dict[str, Parameter] = {}
        wires = shape.wires if shape else {}
        for key, inner in node.items():
            member = wires.get(key)
            if member is None:
                self.gaps.at((place, key), "is no parameter that is known")
            else:
                found[member.name] = self.member(member, inner, (place, member.name), depth + 1)
        return found

    def member(self, member: Member, node: Tree, place: Place, depth: int) -> Parameter:
        """A value in its place."""
        shape = member.shape
        if depth > DEEPEST:
            self.gaps.at(place, "nested too deeply")
            return None
        if shape.kind == "list":
            return self.elements(shape, node, place, depth, flattened=self.ec2 or member.flattened)
        if shape.kind == "map":
            return self.entries(shape, node, place, depth, flattened=self.ec2 or member.flattened)
        if shape.kind == "structure":
            if isinstance(node, dict):
                return self.structure(shape, node, place, depth)
            self.gaps.at(place, "is text where a structure belongs")
            return node
        if isinstance(node, dict):
            self.gaps.at(place, f"holds {quoted(next(iter(node)))}, which is no parameter that is known")
            return None
        return scalar(shape, node, place, self.gaps)

    def elements(self, shape: Shape, node: Tree, place: Place, depth: int, *, flattened: bool) -> Parameter:
        """A list by its positions; without any it is empty."""
        if not flattened:
            node = self.below(node, shape.element_name or "member", place)
        element = shape.element
        return [self.member(element, inner, (place, at), depth + 1) for at, inner in self.positions(node, place)]

    def entries(self, shape: Shape, node: Tree, place: Place, depth: int, *, flattened: bool) -> Parameter:
        """A map by its positions, each with a key and a value."""
        if not flattened:
            node = self.below(node, "entry", place)
        key, value = shape.key, shape.value
        key_name, value_name = key.wire, value.wire
        found: dict[str, Parameter] = {}
        for at, inner in self.positions(node, place):
            name = inner.get(key_name) if isinstance(inner, dict) else None
            if not isinstance(inner, dict) or not isinstance(name, str) or inner.keys() - {key_name, value_name}:
                self.gaps.at((place, at), "is no entry of a map")
            elif name in found:
                self.gaps.at((place, at), f"has the key {quoted(name)} again")
            elif value_name in inner:
                found[name] = self.member(value, inner[value_name], (place, name), depth + 1)
            else:
                self.gaps.at((place, at), "is an entry without a value")
        return found

    def below(self, node: Tree, name: str, place: Place) -> Tree:
        """What stands below the name that all elements have in common; an empty text stands for nothing at all."""
        if isinstance(node, str):
            return node
        for other in node.keys() - {name}:
            self.gaps.at((place, other), "is no parameter that is known")
        return node.get(name, {})

    def positions(self, node: Tree, place: Place) -> list[tuple[str, Tree]]:
        """What stands below positions, in their order."""
        if isinstance(node, str):
            if node:
                self.gaps.at(place, "is text where a list belongs")
            return []
        found = []
        for at, inner in node.items():
            if POSITION.fullmatch(at):
                found.append((at, inner))
            else:
                self.gaps.at((place, at), "is no position in a list")
        return sorted(found, key=_position) if len(found) > 1 else found


def _position(pair: tuple[str, Tree]) -> int:
    return int(pair[0])
