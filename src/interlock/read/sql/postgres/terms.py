"""Conditions of PostgreSQL in the neutral form of `condition.py`."""

from __future__ import annotations

from typing import Any, Final

from interlock.read.sql.logic import FALSE, NOTHING, Sub, Term, finds_itself, listed, outcomes
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.grammar import Node

_COMPARISONS: Final = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LIKE: Final = {"AEXPR_LIKE", "AEXPR_ILIKE"}
_OTHER: Final[Term] = ("other", ())
#: Regular expressions that match every text.
_EVERYTHING: Final = frozenset(("lit", text) for text in ("", ".*", "^", "$", ".*$", "^.*$", "^.*"))


def term(node: Node | None) -> Term:
    """The neutral form of an expression node. Total: what it does not know becomes `other` with its columns."""
    if not node:
        return _OTHER
    kind, inner = next(iter(node.items()))
    rule = _RULES.get(kind)
    return rule(inner) if rule else _other(inner)


def _constant(node: Node) -> Term:
    if node.get("isnull"):
        return ("lit", None)
    if "boolval" in node:
        return ("lit", bool(node["boolval"].get("boolval", False)))
    if "ival" in node:
        return ("lit", int(node["ival"].get("ival", 0)))
    if "fval" in node:
        return ("lit", _number(node["fval"].get("fval", "")))
    if "sval" in node:
        return ("lit", str(node["sval"].get("sval", "")))
    return _OTHER


def _number(text: str) -> object:
    """A numeric literal that the grammar keeps as text: too large, in hexadecimal, or with a point."""
    try:
        return float(text.replace("_", ""))
    except ValueError:
        try:
            return int(text.replace("_", ""), 0)
        except ValueError:
            return text


def _column(node: Node) -> Term:
    fields = node.get("fields", ())
    parts = [names.text(field) for field in fields]
    if not parts or "A_Star" in fields[-1]:
        return ("col", parts[0] if len(parts) > 1 else "", "*")
    return ("col", parts[-2] if len(parts) > 1 else "", parts[-1])


def _expression(node: Node) -> Term:
    kind = node.get("kind", "")
    operator = names.text(node["name"][-1]) if node.get("name") else ""
    left, right = node.get("lexpr"), node.get("rexpr")
    if kind == "AEXPR_OP":
        if left is None:
            return _prefixed(operator, term(right))
        if operator in _COMPARISONS:
            return _compared(_COMPARISONS[operator], left, right)
        if operator in ("~", "~*") and term(right) in _EVERYTHING:
            return ("like", term(left), ("lit", "%"), False)
        return ("fn", operator, (term(left), term(right)))
    if kind in _LIKE:
        return ("like", term(left), term(right), operator.startswith("!"))
    if kind in ("AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT"):
        return ("same", term(left), term(right), kind == "AEXPR_DISTINCT")
    if kind == "AEXPR_IN":
        items = tuple(term(item) for item in (right or {}).get("List", {}).get("items", ()))
        return ("in", term(left), items, operator == "<>")
    if kind in ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN"):
        low, high = (right or {}).get("List", {}).get("items", (None, None))
        return ("between", term(left), term(low), term(high), kind == "AEXPR_NOT_BETWEEN")
    if kind == "AEXPR_OP_ANY" and operator == "=" and right and "A_ArrayExpr" in right:
        items = tuple(term(item) for item in right["A_ArrayExpr"].get("elements", ()))
        return ("in", term(left), items, False)
    return ("other", (term(left), term(right)))


def _prefixed(operator: str, operand: Term) -> Term:
    if operator in "+-" and operand[0] == "lit" and isinstance(operand[1], (int, float)):
        return ("lit", -operand[1] if operator == "-" else operand[1])
    return ("fn", operator, (operand,))


def _compared(operator: str, left: Node, right: Node | None) -> Term:
    if right and "RowExpr" in right and "RowExpr" in left:
        pairs = zip(left["RowExpr"].get("args", ()), right["RowExpr"].get("args", ()), strict=False)
        if operator == "=":
            return ("and", tuple(("cmp", "=", term(one), term(other)) for one, other in pairs))
    return ("cmp", operator, term(left), term(right))


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
    return ("fn", name[-1] if name else "", tuple(term(argument) for argument in node.get("args", ())))


def _cast(node: Node) -> Term:
    inner = term(node.get("arg"))
    kind = names.typed(node.get("typeName", {}))
    if inner[0] == "lit":
        if kind == "bool" and isinstance(inner[1], (str, int)):
            return ("lit", str(inner[1]).strip().lower() in ("t", "true", "y", "yes", "on", "1"))
        if kind in ("int2", "int4", "int8", "numeric", "float4", "float8") and isinstance(inner[1], str):
            return ("lit", _number(inner[1]))
        if kind == "interval":
            return ("fn", "interval", (inner,))
    return inner


def _value_function(node: Node) -> Term:
    name = str(node.get("op", "")).removeprefix("SVFOP_").lower().removesuffix("_n")
    return ("fn", name, ())


def _coalesce(node: Node) -> Term:
    return ("fn", "coalesce", tuple(term(argument) for argument in node.get("args", ())))


def _parameter(node: Node) -> Term:
    return ("param", str(node.get("number", 0)))


def _sublink(node: Node) -> Term:
    select = node.get("subselect", {}).get("SelectStmt", {})
    kind = node.get("subLinkType")
    sub = describe(select, exists=kind == "EXISTS_SUBLINK")
    if kind == "ANY_SUBLINK" and "testexpr" in node:
        return ("in", term(node["testexpr"]), (("sub", sub),), False)
    if "testexpr" in node:
        return ("other", (("sub", sub), term(node["testexpr"])))
    return ("sub", sub)


def describe(select: Node, *, exists: bool) -> Sub:
    """What a condition needs to know of a subquery."""
    sources = select.get("fromClause", ())
    where = select.get("whereClause")
    plain = not any(select.get(part) for part in ("groupClause", "havingClause", "limitCount", "larg", "withClause"))
    inside = {alias for source in sources for alias in _aliases(source)}
    condition = term(where) if where else None
    itself = condition is not None and finds_itself(condition, inside)
    free = plain and (condition is None or itself or not outcomes(condition, NOTHING) & FALSE)
    table = column = extreme = ""
    if len(sources) == 1 and "RangeVar" in sources[0] and free:
        table = names.relation(sources[0]["RangeVar"])
        targets = select.get("targetList", ())
        if len(targets) == 1:
            column, extreme = listed(term(targets[0].get("ResTarget", {}).get("val")))
    correlated = any(_leads_out(select.get(part), inside) for part in ("whereClause", "havingClause", "targetList"))
    if "larg" in select or not sources:
        correlated = correlated or _has_column(select)
    return Sub(correlated, table, column, exists, free and not sources, extreme, itself)


def _aliases(source: Node) -> list[str]:
    kind, inner = next(iter(source.items()))
    if kind == "JoinExpr":
        return [*_aliases(inner.get("larg", {"": {}})), *_aliases(inner.get("rarg", {"": {}}))]
    alias = inner.get("alias", {}).get("aliasname") if isinstance(inner, dict) else None
    return [alias or inner.get("relname", "")]


def _leads_out(node: Any, inside: set[str]) -> bool:
    """Whether a subquery can look at the row outside: by a foreign qualifier, or two bare columns compared."""
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack.extend(one)
        elif isinstance(one, dict):
            if "ColumnRef" in one:
                found = _column(one["ColumnRef"])
                if found[1] and found[1] not in inside:
                    return True
            elif "A_Expr" in one:
                sides = (term(one["A_Expr"].get("lexpr")), term(one["A_Expr"].get("rexpr")))
                if all(side[0] == "col" for side in sides) and not all(side[1] for side in sides):
                    return True
                stack.extend(one.values())
            else:
                stack.extend(one.values())
    return False


def _has_column(node: Any) -> bool:
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack.extend(one)
        elif isinstance(one, dict):
            if "ColumnRef" in one:
                return True
            stack.extend(one.values())
    return False


def _other(inner: Any) -> Term:
    """An expression kind of no interest: only which columns are in it."""
    found: list[Term] = []
    stack = [inner]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack.extend(one)
        elif isinstance(one, dict):
            if "ColumnRef" in one:
                found.append(_column(one["ColumnRef"]))
            else:
                stack.extend(one.values())
    return ("other", tuple(found))


_RULES: Final = {
    "A_Const": _constant, "ColumnRef": _column, "A_Expr": _expression, "BoolExpr": _boolean, "NullTest": _null_test,
    "BooleanTest": _boolean_test, "FuncCall": _function, "TypeCast": _cast, "SQLValueFunction": _value_function,
    "CoalesceExpr": _coalesce, "ParamRef": _parameter, "SubLink": _sublink,
}  # fmt: skip
