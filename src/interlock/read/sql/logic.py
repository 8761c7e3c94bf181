"""Conditions in a small neutral form, and which outcomes they can have in three-valued logic.

Both parsers translate into these terms; nothing here knows a dialect. Terms are plain tuples, the tag first:

    ("lit", value)                 a literal: None, bool, int, float or str
    ("col", qualifier, name)       a column; qualifier "" when it has none
    ("fn", name, args)             a function or operator of these arguments
    ("cmp", op, left, right)       op is one of = <> < <= > >=
    ("same", left, right, negated) IS [NOT] DISTINCT FROM and <=>, which know no null
    ("null", term, negated)        IS [NOT] NULL
    ("in", term, items, negated)   a list of terms
    ("between", term, low, high, negated)
    ("like", term, pattern, negated)
    ("not", term)  ("and", terms)  ("or", terms)
    ("sub", Sub)                   a subquery used as a value or in EXISTS / IN
    ("param", text)                a placeholder
    ("other", terms)               anything else; only the columns in it count

Each term gives the set of outcomes that it can have, as bits.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeAlias

Term: TypeAlias = tuple[Any, ...]  # a recursive union of tagged tuples; the docstring is its type

TRUE: Final = 1
FALSE: Final = 2
NULL: Final = 4
ANY: Final = TRUE | FALSE | NULL

_OPPOSITE: Final = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
MIRROR: Final = {"=": "=", "<>": "<>", "<": ">", ">=": "<=", ">": "<", "<=": ">="}

#: Functions that never give a negative number.
_NEVER_NEGATIVE: Final = frozenset(
    ("length", "char_length", "character_length", "octet_length", "bit_length", "abs", "random", "rand", "count")
)


class Sub(NamedTuple):
    """A subquery as far as a condition needs it. `column` of `table` is what it lists when it lists all there is."""

    correlated: bool
    table: str = ""
    column: str = ""
    exists: bool = False
    certain: bool = False  # it surely has a row (no FROM, no WHERE)
    extreme: str = ""  # `max` or `min`, when what it lists is only that of the column
    itself: bool = False  # it only finds the row outside again: same table, same column, equal


class Target(NamedTuple):
    """The table whose rows are chosen: what columns of it may be qualified with, and its own name.

    `twins` are what the same table is called where the statement joins it to itself.
    """

    names: frozenset[str]
    table: str
    twins: frozenset[str] = frozenset()


#: No table at all, for conditions that are judged by themselves.
NOTHING: Final = Target(frozenset(), "")


def listed(term: Term) -> tuple[str, str]:
    """What a subquery lists: a column, and `max` or `min` when it is only that of the column."""
    if term[0] == "fn" and term[1] in ("max", "min") and len(term[2]) == 1 and term[2][0][0] == "col":
        return str(term[2][0][2]), str(term[1])
    return (str(term[2]), "") if term[0] == "col" else ("", "")


def finds_itself(term: Term, inside: set[str]) -> bool:
    """`inner.id = outer.id`: one column, compared with itself from inside a subquery."""
    if term[0] != "cmp" or term[1] != "=" or term[2][0] != "col" or term[3][0] != "col":
        return False
    left, right = term[2], term[3]
    return bool(left[2] == right[2] and left[1] and right[1] and (left[1] in inside) is not (right[1] in inside))


def mentions(term: object, target: Target) -> bool:
    """Whether the value of this term can differ from one row of the target to the next."""
    stack = [term]
    while stack:
        one = stack.pop()
        if isinstance(one, Sub):
            if one.correlated:
                return True
        elif isinstance(one, tuple):
            if one and one[0] == "col":
                if not one[1] or one[1] in target.names:
                    return True
            else:
                stack.extend(one)
    return False


def outcomes(term: Term, target: Target) -> int:
    """The set of outcomes (TRUE, FALSE, NULL) that this condition can have over all rows, never too small."""
    tag = term[0]
    rule = _RULES.get(tag)
    return rule(term, target) if rule else ANY


def _literal(term: Term, _target: Target) -> int:
    value = term[1]
    if value is None:
        return NULL
    if isinstance(value, (bool, int, float)):
        return TRUE if value else FALSE
    return TRUE | FALSE


def _not(mask: int) -> int:
    return (mask & NULL) | (FALSE if mask & TRUE else 0) | (TRUE if mask & FALSE else 0)


def _negation(term: Term, target: Target) -> int:
    return _not(outcomes(term[1], target))


def _and(term: Term, target: Target) -> int:
    terms = term[1]
    seen = set(terms[:64])
    if any(negate(one) in seen for one in terms[:64]):
        return FALSE if all(one[0] == "null" for one in terms) else FALSE | NULL
    result = TRUE
    for one in terms:
        result = _join(result, outcomes(one, target))
    return result


def _join(left: int, right: int) -> int:
    found = 0
    if (left | right) & FALSE:
        found |= FALSE
    if left & TRUE and right & TRUE:
        found |= TRUE
    if (left & NULL and right & (TRUE | NULL)) or (right & NULL and left & (TRUE | NULL)):
        found |= NULL
    return found


def _or(term: Term, target: Target) -> int:
    terms = term[1]
    if _covers(terms):
        return TRUE | NULL
    result = FALSE
    for one in terms:
        result = _not(_join(_not(result), _not(outcomes(one, target))))
    return result


def _covers(terms: tuple[Term, ...]) -> bool:
    """Whether these alternatives leave nothing out: a thing and its opposite, or a whole line of values."""
    seen = set(terms[:64])
    for one in terms[:64]:
        if negate(one) in seen:
            return True
    ranges = [one for one in terms[:64] if one[0] == "cmp" and one[1] != "="]
    return any(_line(one, other) for index, one in enumerate(ranges) for other in ranges[index + 1 :])


def _line(one: Term, other: Term) -> bool:
    """`x < 5 or x >= 3`: two comparisons of one term with numbers that together cover every number."""
    if one[2] != other[2]:
        return False
    if one[1] in (">", ">="):
        one, other = other, one
    low, high = number_of(one[3]), number_of(other[3])
    if low is None or high is None:
        return False
    if one[1] == "<>" or other[1] == "<>":
        return one[1] == "<>" and other[1] == "<>" and low != high
    if one[1] not in ("<", "<=") or other[1] not in (">", ">="):
        return False
    return high < low or (high == low and "=" in one[1] + other[1])


def negate(term: Term) -> Term:
    """The opposite of a term, in the same spelling that a writer would use for it."""
    tag = term[0]
    if tag == "not":
        inner: Term = term[1]
        return inner
    if tag == "cmp":
        return ("cmp", _OPPOSITE[term[1]], term[2], term[3])
    if tag in ("null", "in", "between", "like", "same"):
        return (*term[:-1], not term[-1])
    return ("not", term)


def _constant(term: Term) -> tuple[bool, object]:
    return (True, term[1]) if term[0] == "lit" else (False, None)


def number_of(term: Term) -> float | int | None:
    if term[0] == "lit" and isinstance(term[1], (int, float)):
        return term[1]
    return None


def _compare(term: Term, target: Target) -> int:
    _, operator, left, right = term
    plainer = ("cmp", operator, simple(left), simple(right))
    if plainer != term:
        return _compare(plainer, target) | NULL  # what was taken out can still be null
    if ("lit", None) in (left, right):
        return NULL
    if left[0] == "lit" and right[0] == "lit":
        return _compare_literals(operator, left[1], right[1])
    if left == right and not _volatile(left):
        return (TRUE if operator in ("=", "<=", ">=") else FALSE) | NULL
    if left[0] == "lit":
        operator, left, right = MIRROR[operator], right, left
    if right == ("lit", "") and operator == ">=":
        return TRUE | NULL
    if right[0] == "sub" and left[0] == "col" and _is_beyond(operator, left, right[1], target):
        return TRUE | NULL
    number = number_of(right)
    if left[0] == "fn" and left[1] in _NEVER_NEGATIVE and number is not None:
        if (operator == ">=" and number <= 0) or (operator in (">", "<>") and number < 0):
            return TRUE | NULL
        if left[1] in ("random", "rand") and operator in ("<", "<=") and number >= 1:
            return TRUE
    return ANY


def _is_beyond(operator: str, left: Term, sub: Sub, target: Target) -> bool:
    """`id <= (select max(id) from this_very_table)`."""
    ends = {"max": "<=", "min": ">="}
    same = sub.table == target.table and sub.column == left[2] and bool(sub.extreme)
    return same and ends.get(sub.extreme) == operator


def simple(term: Term) -> Term:
    """Arithmetic that comes to a constant or to its own operand, whatever the row holds."""
    if term[0] != "fn" or len(term[2]) != 2:
        return term
    left, right = simple(term[2][0]), simple(term[2][1])
    name = term[1]
    if name == "-" and left == right and left[0] == "col":
        return ("lit", 0)
    if name in ("*", "&") and ("lit", 0) in (left, right):
        return ("lit", 0)
    if name == "%" and right in (("lit", 1), ("lit", -1)):
        return ("lit", 0)
    if (name in ("+", "-", "|", "^") and right == ("lit", 0)) or (name in ("*", "/") and right == ("lit", 1)):
        return left
    if (name == "+" and left == ("lit", 0)) or (name == "*" and left == ("lit", 1)):
        return right
    return term


def _compare_literals(operator: str, left: object, right: object) -> int:
    if isinstance(left, str) and isinstance(right, str):
        if left == right:
            return TRUE if operator in ("=", "<=", ">=") else FALSE
        if left.strip().casefold() == right.strip().casefold():
            return TRUE | FALSE
        if operator in ("=", "<>"):
            return FALSE if operator == "=" else TRUE
        return TRUE | FALSE
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        truth = {
            "=": left == right, "<>": left != right, "<": left < right,
            "<=": left <= right, ">": left > right, ">=": left >= right,
        }[operator]  # fmt: skip
        return TRUE if truth else FALSE
    return TRUE | FALSE


def _volatile(term: object) -> bool:
    stack = [term]
    while stack:
        one = stack.pop()
        if isinstance(one, Sub):
            return True
        if isinstance(one, tuple):
            if one and one[0] == "fn" and one[1] in ("random", "rand", "uuid", "gen_random_uuid", "clock_timestamp"):
                return True
            stack.extend(one)
    return False


def _same(term: Term, _target: Target) -> int:
    _, left, right, negated = term
    if left == right and not _volatile(left):
        return FALSE if negated else TRUE
    if left[0] == "lit" and right[0] == "lit" and type(left[1]) is type(right[1]):
        return TRUE if (left[1] == right[1]) is not negated else FALSE
    return TRUE | FALSE


def _is_null(term: Term, _target: Target) -> int:
    _, inner, negated = term
    constant, value = _constant(inner)
    if constant:
        return TRUE if (value is None) is not negated else FALSE
    return TRUE | FALSE


def _in(term: Term, target: Target) -> int:
    _, left, items, negated = term
    mask = ANY
    if any(item[0] == "sub" and _lists_all(left, item[1], target) for item in items):
        mask = TRUE | NULL
    elif all(item[0] != "sub" for item in items):
        mask = outcomes(("or", tuple(("cmp", "=", left, item) for item in items[:1000])), target)
        if len(items) > 1000:
            mask |= TRUE | NULL
    return _not(mask) if negated else mask


def _lists_all(left: Term, sub: Sub, target: Target) -> bool:
    """`id in (select id from this_very_table)`."""
    return bool(sub.column) and left[0] == "col" and left[2] == sub.column and sub.table == target.table


def _between(term: Term, target: Target) -> int:
    _, inner, low, high, negated = term
    mask = outcomes(("and", (("cmp", ">=", inner, low), ("cmp", "<=", inner, high))), target)
    return _not(mask) if negated else mask


def _like(term: Term, _target: Target) -> int:
    _, left, pattern, negated = term
    mask = ANY
    if pattern[0] == "lit" and isinstance(pattern[1], str):
        if pattern[1] and not pattern[1].strip("%"):
            mask = TRUE | NULL
        elif left[0] == "lit" and isinstance(left[1], str) and left[1] == pattern[1]:
            mask = TRUE
    elif left == pattern and not _volatile(left):
        mask = TRUE | NULL
    return _not(mask) if negated else mask


def _sub(term: Term, target: Target) -> int:
    sub: Sub = term[1]
    if sub.exists and (sub.certain or (sub.table and sub.table == target.table)):
        return TRUE | NULL if sub.itself else TRUE  # a row of the target exists, or there is nothing to choose from
    return ANY


_RULES: Final = {
    "lit": _literal, "not": _negation, "and": _and, "or": _or, "cmp": _compare, "same": _same, "null": _is_null,
    "in": _in, "between": _between, "like": _like, "sub": _sub,
}  # fmt: skip
