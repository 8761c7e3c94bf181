"""Words: one line as the list of arguments that it is, with everything named that only a shell could resolve."""

from __future__ import annotations

from typing import Final, NamedTuple

from interlock.errors import BadProposal

#: Signs that mean something to a shell outside of quotes.
_SHELL: Final = {
    ";": "it holds more than one command",
    "&": "it holds more than one command",
    "|": "it holds more than one command",
    "\n": "it holds more than one line",
    "<": "it reads or writes files of its own",
    ">": "it reads or writes files of its own",
    "(": "a shell would resolve `(`",
    ")": "a shell would resolve `)`",
}

#: Without any of these, a line is what stands between its spaces.
_SPECIAL: Final = frozenset("'\"\\$`#{") | _SHELL.keys()


class Words(NamedTuple):
    """The arguments, and what in them nobody here resolves."""

    words: tuple[str, ...]
    unread: tuple[str, ...]


def words_of(line: str) -> Words:
    """The words of a line. A quote that is not closed is no line at all."""
    if _SPECIAL.isdisjoint(line):
        return Words(tuple(line.split()), ())
    reading = _Reading()
    signs = iter(_stripped(line))
    for sign in signs:
        if sign == "\\" and reading.quote != "'":
            reading.escaped(next(signs, ""))
        elif reading.quote:
            reading.quoted(sign)
        else:
            reading.plain(sign)
    if reading.quote:
        raise BadProposal("a quote is not closed", hint="give one whole command line", code="not-a-call")
    reading.end()
    return Words(tuple(reading.words), tuple(reading.unread))


def _stripped(line: str) -> str:
    """The line without what surrounds it; a space behind a backslash belongs to its last word."""
    text = line.lstrip()
    bare = text.rstrip()
    escapes = (len(bare) - len(bare.rstrip("\\"))) % 2
    return text[: len(bare) + escapes]


class _Reading:
    """The words so far; `here` is the one that is being read, None between two."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.unread: dict[str, None] = {}
        self.here: list[str] | None = None
        self.quote = ""
        self.braced = False  # a shell would make several words of `{--delete,}`

    def end(self) -> None:
        """The word that is being read ends."""
        if self.here is not None:
            self.words.append("".join(self.here))
        self.here, self.braced = None, False

    def escaped(self, sign: str) -> None:
        """A sign behind a backslash."""
        if sign == "\n":
            return
        kept = "\\" if self.quote and sign not in '"\\$`' else ""
        self._take(kept + sign)

    def quoted(self, sign: str) -> None:
        """A sign inside of quotes."""
        if sign == self.quote:
            self.quote = ""
            return
        if self.quote == '"' and sign in "$`":
            self._resolved()
        self._take(sign)

    def plain(self, sign: str) -> None:
        """A sign outside of quotes."""
        if sign in "'\"":
            self.quote = sign
            self._take("")
        elif sign in _SHELL:
            self.unread[_SHELL[sign]] = None
            self.end()
        elif sign.isspace():
            self.end()
        else:
            if sign == "#" and self.here is None:
                self.unread["a shell would leave out what stands behind `#`"] = None
            if sign == "," and self.braced:
                self.unread["a shell would resolve `{`"] = None
            self.braced = self.braced or (sign == "{" and (self.here is None or self.here == ["-"]))
            if sign in "$`":
                self._resolved()
            self._take(sign)

    def _take(self, text: str) -> None:
        if self.here is None:
            self.here = []
        self.here.append(text)

    def _resolved(self) -> None:
        self.unread["a variable or command in it is not resolved here"] = None
