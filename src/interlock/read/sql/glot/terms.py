"""Conditions of MySQL and SQLite in the neutral form of `condition.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlglot import exp

from interlock.read.sql.glot.identities import always, called, finds_only_itself, settled
from interlock.read.sql.glot.trees import (
    CASTS,
    COMPARISONS,
    FOLDS,
    SIGNS,
    boolean,
    column,
    columns,
    counts,
    draws,
    gives_back,
    kept,
    leads_out,
    literal,
    maybe_text,
    narrowed,
    null,
    one_of_row,
    opposite,
    parameter,
    spelled,
    table_name,
)
from interlock.read.sql.logic import FALSE, TRUE, outcomes
from interlock.read.sql.neutral import BOUNDLESS, MIRROR, Sub, Target, Term, compared, each_of, listed, same, simple
from interlock.read.sql.patterns import as_like
from interlock.read.sql.practice import is_keylike, leaves_out

_OTHER: Final[Term] = ("other", ())


def term(node: Any) -> Term:
    """The neutral form of an expression. Total: what it does not know becomes `other` with its columns."""
    if node is None:
        return _OTHER
    kind = type(node)
    operator = COMPARISONS.get(kind)
    if operator:
        return _compared(operator, node)
    rule = _RULES.get(kind)
    if rule:
        found = rule(node)
        return opposite(found) if node.args.get("negate") else found
    if isinstance(node, exp.Func):
        return called(name_of(node), tuple(term(one) for one in _arguments(node)))
    return columns(node)


def name_of(node: Any) -> str:
    """A function's name as sqlglot knows it, in lower case."""
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    if isinstance(node, exp.Extract):
        return str(node.name).lower()
    if isinstance(node, exp.Length) and node.args.get("binary"):
        return "octet_length"
    if isinstance(node, exp.Trim):
        return {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position")).upper(), "trim")
    if FOLDS in node.meta:  # under a collation of MySQL that ignores the case of letters
        return "fold"
    return str(node.sql_name()).lower()


def _arguments(node: Any) -> list[Any]:
    found: list[Any] = []
    for value in node.args.values():
        found.extend(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, exp.Expr))
    return found


def _compared(operator: str, node: Any) -> Term:
    left, right = node.this, node.expression
    if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple) and operator == "=":
        pairs = zip(left.expressions, right.expressions, strict=False)
        return ("and", tuple(("cmp", "=", term(one), term(other)) for one, other in pairs))
    if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple) and operator != "<>":
        return compared(f"{operator[0]}=", term(left.expressions[0]), term(right.expressions[0]))
    if isinstance(right, (exp.Any, exp.All)) and (isinstance(right, exp.Any), operator) in ((True, "="), (False, "<>")):
        return _listed(left, right.this, negated=operator == "<>")
    if isinstance(right, (exp.Any, exp.All)):
        return _each_of(operator, left, right)
    one, other = _number(left, right), _number(right, left)
    if maybe_text(left, other) or maybe_text(right, one):
        # SQLite takes "x" for the text 'x' where there is no column x
        return ("cmp", operator, ("lit", other[1]), ("lit", other[1])) if other[0] == "lit" else (
            "cmp", operator, ("lit", one[1]), ("lit", one[1])
        )  # fmt: skip
    if one[0] == "sub" and other[0] == "col":
        operator, one, other = MIRROR[operator], other, one
    kinds = (narrowed(left), narrowed(right))
    if one == other and kinds[0] != kinds[1] and not is_keylike(str(one[-1]), ""):
        if (operator, *kinds) in (("<=", ["date"], []), (">=", [], ["date"])):
            return always(("cmp", operator, one, other))  # a day begins before all that is of it
        return ("other", (one,))  # `DATE(a) = a`: of some rows
    return settled(compared(operator, one, other))


def _each_of(operator: str, left: Any, right: Any) -> Term:
    """`x >= ALL (SELECT …)` and ANY."""
    value = _given(right.this)
    if value is not None:
        return settled(compared(operator, term(left), value))
    sub = describe(right.this, exists=False)
    return each_of(operator, term(left), sub, every=isinstance(right, exp.All)) or columns(right)


def _listed(left: Any, query: Any, *, negated: bool) -> Term:
    """`x = ANY (SELECT …)` is `x IN (SELECT …)`, `x <> ALL (SELECT …)` its opposite."""
    if isinstance(left, (exp.Tuple, exp.Paren)):
        left, query = one_of_row(left, query)
    value, tested = _given(query), term(left)
    if tested[0] == "col" and gives_back(query, tested[2]):
        return ("same", tested, tested, negated)
    return ("in", tested, (("sub", describe(query, exists=False)) if value is None else value,), negated)


def _number(node: Any, other: Any) -> Term:
    """A term; X'01' and 0x1 are numbers where they are compared with a column or a number, and texts elsewhere."""
    plain = isinstance(other, exp.Column) or (isinstance(other, exp.Literal) and not other.is_string)
    if plain and isinstance(node, (exp.HexString, exp.BitString)):
        try:
            return ("lit", int(str(node.this), 16 if isinstance(node, exp.HexString) else 2))
        except ValueError:
            return _OTHER
    return term(node)


def _paren(node: Any) -> Term:
    return term(node.this)


def _not(node: Any) -> Term:
    return opposite(term(node.this))


def _joined(tag: str, kind: Any) -> Callable[[Any], Term]:
    """AND and OR lean to the left without bound; they are gathered without recursion."""

    def rule(node: Any) -> Term:
        found: list[Term] = []
        stack = [node]
        while stack:
            one = stack.pop()
            if isinstance(one, kind):
                stack.extend((one.args.get("expression"), one.args.get("this")))
            elif isinstance(one, exp.Paren) and isinstance(one.this, kind):
                stack.append(one.this)
            else:
                found.append(term(one))
        return settled((tag, tuple(found)))

    return rule


def _negative(node: Any) -> Term:
    inner = term(node.this)
    if inner[0] == "lit" and isinstance(inner[1], (int, float)):
        return ("lit", -inner[1])
    return called("-", (inner,))


def _is(node: Any) -> Term:
    left, right = term(node.this), term(node.expression)
    if right == ("lit", None):
        return ("null", left, False)
    if right[0] == "lit" and isinstance(right[1], bool):
        return left if right[1] else ("not", left)
    return settled(same(left, right, False))


def _same(node: Any) -> Term:
    return settled(same(term(node.this), term(node.expression), False))


def _differs(node: Any) -> Term:
    return opposite(_is(node))


def _in(node: Any) -> Term:
    query = node.args.get("query")
    if query is not None:
        return _listed(node.this, query, negated=False)
    table = node.args.get("field")
    if table is not None:  # SQLite's `x IN table`
        return ("in", term(node.this), (("sub", Sub(False, spelled(table), "*")),), False)
    return settled(("in", term(node.this), tuple(term(one) for one in node.expressions), False))


def _between(node: Any) -> Term:
    return settled(("between", term(node.this), term(node.args.get("low")), term(node.args.get("high")), False))


def _like(node: Any) -> Term:
    return settled(("like", term(node.this), term(node.expression), False))


def _glob(node: Any) -> Term:
    """GLOB as LIKE, as far as that shows that all is let through: the case of letters and other signs do not count."""
    pattern = term(node.expression)
    text = pattern[1] if pattern[0] == "lit" and isinstance(pattern[1], str) else "?"
    found = ("like", term(node.this), ("lit", text.replace("*", "%")), False)
    plain = bool(text) and not any(sign in text for sign in "?[%_")
    shown = settled(found) if plain else found
    return shown if plain and (shown is not found or not text.strip("*")) else (*found[:2], _OTHER, False)


def _regexp(node: Any) -> Term:
    pattern = simple(term(node.expression))
    passes = as_like(pattern[1]) if pattern[0] == "lit" and isinstance(pattern[1], str) else ""
    return ("like", term(node.this), ("lit", passes), False) if passes else ("fn", "~", (term(node.this), pattern))


def _escape(node: Any) -> Term:
    """LIKE … ESCAPE: the pattern holds, where it has no such sign."""
    inner, sign = term(node.this), term(node.expression)
    if inner[0] == "like" and inner[2][0] == sign[0] == "lit" and sign[1] and str(sign[1]) not in str(inner[2][1]):
        return inner
    return columns(node)


def _exists(node: Any) -> Term:
    return ("sub", describe(node.this, exists=True))


def _subquery(node: Any) -> Term:
    value = _given(node)
    if value is not None:
        return value
    sub = describe(node, exists=False)
    counted = sub.itself and counts(node)
    return ("fn", "count", (columns(node),)) if counted else ("sub", sub)  # at least the row itself


def _given(query: Any) -> Term | None:
    """`(SELECT 0)`: the one literal that a query without tables lists; None when it is another query."""
    while isinstance(query, (exp.Subquery, exp.Paren)):
        query = query.this
    parts = ("from_", "where", "limit", "group", "having")
    if not isinstance(query, exp.Select) or len(query.expressions) != 1 or any(query.args.get(one) for one in parts):
        return None
    found = term(query.expressions[0])
    return found if found[0] in ("lit", "col") else None  # a column without tables is one of the row outside


def _arithmetic(operator: str) -> Callable[[Any], Term]:
    def rule(node: Any) -> Term:
        return called(operator, (term(node.this), term(node.expression)))

    return rule


def _case(node: Any) -> Term:
    subject = term(node.this) if isinstance(node, exp.Case) and node.this is not None else None
    branches = []
    for one in node.args.get("ifs") or [node]:
        condition = term(one.this)
        branches.append(
            (condition if subject is None else ("cmp", "=", subject, condition), term(one.args.get("true")))
        )
    otherwise = node.args.get("default") if isinstance(node, exp.Case) else node.args.get("false")
    return ("case", tuple(branches), ("lit", None) if otherwise is None else term(otherwise))


def _of_one(operator: str) -> Callable[[Any], Term]:
    def rule(node: Any) -> Term:
        return called(operator, (term(node.this),))

    return rule


def _concat(node: Any) -> Term:
    return ("fn", "concat", tuple(term(one) for one in node.expressions))


_NOUGHT: Final[Term] = ("lit", 0)


def describe(query: Any, *, exists: bool) -> Sub:
    """What a condition needs to know of a subquery."""
    while isinstance(query, (exp.Subquery, exp.Paren)):
        query = query.this
    known: dict[bool, Sub] = query.meta.setdefault("subs", {})  # each query around it asks again
    if exists not in known:
        known[exists] = _describe(query, exists=exists)
    return known[exists]


def _describe(query: Any, *, exists: bool) -> Sub:
    if not isinstance(query, exp.Select):
        arms: tuple[Any, ...] = ()
        if isinstance(query, exp.Union) and not query.args.get("limit"):
            arms = (query.this, query.expression)
        if isinstance(query, exp.Except) and not query.expression.args.get("from_"):
            arms = (query.this,)
        found = any(True for _ in query.find_all(exp.Column))
        return Sub(found, exists=exists, arms=tuple(describe(one, exists=exists) for one in arms))
    source = query.args.get("from_")
    joins = query.args.get("joins") or []
    inside = {one.alias_or_name.lower() for one in [source.this, *(join.this for join in joins)]} if source else set()
    table, practice = ("", False) if source is None or joins else one_source(source.this)
    clause = query.args.get("with_")
    if clause is not None:
        table, practice = _of_with(clause, table) if not joins else ("", False)
    if source is not None and joins and kept(query):
        table, practice = table_name(source.this), True
    single = source.this if source is not None and not joins else None
    deeper = describe(single.this, exists=False) if isinstance(single, exp.Subquery) else Sub(False)
    where = query.args.get("where")
    condition = term(where.this) if where is not None else None
    inner = Target(frozenset(inside), table)
    itself = condition is not None and finds_only_itself(condition, inside, inner)
    free = condition is None or itself or not outcomes(condition, inner) & FALSE
    if not free and condition is not None and table and not leaves_out(condition, inner):
        free = practice = True
    limit = query.args.get("limit")
    most = term(limit.expression) if limit is not None else _OTHER
    if most[0] == "lit" and isinstance(most[1], int) and most[1] >= (1 if exists else BOUNDLESS):
        practice = practice or not exists
    elif limit is not None and not (most[0] == "lit" and isinstance(most[1], int) and most[1] < 0):
        free = False  # of SQLite one below zero is none
    offset = query.args.get("offset")
    skips = offset is not None and term(offset.expression) != _NOUGHT
    having = query.args.get("having")
    asks = having is not None and bool(outcomes(term(having.this), inner) & FALSE)
    if ((joins or clause is not None) and not table) or skips or asks:
        free = False
    outputs = [_output(one) for one in query.expressions]
    column, extreme = listed(outputs[0]) if len(outputs) == 1 else ("", "")
    group = query.args.get("group")
    if group is not None:
        keys = group.expressions
        free = free and len(keys) == 1 and listed(term(keys[0])) == (column, "")
        extreme = ""
    never = condition is not None and not outcomes(condition, inner) & TRUE
    rows = group is not None or all(one[0] in ("col", "lit") for one in outputs)
    correlated = source is None and any(True for _ in query.find_all(exp.Column))
    return Sub(
        correlated or leads_out(query, inside), table if free else "", column if free and table else "", exists,
        free and source is None and group is None, extreme, itself, practice, empty=rows and (never or most == _NOUGHT),
        plain=bool(outputs) and all(one[0] == "col" for one in outputs),
        source=table_name(source.this) if isinstance(single, exp.Table) else deeper.source,
        lists=outputs[0] if len(outputs) == 1 and outputs[0][0] == "col" else (),
        most=most[1] if most[0] == "lit" and type(most[1]) is int and most[1] >= 0 else deeper.most,
        again=bool(query.args.get("locks")) or draws(query),
    )  # fmt: skip


def _of_with(clause: Any, name: str) -> tuple[str, bool]:
    """What a query reads by this name: the table that one of its own WITH queries holds, or one that lasts."""
    for one in clause.expressions:
        if one.alias.lower() == name:
            sub = Sub(False) if one.args["alias"].columns else describe(one.this, exists=False)
            return (sub.table, sub.practice) if sub.plain and not clause.args.get("recursive") else ("", False)
    return name, False


def _output(node: Any) -> Term:
    """One thing that a SELECT lists; a column that is called otherwise is none."""
    if isinstance(node, exp.Star):
        return ("col", "", "*")
    if isinstance(node, exp.Alias):
        found = term(node.this)
        return found if found[0] != "col" or found[2] == node.alias.lower() else ("other", (found,))
    return term(node)


def one_source(node: Any) -> tuple[str, bool]:
    """The one table that a FROM reads, and whether that it is all of it is so in practice only."""
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        return table_name(node), False
    if isinstance(node, exp.Subquery) and not (node.args.get("alias") and node.args["alias"].columns):
        sub = describe(node.this, exists=False)
        found = [one for one in (sub, *sub.arms) if one.plain and one.table and not one.correlated]
        return (found[0].table, found[0].practice) if found else ("", False)
    return "", False


_RULES: Final[dict[type, Callable[[Any], Term]]] = {
    exp.Literal: literal, exp.Column: column, exp.Null: null, exp.Boolean: boolean, exp.Paren: _paren,
    exp.Not: _not, exp.And: _joined("and", exp.And), exp.Or: _joined("or", exp.Or), exp.Neg: _negative, exp.Is: _is,
    exp.NullSafeEQ: _same, exp.NullSafeNEQ: _differs, exp.In: _in, exp.Between: _between, exp.Like: _like,
    exp.ILike: _like, exp.Glob: _glob, exp.RegexpLike: _regexp, exp.Exists: _exists, exp.Subquery: _subquery,
    exp.Select: _subquery, exp.Parameter: parameter, exp.Placeholder: parameter, **dict.fromkeys(CASTS, _paren),
    exp.Case: _case, exp.If: _case, exp.BitwiseNot: _of_one("~"), exp.Interval: _of_one("interval"),
    exp.Concat: _concat, exp.Escape: _escape, **{kind: _arithmetic(sign) for kind, sign in SIGNS.items()},
}  # fmt: skip
