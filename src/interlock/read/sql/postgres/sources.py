"""What a FROM of PostgreSQL holds, where that is more than a plain table: joins that keep every row, and functions."""

from __future__ import annotations

from collections.abc import Sequence

from interlock.read.sql.logic import FALSE, outcomes
from interlock.read.sql.neutral import NOTHING, Term
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.columns import aliases
from interlock.read.sql.postgres.grammar import Node


def kept(join: Node, condition: Term | None, outputs: Sequence[Term]) -> tuple[str, bool]:
    """The table of which a join keeps every row, where it is that one which is listed: the left of a LEFT JOIN.

    The second says that this is so in practice only: the other side of a join without a condition could be empty.
    """
    left, kind = join.get("larg", {}), join.get("jointype")
    plain = not join.get("isNatural") and not join.get("usingClause")
    crossed = kind == "JOIN_INNER" and plain and (condition is None or not outcomes(condition, NOTHING) & FALSE)
    if "RangeVar" not in left or not (crossed or kind in ("JOIN_LEFT", "JOIN_FULL")):
        return "", False
    called = aliases(left)[0]
    listed = bool(outputs) and all(one[0] == "col" and one[1] == called for one in outputs)
    return (names.relation(left["RangeVar"]).removeprefix("public."), True) if listed else ("", False)


def the_call(select: Node) -> Node:
    """The one call that a query is: `SELECT f()` or `SELECT * FROM f()`; nothing where it is more than that."""
    outputs, sources = select.get("targetList", ()), select.get("fromClause", ())
    if len(outputs) != 1 or len(sources) > 1 or any(select.get(part) for part in ("whereClause", "limitCount", "larg")):
        return {}
    if not sources:
        return _call(outputs[0].get("ResTarget", {}).get("val", {}))
    functions = sources[0].get("RangeFunction", {}).get("functions", ())
    items = functions[0].get("List", {}).get("items", ()) if len(functions) == 1 else ()
    return _call(items[0]) if items else {}


def _call(node: Node) -> Node:
    return node if "FuncCall" in node else {}


def columns_of(source: Node) -> list[str]:
    """The columns that a query or function in a FROM is seen to have; of a table none is seen."""
    if not source:
        return []
    kind, inner = next(iter(source.items()))
    if kind not in ("RangeSubselect", "RangeFunction"):
        return []
    called = names.strings(inner.get("alias", {}).get("colnames", ()))
    if called or kind == "RangeFunction":
        return called
    return listed_by(inner.get("subquery", {}).get("SelectStmt", {}))


def listed_by(select: Node) -> list[str]:
    """What the columns are called that a query lists, as far as they are called something."""
    found = []
    for one in select.get("targetList", ()):
        target = one.get("ResTarget", {})
        fields = target.get("val", {}).get("ColumnRef", {}).get("fields", ())
        found.append(target.get("name", "") or (names.text(fields[-1]) if fields else ""))
    return [one for one in found if one]


def source_of(sources: Sequence[Node]) -> str:
    """The one plain table that a FROM reads."""
    table = sources[0].get("RangeVar", {}) if len(sources) == 1 else {}
    return names.relation(table).removeprefix("public.") if table else ""


def lacks(sources: Sequence[Node], name: str) -> bool:
    """Whether a FROM is a query that lists other columns than this one: then it is the row outside that has it."""
    query = sources[0].get("RangeSubselect", {}) if len(sources) == 1 else {}
    select = query.get("subquery", {}).get("SelectStmt", {})
    if not select.get("targetList") or query.get("alias", {}).get("colnames"):
        return False
    listed = listed_by(select)
    return len(listed) == len(select["targetList"]) and name not in listed


def arms_of(select: Node) -> list[Node]:
    """The queries of which one gives all that a UNION or EXCEPT does, were it all; what EXCEPT lists are a few."""
    if select.get("op") == "SETOP_EXCEPT" and "fromClause" not in select["rarg"]:
        return [select["larg"]]
    return [select["larg"], select["rarg"]] if select.get("op") == "SETOP_UNION" else []


def most_of(select: Node, limit: Term) -> int | None:
    """How many rows a query gives at most by its LIMIT, which is this."""
    sure = select.get("limitOption") != "LIMIT_OPTION_WITH_TIES" and limit[0] == "lit"
    return limit[1] if sure and type(limit[1]) is int and limit[1] >= 0 else None


def outer_of(outputs: list[Term], condition: Term | None, inside: set[str], sources: Sequence[Node]) -> Term:
    """The column of the row outside that a query without conditions gives back: `u.id IN (SELECT u.id FROM orders)`."""
    one: Term = outputs[0] if len(outputs) == 1 and condition is None else ("other", ())
    if one[0] != "col" or one[2] == "*" or (one[1] and one[1] in inside):
        return ()
    return one if one[1] or lacks(sources, one[2]) else ()
