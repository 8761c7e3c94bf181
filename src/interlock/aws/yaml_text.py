"""YAML: a template written in YAML as plain values, its short tags as the functions that they stand for.

The rules of this room: events come from libyaml, and every value is made here, so no tag ever makes an object. What
CloudFormation itself does not take (aliases, merges, other tags, a key twice, more documents) is not read, nor is what
is larger or deeper than a template can be. Then nothing of it is read, and it says why.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import yaml

#: CloudFormation takes templates of at most a megabyte.
MAX_CHARACTERS: Final = 1_000_000
MAX_VALUES: Final = 200_000
MAX_DEPTH: Final = 60

#: Functions that have a short tag, beside `Ref` and `Condition`, which are called so in full, too.
FUNCTIONS: Final = frozenset(
    [
        "And",
        "Base64",
        "Cidr",
        "Contains",
        "EachMemberEquals",
        "EachMemberIn",
        "Equals",
        "FindInMap",
        "GetAZs",
        "GetAtt",
        "If",
        "ImportValue",
        "Join",
        "Length",
        "Not",
        "Or",
        "RefAll",
        "Select",
        "Split",
        "Sub",
        "ToJsonString",
        "Transform",
        "ValueOf",
        "ValueOfAll",
    ]
)
_OWN: Final = "tag:yaml.org,2002:"
_PLAIN: Final = frozenset({f"{_OWN}{each}" for each in ("str", "int", "bool", "float", "null", "map", "seq")})
_INTEGER: Final = re.compile(r"0|[-+]?[1-9][0-9]{0,17}")
_WORDS: Final[dict[str, object]] = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
    **dict.fromkeys(("null", "~", ""), None),
}


class NotRead(Exception):
    """A text that is not read as a template; the reason holds none of its words."""


class _Frame(NamedTuple):
    """A list or a mapping that is being made; the tag is that of its function. `key` holds the last key, if any."""

    held: list[object] | dict[str, object]
    tag: str
    key: list[str]


def yaml_of(text: str) -> object:
    """The value of one document. NotRead says why there is none."""
    if len(text) > MAX_CHARACTERS:
        raise NotRead(f"it has more than {MAX_CHARACTERS:,} characters")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    making = _Making()
    try:
        for event in yaml.parse(text, Loader=loader):
            making.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise NotRead(f"it is no YAML, at line {mark.line + 1}" if mark is not None else "it is no YAML") from None
    except (RecursionError, ValueError):
        raise NotRead("it is no YAML") from None
    return making.whole


class _Making:
    """The values so far."""

    def __init__(self) -> None:
        self.whole: object = None
        self.frames: list[_Frame] = []
        self.values = 0
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        """One event."""
        if isinstance(event, yaml.AliasEvent):
            raise NotRead("it has aliases, which CloudFormation does not take")
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise NotRead("it has more than one document")
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._count()
            if len(self.frames) >= MAX_DEPTH:
                raise NotRead(f"it is nested deeper than {MAX_DEPTH}")
            if self._wants_key():
                raise NotRead("a key in it is no text")
            held: list[object] | dict[str, object] = {} if isinstance(event, yaml.MappingStartEvent) else []
            self.frames.append(_Frame(held, _function(event.tag), []))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            frame = self.frames.pop()
            self._put({frame.tag: frame.held} if frame.tag else frame.held)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._count()
        if self._wants_key():
            self._key(event)
            return
        tag, plain = _function(event.tag), event.style in (None, "") and not event.tag
        if tag:
            self._put({tag: event.value})
        elif plain and event.value.lower() in _WORDS:
            self._put(_WORDS[event.value.lower()])
        elif plain and _INTEGER.fullmatch(event.value):
            self._put(int(event.value))
        else:
            self._put(event.value)

    def _key(self, event: yaml.ScalarEvent) -> None:
        frame = self.frames[-1]
        if event.value == "<<" or _function(event.tag):
            raise NotRead("a key in it is a merge or a function, which CloudFormation does not take")
        if event.value in frame.held:
            raise NotRead(f"a key stands in it twice, at line {event.start_mark.line + 1}")
        frame.key.append(event.value)

    def _wants_key(self) -> bool:
        return bool(self.frames) and isinstance(self.frames[-1].held, dict) and not self.frames[-1].key

    def _put(self, value: object) -> None:
        if not self.frames:
            self.whole = value
            return
        held = self.frames[-1].held
        if isinstance(held, dict):
            held[self.frames[-1].key.pop()] = value
        else:
            held.append(value)

    def _count(self) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise NotRead(f"it has more than {MAX_VALUES:,} values")


def _function(tag: str | None) -> str:
    """The function that a short tag stands for; empty for a plain value."""
    if not tag or tag == "!" or tag in _PLAIN:
        return ""
    name = tag.removeprefix("!")
    if name in ("Ref", "Condition") and tag[0] == "!":
        return name
    if name in FUNCTIONS and tag[0] == "!":
        return f"Fn::{name}"
    raise NotRead("it has a tag that nobody here knows")
