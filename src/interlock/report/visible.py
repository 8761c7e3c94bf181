"""Visible: text that came from outside made safe to look at; what would be obeyed, not seen or mistaken is escaped."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from interlock.approve.names import DRAWN_ALIKE

#: Characters that turn the direction of what follows, so that a name reads as another one.
TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Characters that count as letters, marks or signs, and of which nothing is seen.
UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\U0001d159"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
#: Marks that are drawn through a letter or around it, and so hide what it is.
OVER: Final = frozenset("".join(map(chr, (*range(0x0334, 0x0339), *range(0x20D2, 0x20D4), *range(0x20D8, 0x20F0)))))
#: Signs that are drawn like one of ASCII's: `;`, `-`, `.`, `/`, `\`, `*`, `|`, `:`, `'` and `_`.
SIGNS: Final = frozenset(
    "\u037e\u02d7\u2010\u2011\u2043\u2212\ufe58\ufe63\uff0d\u2024\u2044\u2215\u29f8\u2216\u29f5"
    "\u2217\u01c0\u2223\u2236\ua789\u02b9\u02bc\u02c8\ua78c\u02cd\uff3f"
)
#: How Unicode marks a letter of ASCII in another face; some of these are drawn just as ASCII's own.
_FACES: Final = ("<font>", "<wide>", "<narrow>")
_WORD: Final = re.compile(r"\w+")
_LATIN: Final = re.compile(r"[A-Za-z]")
#: Letters of Greek, Cyrillic and Armenian, of which many are drawn like Latin ones.
_NEIGHBOURS: Final = re.compile("[\u0370-\u058f]")
#: A dotless i is Turkish far more often than it is a trick; the digits and the bar are ASCII's own.
_ALIKE: Final = frozenset("".join(odd for odd, _ in DRAWN_ALIKE)) - frozenset("\u0131|01")
_LEFTWARDS: Final = ("R", "AL", "AN")
_MARKS: Final = 3  # on one letter; more of them run over the lines above and below


def visible(text: object) -> str:
    """The text with whatever is obeyed, not seen, or taken for something else as the escape that names it.

    These are control characters and line ends, turns of direction, signs of which nothing is seen, letters of another
    script in a word of Latin ones (or alone, where each of them looks Latin), and letters that run leftwards in a text
    that runs rightwards: the digits and signs between them would change places.
    """
    whole = str(text)
    if whole.isascii():
        return whole if whole.isprintable() else "".join(map(_told, whole))
    rightwards = _LATIN.search(whole) is not None
    disguised = _disguised(whole)
    told, marks = [], 0
    for place, char in enumerate(whole):
        marks = marks + 1 if unicodedata.combining(char) else 0
        leftwards = rightwards and unicodedata.bidirectional(char) in _LEFTWARDS
        told.append(_escape(char) if place in disguised or leftwards or marks > _MARKS else _told(char))
    return "".join(told)


def _told(char: str) -> str:
    """One character by itself."""
    if char.isascii():
        return char if char.isprintable() else _escape(char)
    odd = not char.isprintable() or char in TURNING or char in UNSEEN or char in OVER or char in SIGNS
    faced = char.isalnum() and unicodedata.decomposition(char).startswith(_FACES)
    return _escape(char) if odd or (faced and unicodedata.normalize("NFKD", char).isascii()) else char


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()


def _disguised(text: str) -> set[int]:
    """Where letters look Latin and are not: in a word with Latin ones, or where nothing else tells their script."""
    honest = any(found[0] not in _ALIKE for found in _NEIGHBOURS.finditer(text))
    places: set[int] = set()
    for word in _WORD.finditer(text):
        odd = {word.start() + place for place, char in enumerate(word[0]) if char in _ALIKE}
        letters = sum(map(str.isalpha, word[0]))
        if odd and (_LATIN.search(word[0]) or (len(odd) == letters and not honest)):
            places |= odd
    return places


def safe(text: str) -> str:
    """The same of a text of several lines: line ends and tabs stay."""
    return re.sub(r"[^\n\t]+", lambda part: visible(part[0]), text)


def columns(text: str) -> int:
    """How many columns a text takes in a font of one width; wide signs take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def fitted(text: str, room: int) -> str:
    """The text in at most `room` columns: what is too long loses its middle, since names differ at both ends."""
    if columns(text) <= room:
        return text
    head, tail = (room - 1) // 3, (room - 1) - (room - 1) // 3
    return f"{_taken(text, head)}…{_taken(text[::-1], tail)[::-1]}"


def _taken(text: str, room: int) -> str:
    taken = 0
    for index, char in enumerate(text):
        taken += columns(char)
        if taken > room:
            return text[:index]
    return text


def counted(number: int, one: str, many: str = "") -> str:
    """`1 thing`, `2 things`, `1,200 things`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
