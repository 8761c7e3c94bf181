"""Trees: what sqlglot makes of the tokens of one query or write, within bounds in which it can be trusted to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any, Final

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from interlock.read.sql.glot.lexer import Token, rewrite
from interlock.read.sql.glot.reading import Reading
from interlock.read.sql.known import keywords

QUERIES: Final = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Paren)
_ROOTS: Final = (*QUERIES, exp.Insert, exp.Update, exp.Delete)
#: Longest statement that is given to sqlglot; a listing of plain rows is shortened before it is counted.
MAX_TOKENS: Final = 60_000
#: Deepest nesting of parentheses, and longest chain of operators that lean on one another.
MAX_DEPTH: Final = 150
MAX_RUN: Final = 16  # keywords in a row; 60 of one kind took sqlglot 7 s, each further one twice as long
MAX_CASES: Final = 1_000
#: What gives a value another type or order.
CASTS: Final = (exp.Cast, exp.TryCast, exp.TsOrDsToDate, exp.Collate)


class _Grammars(threading.local):
    """Tokenizer and parser of each dialect, made once for the thread that uses them: they hold the text at hand."""

    def __init__(self) -> None:
        logging.getLogger("sqlglot").disabled = True  # it would write parts of what it reads to the log
        self._made: dict[str, tuple[Any, Any]] = {}

    def parse(self, text: str, dialect: str) -> list[Any]:
        """The trees of the statements in this text. Raises what sqlglot raises."""
        made = self._made.get(dialect)
        if made is None:
            grammar = Dialect.get_or_raise(dialect)
            made = self._made[dialect] = (grammar.tokenizer(), grammar.parser())
        tokenizer, parser = made
        found: list[Any] = parser.parse(tokenizer.tokenize(text), text)
        return found


_grammars: Final = _Grammars()


def tree_of(reading: Reading, tokens: Sequence[Token]) -> Any | None:
    """What sqlglot makes of these tokens; None, and an unknown effect, where it cannot be trusted to."""
    what = tokens[0].word.lower()
    if len(tokens) > MAX_TOKENS or _depth(tokens) > MAX_DEPTH or _is_piled_up(tokens):
        reading.cannot_tell(what, "a statement that is too long or nests too deep to be read")
        reading.degrade("a statement is too long or nests too deep to be read")
        return None
    try:
        trees = _grammars.parse(rewrite(tokens, reading.dialect), reading.dialect)
    except (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        reading.cannot_tell(what, "a statement that cannot be read")
        return None
    if len(trees) != 1 or not isinstance(trees[0], _ROOTS):
        reading.cannot_tell(what, "a statement that is not modelled")
        return None
    return trees[0]


def _is_piled_up(tokens: Sequence[Token]) -> bool:
    """Keywords heaped as nobody writes them: sqlglot then takes exponential time, or all of the C stack."""
    if len(tokens) <= MAX_RUN:
        return False
    known = keywords()
    run = cases = 0
    for token in tokens:
        run = run + 1 if token.word in known else 0
        cases += token.word in ("CASE", "IF")
        if run > MAX_RUN or cases > MAX_CASES:
            return True
    return False


def _depth(tokens: Sequence[Token]) -> int:
    """How deep a tree these tokens can make: brackets, and operators in a row on one level. AND and OR make none."""
    if len(tokens) <= MAX_DEPTH:
        return len(tokens)  # each deepens it by one at most
    deepest = here = 0
    levels: list[int] = []
    for token in tokens:
        if token.kind == "p":
            if token.value == "(":
                levels.append(here)
                here = 0
            elif token.value == ")":
                here = levels.pop() if levels else 0
            elif token.value == ",":
                here = 0
            elif token.value not in (".", "=", "*"):
                here += 1
        elif token.word in ("AND", "OR", "WHERE", "SELECT", "FROM", "WHEN", "THEN", "ELSE"):
            here = 0
        elif token.word in ("NOT", "IS", "LIKE", "COLLATE", "CASE"):
            here += 1
        deepest = max(deepest, here + len(levels))
    return deepest


def casts(tree: Any) -> bool:
    """Whether anything is cast: a term does not say so, and `date(a) <> a` is not never true."""
    return tree.find(*CASTS) is not None


def spelled(node: Any) -> str:
    """The dotted name of a table that stands where an expression does."""
    return ".".join(part.name for part in node.parts).lower().removeprefix("main.")


def table_name(node: Any) -> str:
    """The dotted name of a sqlglot table, as its parts are written."""
    return ".".join(part.name for part in node.parts if isinstance(part, exp.Identifier)).lower().removeprefix("main.")
