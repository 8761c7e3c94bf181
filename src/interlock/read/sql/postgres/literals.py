"""Literals of PostgreSQL: what the grammar keeps of a constant, and its words for the time and the user."""

from __future__ import annotations

from math import isfinite

from interlock.read.sql.neutral import Term
from interlock.read.sql.postgres.grammar import Node


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
