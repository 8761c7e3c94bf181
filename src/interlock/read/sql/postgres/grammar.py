"""The one place that calls the native parser: text in, plain dictionaries out, never deeper than the stack allows.

libpg_query gives its tree as JSON; that is decoded into dictionaries. A node is `{"Kind": {field: value}}`; a field
whose type is fixed holds its fields directly; a field that has its default value is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from interlock.read.sql.postgres.native import lib, quick

#: The tree is untyped JSON from a grammar with some 250 node kinds; the modules beside this one say what they expect.
Node = dict[str, Any]

#: Deepest chain of operators, joins, set operations and parentheses that is handed to the native parser. Its stack
#: holds about 20,000 on a main thread and a twentieth of that on small ones; past it the process would die.
MAX_CHAIN: Final = 1_000
#: Deepest tree that is walked; past it JSON decoding would depend on how deep the caller's own stack is.
MAX_TREE: Final = 400
#: Texts shorter than this cannot hold a chain that long.
_SHORT: Final = MAX_CHAIN

#: Letters, digits, `_`, `$` and all beyond ASCII, said by what is none: the other way takes 10 ms to compile.
WORD: Final = r"[^\x00-\x23\x25-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]"
FIRST: Final = r"[^\x00-\x40\x5b-\x5e\x60\x7b-\x7f]"
NEXT: Final = r"[^\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]"
_TOKEN: Final = re.compile(
    rf"(?<!{WORD})[eE]'(?:[^'\\]|\\.|'')*+'|'(?:[^']|'')*+'|\"(?:[^\"]|\"\")*+\""
    rf"|(?<!{WORD})\$(?:{FIRST}{NEXT}*)?\$|--[^\r\n]*|/\*"
    r"|[(\[]|[)\]]|,|;|(?:(?!--|/\*)[-+*/<>=~!@#%^&|`?:])+"
    r"|\b(?i:union|except|intersect|join|is|isnull|notnull|like|ilike|similar|in|between|collate|at|case|not|and|or)\b",
    re.DOTALL,  # letters of either case are said where they matter: folding every character above takes 30 ms
)
_COMMENT: Final = re.compile(r"/\*|\*/")
#: Signs that can be of one operator. The server's scanner takes all of a run, and where a comment begins in it, or it
#: ends in `+` or `-`, gives most of it back, to look at it anew. Short runs cost nothing.
_SIGNS: Final = re.compile(rb"[-+*/<>=~!@#%^&|`?]{8,}+")
#: How many bytes it may look at so, in all: some tenths of a second.
MAX_RESCANNED: Final = 40_000_000
_KEEP_BRACKETS: Final = bytes(set(range(256)) - set(b"{}"))


class SyntaxFault(Exception):
    """The server's grammar refuses this text. `offset` counts characters from 0."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class TooDeep(Exception):
    """The text nests deeper than can be read safely."""


class Piece(NamedTuple):
    """One statement of a script: where its bytes are."""

    start: int
    length: int


def parse(text: str) -> list[Node]:
    """The statements of this text, each `{"Kind": {…}}`. SyntaxFault, TooDeep."""
    raw, native = text.encode(), quick
    if len(raw) > _SHORT:
        native = lib
        for piece in pieces(raw):
            if piece.length > _SHORT and chain(raw[piece.start : piece.start + piece.length].decode()) > MAX_CHAIN:
                raise TooDeep
    result = native.pg_query_parse(raw)
    try:
        if result.error:
            fault = result.error.contents
            raise SyntaxFault(fault.message.decode("utf-8", "replace"), max(fault.cursorpos - 1, 0))
        found: bytes = result.parse_tree
    finally:
        native.pg_query_free_parse_result(result)
    if len(found) > 4 * MAX_TREE and _tree_depth(found) > MAX_TREE:
        raise TooDeep
    try:
        tree = msgspec.json.decode(found)
    except RecursionError:
        raise TooDeep from None
    return [entry.get("stmt", {}) for entry in tree.get("stmts", ())]


def is_tangled(raw: bytes) -> bool:
    """Whether runs of signs are so long that the server's scanner, which takes the square of it, would not end."""
    if 2 * len(raw) ** 2 <= MAX_RESCANNED:
        return False  # nothing below can come to more than that
    seen = 0
    for found in _SIGNS.finditer(raw):
        run = found[0]
        before = run.partition(b"--")[0]  # what follows is a comment to the end of its line
        seen += len(run) * run.count(b"/*") + len(before) * (before.count(b"+") + before.count(b"-"))
    return seen > MAX_RESCANNED


def pieces(raw: bytes) -> list[Piece]:
    """Where the statements of this script are, by the server's own scanner.

    SyntaxFault for an unterminated token, TooDeep for what would keep the scanner for ever.
    """
    if is_tangled(raw):
        raise TooDeep
    result = lib.pg_query_split_with_scanner(raw)
    try:
        if result.error:
            fault = result.error.contents
            raise SyntaxFault(fault.message.decode("utf-8", "replace"), max(fault.cursorpos - 1, 0))
        found = (result.stmts[index].contents for index in range(result.n_stmts))
        return [Piece(one.stmt_location, one.stmt_len) for one in found]
    finally:
        lib.pg_query_free_split_result(result)


def parse_block(text: str) -> list[Any]:
    """A DO block or function in PL/pgSQL as libpg_query's JSON. SyntaxFault, TooDeep."""
    if is_tangled(text.encode()) or chain(text) > MAX_CHAIN:
        raise TooDeep
    result = lib.pg_query_parse_plpgsql(text.encode())
    try:
        if result.error:
            fault = result.error.contents
            raise SyntaxFault(fault.message.decode("utf-8", "replace"), max(fault.cursorpos - 1, 0))
        raw: bytes = result.plpgsql_funcs
    finally:
        lib.pg_query_free_plpgsql_parse_result(result)
    if _tree_depth(raw) > MAX_TREE:
        raise TooDeep
    try:
        found = msgspec.json.decode(raw)
    except (RecursionError, msgspec.DecodeError):
        raise TooDeep from None
    return found if isinstance(found, list) else []


def chain(text: str) -> int:
    """An upper bound of how deep a tree the grammar can build of this text, in one pass.

    Every operator deepens what stands to its left, every bracket what it holds; a comma starts anew on its level.
    """
    deepest = 0
    operators = held = widest = 0  # of the level at hand: since its last comma, inside its brackets, of its items
    levels: list[tuple[int, int, int]] = []
    for token in _tokens(text):
        first = token[0]
        if first in "([":
            levels.append((operators, held, widest))
            operators = held = widest = 0
        elif first in ")]":
            depth = max(widest, operators + held) + 1
            operators, held, widest = levels.pop() if levels else (0, 0, 0)
            held = max(held, depth)
        elif first in ",;":
            widest = max(widest, operators + held)
            deepest = max(deepest, widest + len(levels))
            operators = held = 0
        elif first not in "'\"":
            operators += 1
    while levels:
        depth = max(widest, operators + held) + 1
        operators, held, widest = levels.pop()
        held = max(held, depth)
    return max(deepest, widest, operators + held)


def _tokens(text: str) -> Iterator[str]:
    """What of a text can matter to its depth: strings and comments are stepped over as the server's scanner would."""
    position = 0
    while found := _TOKEN.search(text, position):
        token = found[0]
        position = found.end()
        if token == "/*":
            position = end_of_comment(text, position)
        elif token[0] == "$":
            end = text.find(token, position)
            position = len(text) if end < 0 else end + len(token)
        elif not token.startswith("--") and not (token[0] in "eE" and token[-1] == "'"):
            yield token


def end_of_comment(text: str, position: int) -> int:
    """Where the comment ends in which this position stands; comments nest."""
    depth = 1
    while depth:
        found = _COMMENT.search(text, position)
        if not found:
            return len(text)
        depth += 1 if found[0] == "/*" else -1
        position = found.end()
    return position


def _tree_depth(raw: bytes) -> int:
    deepest = depth = 0
    for bracket in raw.translate(None, _KEEP_BRACKETS):
        if bracket == 123:
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest
