"""Syntax: what a configuration file holds, in one form for `.tf` and `.tf.json`: blocks, attributes, references.

A reference is a tuple of steps, as the expression spells it: names as they are, and what stands in brackets with its
brackets: `aws_subnet.a["x"].id` is `("aws_subnet", "a", '["x"]', "id")`. An index that is itself worked out is `[?]`,
but for the two that say which instance: `[each.key]` and `[count.index]`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

#: What stands in the place of an index that only a planner could work out.
ANY_INDEX: Final = "[?]"
#: A splat: all instances, or all elements.
ALL: Final = "[*]"
EACH_KEY: Final = "[each.key]"
COUNT_INDEX: Final = "[count.index]"

Steps = tuple[str, ...]

#: A bracket to where it closes, in which quoted text may hold brackets and escapes; one that never closes; a name.
_STEP: Final = re.compile(r'\[(?:[^"\]]|"(?:\\.|[^"\\])*")*\]|\[.*|[^.\[]+', re.S)


class Place(NamedTuple):
    """Where something stands in a file: bytes from `start` to before `end`, and the line, from 1."""

    file: str
    start: int = 0
    end: int = 0
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Reference(NamedTuple):
    """One traversal in an expression.

    `at` is where in a literal object or list it stands (`("a", "[0]")`). `bare`: the expression there is this and
    nothing else. `plain`: whatever it names goes on whole, so that another value there makes another value here; not
    so behind a condition, or a function that may give the same for two values.
    """

    steps: Steps
    at: Steps = ()
    bare: bool = False
    plain: bool = False


class Attribute(NamedTuple):
    """One `name = expression`. `constant`: the expression is a literal, and `value` is what it says."""

    name: str
    references: tuple[Reference, ...]
    place: Place
    constant: bool = False
    value: object = None


class Block(NamedTuple):
    """One block: `resource "aws_vpc" "main" { … }` has the type `resource` and two labels."""

    type: str
    labels: tuple[str, ...]
    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]
    place: Place

    def children(self, kind: str) -> tuple[Block, ...]:
        """The blocks of this type directly in it."""
        return tuple(block for block in self.blocks if block.type == kind)

    def literal(self, name: str) -> object:
        """What the attribute says where it is a literal; None where it is missing or worked out."""
        attribute = self.attributes.get(name)
        return attribute.value if attribute is not None and attribute.constant else None


class Problem(NamedTuple):
    """Something in a file that could not be read, in words; nothing is ever left out without one."""

    what: str
    place: Place

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


class Source(NamedTuple):
    """One file, read as far as it can be."""

    name: str
    blocks: tuple[Block, ...] = ()
    problems: tuple[Problem, ...] = ()


def steps_of(text: str) -> Steps:
    """The steps of a reference as a plan or an address spells it; a bracket that never closes ends as it is."""
    if "[" not in text:
        return tuple(step for step in text.split(".") if step)
    return tuple(_STEP.findall(text))
