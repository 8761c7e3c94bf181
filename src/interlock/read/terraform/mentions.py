"""Mentions: a value of one thing that names another: an ARN in a policy, a host name in a setting, a digest in a task.

Nobody knows which of the two depends on the other, so an edge goes each way. What names a thing is known by the
attribute that holds it (`knowledge/mentions.json`) and by its looks; regions, zones, accounts, numbers and words are
no names, and what more than a few things hold tells them apart no longer. Values are indexed, never compared in pairs.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.model.change import Resource
from interlock.model.inventory import Edge

#: Bytes of values that are looked through; what is beyond is said.
MAX_TEXT: Final = 32 * 1024 * 1024
#: Longer texts are looked through only up to here: a user-data script names what it names at its beginning.
MAX_ONE: Final = 64 * 1024
#: Things that may share a name before it stops telling them apart.
MAX_OWNERS: Final = 3
#: Things that may mention one value: beyond it the value is a habit of this place and no reference.
MAX_MENTIONS: Final = 50
MIN_NAME: Final = 8
_TREES: Final = (dict, list)
_Holder = tuple[Resource, str]
_NONE: Final[list[str]] = []
#: Lines of which it is kept what they name; those met later are looked at each time.
MAX_LINES: Final = 100_000

_TOKEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:/.@+~=-]{6,}[A-Za-z0-9]")
_DULL: Final = re.compile(
    r"[\d.]+"  # numbers, versions, accounts
    r"|true|false"
    r"|(?:[a-z]+-)+[a-z]*\d{1,2}[a-z]?"  # regions and zones
    r"|\d{4}-\d\d-\d\d[T0-9:.Z+-]*"  # dates
    r"|\d{1,3}(?:\.\d{1,3}){3}/\d+"  # networks
    r"|[a-zA-Z]+|[a-z]+[_-][a-z]+"  # words
)
_PARTS: Final = re.compile(r"[:/]*/|[?#]")


class _Knowledge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    names: frozenset[str]
    endings: tuple[str, ...]
    dull: frozenset[str]


@cache
def _knowledge() -> _Knowledge:
    raw = Path(__file__).with_name("knowledge").joinpath("mentions.json").read_bytes()
    return msgspec.json.decode(raw, type=_Knowledge)


class Mentions:
    """The values of many things, taken in one by one. `cut`: there was more than is looked through.

    Equal texts are kept once, with whoever holds them, and looked through once, when all names are known.
    """

    def __init__(self) -> None:
        self.cut = False
        self._room = MAX_TEXT
        self._names: dict[str, bool] = {}
        self._owners: dict[str, list[Resource]] = {}
        # Most texts have one holder, and millions of them no list.
        self._holders: dict[str, _Holder | list[_Holder]] = {}

    def add(self, resource: Resource, values: dict[str, object]) -> None:
        """One thing and its values, without the sensitive ones."""
        owners, holders, names = self._owners, self._holders, self._names
        for name, text in _texts(values):
            held = holders.get(text)
            if held is None:
                self._room -= len(text)
                if self._room < 0:
                    self.cut = True
                    return
                holders[text] = (resource, name)
            elif isinstance(held, tuple):
                holders[text] = [held, (resource, name)]
            elif len(held) <= MAX_MENTIONS:
                held.append((resource, name))
            named = names.get(name)
            if named is None:
                named = names[name] = name in _knowledge().names or name.endswith(_knowledge().endings)
            if named:
                own_name = text.strip().rstrip(".")
                own = owners.get(own_name)
                if own is None:
                    owners[own_name] = [resource]
                # One thing is taken in at once: if it is there already, it is the last one.
                elif len(own) <= MAX_OWNERS and own[-1] is not resource:
                    own.append(resource)

    def edges(self, joined: set[tuple[str, str]]) -> Iterator[Edge]:
        """An edge each way for two things of which one holds a name of the other. Pairs in `joined` need none."""
        owners = {name: own for name, own in self._owners.items() if len(own) <= MAX_OWNERS and _tells(name)}
        words = _Words(owners)
        counts: dict[str, int] = {}
        found: list[tuple[str, Resource, str]] = []
        for text, held in self._holders.items():
            holders = [held] if isinstance(held, tuple) else held
            if len(holders) > MAX_MENTIONS:
                continue
            for token in words.named(text):
                counts[token] = counts.get(token, 0) + len(holders)
                own = owners[token]
                if len(holders) == 1 and own[0] is holders[0][0]:
                    continue  # most things that hold a name hold their own
                found += [(token, holder, name) for holder, name in holders if not _among(holder, own)]
        seen: set[tuple[str, str]] = set()
        for token, holder, name in found:
            own = owners[token]
            if counts[token] > MAX_MENTIONS:
                continue
            for owner in own:
                pair = (holder.name, owner.name)
                if pair in seen or pair in joined or pair[::-1] in joined:
                    continue
                seen.update((pair, pair[::-1]))
                evidence = f"`{name.partition('.')[0]}` holds a name of it"
                yield Edge(holder, owner, "mentions", "mention", evidence)
                yield Edge(owner, holder, "mentions", "mention", evidence)


def _texts(values: dict[str, object]) -> list[tuple[str, str]]:
    """Every text in the values with the name of its attribute; a nested one is `outer.inner`."""
    found: list[tuple[str, str]] = []
    nested: list[tuple[str, object]] = []
    for name, value in values.items():
        if type(value) is str:
            if len(value) >= MIN_NAME:
                found.append((name, value[:MAX_ONE]))
        elif value and isinstance(value, _TREES):
            nested.append((name, value))
    nested.reverse()
    while nested:
        name, value = nested.pop()
        if isinstance(value, str):
            if len(value) >= MIN_NAME:
                found.append((name, value[:MAX_ONE]))
        elif isinstance(value, dict):
            top = name.partition(".")[0]
            nested += [(f"{top}.{key}", inner) for key, inner in reversed(value.items())]
        elif isinstance(value, list):
            nested += [(name, inner) for inner in reversed(value)]
    return found


def _among(holder: Resource, owners: list[Resource]) -> bool:
    """Whether it is one of these very things."""
    for owner in owners:  # noqa: SIM110  # asked for each text; a generator costs more than the question
        if owner is holder:
            return True
    return False


class _Words:
    """Which of these names stand in a text. Scripts say the same lines again and again: each is looked at once."""

    def __init__(self, owners: Container[str]) -> None:
        self._owners = owners
        self._known: dict[str, list[str]] = {}

    def named(self, text: str) -> Iterable[str]:
        """What of a text is a name, each once: itself, its words, and the parts of a URL or a path."""
        names = self._lines(text) if "\n" in text else self._in(text)
        if text in self._owners:
            return dict.fromkeys((text, *names))
        return dict.fromkeys(names) if names else _NONE

    def _lines(self, text: str) -> list[str]:
        known, found = self._known, list[str]()
        for line in dict.fromkeys(text.split("\n")):  # no token holds a line end
            if len(line) < MIN_NAME:
                continue
            names = known.get(line)
            if names is None:
                names = self._in(line)
                if len(known) < MAX_LINES:
                    known[line] = names
            if names:
                found += names
        return found

    def _in(self, chunk: str) -> list[str]:
        owners, words = self._owners, _TOKEN.findall(chunk)
        if "/" not in chunk:
            return [word for word in words if word in owners]
        found = []
        for word in words:
            if word in owners:
                found.append(word)
            if "/" in word:
                found += [part for part in _PARTS.split(word) if len(part) >= MIN_NAME and part in owners]
        return found


def _tells(value: str) -> bool:
    """Whether a value names one thing: long enough, and no number, region, date, network or plain word."""
    return len(value) >= MIN_NAME and value.lower() not in _knowledge().dull and _DULL.fullmatch(value) is None
