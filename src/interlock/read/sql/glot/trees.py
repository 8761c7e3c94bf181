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
from interlock.read.sql.neutral import Term

QUERIES: Final = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Paren)
_ROOTS: Final = (*QUERIES, exp.Insert, exp.Update, exp.Delete)
COMPARISONS: Final = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_BYTES: Final = (exp.DataType.Type.BINARY, exp.DataType.Type.VARBINARY)
#: Operators of two terms.
SIGNS: Final[dict[type, str]] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.IntDiv: "/", exp.BitwiseOr: "|",
    exp.BitwiseXor: "^", exp.BitwiseAnd: "&", exp.BitwiseLeftShift: "<<", exp.BitwiseRightShift: ">>", exp.DPipe: "||",
}  # fmt: skip
#: Longest statement that is given to sqlglot; a listing of plain rows is shortened before it is counted.
MAX_TOKENS: Final = 60_000
#: Deepest nesting of parentheses, and longest chain of operators that lean on one another.
MAX_DEPTH: Final = 150
MAX_RUN: Final = 16  # keywords in a row; 60 of one kind took sqlglot 7 s, each further one twice as long
MAX_CASES: Final = 1_000
#: What is noted on a LOWER or UPPER that changes nothing for whoever compares.
FOLDS: Final = "folds"
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


def narrowed(node: Any) -> list[str]:
    """The types that an expression is cast to and that do not hold each value of it."""
    found: list[str] = []
    while isinstance(node, (*CASTS, exp.Paren)):
        if isinstance(node, exp.TsOrDsToDate):
            found.append("date")
        elif isinstance(node, (exp.Cast, exp.TryCast)):
            kind = node.args["to"]
            if kind.this not in (*exp.DataType.TEXT_TYPES, *_BYTES) or kind.expressions:
                found.append(str(kind))
        node = node.this
    return found


def literal(node: Any) -> Term:
    """The value of a literal."""
    if node.is_string:
        return ("lit", str(node.this))
    text = str(node.this)
    try:
        return ("lit", int(text))
    except ValueError:
        try:
            return ("lit", float(text))
        except ValueError:
            return ("lit", text)


def spelled(node: Any) -> str:
    """The dotted name of a table that stands where an expression does."""
    return ".".join(part.name for part in node.parts).lower().removeprefix("main.")


def table_name(node: Any) -> str:
    """The dotted name of a sqlglot table, as its parts are written."""
    return ".".join(part.name for part in node.parts if isinstance(part, exp.Identifier)).lower().removeprefix("main.")


def kept(query: Any) -> bool:
    """Whether the joins of a query keep every row of its first table, which is what it lists: LEFT JOIN, CROSS JOIN."""
    first = query.args["from_"].this
    if not isinstance(first, exp.Table) or not isinstance(first.this, exp.Identifier):
        return False
    for join in query.args["joins"]:
        bare = not any(join.args.get(part) for part in ("on", "using", "side", "method"))
        if join.side != "LEFT" and not bare and not _is_itself(first, join):
            return False
    called = first.alias_or_name.lower()
    return all(isinstance(one, exp.Column) and one.table.lower() == called for one in query.expressions)


def _is_itself(first: Any, join: Any) -> bool:
    """`users a JOIN users b ON a.id = b.id`: each row finds itself."""
    on, other = join.args.get("on"), join.this
    if not isinstance(on, exp.EQ) or not isinstance(other, exp.Table) or table_name(other) != table_name(first):
        return False
    sides = (on.this, on.expression)
    called = {first.alias_or_name.lower(), other.alias_or_name.lower()}
    plain = all(isinstance(side, exp.Column) for side in sides) and on.this.name.lower() == on.expression.name.lower()
    return plain and {side.table.lower() for side in sides} == called


def leads_out(query: Any, inside: set[str]) -> bool:
    """Whether a query can look at the row outside: by a foreign qualifier, or two bare columns compared."""
    for column in query.find_all(exp.Column):
        if column.table and column.table.lower() not in inside:
            return True
    for one in query.find_all(*COMPARISONS):
        sides = (one.this, one.expression)
        if all(isinstance(side, exp.Column) for side in sides) and not all(side.table for side in sides):
            return True
    return False


def draws(query: Any) -> bool:
    """Whether which rows a query gives is drawn by lot."""
    return any(True for part in ("order", "where") for one in (query.args.get(part),) if one and one.find(exp.Rand))


def gives_back(query: Any, name: str) -> bool:
    """Whether a query without conditions lists a column of the row outside: its FROM is a query that has none such."""
    while isinstance(query, (exp.Subquery, exp.Paren)):
        query = query.this
    source = query.args.get("from_") if isinstance(query, exp.Select) and len(query.expressions) == 1 else None
    if (
        source is None
        or query.args.get("where")
        or query.args.get("joins")
        or not isinstance(source.this, exp.Subquery)
    ):
        return False
    one, inner = query.expressions[0], source.this.this.expressions
    if not isinstance(one, exp.Column) or one.table or one.name.lower() != name:
        return False
    return bool(inner) and not any(each.is_star or each.alias_or_name.lower() in ("", name) for each in inner)


def maybe_text(node: Any, other: Term) -> bool:
    """Whether SQLite would take this name for the text that it is compared with."""
    return (
        isinstance(node, exp.Column)
        and not node.table
        and isinstance(node.this, exp.Identifier)
        and bool(node.this.quoted)
        and other[0] == "lit"
        and other[1] == node.name
    )


def column(node: Any) -> Term:
    """A column, or a truth value that sqlglot takes for one."""
    name = node.name
    if not node.table and name.lower() in ("true", "false") and not node.this.quoted:
        return ("lit", name.lower() == "true")
    return ("col", node.table.lower(), name.lower())


def null(_node: Any) -> Term:
    """NULL."""
    return ("lit", None)


def boolean(node: Any) -> Term:
    """TRUE or FALSE."""
    return ("lit", bool(node.this))


def columns(node: Any) -> Term:
    """What is not looked into: the columns in it."""
    found = tuple(column(one) for one in node.find_all(exp.Column) if isinstance(one.this, exp.Identifier))
    return ("other", found)


def parameter(node: Any) -> Term:
    """A placeholder or a variable. Two that have no name can be given two values: `id >= ? AND id < ?`."""
    name = str(node.name).lower()
    return ("param", f"?{id(node)}" if name in ("", "?") else name)


def fold(tree: Any) -> None:
    """Notes on each LOWER and UPPER of MySQL that its collations ignore the case of letters anyway."""
    if tree.find(exp.Collate) is not None or any(one.args["to"].this in _BYTES for one in tree.find_all(exp.Cast)):
        return
    for one in tree.find_all(exp.Lower, exp.Upper):
        one.meta[FOLDS] = True


def one_of_row(row: Any, query: Any) -> tuple[Any, Any]:
    """`(a, b) IN (SELECT a, b …)` as `a IN (SELECT a …)`, where each column stands beside itself; else as it is."""
    inner = query
    while isinstance(inner, (exp.Subquery, exp.Paren)):
        inner = inner.this
    if not isinstance(row, exp.Tuple) or not isinstance(inner, exp.Select):
        return row, query
    pairs = list(zip(row.expressions, inner.expressions, strict=False))
    both = [pair for pair in pairs if all(isinstance(one, exp.Column) for one in pair)]
    alike = all(one.name.lower() == other.name.lower() for one, other in both)
    given = all(one == other for one, other in pairs if (one, other) not in both)
    if not both or not alike or not given or len(row.expressions) != len(inner.expressions):
        return row, query
    return both[0][0], listing(inner, both[0][1])


def listing(query: Any, one: Any) -> Any:
    """The same query, with one of the things alone that it lists."""
    found = query.copy()
    found.meta.pop("subs", None)  # what was found out of the whole
    return found.select(one.copy(), append=False, copy=False)


def counts(query: Any) -> bool:
    """Whether a query gives one number, which is how many rows it finds."""
    while isinstance(query, (exp.Subquery, exp.Paren)):
        query = query.this
    listed = query.expressions if isinstance(query, exp.Select) and not query.args.get("group") else []
    return len(listed) == 1 and isinstance(listed[0], exp.Count) and isinstance(listed[0].this, exp.Star)


def opposite(term: Term) -> Term:
    """NOT of a condition, in the spelling in which a reader of a list or a pattern has its own."""
    if term[0] in ("null", "in", "between", "like", "same") and term[-1] is False:
        return (*term[:-1], True)
    return ("not", term)
