"""Queries of a WITH or FROM in PostgreSQL: which of them hold every row of a table, and which give so many at most."""

from __future__ import annotations

from collections.abc import Iterable

from interlock.read.sql.neutral import Limit, Term
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.columns import aliases
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.selves import bare, of_many
from interlock.read.sql.postgres.sources import listed_by
from interlock.read.sql.postgres.terms import describe


def alike(clause: Node, table: str) -> tuple[frozenset[str], frozenset[str]]:
    """Which queries of a WITH hold every row of this table, and the names of all others."""
    found: set[str] = set()
    others: set[str] = set()
    for one in clause.get("ctes", ()):
        query = one.get("CommonTableExpr", {})
        name = str(query.get("ctename", ""))
        sub = describe(query.get("ctequery", {}).get("SelectStmt", {}), exists=False)
        arms = [arm for arm in sub.arms or (sub,) if arm.plain and not arm.limited and not query.get("aliascolnames")]
        whole = any(arm.table in found or (arm.table == table and table not in others) for arm in arms)
        (found if whole else others).add(names.quoted(name))
    return frozenset(found), frozenset(others)


def renamed(clause: Node, table: str) -> tuple[tuple[str, str, Term], ...]:
    """Queries of a WITH that list one thing of every row of this table by another name: `k(n) AS (SELECT id …)`."""
    found: list[tuple[str, str, Term]] = []
    for one in clause.get("ctes", ()):
        query = one.get("CommonTableExpr", {})
        select = query.get("ctequery", {}).get("SelectStmt", {})
        sub = describe(select, exists=False)
        called = names.strings(query.get("aliascolnames", ())) or listed_by(select)
        if sub.source == table and sub.own == ("lit", True) and len(called) == 1:
            given = sub.given if sub.given[:1] != ("other",) else bare(sub.given[1][0], _inside(select))
            if given and not of_many(given):
                found.append((str(query.get("ctename", "")), called[0], given))
    return tuple(found)


def _inside(select: Node) -> list[str]:
    return [alias for source in select.get("fromClause", ()) for alias in aliases(source)]


def limits_of(sources: Iterable[Node], clause: Node) -> tuple[Limit, ...]:
    """The queries of a WITH or FROM that give so many rows at most."""
    tables = [
        one["CommonTableExpr"] for one in clause.get("ctes", ()) if not one["CommonTableExpr"].get("aliascolnames")
    ]
    queries = {str(one.get("ctename", "")): one.get("ctequery", {}).get("SelectStmt", {}) for one in tables}
    found = [_limit_of(name, query) for name, query in queries.items()]
    for source in sources:
        if not source:
            continue
        kind, inner = next(iter(source.items()))
        called = str(inner.get("alias", {}).get("aliasname", "")) if isinstance(inner, dict) else ""
        if kind == "RangeVar" and called and inner.get("relname") in queries and "schemaname" not in inner:
            found.append(_limit_of(called, queries[inner["relname"]]))
        elif kind == "RangeSubselect" and not inner.get("lateral"):
            query = inner.get("subquery", {}).get("SelectStmt", {})
            found.append(None if "lockingClause" in query else _limit_of(called, query))
    return tuple(one for one in found if one is not None)


def _limit_of(name: str, query: Node) -> Limit | None:
    """The LIMIT of a query that is read by this name, as a join sees it; None where it has none that is sure."""
    most = describe(query, exists=False).most
    return None if most is None or not name else Limit(name, most, frozenset(listed_by(query)))
