"""Policy text, looked at token by token before any parser sees it: bounds, places, and where each policy ends.

The parser behind the engine is native code and recursive: some thousand nested brackets kill the process, and a thread
with a small stack dies much earlier. So nothing reaches it that was not measured here first. The scanner follows the
language's own lexical rules (a comment ends at a line feed or a carriage return; text may span lines). Where the two
should ever disagree, the loader notices, because each piece cut here must parse as exactly one policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from interlock.errors import BadPolicy

#: Bounds on a policy set. The native parser was tried with these on a thread with a 512 KB stack; it dies from about
#: 40 nested brackets or a chain of 90 operators there, and from about 1,000 on an ordinary stack.
MAX_BYTES: Final = 1024 * 1024
MAX_POLICIES: Final = 1_000
MAX_POLICY_BYTES: Final = 32 * 1024
MAX_NESTING: Final = 25
MAX_DEPTH: Final = 50
MAX_CLAUSES: Final = 20

_TOKEN: Final = r"""(?P<blank>\s+|//[^\n\r]*+)
      | (?P<text>"(?:[^"\\]|\\.)*+")
      | (?P<word>[A-Za-z_][A-Za-z_0-9]*+)
      | (?P<number>[0-9]++)
      | (?P<sign>&&|\|\||==|!=|<=|>=|::|[-+*/%<>!.,;:=@?(){}\[\]])"""
_OPEN: Final = {"(": ")", "[": "]", "{": "}"}
_LINKS: Final = frozenset(("&&", "||", "if", "then", "else"))
_INSIDE: Final = frozenset(
    (".", "!", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "::", "in", "has", "like", "is")
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Token(NamedTuple):
    """One token; `start` is its offset in the file's text."""

    sort: str
    text: str
    start: int


class Piece(NamedTuple):
    """The text of one policy with its place in its file; lines and columns count from 1."""

    file: str
    line: int
    column: int
    text: str
    tokens: tuple[Token, ...]

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def place(self, offset: int) -> str:
        """file:line:column of an offset into this piece's text."""
        line, column = position(self.text, offset)
        return f"{self.file}:{self.line + line - 1}:{column if line > 1 else self.column + column - 1}"


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def pieces(file: str, text: str) -> tuple[Piece, ...]:
    """The policies of one file, each within its bounds. BadPolicy for what no parser should be shown."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as problem:
        raise BadPolicy(
            "half a character in policy text",
            where=_where(file, text, problem.start),
            hint="policy files are plain UTF-8 text",
            code="policy-encoding",
        ) from problem
    if size > MAX_BYTES:
        raise BadPolicy(
            f"a policy file of {size:,} bytes",
            where=f"{file}:1:1",
            hint=f"the bound is {MAX_BYTES:,}; split it by purpose",
            code="policy-too-large",
        )
    found: list[Piece] = []
    current: list[Token] = []
    depth = 0
    for token in _tokens(file, text):
        current.append(token)
        if token.text in ("(", "[", "{"):
            depth += 1
        elif token.text in (")", "]", "}"):
            depth = max(0, depth - 1)
        elif token.text == ";" and depth == 0:
            found.append(_piece(file, text, current))
            current = []
    if current:
        raise BadPolicy(
            "a policy does not end",
            where=_where(file, text, current[0].start),
            hint="end each policy with `;`" if depth == 0 else "a bracket that is opened here is never closed",
            code="policy-unfinished",
        )
    return tuple(found)


def _piece(file: str, text: str, tokens: list[Token]) -> Piece:
    start, end = tokens[0].start, tokens[-1].start + 1
    line, column = position(text, start)
    moved = tuple([Token(token.sort, token.text, token.start - start) for token in tokens])
    piece = Piece(file, line, column, text[start:end], moved)
    if end - start > MAX_POLICY_BYTES:
        raise BadPolicy(
            f"one policy of {end - start:,} characters",
            where=piece.where,
            hint=f"the bound is {MAX_POLICY_BYTES:,}; if the last policy lacks its `;`, add it",
            code="policy-too-large",
        )
    _measure(piece)
    return piece


def _tokens(file: str, text: str) -> Iterator[Token]:
    control = _CONTROL.search(text)
    if control is not None:
        raise BadPolicy(
            f"a control character (U+{ord(control.group()):04X}) in policy text",
            where=_where(file, text, control.start()),
            hint="policy files are plain UTF-8 text",
            code="policy-encoding",
        )
    token, at = re.compile(_TOKEN, re.VERBOSE | re.DOTALL), 0
    while at < len(text):
        match = token.match(text, at)
        if match is None:
            unclosed = text[at] == '"'
            raise BadPolicy(
                "text in quotes that does not end" if unclosed else f"`{text[at]}` means nothing in a policy",
                where=_where(file, text, at),
                hint='close it with `"`'
                if unclosed
                else "outside of quotes only names, numbers and operators may stand",
                code="policy-syntax",
            )
        at = match.end()
        if match.lastgroup != "blank":
            yield Token(str(match.lastgroup), match.group(), match.start())


class _Level:
    """How deep the tree of one open bracket can get: links that chain terms, the longest term, the deepest part."""

    __slots__ = ("chain", "child", "close", "deepest", "longest", "term")

    def __init__(self, close: str) -> None:
        self.close = close
        self.deepest = 0
        self.begin()

    def begin(self) -> None:
        self.chain = self.term = self.longest = self.child = 0

    def settle(self) -> int:
        self.longest = max(self.longest, self.term)
        self.deepest = max(self.deepest, self.chain + self.longest + self.child)
        return self.deepest


def _measure(piece: Piece) -> None:
    """Bound brackets, and the depth that chained operators, dots, `if` and `!` add to the tree that will be built."""
    levels = [_Level("")]
    clauses = 0
    for token in piece.tokens:
        here, sign = levels[-1], token.text if token.sort != "text" else ""
        if sign in _OPEN:
            levels.append(_Level(_OPEN[sign]))
        elif sign and sign in ")]}":
            if sign != here.close:
                raise BadPolicy(
                    f"`{sign}` closes nothing that is open",
                    where=piece.place(token.start),
                    hint=f"`{here.close}` was expected" if here.close else "remove it",
                    code="policy-syntax",
                )
            levels.pop()
            levels[-1].child = max(levels[-1].child, here.settle() + 1)
        elif sign in _LINKS:
            here.settle()
            here.chain, here.term = here.chain + 1, 0
        elif sign in _INSIDE:
            here.term += 1
        elif sign in (",", ";"):
            here.settle()
            here.begin()
        elif sign in ("when", "unless"):
            clauses += 1
        if len(levels) - 1 > MAX_NESTING or levels[-1].settle() + len(levels) > MAX_DEPTH or clauses > MAX_CLAUSES:
            raise BadPolicy(
                f"this policy is nested deeper than {MAX_NESTING} brackets or chains more than {MAX_DEPTH} operators",
                where=piece.place(token.start),
                hint='split it into policies, or write a list as `["a", "b"].contains(…)`',
                code="policy-too-deep",
            )


def _where(file: str, text: str, offset: int) -> str:
    line, column = position(text, offset)
    return f"{file}:{line}:{column}"
