"""Tails: what stands behind a call on its line and only shows the answer in another form (`| jq .`, `2>/dev/null`).

The rules of this room: a tail is a chain of programs of `tails.json` with options that stand there, and of the few
redirections that write nothing. Anything else is no tail: the line stays what it was, and is not understood. A line
with a tail is read as its call and never executed, since nobody here does what the tail does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.aws.cli.words import words_of
from interlock.errors import BadProposal

#: Where a command ends for a shell, outside of quotes.
_ENDS: Final = frozenset("|&;<>()\n")
#: The redirections that write nothing.
_REDIRECTED: Final = re.compile(r"(?:(?:2>&1)|(?:(?:[12]|&)?>[ \t]*/dev/null))(?=[ \t|]|$)")
_SPACE: Final = re.compile(r"(?:[ \t]|\\\n)*")
_SPACE_BEHIND: Final = re.compile(r"(?:[ \t]|\\\n)+$")
_MOST: Final = 16


class _Program(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    flags: str = ""
    valued: str = ""
    long: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    words: int = 0
    without: tuple[str, ...] = ()


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    about: str
    programs: dict[str, _Program]


@lru_cache(maxsize=1)
def programs() -> dict[str, _Program]:
    """The file `tails.json`, strictly decoded."""
    return msgspec.json.decode(Path(__file__).with_name("tails.json").read_bytes(), type=_Table).programs


def without_tail(line: str) -> str | None:
    """The line without its tail; None where it has none, or one that is not known to do nothing."""
    if "|" not in line and ">" not in line:
        return None
    line = line.strip()
    at = _end(line, 0)
    head, rest = _SPACE_BEHIND.sub("", line[:at]), line[at:]
    if head.endswith("\\"):
        return None  # a space that belongs to the last word
    pieces = 0
    while rest:
        pieces += 1
        if (redirected := _REDIRECTED.match(rest)) is not None:
            behind = redirected.end()
        elif rest[0] == "|" and rest[1:2] not in ("|", "&"):
            behind = _end(rest, 1)
            if not _only_shows(rest[1:behind]):
                return None
        else:
            return None
        spaces = _SPACE.match(rest, behind)
        rest = rest[spaces.end() if spaces is not None else behind :]
    return head if 0 < pieces <= _MOST else None


def _end(text: str, start: int) -> int:
    """Where the command that begins at `start` ends: at the first sign that ends one, outside of quotes.

    A word of digits alone before a redirection is a part of it.
    """
    quote = ""
    at, word = start, start
    while at < len(text):
        sign = text[at]
        if sign == "\\" and quote != "'":
            at += 1
        elif quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in _ENDS:
            return word if sign == ">" and text[word:at].replace("\\\n", "").isdecimal() else at
        elif sign in " \t":
            word = at + 1
        at += 1
    return len(text)


def _only_shows(text: str) -> bool:
    """Whether one program of the chain is known to do nothing but show."""
    try:
        split = words_of(text.strip())
    except BadProposal:
        return False
    program = programs().get(split.words[0]) if split.words and not split.unread else None
    if program is None:
        return False
    alone = [*_alone(program, split.words[1:])]
    if None in alone or len(alone) > program.words:
        return False
    return not any(re.search(rf"(?<![.\w]){each}\b", word or "") for word in alone for each in program.without)


def _alone(program: _Program, words: tuple[str, ...]) -> Iterator[str | None]:
    """The words that belong to no option; None for an option that is not known."""
    waiting = [*reversed(words)]
    while waiting:
        word = waiting.pop()
        if word.startswith("--"):
            name, equals, _ = word[2:].partition("=")
            if name in program.told:
                if not equals and name not in ("color", "colour"):  # these take one only behind `=`
                    waiting = waiting[:-1]
            elif name not in program.long or equals:
                yield None
        elif word.startswith("-") and len(word) > 1:
            for at, letter in enumerate(word[1:], 2):
                if letter in program.valued:
                    waiting = waiting if word[at:] else waiting[:-1]
                    break
                if letter not in program.flags:
                    yield None
        else:
            yield word
