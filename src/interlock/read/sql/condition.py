"""What a WHERE chooses: how many of a table's rows a condition can leave out, and which columns it pins."""

from __future__ import annotations

from typing import Final, NamedTuple

from interlock.model.change import Choice
from interlock.read.sql.logic import FALSE, TRUE, outcomes
from interlock.read.sql.neutral import Sub, Target, Term, mentions, opaque
from interlock.read.sql.practice import is_keylike, practically_all


class Judgement(NamedTuple):
    """How a statement's rows are chosen. `always`: nothing is excluded; `guessed`: that is practice, not proof."""

    choice: Choice
    keys: tuple[str, ...] = ()
    always: bool = False
    never: bool = False
    guessed: bool = False
    why: str = ""
    most: int | None = None  # rows at most, where what is called like a key is one


#: What a condition chooses that leaves out hardly a row.
PRACTICALLY_ALL: Final = Judgement("all", always=True, guessed=True, why="where hits practically every row")


def judge(term: Term | None, target: Target) -> Judgement:
    """How many of the target's rows this condition can leave out."""
    if term is None:
        return Judgement("all", why="no where")
    mask = outcomes(term, target)
    if not mask & FALSE and mask & TRUE:
        return Judgement("all", always=True, why="where is always true")
    if not mask & TRUE and not opaque(term):
        return Judgement("filtered", never=True, why="where is never true")
    if not mentions(term, target):
        return Judgement("all", always=True, guessed=True, why="where does not look at the rows")
    if practically_all(term, target) or _joins_itself(term, target):
        return PRACTICALLY_ALL
    keys = _pinned(term, target)
    named = any(is_keylike(key, target.table) for key in keys)
    most = None if named else _most(term, target)
    return Judgement("named" if named else "filtered", keys=keys, most=most, guessed=most is not None)


def _most(term: Term, target: Target) -> int | None:
    """How many rows `id IN (SELECT id … LIMIT n)` and its like choose at most, were the column a key."""
    found = [_most_of(one, target) for one in (term[1] if term[0] == "and" else (term,))]
    return min((one for one in found if one is not None), default=None)


def _most_of(one: Term, target: Target) -> int | None:
    if one[0] == "in" and not one[3] and len(one[2]) == 1 and one[2][0][0] == "sub" and _is_key(one[1], target):
        sub: Sub = one[2][0][1]
        for limit in target.limits:
            if limit.name == sub.source and sub.lists and sub.lists[2] in limit.columns and not sub.correlated:
                return limit.most
        return sub.most if _stands_alone(sub, target) and not sub.again else None
    if one[0] != "cmp" or one[1] != "=":
        return None
    for key, value in ((one[2], one[3]), (one[3], one[2])):
        if _is_key(key, target) and value[0] == "sub" and _stands_alone(value[1], target):
            return 1
        if _is_key(key, target) and value[0] == "col":
            return next((limit.most for limit in target.limits if limit.name == value[1]), None)
    return None


def _is_key(term: Term, target: Target) -> bool:
    """Whether it is called like a key. An address is one in its own heap alone, which only PostgreSQL's reader sees."""
    keylike = term[0] == "col" and term[2] != "ctid" and is_keylike(term[2], target.table)
    return keylike and mentions(term, target)


def _stands_alone(sub: Sub, target: Target) -> bool:
    """Whether what a query lists is surely its own: a column that its table has not is of the row outside."""
    if sub.correlated or not sub.source or sub.source in {limit.name for limit in target.limits}:
        return False
    own = sub.source == target.table and sub.source not in target.hidden
    return bool((own and (sub.lists or sub.extreme)) or (sub.lists and sub.lists[1]))


def _joins_itself(term: Term, target: Target) -> bool:
    """Every condition only says that the row is the row: `a.id = b.id` where both are the same table."""
    conditions = term[1] if term[0] == "and" else (term,)
    return bool(target.twins) and all(_is_the_same(one, target) for one in conditions)


def _is_the_same(term: Term, target: Target) -> bool:
    if term[0] != "cmp" or term[1] not in ("=", ">=", "<=") or term[2][0] != "col" or term[3][0] != "col":
        return not outcomes(term, target) & FALSE
    left, right = term[2], term[3]
    if right[1] in target.names:
        left, right = right, left
    return left[2] == right[2] and (left[1] in target.names or not left[1]) and right[1] in target.twins


def _pinned(term: Term, target: Target) -> tuple[str, ...]:
    """The columns that every chosen row must have equal to a given value."""
    found: dict[str, None] = {}
    for one in term[1] if term[0] == "and" else (term,):
        if one[0] == "cmp" and one[1] == "=":
            left, right = one[2], one[3]
            if right[0] == "col" and left[0] != "col":
                left, right = right, left
            if left[0] == "col" and right[0] in ("lit", "param") and mentions(left, target):
                found[left[2]] = None
        elif one[0] == "or" and (column := _either(one[1])) and mentions(column, target):
            found[column[2]] = None
        elif one[0] == "in" and not one[3] and one[1][0] == "col" and mentions(one[1], target):
            found.update({one[1][2]: None} if all(item[0] in ("lit", "param") for item in one[2]) else {})
    return tuple(found)


def _either(terms: tuple[Term, ...]) -> Term:
    """The column of `x = 1 or x = 2`; nothing where the alternatives are of another kind."""
    column: Term = terms[0][2] if terms[0][0] == "cmp" else ()
    alike = all(one[0] == "cmp" and one[1] == "=" and one[2] == column for one in terms)
    given = alike and all(one[3][0] in ("lit", "param") for one in terms)
    return column if given and column[0] == "col" else ()
