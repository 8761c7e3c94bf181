"""At most how many rows a write of PostgreSQL chooses, where its WHERE takes row addresses from a query with a LIMIT.

Only an address in one heap is that of at most one row: so `ctid`, and the table ONLY, since partitions and children
share addresses. And only a query that is asked once gives no more than its LIMIT: none that looks at the row outside,
and under IN none that locks rows or draws lots, which a join may ask again and again.
"""

from __future__ import annotations

from interlock.read.sql.neutral import volatile
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.columns import column
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.terms import describe, term


def at_most(node: Node, scope: frozenset[str]) -> int | None:
    """The bound of this UPDATE or DELETE; None where there is none, or none that is sure.

    A WITH query in scope can have the table's name and no address, so that the one of the row outside would be meant.
    """
    table, where = node.get("relation", {}), node.get("whereClause", {})
    if table.get("inh") or table.get("relname") in scope:
        return None
    both = where.get("BoolExpr", {})
    parts = both.get("args", ()) if both.get("boolop") == "AND_EXPR" else (where,)
    found = [bound for bound in (_bound(part, table) for part in parts) if bound is not None]
    return min(found, default=None)


def _bound(part: Node, table: Node) -> int | None:
    link, once = part.get("SubLink", {}), False
    tested = link.get("testexpr", {})
    kind, operator = link.get("subLinkType"), link.get("operName", ())
    compared = part.get("A_Expr", {})
    if compared.get("kind") == "AEXPR_OP_ANY":
        link, once = compared.get("rexpr", {}).get("SubLink", {}), True
        tested, kind, operator = compared.get("lexpr", {}), link.get("subLinkType"), compared.get("name", ())
    wanted = "ARRAY_SUBLINK" if once else "ANY_SUBLINK"
    if kind != wanted or [names.text(one) for one in operator] not in ([], ["="]) or not _is_address(tested, table):
        return None
    return _limit(link.get("subselect", {}).get("SelectStmt", {}), table, once=once)


def _is_address(node: Node, table: Node) -> bool:
    """Whether this is the `ctid` of that table, however it is qualified."""
    if "ColumnRef" not in node:
        return False
    _, qualifier, name = column(node["ColumnRef"])
    return name == "ctid" and qualifier in ("", table.get("alias", {}).get("aliasname", table.get("relname")))


def _limit(query: Node, table: Node, *, once: bool) -> int | None:
    sources, outputs = query.get("fromClause", ()), query.get("targetList", ())
    if len(sources) != 1 or len(outputs) != 1 or query.get("withClause") or query.get("groupClause"):
        return None
    source = sources[0].get("RangeVar", {})
    if names.relation(source) != names.relation(table) or describe(query, exists=False).correlated:
        return None
    if not _is_address(outputs[0].get("ResTarget", {}).get("val", {}), source):
        return None
    drawn = any(volatile(term(one.get("SortBy", {}).get("node"))) for one in query.get("sortClause", ()))
    if not once and (query.get("lockingClause") or drawn or volatile(term(query.get("whereClause")))):
        return None
    most = term(query.get("limitCount"))
    sure = query.get("limitOption") != "LIMIT_OPTION_WITH_TIES" and most[0] == "lit"
    return most[1] if sure and isinstance(most[1], int) and most[1] >= 0 else None
