"""Literals of PostgreSQL: what the grammar keeps of a constant, and its words for the time and the user."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import Final

from interlock.read.sql.neutral import Term
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.grammar import Node

_PLAIN_ARRAY: Final = re.compile(r"\{[\w\s,.@:+-]*\}")


def constant(node: Node) -> Term:
    """The value of an A_Const."""
    if node.get("isnull"):
        return ("lit", None)
    if "boolval" in node:
        return ("lit", bool(node["boolval"].get("boolval", False)))
    if "ival" in node:
        return ("lit", int(node["ival"].get("ival", 0)))
    if "fval" in node:
        return ("lit", number(node["fval"].get("fval", "")))
    if "sval" in node:
        return ("lit", str(node["sval"].get("sval", "")))
    return ("other", ())


def number(text: str) -> object:
    """A numeric literal that the grammar keeps as text: too large, in hexadecimal, or with a point."""
    try:
        found = float(text.replace("_", ""))
        return found if isfinite(found) else text.lower()  # NaN equals itself in PostgreSQL, unlike here
    except ValueError:
        try:
            return int(text.replace("_", ""), 0)
        except ValueError:
            return text


def value_function(node: Node) -> Term:
    """CURRENT_DATE and the like, which the grammar has words of its own for."""
    name = str(node.get("op", "")).removeprefix("SVFOP_").lower().removesuffix("_n")
    return ("fn", name, ())


def elements(array: Node, term: Callable[[Node], Term]) -> tuple[Term, ...] | None:
    """What stands in `ARRAY[…]`, `'{1,2}'::int[]` or `ARRAY(SELECT …)`; None where that cannot be told."""
    if "A_ArrayExpr" in array:
        return tuple(term(item) for item in array["A_ArrayExpr"].get("elements", ()))
    if "SubLink" in array and array["SubLink"].get("subLinkType") == "ARRAY_SUBLINK":
        return (term(array),)
    if "ParamRef" in array:
        return (term(array),)
    found = term(array)
    if found[0] == "sub" and found[1].given[:2] == ("fn", "array_agg"):
        return (("sub", found[1]._replace(given=found[1].given[2][0])),)
    if "TypeCast" in array and array["TypeCast"].get("typeName", {}).get("arrayBounds"):
        inner = array["TypeCast"].get("arg", {})
        if "A_ArrayExpr" in inner:
            return elements(inner, term)
        text = constant(inner["A_Const"]) if "A_Const" in inner else ("other", ())
        if text[0] == "lit" and isinstance(text[1], str) and _PLAIN_ARRAY.fullmatch(text[1]):
            kind = names.typed(array["TypeCast"]["typeName"])
            numbers = kind in ("int2", "int4", "int8", "numeric")
            given = [one.strip() for one in text[1][1:-1].split(",") if one.strip()]
            return tuple(("lit", number(one) if numbers else one) for one in given)
    return None
