"""HCL as programs write it: the JSON of a `.tf.json` file becomes the same blocks as a `.tf` file.

Which of its objects are blocks and which are values only a provider's schema could tell. What the language itself
names is read as blocks (the top of the file, `lifecycle`, `provisioner`, `connection`); all else is an attribute that
holds whatever references stand below it, so that none is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from interlock.read.terraform.hcl_native import references_in, traversal_in
from interlock.read.terraform.syntax import ANY_INDEX, Attribute, Block, Place, Problem, Reference, Source, Steps

MAX_BYTES: Final = 32 * 1024 * 1024
#: Objects in objects, from the top of the file to a reference.
MAX_DEPTH: Final = 256

#: How many labels the blocks at the top of a file have.
_LABELS: Final = {
    "resource": 2,
    "data": 2,
    "ephemeral": 2,
    "action": 2,
    "variable": 1,
    "output": 1,
    "module": 1,
    "provider": 1,
    "check": 1,
    "locals": 0,
    "terraform": 0,
    "moved": 0,
    "import": 0,
    "removed": 0,
}
#: Blocks in blocks that the language itself names, and their labels.
_INNER: Final = {
    "lifecycle": 0,
    "connection": 0,
    "provisioner": 1,
    "backend": 1,
    "cloud": 0,
    "required_providers": 0,
    "precondition": 0,
    "postcondition": 0,
}
_HOLDERS: Final = frozenset({"resource", "data", "ephemeral", "terraform", "lifecycle", "removed"})
#: Attributes whose texts are references by themselves, without `${…}` around them.
_BARE: Final = frozenset(
    {"depends_on", "provider", "providers", "replace_triggered_by", "ignore_changes", "from", "to"}
)


def read_json(name: str, raw: bytes) -> Source:
    """The blocks of a `.tf.json` file, and what in it could not be read."""
    place = Place(name, 0, len(raw))
    if len(raw) > MAX_BYTES:
        return Source(name, problems=(Problem(f"the file is larger than {MAX_BYTES:,} bytes", place),))
    twice: list[str] = []

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [key for key, _ in pairs]
            twice.extend(key for key in found if names.count(key) > 1)
        return found

    try:
        value = json.loads(raw.removeprefix(b"\xef\xbb\xbf").decode(), object_pairs_hook=unique)
    except (ValueError, RecursionError):
        return Source(name, problems=(Problem("this is no JSON", place),))
    if not isinstance(value, dict):
        return Source(name, problems=(Problem("the JSON is no object", place),))
    reading = _Reading(place)
    reading.problems.extend(Problem(f"`{key}` stands twice in one object", place) for key in dict.fromkeys(twice))
    blocks: list[Block] = []
    for kind, inner in value.items():
        if kind in _LABELS:
            blocks.extend(reading.blocks(kind, inner, _LABELS[kind]))
        elif kind != "//":
            reading.problems.append(Problem(f"`{kind}` is no block that is known here", place))
    return Source(name, tuple(blocks), tuple(reading.problems))


class _Reading:
    """One file being read; `problems` grows."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.problems: list[Problem] = []

    def blocks(self, kind: str, value: object, labels: int) -> Iterator[Block]:
        """The blocks of one type: an object, or a list of objects, under as many keys as the type has labels."""
        stack: list[tuple[tuple[str, ...], object]] = [((), value)]
        while stack:
            names, inner = stack.pop()
            if isinstance(inner, list):
                stack.extend((names, each) for each in reversed(inner))
            elif not isinstance(inner, dict):
                self.problems.append(Problem(f"a `{kind}` is no object", self.place))
            elif len(names) < labels:
                stack.extend(((*names, name), each) for name, each in reversed(inner.items()) if name != "//")
            else:
                yield self._block(kind, names, inner)

    def _block(self, kind: str, labels: tuple[str, ...], body: dict[str, object]) -> Block:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for name, value in body.items():
            if name in _INNER and kind in _HOLDERS and isinstance(value, dict | list):
                blocks.extend(self.blocks(name, value, _INNER[name]))
            elif name == "dynamic" and isinstance(value, dict):
                for inner, each in value.items():
                    attributes[inner] = self._attribute(inner, each)
            elif name != "//":
                attributes[name] = self._attribute(name, value)
        return Block(kind, labels, attributes, tuple(blocks), self.place)

    def _attribute(self, name: str, value: object) -> Attribute:
        references: list[Reference] = []
        literal = True
        stack: list[tuple[object, Steps]] = [(value, ())]
        while stack:
            inner, at = stack.pop()
            if len(at) > MAX_DEPTH:
                self.problems.append(Problem(f"`{name}` is nested deeper than {MAX_DEPTH}", self.place))
                continue
            if isinstance(inner, dict):
                stack.extend((each, (*at, _key(key))) for key, each in reversed(inner.items()))
                stack.extend((key, at) for key in inner if "${" in key)
            elif isinstance(inner, list):
                stack.extend((each, (*at, f"[{n}]")) for n, each in reversed(list(enumerate(inner))))
            elif isinstance(inner, str) and (name in _BARE or "${" in inner or "%{" in inner):
                found, whole = traversal_in(inner) if name in _BARE and "${" not in inner else references_in(inner)
                literal = literal and not found
                references.extend(each._replace(at=(*at, *each.at)) for each in found)
                if not whole:
                    self.problems.append(Problem(f"an expression of `{name}` cannot be read", self.place))
        return Attribute(name, tuple(references), self.place, literal, value if literal else None)


def _key(key: str) -> str:
    return ANY_INDEX if "${" in key else key
