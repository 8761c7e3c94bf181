"""Routes: which operation of a REST service a method, a path and the names in query and headers ask for.

A literal piece of a path goes before a label, a label before a greedy one. Of several operations at one path the one
is meant that asks for most: constants of its query (`?uploads`), and names in query and headers that it cannot do
without (`x-amz-copy-source`). Of equal ones the deprecated are left out; what is then left cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from interlock.aws.operations import Operation, Service

#: What a piece of a path fits, the closest first; a path that ends is further off than one that goes on.
LITERAL, ONE, ALL, END = 0, 1, 2, 3


class Match(NamedTuple):
    """Operations at one path. `rank` is less for what fits closer; `labels` are raw pieces of the path by label."""

    operations: tuple[Operation, ...]
    rank: tuple[int, ...]
    labels: dict[str, str]


class _Node:
    """A place in the tree of paths."""

    __slots__ = ("greedy", "label", "literals", "marked", "plain")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.label: _Node | None = None
        self.greedy: _Node | None = None
        #: Operations that end here: those without constants in their query, and the others by each constant's name.
        self.plain: list[Operation] = []
        self.marked: dict[str, list[Operation]] = {}

    def put(self, operation: Operation) -> None:
        node = self
        for piece in operation.pieces:
            if piece.greedy:
                node.greedy = node.greedy or _Node()
                node = node.greedy
            elif piece.label:
                node.label = node.label or _Node()
                node = node.label
            else:
                node = node.literals.setdefault(piece.text, _Node())
        if not operation.constants:
            node.plain.append(operation)
        for name, _ in operation.constants[:1]:
            node.marked.setdefault(name, []).append(operation)

    def walk(self, pieces: Sequence[str], at: int, rank: tuple[int, ...]) -> Iterator[tuple[_Node, tuple[int, ...]]]:
        """The places where the pieces from `at` on can end, the closest first."""
        if at == len(pieces):
            if self.plain or self.marked:
                yield self, (*rank, END)
            return
        literal = self.literals.get(pieces[at])
        if literal is not None:
            yield from literal.walk(pieces, at + 1, (*rank, LITERAL))
        if self.label is not None and pieces[at]:
            yield from self.label.walk(pieces, at + 1, (*rank, ONE))
        if self.greedy is not None:
            for after in (*range(len(pieces) - 1, at, -1), len(pieces)):
                yield from self.greedy.walk(pieces, after, (*rank, ALL))

    def meant(self, query: Mapping[str, list[str]], headers: Container[str]) -> tuple[Operation, ...]:
        """Those of the operations here that ask for most of what is there, and for nothing that is not."""
        if self.marked and query:
            marked = [operation for name in query for operation in self.marked.get(name, ())]
            if found := _most(marked, query, headers):
                return found
        if len(self.plain) == 1:
            return tuple(self.plain)
        return _most(self.plain, query, headers)


class Routes:
    """The routes of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @cached_property
    def _methods(self) -> dict[str, _Node]:
        trees: dict[str, _Node] = {}
        for name in self._service.names:
            operation = self._service.operation(name)
            assert operation is not None  # noqa: S101 - the names are those of the operations
            trees.setdefault(operation.method, _Node()).put(operation)
        return trees

    def match(
        self, method: str, pieces: Sequence[str], query: Mapping[str, list[str]], headers: Container[str]
    ) -> Match | None:
        """The closest operations that can be meant. No pieces are the path `/`."""
        tree = self._methods.get(method)
        if tree is None:
            return None
        for node, rank in tree.walk(pieces, 0, ()):
            if found := node.meant(query, headers):
                return Match(found, rank, labels(found[0], pieces))
        return None


def _most(
    operations: Sequence[Operation], query: Mapping[str, list[str]], headers: Container[str]
) -> tuple[Operation, ...]:
    """Those that ask for most, the deprecated only where there are no others."""
    best: list[Operation] = []
    most = (-1, -1)
    for operation in operations:
        names, wanted = operation.needed
        asked = (len(operation.constants), len(names) + len(wanted))
        if asked < most or not all(name in headers for name in wanted) or not all(name in query for name in names):
            continue
        if not all(name in query and (not value or value in query[name]) for name, value in operation.constants):
            continue
        if asked > most:
            best, most = [], asked
        best.append(operation)
    return tuple(operation for operation in best if not operation.deprecated) or tuple(best)


def labels(operation: Operation, pieces: Sequence[str]) -> dict[str, str]:
    """What the path gives each label, raw. A greedy label takes all but what must come after it."""
    found: dict[str, str] = {}
    at = 0
    for number, piece in enumerate(operation.pieces):
        width = 1
        if piece.greedy:
            width = len(pieces) - at - (len(operation.pieces) - number - 1)
        if piece.label:
            found[piece.text] = "/".join(pieces[at : at + width])
        at += width
    return found
