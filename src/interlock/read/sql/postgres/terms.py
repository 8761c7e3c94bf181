"""Conditions of PostgreSQL in the neutral form of `condition.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from interlock.read.sql.logic import FALSE, TRUE, outcomes
from interlock.read.sql.neutral import (
    BOUNDLESS,
    Sub,
    Target,
    Term,
    compared,
    contained,
    each_of,
    finds_itself,
    listed,
    number_of,
    same,
    simple,
    volatile,
)
from interlock.read.sql.patterns import as_like
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.columns import aliases, column, has_column, leads_out, narrowed, only_columns
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.literals import constant, elements, number, value_function
from interlock.read.sql.postgres.selves import FAR, bare, own_of
from interlock.read.sql.postgres.sources import arms_of, kept, most_of, outer_of, source_of, the_call
from interlock.read.sql.postgres.trials import is_none
from interlock.read.sql.practice import is_keylike, leaves_out

_COMPARISONS: Final = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LIKE: Final = {"AEXPR_LIKE", "AEXPR_ILIKE"}
_OTHER: Final[Term] = ("other", ())
_NOUGHT: Final[Term] = ("lit", 0)


def term(node: Node | None) -> Term:
    """The neutral form of an expression node. Total: what it does not know becomes `other` with its columns."""
    if not node:
        return _OTHER
    kind, inner = next(iter(node.items()))
    rule = _RULES.get(kind)
    return rule(inner) if rule else only_columns(inner)


def _expression(node: Node) -> Term:
    kind = node.get("kind", "")
    operator = names.text(node["name"][-1]) if node.get("name") else ""
    left, right = node.get("lexpr"), node.get("rexpr")
    if kind == "AEXPR_OP":
        if left is None:
            return _prefixed(operator, term(right))
        if operator in _COMPARISONS:
            return _compared(_COMPARISONS[operator], left, right)
        if operator == "^":
            return ("fn", "power", (term(left), term(right)))
        if operator in ("!~", "!~*"):
            return ("not", _expression(node | {"name": [_named(operator[1:])]}))
        if operator in ("~", "~*") and (passes := _passes(term(right))):
            return ("like", term(left), ("lit", passes), False)
        return contained(operator, term(left), term(right))
    if kind in _LIKE:
        return ("like", term(left), _unescaped(term(right)), operator.startswith("!"))
    if kind in ("AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT"):
        return same(term(left), term(right), kind == "AEXPR_DISTINCT")
    if kind == "AEXPR_IN":
        items = tuple(term(item) for item in (right or {}).get("List", {}).get("items", ()))
        return ("in", term(left), items, operator == "<>")
    if "BETWEEN" in kind:
        low, high = map(term, (right or {}).get("List", {}).get("items", (None, None)))
        if kind.endswith("SYM") and (number_of(low) or 0) > (number_of(high) or 0):
            low, high = high, low
        return ("between", term(left), low, high, "NOT" in kind)
    return _special(kind, operator, left, right)


def _named(operator: str) -> Node:
    return {"String": {"sval": operator}}


def _unescaped(pattern: Term) -> Term:
    """The pattern of `LIKE … ESCAPE 'x'`, where it holds no such sign."""
    if pattern[0] != "fn" or pattern[1] != "like_escape" or len(pattern[2]) != 2:
        return pattern
    text, sign = pattern[2]
    return text if text[0] == sign[0] == "lit" and sign[1] and str(sign[1]) not in str(text[1]) else pattern


def _passes(pattern: Term) -> str:
    return as_like(pattern[1]) if pattern[0] == "lit" and isinstance(pattern[1], str) else ""


def _special(kind: str, operator: str, left: Node | None, right: Node | None) -> Term:
    """SIMILAR TO, NULLIF, and comparisons with an array."""
    if kind == "AEXPR_SIMILAR":
        pattern = (right or {}).get("FuncCall", {}).get("args", ())
        if len(pattern) == 1 and term(pattern[0]) == ("lit", "%"):
            return ("like", term(left), ("lit", "%"), operator.startswith("!"))
    if kind == "AEXPR_NULLIF":
        return ("fn", "nullif", (term(left), term(right)))
    if (kind, operator) in (("AEXPR_OP_ANY", "="), ("AEXPR_OP_ALL", "<>")) and right:
        if right.get("SubLink", {}).get("subLinkType") == "ARRAY_SUBLINK":
            of = "ANY_SUBLINK" if kind == "AEXPR_OP_ANY" else "ALL_SUBLINK"
            return _sublink(right["SubLink"] | {"subLinkType": of, "testexpr": left, "operName": [_named(operator)]})
        items = elements(right, term)
        if items is not None:
            return ("in", term(left), items, kind == "AEXPR_OP_ALL")
    if kind == "AEXPR_OP_ANY" and operator in ("~~", "~~*") and right and (items := elements(right, term)):
        return ("or", tuple(("like", term(left), item, False) for item in items))
    if (
        kind in ("AEXPR_OP_ANY", "AEXPR_OP_ALL")
        and operator in _COMPARISONS
        and right
        and (items := elements(right, term))
    ):
        compare = tuple(compared(_COMPARISONS[operator], term(left), item) for item in items)
        return ("or" if kind == "AEXPR_OP_ANY" else "and", compare)
    return ("other", (term(left), term(right)))


def _prefixed(operator: str, operand: Term) -> Term:
    if operator == "+":
        return operand
    if operator == "-" and operand[0] == "lit" and isinstance(operand[1], (int, float)):
        return ("lit", -operand[1])
    return ("fn", operator, (operand,))


def _compared(operator: str, left: Node, right: Node | None) -> Term:
    if right and "RowExpr" in right and "RowExpr" in left:
        pairs = zip(left["RowExpr"].get("args", ()), right["RowExpr"].get("args", ()), strict=False)
        if operator == "=":
            return ("and", tuple(("cmp", "=", term(one), term(other)) for one, other in pairs))
        first = next(pairs, None)
        if first and operator != "<>":  # of rows the first columns decide, unless they are equal
            return compared(operator if "=" in operator else f"{operator}=", term(first[0]), term(first[1]))
    one, other = term(left), term(right)
    plain = simple(one)
    alike = one == other or plain == simple(other)
    if alike and narrowed(left) != narrowed(right or {}) and not is_keylike(str(plain[-1]), ""):
        return ("other", (one,))  # `a::date = a`: of some rows
    return compared(operator, one, other)


def _boolean(node: Node) -> Term:
    terms = tuple(term(argument) for argument in node.get("args", ()))
    kind = node.get("boolop")
    if kind == "NOT_EXPR":
        return ("not", terms[0])
    return ("and" if kind == "AND_EXPR" else "or", terms)


def _null_test(node: Node) -> Term:
    return ("null", term(node.get("arg")), node.get("nulltesttype") == "IS_NOT_NULL")


def _boolean_test(node: Node) -> Term:
    inner = term(node.get("arg"))
    kind = node.get("booltesttype", "")
    if kind.endswith("UNKNOWN"):
        return ("null", inner, kind.startswith("IS_NOT"))
    wanted = kind.endswith("TRUE")
    if inner[0] == "col":
        return ("same", inner, ("lit", wanted), kind.startswith("IS_NOT"))
    plain: Term = inner if wanted else ("not", inner)
    return ("not", plain) if kind.startswith("IS_NOT") else plain


def _function(node: Node) -> Term:
    name = names.strings(node.get("funcname", ()))
    args = tuple(term(argument) for argument in node.get("args", ()))
    if name and name[-1] == "regexp_like" and len(args) == 2 and (passes := _passes(args[1])):
        return ("like", args[0], ("lit", passes), False)
    return ("fn", name[-1] if name else "", args)


def _cast(node: Node) -> Term:
    inner = term(node.get("arg"))
    kind = names.typed(node.get("typeName", {}))
    if inner[0] == "lit":
        if kind == "bool" and isinstance(inner[1], (str, int)):
            return ("lit", str(inner[1]).strip().lower() in ("t", "true", "y", "yes", "on", "1"))
        if kind in ("int2", "int4", "int8", "numeric", "float4", "float8") and isinstance(inner[1], str):
            return ("lit", number(inner[1]))
        if kind == "interval":
            return ("fn", "interval", (inner,))
    return inner


def _array(node: Node) -> Term:
    return ("fn", "array", tuple(term(one) for one in node.get("elements", ())))


def _part(node: Node) -> Term:
    """One element of an array."""
    place = node.get("indirection", [{}])[0].get("A_Indices", {}).get("uidx")
    alone = place and len(node["indirection"]) == 1
    return ("fn", "subscript", (term(node.get("arg")), term(place))) if alone else only_columns(node)


def _row(node: Node) -> Term:
    return ("fn", "row", tuple(term(one) for one in node.get("args", ())))


def _coalesce(node: Node) -> Term:
    return ("fn", "coalesce", tuple(term(argument) for argument in node.get("args", ())))


def _smallest(node: Node) -> Term:
    name = "least" if node.get("op") == "IS_LEAST" else "greatest"
    return ("fn", name, tuple(term(argument) for argument in node.get("args", ())))


def _case(node: Node) -> Term:
    subject = term(node["arg"]) if "arg" in node else None
    branches = []
    for one in node.get("args", ()):
        when = one.get("CaseWhen", {})
        condition = term(when.get("expr"))
        branches.append((condition if subject is None else ("cmp", "=", subject, condition), term(when.get("result"))))
    return ("case", tuple(branches), term(node["defresult"]) if "defresult" in node else ("lit", None))


def _sublink(node: Node) -> Term:
    select = node.get("subselect", {}).get("SelectStmt", {})
    kind = node.get("subLinkType")
    sub = describe(select, exists=kind == "EXISTS_SUBLINK")
    operator = names.text(node["operName"][-1]) if node.get("operName") else "="
    tested = node.get("testexpr", {})
    value = _given(select)
    if "RowExpr" in tested and (first := _first_of(tested["RowExpr"].get("args", []), select)):
        tested, sub = first
    if (kind, operator) == ("ANY_SUBLINK", "=") and (series := _series(select)):
        return ("between", term(tested), *series, False)
    if kind == "EXPR_SUBLINK" and value is not None:
        return value
    if (kind, operator) in (("ANY_SUBLINK", "="), ("ALL_SUBLINK", "<>")) and tested:
        if sub.outer and sub.outer[2] == term(tested)[-1]:
            return ("same", sub.outer, sub.outer, kind == "ALL_SUBLINK")
        return ("in", term(tested), (("sub", sub) if value is None else value,), kind == "ALL_SUBLINK")
    if tested:
        found = each_of(operator, term(tested), sub, every=kind == "ALL_SUBLINK")
        return found or ("other", (("sub", sub), term(tested)))
    return sub.outer or ("sub", sub)


def _first_of(tested: list[Node], select: Node) -> tuple[Node, Sub] | None:
    """Of `(a, b) IN (SELECT a, b …)` the first column and the query for it alone; None where names differ."""
    outputs = select.get("targetList", [])
    listed = [_output(one) for one in outputs]
    same = [one[0] == "col" and one[2] == term(each)[-1] for one, each in zip(listed, tested, strict=False)]
    if len(outputs) != len(tested) or not same or not all(same):
        return None
    return tested[0], describe(
        {key: part for key, part in select.items() if key[0] != "_"} | {"targetList": outputs[:1]}, exists=False
    )


def _series(select: Node) -> tuple[Term, Term] | None:
    """Both ends of `SELECT generate_series(1, 10)`; one that is too far for a count of rows is none."""
    found = term(the_call(select))
    if found[0] != "fn" or found[1] != "generate_series" or len(found[2]) != 2:
        return None
    low, high = found[2]
    return low, ("lit", BOUNDLESS * 10) if (number_of(high) or 0) >= FAR else high


def _given(select: Node) -> Term | None:
    """`(SELECT 0)`: the one literal that a query without tables lists; None when it is another query."""
    outputs = select.get("targetList", ())
    if len(outputs) != 1 or any(select.get(part) for part in ("fromClause", "whereClause", "larg", "limitCount")):
        return None
    found = term(outputs[0].get("ResTarget", {}).get("val"))
    return found if found[0] == "lit" else None


def text_of(node: Node) -> str | None:
    """The text that an expression comes to, where all of it stands there."""
    found = simple(term(node))
    return found[1] if found[0] == "lit" and isinstance(found[1], str) else None


#: A sample of so many in a hundred is no sample.
_MOST: Final = 90


def describe(select: Node, *, exists: bool) -> Sub:
    """What a condition needs to know of a subquery. It is kept at the node: each query around it asks again."""
    key = "_exists" if exists else "_lists"
    known: Sub | None = select.get(key)
    if known is None:
        known = select[key] = _describe(select, exists=exists)
    return known


def describe_lists(select: Node) -> Sub:
    return describe(select, exists=False)


def _describe(select: Node, *, exists: bool) -> Sub:
    sources = select.get("fromClause", ())
    inside = {alias for source in sources for alias in aliases(source)}
    correlated = any(leads_out(select.get(part), inside) for part in ("havingClause", "targetList"))
    if "larg" in select or not sources:
        correlated = correlated or has_column(select)
    if "larg" in select:
        arms = arms_of(select) if not select.get("limitCount") and not select.get("withClause") else []
        return Sub(correlated, exists=exists, arms=tuple(describe(one, exists=exists) for one in arms))
    table, practice = _source(sources, select.get("targetList", ()))
    limited = False
    where = select.get("whereClause")
    condition = term(where) if where else None
    itself = condition is not None and finds_itself(condition, inside)
    inner = Target(frozenset(inside), table)
    free = condition is None or itself or not outcomes(condition, inner) & FALSE
    correlated = correlated or bool(not free and leads_out(where, inside)) or itself
    if not free and condition is not None and table:
        free = practice = not leaves_out(condition, inner) or is_none(condition, where or {}, inner)
    limit = simple(term(select.get("limitCount")))
    if limit == ("lit", None):
        limit = _OTHER  # LIMIT ALL
    if limit[0] == "lit" and isinstance(limit[1], int) and limit[1] >= (1 if exists else BOUNDLESS):
        practice = practice or not exists
    elif limit[0] not in ("lit", "param") and limit != _OTHER:
        practice = True  # nobody bounds what is deleted by a number that he computes
    elif limit != _OTHER:
        limited = bool(table)
        free = free and limited
    if any(select.get("distinctClause", ())):
        free = False  # DISTINCT ON keeps one row of each kind
    if "havingClause" in select or "withClause" in select or term(select.get("limitOffset")) not in (_OTHER, _NOUGHT):
        free = False
    outputs = [_output(one) for one in select.get("targetList", ())]
    only, extreme = listed(outputs[0]) if len(outputs) == 1 else ("", "")
    grouped = select.get("groupClause")
    if grouped:
        free = free and len(grouped) == 1 and listed(term(grouped[0])) == (only, "")
        extreme = ""
    never = condition is not None and not outcomes(condition, inner) & TRUE
    rows = bool(grouped) or all(one[0] in ("col", "lit") for one in outputs)
    return Sub(
        correlated, table if free else "", only if free and table else "", exists,
        free and not sources and not grouped, extreme, itself, practice,
        empty=rows and (never or limit == _NOUGHT), plain=bool(outputs) and all(one[0] == "col" for one in outputs),
        limited=limited, outer=outer_of(outputs, condition, inside, sources), source=source_of(sources),
        lists=outputs[0] if len(outputs) == 1 and outputs[0][0] == "col" else (), most=most_of(select, limit),
        again="lockingClause" in select or _draws(select), own=own_of(select, condition, inside),
        given=bare(outputs[0], inside) if len(outputs) == 1 else (),
    )  # fmt: skip


def _draws(select: Node) -> bool:
    """Whether which rows it gives is drawn by lot."""
    drawn = any(volatile(term(one.get("SortBy", {}).get("node"))) for one in select.get("sortClause", ()))
    return drawn or volatile(term(select.get("whereClause")))


def _output(node: Node) -> Term:
    """One thing that a SELECT lists; a column that is called otherwise is none."""
    target = node.get("ResTarget", {})
    found = term(target.get("val"))
    return ("other", (found,)) if found[0] == "col" and target.get("name", found[2]) != found[2] else found


def _source(sources: list[Node], outputs: Sequence[Node]) -> tuple[str, bool]:
    """The one table that a FROM reads, and whether that it is all of it is so in practice only."""
    if len(sources) != 1:
        return "", False
    kind, inner = next(iter(sources[0].items()))
    if kind == "JoinExpr":
        condition = term(inner["quals"]) if "quals" in inner else None
        return kept(inner, condition, [term(one.get("ResTarget", {}).get("val")) for one in outputs])
    if kind == "RangeTableSample":
        share = number_of(simple(term(next(iter(inner.get("args", ())), None))))
        whole = share is None or share >= _MOST
        return (_source([inner.get("relation", {"": {}})], outputs)[0], True) if whole else ("", False)
    if kind == "RangeVar":
        return names.relation(inner).removeprefix("public."), False
    if kind == "RangeSubselect" and not inner.get("alias", {}).get("colnames"):
        sub = describe(inner.get("subquery", {}).get("SelectStmt", {}), exists=False)
        whole = sub.plain and not sub.correlated and not sub.limited
        return (sub.table, sub.practice) if whole else ("", False)
    return "", False


_RULES: Final = {
    "A_Const": constant, "ColumnRef": column, "A_Expr": _expression, "BoolExpr": _boolean, "NullTest": _null_test,
    "BooleanTest": _boolean_test, "FuncCall": _function, "TypeCast": _cast, "SQLValueFunction": value_function,
    "CoalesceExpr": _coalesce,
    "ParamRef": lambda node: ("param", str(node.get("number", 0))), "SubLink": _sublink, "MinMaxExpr": _smallest,
    "CaseExpr": _case, "CollateClause": lambda node: term(node.get("arg")), "A_ArrayExpr": _array,
    "RowExpr": _row, "A_Indirection": _part,
}  # fmt: skip
