"""Which rows of a table a query or write of MySQL or SQLite chooses: its WHERE, with all that it joins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlglot import exp

from interlock.read.sql.condition import PRACTICALLY_ALL, Judgement, judge
from interlock.read.sql.glot.reading import Reading
from interlock.read.sql.glot.terms import describe, one_source, term
from interlock.read.sql.glot.trees import listing
from interlock.read.sql.glot.trial import passes_all
from interlock.read.sql.neutral import Limit, Target, Term
from interlock.read.sql.practice import leaves_out


class Source(NamedTuple):
    """A table in a statement: its name, and what its columns may be qualified with."""

    name: str
    alias: str


def source_of(reading: Reading, table: Any) -> Source:
    name = reading.named(part.name for part in table.parts if isinstance(part, exp.Identifier))
    return Source(name, (table.alias or table.name).lower())


def is_named(table: Any) -> bool:
    return isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier)


def judged(condition: Any, source: Source) -> Judgement:
    return judge(term(condition) if condition is not None else None, _target(source))


def _target(source: Source) -> Target:
    return Target(frozenset((source.alias, source.name.lower())), source.name.lower())


def judged_all(tree: Any, source: Source) -> Judgement:
    """How a write chooses the rows of one of its tables."""
    target = _target(source)
    clause = tree.args.get("with_")
    if clause is not None:
        same, hidden = alike(clause, target.table)
        target = target._replace(alike=same, hidden=hidden)
    others = [one for one in joined_in(tree) if one.alias_or_name.lower() != source.alias]
    twins = frozenset(one.alias_or_name.lower() for one in others if is_target(one, target))
    queries = [(one.alias_or_name.lower(), one.this) for one in others if isinstance(one, exp.Subquery)]
    listed = [each for _, query in queries for each in query.expressions]
    brought = frozenset(each.alias_or_name.lower() for each in listed if not each.is_star)
    if clause is not None:
        queries += [(one.alias.lower(), one.this) for one in clause.expressions]
    known = tuple(one for one in (_limited(name, query) for name, query in queries) if one is not None)
    target = target._replace(twins=twins, others=brought, limits=known)
    conditions = _conditions(tree, target)
    whole: Term | None = ("and", tuple(conditions)) if len(conditions) > 1 else conditions[0] if conditions else None
    ends = _ends(queries)
    if ends and whole is not None:
        whole = _filled(whole, ends)
    found = judge(whole, target)
    if whole is not None and found.choice != "all" and not found.never and passes_all(whole, target):
        return PRACTICALLY_ALL
    return found


def _ends(queries: Sequence[tuple[str, Any]]) -> dict[Term, Term]:
    """Columns of joined queries that are the greatest or least value of another: `(SELECT MAX(id) AS m …) x`."""
    found: dict[Term, Term] = {}
    for name, query in queries:
        for one in query.expressions if isinstance(query, exp.Select) else ():
            if not isinstance(one.unalias(), (exp.Max, exp.Min)):
                continue
            sub = describe(listing(query, one), exists=False)
            if sub.extreme:
                column = one.alias_or_name.lower()
                found |= {("col", name, column): ("sub", sub), ("col", "", column): ("sub", sub)}
    return found


def _filled(term: Term, ends: dict[Term, Term]) -> Term:
    """A condition with these columns said otherwise."""
    if term in ends:
        return ends[term]
    return tuple(_filled(one, ends) if type(one) is tuple else one for one in term)


def _limited(name: str, query: Any) -> Limit | None:
    """The LIMIT of a query that is read by this name; None where it has none."""
    most = describe(query, exists=False).most
    if most is None or not isinstance(query, exp.Select) or query.args.get("locks"):
        return None
    return Limit(name.lower(), most, frozenset(one.alias_or_name.lower() for one in query.expressions))


def _conditions(tree: Any, target: Target) -> list[Term]:
    """The WHERE of a write, with the conditions of its joins. An outer join excludes nothing by itself."""
    where = tree.args.get("where")
    found = [] if where is None else [term(where.this)]
    pending = [tree.this, *(tree.args.get("using") or [])]
    while pending:
        one = pending.pop()
        for join in one.args.get("joins") or []:
            pending.append(join.this)
            if join.side and (where is None or not leaves_out(found[0], target)):
                continue
            if join.args.get("on") is not None:
                found.append(term(join.args["on"]))
            first, alias = tree.this.alias_or_name.lower(), join.this.alias_or_name.lower()
            names = [column.name.lower() for column in join.args.get("using") or []]
            found.extend(("cmp", "=", ("col", first, name), ("col", alias, name)) for name in names)
    return found


def joined_in(tree: Any) -> list[Any]:
    """All that an UPDATE or DELETE joins, tables or queries."""
    found: list[Any] = []
    pending = [tree.this, tree.args.get("from_"), *(tree.args.get("using") or [])]
    while pending:
        one = pending.pop(0)
        if isinstance(one, exp.From):
            one = one.this
        if one is None:
            continue
        found.append(one)
        pending[:0] = [join.this for join in one.args.get("joins") or []]
    return found


def alike(clause: Any, table: str) -> tuple[frozenset[str], frozenset[str]]:
    """Which queries of a WITH hold every row of this table, and the names of all others."""
    found: set[str] = set()
    others: set[str] = set()
    for one in clause.expressions:
        sub = describe(one.this, exists=False)
        arms = [arm for arm in sub.arms or (sub,) if arm.plain and not one.args["alias"].columns]
        whole = any(arm.table in found or (arm.table == table and table not in others) for arm in arms)
        (found if whole else others).add(one.alias.lower())
    return frozenset(found), frozenset(others)


def is_target(node: Any, target: Target) -> bool:
    """Whether a source of a statement is every row of its target once more."""
    return target.is_all(one_source(node)[0])
