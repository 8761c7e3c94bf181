"""Blocks: the skeleton of configuration files, HCL or JSON: which blocks stand where, with which arguments.

Not a language's reader: expressions are passed over, and only a plain text is given as a value. It is asked before
anything of the configuration has run, so what it cannot follow it refuses; it never goes on by a guess. Where a quoted
text, a here-document, a template or a comment begins and ends is told as the tool's own scanner tells it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from interlock.errors import BadProposal

MAX_DEPTH: Final = 60

_SPACE: Final = re.compile(r"[ \t]+")
_NAME: Final = re.compile(r"[^\W\d][\w-]*")
_HEREDOC: Final = re.compile(r"<<-?([^\W\d][\w-]*)\r?\n")
_PLAIN: Final = re.compile(r'\s*"((?:[^"\\$%\n]|[$%](?!\{))*)"\s*(?:(?:#|//).*|/\*.*?\*/\s*)?')
_OPENING, _CLOSING = "([{", ")]}"

#: How many labels each block has, where blocks cannot be told from arguments by their looks: in JSON.
_LABELS: Final = {
    "data": 2, "resource": 2, "ephemeral": 2, "provider": 1, "module": 1, "variable": 1, "output": 1, "check": 1,
    "terraform": 0, "locals": 0, "moved": 0, "import": 0, "removed": 0, "action": 2,
}  # fmt: skip
_INNER: Final = {"terraform": {"backend": 1, "cloud": 0}, "check": {"data": 2}}


class Block(NamedTuple):
    """One block. `arguments` has each argument's plain text, or None where its value is anything else."""

    type: str
    labels: tuple[str, ...]
    arguments: dict[str, str | None]
    blocks: tuple[Block, ...]
    where: str


def blocks_of(name: str, content: bytes) -> tuple[Block, ...]:
    """The blocks of one file. BadProposal, with the place, for what cannot be followed."""
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _bad("is not UTF-8", name) from error
    if name.endswith(".json"):
        return tuple(_json(name, text))
    scanner = _Scanner(name, text)
    body = scanner.body("", 0)
    return body.blocks


def every(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """These blocks and all that stand in them."""
    for block in blocks:
        yield block
        yield from every(block.blocks)


class _Scanner:
    """Goes through one file from its beginning; `at` is where it is."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.at = 0

    def fail(self, what: str) -> BadProposal:
        return _bad(what, f"{self.name}:{self.text.count(chr(10), 0, self.at) + 1}")

    def body(self, end: str, depth: int) -> Block:
        """What stands up to `end` (a closing brace, or the end of the file), which is passed."""
        if depth > MAX_DEPTH:
            raise self.fail(f"is nested more than {MAX_DEPTH} deep")
        arguments: dict[str, str | None] = {}
        blocks: list[Block] = []
        while True:
            self.gap(newlines=True)
            if self.at >= len(self.text):
                if end:
                    raise self.fail("ends within a block")
                return Block("", (), arguments, tuple(blocks), self.name)
            if end and self.text[self.at] == end:
                self.at += 1
                return Block("", (), arguments, tuple(blocks), self.name)
            named = _NAME.match(self.text, self.at)
            if named is None:
                raise self.fail("cannot be followed")
            where = f"{self.name}:{self.text.count(chr(10), 0, self.at) + 1}"
            self.at = named.end()
            self.gap(newlines=False)
            if self.text.startswith("=", self.at):
                self.at += 1
                begin = self.at
                self.expression()
                plain = _PLAIN.fullmatch(self.text[begin : self.at])
                arguments[named[0]] = plain[1] if plain else None
                continue
            labels = self.labels()
            inner = self.body("}", depth + 1)
            blocks.append(Block(named[0], labels, inner.arguments, inner.blocks, where))

    def labels(self) -> tuple[str, ...]:
        """The labels of a block, up to its opening brace, which is passed."""
        labels: list[str] = []
        while not self.text.startswith("{", self.at):
            if self.text.startswith('"', self.at):
                begin = self.at
                self.quoted()
                label = self.text[begin + 1 : self.at - 1]
                if "\\" in label or "${" in label or "%{" in label:
                    raise self.fail("has a label that is no plain text")
                labels.append(label)
            elif named := _NAME.match(self.text, self.at):
                labels.append(named[0])
                self.at = named.end()
            else:
                raise self.fail("cannot be followed")
            self.gap(newlines=False)
        self.at += 1
        return tuple(labels)

    def gap(self, *, newlines: bool) -> None:
        """Pass over spaces and comments, and over line ends if they mean nothing here."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if space := _SPACE.match(self.text, self.at):
                self.at = space.end()
            elif newlines and (char == "\n" or self.text.startswith("\r\n", self.at)):
                self.at += 1 if char == "\n" else 2
            elif self.text.startswith("/*", self.at) or (
                newlines and (char == "#" or self.text.startswith("//", self.at))
            ):
                self.comment()
            else:
                return

    def comment(self) -> None:
        """Pass over a comment; the line end after a short one stays."""
        if self.text.startswith("/*", self.at):
            end = self.text.find("*/", self.at + 2)
            if end < 0:
                raise self.fail("has a comment that does not end")
            self.at = end + 2
        else:
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end

    def expression(self, *, template: bool = False) -> None:
        """Pass over an expression, up to the end of its line, or the brace that ends what it stands in.

        In a template that brace is passed too.
        """
        awaited: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if not awaited and not template and char == "\n":
                return
            if not awaited and char == "}":
                self.at += 1 if template else 0
                return
            if self.passage():
                continue
            if char in _OPENING or char in _CLOSING:
                self.bracket(char, awaited)
            else:
                self.at += 1
        if awaited or template:
            raise self.fail("ends within an expression")

    def passage(self) -> bool:
        """Pass over a text, a comment or a here-document, if that is what begins here."""
        if self.text.startswith('"', self.at):
            self.quoted()
        elif self.text.startswith(("#", "//", "/*"), self.at):
            self.comment()
        elif heredoc := _HEREDOC.match(self.text, self.at):
            self.at = heredoc.end()
            self.heredoc(heredoc[1])
        else:
            return False
        return True

    def bracket(self, char: str, awaited: list[str]) -> None:
        """One bracket, which opens something, or closes what was opened last."""
        if char in _OPENING:
            awaited.append(_CLOSING[_OPENING.index(char)])
            if len(awaited) > MAX_DEPTH:
                raise self.fail(f"is nested more than {MAX_DEPTH} deep")
        elif not awaited or awaited.pop() != char:
            raise self.fail("closes what was not opened")
        self.at += 1

    def quoted(self) -> None:
        """Pass over a quoted template."""
        self.at += 1
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return
            if char == "\n":
                break
            if char == "\\":
                self.at += 2
            elif not self.interpolation():
                self.at += 1
        raise self.fail("has a text that does not end")

    def heredoc(self, marker: str) -> None:
        """Pass over a here-document whose first line begins here; the line end after its marker stays."""
        fresh, begin = True, self.at
        while self.at < len(self.text):
            if self.text[self.at] == "\n":
                if fresh and self.text[begin : self.at].strip() == marker:
                    return
                self.at += 1
                fresh, begin = True, self.at
            elif self.interpolation():
                fresh = False
            else:
                self.at += 1
        if not (fresh and self.text[begin:].strip() == marker):
            raise self.fail("has a here-document that does not end")

    def interpolation(self) -> bool:
        """Pass over `${…}` or `%{…}` or the escape of one, if that is what begins here."""
        for sign in "$%":
            if self.text.startswith(sign * 2 + "{", self.at):
                self.at += 3
                return True
            if self.text.startswith(sign + "{", self.at):
                self.at += 2
                self.expression(template=True)
                return True
        return False


class _Pairs(list[tuple[str, object]]):
    """A JSON object as its pairs, so that a name that comes twice is seen twice."""


def _json(name: str, text: str) -> Iterator[Block]:
    try:
        root = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise _bad("is not valid JSON", name) from error
    for body in _bodies(root, name):
        for type_, value in body:
            labels = _LABELS.get(type_)
            if labels is not None:
                yield from _expanded(name, type_, (), labels, value)
            elif type_ != "//":
                raise _bad(f"has a block `{type_[:40]}` that nobody knows", name)


def _expanded(name: str, type_: str, labels: tuple[str, ...], more: int, value: object) -> Iterator[Block]:
    for body in _bodies(value, name):
        if more:
            for label, inner in body:
                if label != "//":
                    yield from _expanded(name, type_, (*labels, label), more - 1, inner)
            continue
        inside = _INNER.get(type_, {})
        arguments = {key: value if isinstance(value, str) and "{" not in value else None for key, value in body}
        blocks = [
            block for key, value in body if key in inside for block in _expanded(name, key, (), inside[key], value)
        ]
        yield Block(type_, labels, arguments, tuple(blocks), name)


def _bodies(value: object, name: str) -> Iterator[_Pairs]:
    if isinstance(value, _Pairs):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _bodies(each, name)
    elif value is not None:
        raise _bad("has a value where a block belongs", name)


def _bad(what: str, where: str) -> BadProposal:
    return BadProposal(
        what, where=where, code="bad-source", hint="the tool may take it; nothing runs that is not followed"
    )
