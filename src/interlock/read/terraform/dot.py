"""DOT: what `terraform graph` prints, reduced to which resource waits for which.

Between two resources may stand variables, locals, outputs, whole modules and providers; the walk goes through them.
Every form of a node's name is read: `[root] module.a.aws_x.y (expand)`, the plain one of newer versions, and those of
the larger graphs that `-type` asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from interlock.read.terraform.address import address_of

MAX_LINES: Final = 2_000_000
#: Pairs of resources that are found; beyond it the graph is cut, and that is said.
MAX_PAIRS: Final = 1_000_000

_EDGE: Final = re.compile(r'^\s*"((?:[^"\\]|\\.)*)"\s*->\s*"((?:[^"\\]|\\.)*)"')
_NODE: Final = re.compile(r'^\s*"((?:[^"\\]|\\.)*)"\s*(?:\[|;|$)')
_SUFFIX: Final = re.compile(r" \((?:expand|close|destroy|clean up state|deposed [^)]*|orphan|import [^)]*)[^)]*\)$")


class Graph(NamedTuple):
    """Pairs of addresses, the one that waits first; `parts` are the resources seen; `cut`: a bound was hit."""

    pairs: tuple[tuple[str, str], ...]
    parts: frozenset[str]
    cut: bool = False


def is_dot(raw: bytes) -> bool:
    """Whether these bytes begin as a graph in the DOT language does."""
    return re.match(rb"\s*(strict\s+)?digraph\b", raw[:200]) is not None


def read_dot(raw: bytes) -> Graph:
    """Which resource waits for which. Lines that are neither node nor edge are layout and say nothing."""
    targets: dict[str, list[str]] = {}
    parts: set[str] = set()
    cut = False
    for number, line in enumerate(raw.decode("utf-8", "replace").splitlines()):
        if number >= MAX_LINES:
            cut = True
            break
        if match := _EDGE.match(line):
            one, other = _name(match[1]), _name(match[2])
            targets.setdefault(one, []).append(other)
            parts.update(part for part in (_part(one), _part(other)) if part)
        elif (match := _NODE.match(line)) and (part := _part(_name(match[1]))):
            parts.add(part)
    pairs: dict[tuple[str, str], None] = {}
    for pair in _pairs(targets):
        pairs[pair] = None
        if len(pairs) > MAX_PAIRS:
            cut = True
            break
    return Graph(tuple(pairs), frozenset(parts), cut)


def _pairs(targets: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    parts = {name: _part(name) for name in {*targets, *(each for row in targets.values() for each in row)}}
    for name, row in targets.items():
        if not (source := parts[name]):
            continue
        stack, seen = list(row), set[str]()
        while stack:
            inner = stack.pop()
            if inner in seen:
                continue
            seen.add(inner)
            target = parts[inner]
            if target and target != source:
                yield source, target
            else:
                stack.extend(targets.get(inner, ()))


def _name(quoted: str) -> str:
    """A node without what the graph writes around it."""
    name = re.sub(r"\\(.)", r"\1", quoted) if "\\" in quoted else quoted
    return name.removeprefix("[root] ").strip()


def _part(name: str) -> str:
    """The address of the resource that a node stands for; empty for every other node."""
    if name.startswith("provider["):
        return ""
    bare = _SUFFIX.sub("", name)
    address = address_of(bare)
    if address is None:
        return ""
    words = address.part.split(".")
    if words[0] in ("var", "local", "output", "provider", "module", "root", "meta", "check", "action"):
        return ""
    return bare
