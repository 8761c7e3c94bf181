"""Mentions: a value of one thing that names another: an ARN in a policy, a host name in a setting, a digest in a task.

Nobody knows which of the two depends on the other, so an edge goes each way. What names a thing is known by the
attribute that holds it (`knowledge/mentions.json`) and by its looks; regions, zones, accounts, numbers and words are
no names, and what more than a few things hold tells them apart no longer. Values are indexed, never compared in pairs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
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
_NONE: Final[list[str]] = []
#: Lines and words of which it is kept what they name; those met later are looked at each time.
MAX_WORDS: Final = 100_000

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
        self._holders: dict[str, list[tuple[Resource, str]]] = {}

    def add(self, resource: Resource, values: dict[str, object]) -> None:
        """One thing and its values, without the sensitive ones."""
        owners, holders, names = self._owners, self._holders, self._names
        for name, text in _texts(values):
            held = holders.get(text)
            if held is None:
                held = holders[text] = []
                self._room -= len(text)
                if self._room < 0:
                    self.cut = True
                    return
            if len(held) <= MAX_MENTIONS:
                held.append((resource, name))
            named = names.get(name)
            if named is None:
                named = names[name] = name in _knowledge().names or name.endswith(_knowledge().endings)
            if named:
                own = owners.setdefault(text.strip().rstrip("."), [])
                # One thing is taken in at once: if it is there already, it is the last one.
                if len(own) <= MAX_OWNERS and not (own and own[-1] is resource):
                    own.append(resource)

    def edges(self, joined: set[tuple[str, str]]) -> Iterator[Edge]:
        """An edge each way for two things of which one holds a name of the other. Pairs in `joined` need none."""
        owners = {name: own for name, own in self._owners.items() if len(own) <= MAX_OWNERS and _tells(name)}
        words = _Words(owners)
        counts: dict[str, int] = {}
        found: list[tuple[str, Resource, str]] = []
        for text, holders in self._holders.items():
            if len(holders) > MAX_MENTIONS:
                continue
            for token in words.named(text):
                counts[token] = counts.get(token, 0) + len(holders)
                own = owners[token]
                # Most things that hold a name hold their own.
                if len(holders) == 1 and _among(holders[0][0], own):
                    continue
                found += [each for each in [(token, *held) for held in holders] if not _among(each[1], own)]
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
        if isinstance(value, str):
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
    """Which of these names stand in a text. Scripts say the same words again and again: each is looked at once."""

    def __init__(self, owners: Container[str]) -> None:
        self._owners = owners
        self._known: dict[str, list[str]] = {}

    def named(self, text: str) -> Iterable[str]:
        """What of a text is a name, each once: itself, its words, and the parts of a URL or a path."""
        found = {text: None} if text in self._owners else {}
        lines = text.split("\n")
        for names in [self._line(text)] if len(lines) == 1 else map(self._kept(self._line), dict.fromkeys(lines)):
            if names:
                found.update(dict.fromkeys(names))
        return found

    def _kept(self, look: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
        """The same, remembered; a word is a line without blanks, and means the same."""
        known = self._known

        def looked(piece: str) -> list[str]:
            if len(piece) < MIN_NAME:
                return _NONE
            names = known.get(piece)
            if names is None:
                names = look(piece)
                if len(known) < MAX_WORDS:
                    known[piece] = names
            return names

        return looked

    def _line(self, line: str) -> list[str]:
        words = line.split()  # no token holds a blank
        if len(words) == 1:
            return self._in(words[0])
        looked = self._kept(self._in)
        return [name for word in dict.fromkeys(words) for name in looked(word)]

    def _in(self, chunk: str) -> list[str]:
        owners, found = self._owners, []
        for word in _TOKEN.findall(chunk):
            if word in owners:
                found.append(word)
            if "/" in word:
                found += [part for part in _PARTS.split(word) if len(part) >= MIN_NAME and part in owners]
        return found


def _tells(value: str) -> bool:
    """Whether a value names one thing: long enough, and no number, region, date, network or plain word."""
    return len(value) >= MIN_NAME and value.lower() not in _knowledge().dull and _DULL.fullmatch(value) is None
