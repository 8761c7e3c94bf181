"""Which rows an upsert from a query hits: every one, when the query gives every row of the very table, or any key."""

from __future__ import annotations

from typing import Final

from interlock.model.change import Choice
from interlock.read.sql.neutral import BOUNDLESS, Target, Term, number_of, simple
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.selves import goes_far, joined
from interlock.read.sql.postgres.terms import describe_lists, term
from interlock.read.sql.postgres.trials import is_none
from interlock.read.sql.postgres.withs import alike

_SURE: Final[Term] = ("lit", True)


def upserted(source: Node, clause: Node, table: str) -> Choice:
    """How an INSERT … SELECT … ON CONFLICT DO UPDATE chooses the rows of its own table that it changes."""
    whole = table.removeprefix("public.")
    same, hidden = alike(clause, whole) if clause else (frozenset[str](), frozenset[str]())
    target = Target(frozenset((whole,)), whole, alike=same, hidden=hidden)
    return "all" if _hits_all(source, target) else "filtered"


def _hits_all(source: Node, target: Target) -> bool:
    limit = source.get("limitCount")
    if limit:
        most = number_of(simple(term(limit)))
        if "A_Const" in limit and "isnull" not in limit["A_Const"] and (most is None or most < BOUNDLESS):
            return False
        if "ParamRef" in limit:
            return False
    if source.get("op") == "SETOP_UNION":
        return _hits_all(source["larg"], target) or _hits_all(source["rarg"], target)
    sources = source.get("fromClause", ())
    where = source.get("whereClause")
    if not where and any("RangeVar" in one and _is_own(one, target) for one in sources):
        return True
    if not where and any(goes_far(one, term) for one in sources):
        return True
    own = describe_lists(source).table
    if own in (target.table, *target.alike) and target.is_all(own):
        return True
    if any(source.get(part) for part in ("groupClause", "havingClause", "larg")) or any(
        source.get("distinctClause", ())
    ):
        return False
    condition = term(where) if where else _SURE
    with_itself = joined(condition, sources, target, describe_lists, term)
    return with_itself is not None and is_none(with_itself, where or {}, target, judged=False)


def _is_own(source: Node, target: Target) -> bool:
    return target.is_all(names.relation(source["RangeVar"]).removeprefix("public."))
