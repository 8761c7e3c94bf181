"""Which outcomes a condition can have in three-valued logic, over all rows, as bits. Never too few of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from interlock.read.sql.neutral import (
    MIRROR,
    Sub,
    Target,
    Term,
    negate,
    never_null,
    number_of,
    simple,
    volatile,
)

TRUE: Final = 1
FALSE: Final = 2
NULL: Final = 4
ANY: Final = TRUE | FALSE | NULL

#: Functions that never give a negative number.
_NEVER_NEGATIVE: Final = frozenset(
    (
        "length",
        "char_length",
        "character_length",
        "octet_length",
        "bit_length",
        "abs",
        "random",
        "rand",
        "count",
        "ascii",
    )
)


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
    if any(negate(one) in seen and not volatile(one) for one in terms[:64]):
        return FALSE if all(one[0] == "null" for one in terms) else FALSE | NULL
    if _contradict(terms):
        return FALSE | NULL
    result = TRUE
    for one in terms:
        result = _join(result, outcomes(one, target))
    return result


def _contradict(terms: tuple[Term, ...]) -> bool:
    """`id = 1 and id = 2`: one column and two numbers."""
    given: dict[Term, float] = {}
    for one in terms[:64]:
        number = number_of(one[3]) if one[0] == "cmp" and one[1] == "=" and one[2][0] == "col" else None
        if number is not None and given.setdefault(one[2], number) != number:
            return True
    return False


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
    seen = set(terms[:64])
    for one in terms[:64]:
        if one[0] == "cmp" and one[1] in ("<", ">") and ("cmp", "=", one[2], one[3]) in seen:
            terms = (*terms, ("cmp", f"{one[1]}=", one[2], one[3]))
    for one in terms:
        result = _not(_join(_not(result), _not(outcomes(one, target))))
    return result


def _covers(terms: tuple[Term, ...]) -> bool:
    """Whether these alternatives leave nothing out: a thing and its opposite, or a whole line of values."""
    seen = set(terms[:64])
    for one in terms[:64]:
        if negate(one) in seen or (one[0] == "cmp" and one[1] == "=" and _both_truths(one[2], one[3], seen)):
            return True
        if one[0] == "same" and one[3] and ("cmp", "=", one[1], one[2]) in seen:
            return True
    ranges = [one for one in terms[:64] if one[0] == "cmp" and one[1] != "="]
    return any(_line(one, other) for index, one in enumerate(ranges) for other in ranges[index + 1 :])


def _both_truths(left: Term, right: Term, seen: set[Term]) -> bool:
    """`x = true or x = false`."""
    return right[0] == "lit" and isinstance(right[1], bool) and ("cmp", "=", left, ("lit", not right[1])) in seen


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


def _compare(term: Term, target: Target) -> int:
    _, operator, left, right = term
    computed = left[0] == "fn" or right[0] == "fn"
    if computed and (_holds(operator, left, right) or _holds(MIRROR[operator], right, left)):
        return TRUE | NULL
    if left[0] == "case":
        return _cases(left, target, lambda one: ("cmp", operator, one, right))
    if right[0] == "case":
        return _cases(right, target, lambda one: ("cmp", operator, left, one))
    plainer = ("cmp", operator, simple(left), simple(right))
    if plainer != term:
        return _compare(plainer, target) | NULL  # what was taken out can still be null
    if ("lit", None) in (left, right):
        return NULL
    if left[0] == "lit" and right[0] == "lit":
        return _compare_literals(operator, left[1], right[1])
    if (left == right and not volatile(left)) or _are_one_column(left, right, target):
        return (TRUE if operator in ("=", "<=", ">=") else FALSE) | NULL
    return _compare_rows(operator, left, right, target)


def _holds(operator: str, left: Term, right: Term) -> bool:
    """What a function says of any value: `coalesce(x, 0) = x`, `greatest(x, 1) >= 1`, `x || 'a' <> ''`."""
    if left[0] != "fn" or not left[2] or volatile(left):
        return False
    name, args = left[1], left[2]
    if name in ("coalesce", "greatest", "least") and operator in _WITHIN[name] and right in args:
        return bool(name != "coalesce" or args[0] == right)
    number = number_of(right)
    if name in _WITHIN and number is not None and name != "coalesce":
        given = [one for one in map(number_of, args) if one is not None]
        return any(
            operator in _WITHIN[name] and (one >= number if name == "greatest" else one <= number) for one in given
        )
    if operator not in ("<>", ">") or right[0] != "lit" or not isinstance(right[1], str):
        return False
    if right[1] == "" and name in _NEVER_EMPTY:
        return True
    texts = [one[1] for one in args if one[0] == "lit" and isinstance(one[1], str) and one[1].strip()]
    return (
        operator == "<>"
        and name in ("concat", "||")
        and any(one.casefold() not in right[1].casefold() for one in texts)
    )


#: How these compare with one of what they are given.
_WITHIN: Final = {"coalesce": ("=", ">=", "<="), "greatest": (">=",), "least": ("<=",)}
#: Functions whose text is never empty.
_NEVER_EMPTY: Final = frozenset(
    ("quote", "quote_literal", "quote_ident", "quote_nullable", "md5", "md5_digest", "sha1", "sha2", "json_quote",
     "to_json", "to_jsonb", "json_object", "json_array", "typeof", "pg_typeof", "uuid")
)  # fmt: skip


def _are_one_column(left: Term, right: Term, target: Target) -> bool:
    """`users.id = id`: a bare name that two tables had would be refused as ambiguous."""
    if left[0] != "col" or right[0] != "col" or left[2] != right[2] or left[2] == "*":
        return False
    return (not left[1] and right[1] in target.names) or (not right[1] and left[1] in target.names)


def _compare_rows(operator: str, left: Term, right: Term, target: Target) -> int:
    """A comparison that the rows decide, unless its operands are of a kind that leaves no choice."""
    if left[0] == "lit":
        operator, left, right = MIRROR[operator], right, left
    if _is_moved(operator, left, right) or (right == ("lit", "") and operator == ">="):
        return TRUE | NULL
    if right[0] == "sub" and left[0] == "col" and _is_beyond(operator, left, right[1], target):
        return TRUE | NULL
    number = number_of(right)
    if left[0] == "fn" and number is not None and _is_never_negative(left):
        if (operator == ">=" and number <= 0) or (operator in (">", "<>") and number < 0):
            return TRUE | NULL
        if left[1] in ("random", "rand") and operator in ("<", "<=") and number >= 1:
            return TRUE
    return ANY


def _amount(term: Term) -> float | None:
    """A number, or 1 for any length of time that is not one backwards."""
    if term[0] == "fn" and term[1] == "interval" and term[2][0][0] == "lit":
        length = str(term[2][0][1]).strip()
        return None if length[:1] in ("-", "0", "") or "ago" in length else 1
    return number_of(term)


def _is_moved(operator: str, left: Term, right: Term) -> bool:
    """`x + 1 > x`."""
    if right[0] == "fn" and left[0] == "col":
        operator, left, right = MIRROR[operator], right, left
    by = _amount(left[2][1]) if left[0] == "fn" and left[1] in ("+", "-") and len(left[2]) == 2 else None
    if not by or left[2][0] != right:
        return False
    return operator in ((">", ">=", "<>") if (by > 0) is (left[1] == "+") else ("<", "<=", "<>"))


def _is_never_negative(term: Term) -> bool:
    name, args = term[1], term[2]
    if name == "*":
        return bool(args[0] == args[1] and not volatile(args[0]))
    return name in _NEVER_NEGATIVE or (name in ("power", "pow") and args[-1] == ("lit", 2))


def _case(term: Term, target: Target) -> int:
    if len(term[1]) == 1 and outcomes(term[1][0][1], target) == TRUE and negate(term[1][0][0]) == term[2]:
        return TRUE | NULL  # `CASE WHEN x THEN true ELSE NOT x END`
    return _cases(term, target, lambda one: one)


def _cases(term: Term, target: Target, said: Callable[[Term], Term]) -> int:
    """What is said of a CASE, by each branch that can be reached. One without a value is meant to leave rows out."""
    found = 0
    for condition, value in (*term[1], (("lit", True), term[2])):
        mask = outcomes(condition, target)
        if mask & TRUE:
            found |= FALSE | NULL if value == ("lit", None) else outcomes(said(value), target)
        if not mask & (FALSE | NULL):
            break
    return found


def _is_beyond(operator: str, left: Term, sub: Sub, target: Target) -> bool:
    """`id <= (select max(id) from this_very_table)`."""
    ends = {"max": "<=", "min": ">="}
    same = target.is_all(sub.table) and sub.column == left[2] and bool(sub.extreme)
    return same and ends.get(sub.extreme) == operator


def _compare_literals(operator: str, left: object, right: object) -> int:
    if isinstance(left, str) and isinstance(right, str):
        if left == right:
            return TRUE if operator in ("=", "<=", ">=") else FALSE
        if left.strip().casefold() == right.strip().casefold() or not (left.isascii() and right.isascii()):
            return TRUE | FALSE  # collations differ in blanks, case and accents
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


def _same(term: Term, _target: Target) -> int:
    _, left, right, negated = term
    if left == right and not volatile(left):
        return FALSE if negated else TRUE
    if left[0] == "lit" and right[0] == "lit" and type(left[1]) is type(right[1]):
        return TRUE if (left[1] == right[1]) is not negated else FALSE
    return TRUE | FALSE


def _is_null(term: Term, _target: Target) -> int:
    _, inner, negated = term
    if inner == ("lit", None):
        return FALSE if negated else TRUE
    if never_null(inner):
        return TRUE if negated else FALSE
    return TRUE | FALSE


def _in(term: Term, target: Target) -> int:
    _, left, items, negated = term
    mask = ANY
    subs = [item[1] for item in items if item[0] == "sub"]
    if any(_lists_all(left, sub, target) for sub in subs) or {("lit", True), ("lit", False)} <= _truths(items):
        mask = TRUE | NULL
    elif subs and len(subs) == len(items) and all(sub.empty for sub in subs):
        mask = FALSE
    elif all(item[0] != "sub" for item in items):
        mask = outcomes(("or", tuple(("cmp", "=", left, item) for item in items[:1000])), target)
        if len(items) > 1000:
            mask |= TRUE | NULL
    return _not(mask) if negated else mask


def _truths(items: tuple[Term, ...]) -> set[Term]:
    return {item for item in items[:64] if item[0] == "lit" and isinstance(item[1], bool)}


def _lists_all(left: Term, sub: Sub, target: Target) -> bool:
    """`id in (select id from this_very_table)`."""
    if any(_lists_all(left, arm, target) for arm in sub.arms):
        return True
    if left[0] != "col" or sub.practice or sub.limited or sub.extreme:
        return False
    return bool(sub.column) and sub.column in (left[2], "*") and target.is_all(sub.table)


def _between(term: Term, target: Target) -> int:
    _, inner, low, high, negated = term
    mask = outcomes(("and", (("cmp", ">=", inner, low), ("cmp", "<=", inner, high))), target)
    return _not(mask) if negated else mask


def _like(term: Term, _target: Target) -> int:
    _, left, pattern, negated = term
    mask = ANY
    pattern = simple(pattern)
    if pattern[0] == "lit" and isinstance(pattern[1], str):
        if pattern[1] and not pattern[1].strip("%"):
            mask = TRUE | NULL
        elif left[0] == "lit" and isinstance(left[1], str) and left[1] == pattern[1]:
            mask = TRUE
    elif left == pattern and not volatile(left):
        mask = TRUE | NULL
    return _not(mask) if negated else mask


def _sub(term: Term, target: Target) -> int:
    sub: Sub = term[1]
    if sub.exists and sub.empty:
        return FALSE
    if sub.exists and not sub.limited and (sub.certain or target.is_all(sub.table)):
        return TRUE | NULL if sub.itself else TRUE  # a row of the target exists, or there is nothing to choose from
    return ANY


def _value(term: Term, target: Target) -> int:
    """A function as a condition, where what it comes to does not hang on the row: `COALESCE(true, x)`."""
    if term[1] in ("&&", "@>", "<@") and len(term[2]) == 2 and term[2][0] == term[2][1] and not volatile(term):
        return TRUE | NULL
    plainer = simple(term)
    return ANY if plainer == term else outcomes(plainer, target) | NULL


_RULES: Final = {
    "fn": _value, "lit": _literal, "not": _negation, "and": _and, "or": _or, "cmp": _compare, "same": _same,
    "null": _is_null, "in": _in, "between": _between, "like": _like, "sub": _sub, "case": _case,
}  # fmt: skip
