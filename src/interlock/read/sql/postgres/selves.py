"""What a query of the very table gives is at least the row itself: it can stand in for it where a condition is judged.

`lower(a) IN (SELECT lower(a) FROM this_table)`, `EXISTS (SELECT 1 FROM this_table x WHERE x.id = this_table.id)` and a
join with `(SELECT id AS k FROM this_table)` say no more of a row than the same with the row in place of the query.
That is so of what must be found alone: under a NOT nothing stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from interlock.read.sql.neutral import Sub, Target, Term, number_of, simple
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.sources import the_call
from interlock.read.sql.practice import is_keylike

#: Functions of many rows: what they give is not of the row itself.
_OF_MANY: Final = frozenset(
    ("array_agg", "avg", "bool_and", "bool_or", "count", "dense_rank", "every", "first_value", "json_agg", "jsonb_agg",
     "lag", "last_value", "lead", "max", "min", "nth_value", "ntile", "rank", "row_number", "string_agg", "sum")
)  # fmt: skip
#: Functions that give many rows: of what was collected of a table, all of it again.
_SPREADS: Final = frozenset(
    ("unnest", "generate_series", "json_array_elements", "json_array_elements_text", "jsonb_array_elements",
     "jsonb_array_elements_text", "regexp_split_to_table", "string_to_table")
)  # fmt: skip
#: A series up to here holds the keys of most tables.
FAR: Final = 10**6
_SURE: Final[Term] = ("lit", True)
_WHOLE: Final[Term] = ("col", "", "*")

Put = Callable[[Node], Term]


def bare(term: Any, inside: Iterable[str]) -> Any:
    """A term of the columns of one table, as they are called without it."""
    if not isinstance(term, tuple):
        return term
    if term and term[0] == "col":
        if not term[1] and term[2] in inside:
            return _WHOLE
        return ("col", "", term[2]) if term[1] in inside else term
    return tuple(bare(one, inside) for one in term)


def own_of(select: Node, condition: Term | None, inside: set[str]) -> Term:
    """What must be so of a row of the one table that a query lists rows of; nothing where more decides."""
    more = ("havingClause", "groupClause", "limitCount", "limitOffset", "withClause")
    if (
        len(select.get("fromClause", ())) != 1
        or any(part in select for part in more)
        or any(select.get("distinctClause", ()))
    ):
        return ()
    return ("lit", True) if condition is None else bare(condition, inside)


def of_many(term: Any) -> bool:
    """Whether what it comes to is of many rows."""
    if not isinstance(term, tuple):
        return False
    if term[:1] == ("fn",) and term[1] in _OF_MANY:
        return True
    return any(of_many(one) for one in term)


def stands_in(condition: Term, target: Target) -> Term:
    """The condition with the row itself in place of what queries of its own table give."""
    tag = condition[0]
    if tag in ("and", "or"):
        return (tag, tuple(stands_in(one, target) for one in condition[1]))
    if tag == "sub" and condition[1].exists and _is_own(condition[1], target):
        own: Term = condition[1].own
        return own
    if tag == "in" and not condition[3] and len(condition[2]) == 1 and condition[2][0][0] == "sub":
        return _listed(condition, condition[2][0][1], target)
    if tag == "cmp":
        return _compared(condition, target)
    return condition


def _is_own(sub: Sub, target: Target) -> bool:
    return bool(sub.own) and target.is_all(sub.source)


def _listed(condition: Term, sub: Sub, target: Target) -> Term:
    for made, column, given in target.renamed:
        if (sub.source, sub.own, sub.given) == (made, _SURE, ("col", "", column)):
            return ("cmp", "=", condition[1], given)
    if not _is_own(sub, target) or not sub.given:
        return condition
    if of_many(sub.given):
        key = condition[1][0] == "col" and is_keylike(condition[1][2], target.table)
        spread = sub.given[0] == "fn" and sub.given[1] in _SPREADS and sub.own == _SURE
        return _SURE if key and spread else condition
    return ("and", (sub.own, ("cmp", "=", condition[1], sub.given)))


def _compared(condition: Term, target: Target) -> Term:
    """`(SELECT count(*) … itself) > 0`, and `id = (SELECT x.id … itself)`."""
    _, operator, left, right = condition
    for one, other in ((left, right), (right, left)):
        if one[0] != "sub" or not _is_own(one[1], target) or not one[1].given:
            continue
        given, number = one[1].given, number_of(simple(other))
        if given[:2] == ("fn", "count") and one is left and number is not None:
            least = {">": number < 1, ">=": number <= 1, "<>": number == 0, "=": number == 1}
            return one[1].own if least.get(operator) else condition
        if operator == "=" and one[1].correlated and not of_many(given):
            return ("and", (one[1].own, ("cmp", "=", other, given)))
    return condition


def goes_on(condition: Term, target: Target) -> bool:
    """`id = (SELECT min(id) …)`, `id BETWEEN low AND low + 999`: in a loop that goes on, all rows in the end."""
    return all(_goes_on(one, target) for one in (condition[1] if condition[0] == "and" else (condition,)))


def _goes_on(one: Term, target: Target) -> bool:
    if one[0] not in ("cmp", "between") or one[-1] is True:
        return False
    left, others = (one[2], one[3:4]) if one[0] == "cmp" else (one[1], one[2:4])
    if left[0] != "col" or not is_keylike(left[2], target.table):
        return False
    if one[0] == "cmp" and one[1] == "=":
        sub = others[0][1] if others[0][0] == "sub" else None
        return isinstance(sub, Sub) and bool(sub.extreme) and target.is_all(sub.source) and sub.own == _SURE
    return all(_is_variable(other, target) for other in others)


def _is_variable(term: Term, target: Target) -> bool:
    """Whether it hangs on a variable of the block, as far as its name tells: `low`, `low + 999`."""
    inner = term[2][0] if term[0] == "fn" and len(term[2]) == 2 and term[2][1][0] == "lit" else term
    return bool(inner[0] == "col" and not inner[1] and not is_keylike(inner[2], target.table))


def joined(
    condition: Term,
    sources: Iterable[Node],
    target: Target,
    describe: Callable[[Node], Sub],
    term: Put,
    far: Iterable[str] = (),
) -> Term | None:
    """The condition of a write with the row itself in place of what its FROM or USING gives of the same table.

    Nothing where none of them does. What is `far` goes through the keys of a whole table.
    """
    known: dict[str, dict[str, Term] | None] = {}
    series: set[str] = set(far)
    more: list[Term] = []
    for source in sources:
        _know(source, target, describe, term, known, series, more)
    if not known and not series:
        return None
    put: Term = _put(("and", (condition, *more)) if more else condition, known, series, target)
    return put


def _know(
    source: Node, target: Target, describe: Callable[[Node], Sub], term: Put,
    known: dict[str, dict[str, Term] | None], series: set[str], more: list[Term],
) -> None:  # fmt: skip
    """Adds what a source that gives the row itself is called: with what its columns are, or None for the row's own."""
    if not source:
        return
    kind, inner = next(iter(source.items()))
    alias = inner.get("alias", {}) if isinstance(inner, dict) else {}
    called = str(alias.get("aliasname", ""))
    if kind == "JoinExpr":
        for side, losing in (("larg", ("JOIN_RIGHT",)), ("rarg", ("JOIN_LEFT",))):
            if inner.get("jointype") not in losing:
                _know(inner.get(side, {}), target, describe, term, known, series, more)
        if inner.get("jointype") == "JOIN_INNER" and "quals" in inner:
            more.append(term(inner["quals"]))
    elif kind == "RangeVar":
        name = names.relation(inner).removeprefix("public.")
        if target.is_all(name) and not alias.get("colnames"):
            known[called or inner.get("relname", "")] = None
        for made, column, given in target.renamed:
            if made == name:
                known[called or name] = {column: given}
    elif kind == "RangeSubselect" and not alias.get("colnames"):
        select = inner.get("subquery", {}).get("SelectStmt", {})
        _know_query(select, called, target, describe, term, known)
    elif kind == "RangeFunction" and goes_far(source, term):
        series.update((called, *names.strings(alias.get("colnames", ()))))


def _know_query(
    select: Node, called: str, target: Target, describe: Callable[[Node], Sub], term: Put,
    known: dict[str, dict[str, Term] | None],
) -> None:  # fmt: skip
    while "larg" in select and select.get("op") == "SETOP_UNION":
        select = select["larg"]
    sub = describe(select)
    sources = select.get("fromClause", ())
    if not sub.own or len(sources) != 1 or not target.is_all(sub.source) or sub.own != _SURE:
        return
    table = sources[0].get("RangeVar", {})
    inside = {str(table.get("alias", {}).get("aliasname", "")) or str(table.get("relname", ""))}
    outputs: dict[str, Term] = {}
    for one in select.get("targetList", ()):
        part = one.get("ResTarget", {})
        value = term(part.get("val"))
        if value[0] == "col" and value[2] == "*":
            known[called] = None
            return
        if not of_many(value):
            outputs[part.get("name", "") or str(value[-1] if value[0] == "col" else "")] = bare(value, inside)
    known[called] = outputs


def goes_far(source: Node, term: Put) -> bool:
    """Whether it is a series that goes on beyond the keys of most tables."""
    if "RangeFunction" not in source:
        return False
    call = term(the_call({"targetList": [{}], "fromClause": [source]}))
    if call[:2] != ("fn", "generate_series") or len(call[2]) < 2:
        return False
    return (number_of(simple(call[2][1])) or 0) >= FAR


def _put(condition: Any, known: dict[str, dict[str, Term] | None], series: set[str], target: Target) -> Any:
    if not isinstance(condition, tuple):
        return condition
    if condition and condition[0] == "cmp" and condition[1] == "=":
        for one, other in ((condition[2], condition[3]), (condition[3], condition[2])):
            if _is_of(one, series) and other[0] == "col" and is_keylike(other[2], target.table):
                return _SURE
    if condition and condition[0] == "col":
        return _put_column(condition, known)
    return tuple(_put(one, known, series, target) for one in condition)


def _is_of(column: Term, series: set[str]) -> bool:
    return bool(column[0] == "col" and (column[1] in series or (not column[1] and column[2] in series)))


def _put_column(column: Term, known: dict[str, dict[str, Term] | None]) -> Term:
    if not column[1] and column[2] in known and known[column[2]] is None:
        return _WHOLE
    if column[1] not in known:
        return column
    outputs = known[column[1]]
    return ("col", "", column[2]) if outputs is None else outputs.get(column[2], column)
