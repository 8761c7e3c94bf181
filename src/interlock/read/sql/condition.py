"""What a WHERE chooses: a small neutral form of conditions, and a judgement of how many rows one can exclude.

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

A condition is judged in three-valued logic: each term gives the set of outcomes that it can have, as bits.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple, TypeAlias

from interlock.model.change import Choice

Term: TypeAlias = tuple[Any, ...]  # a recursive union of tagged tuples; the docstring is its type

TRUE: Final = 1
FALSE: Final = 2
NULL: Final = 4
ANY: Final = TRUE | FALSE | NULL

_OPPOSITE: Final = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRROR: Final = {"=": "=", "<>": "<>", "<": ">", ">=": "<=", ">": "<", "<=": ">="}

#: Names of columns that identify a row in nearly every schema.
_KEYLIKE: Final = re.compile(
    r"(id|_id|pk|uuid|guid|rowid|_rowid_|oid|ctid|(primary|row|record)_?(id|key)|(primary_?)?key_?id)$"
)
#: Columns that tell when a row came to be: hardly a row has one that lies ahead.
_BORN: Final = re.compile(
    r"(date_)?(created|inserted|updated|modified|added|registered)(_?(at|on|date|time|ts|timestamp))?$"
)
#: Functions that never give a negative number.
_NEVER_NEGATIVE: Final = frozenset(
    ("length", "char_length", "character_length", "octet_length", "bit_length", "abs", "random", "rand", "count")
)
_NOW: Final = frozenset(
    ("now", "current_timestamp", "current_date", "localtimestamp", "clock_timestamp", "statement_timestamp", "curdate",
     "transaction_timestamp", "sysdate", "utc_timestamp", "utc_date", "unix_timestamp", "localtime")
)  # fmt: skip
_FAR_PAST: Final = re.compile(r"^(0\d{3}|1[0-8]\d{2}|19[0-7]\d)-\d")
_FAR_AHEAD: Final = re.compile(r"^(2[1-9]\d{2}|20[5-9]\d|[3-9]\d{3})-\d")
_HUGE: Final = 10**9


class Sub(NamedTuple):
    """A subquery as far as a condition needs it. `column` of `table` is what it lists when it lists all there is."""

    correlated: bool
    table: str = ""
    column: str = ""
    exists: bool = False
    certain: bool = False  # it surely has a row (no FROM, no WHERE)


class Judgement(NamedTuple):
    """How a statement's rows are chosen. `always`: nothing is excluded; `guessed`: that is practice, not proof."""

    choice: Choice
    keys: tuple[str, ...] = ()
    always: bool = False
    never: bool = False
    guessed: bool = False
    why: str = ""


class Target(NamedTuple):
    """The table whose rows are chosen: what columns of it may be qualified with, and its own name."""

    names: frozenset[str]
    table: str


def judge(term: Term | None, target: Target) -> Judgement:
    """How many of the target's rows this condition can leave out."""
    if term is None:
        return Judgement("all", why="no where")
    mask = outcomes(term, target)
    if not mask & FALSE and mask & TRUE:
        return Judgement("all", always=True, why="where is always true")
    if not mask & TRUE:
        return Judgement("filtered", never=True, why="where is never true")
    if not mentions(term, target):
        return Judgement("all", always=True, guessed=True, why="where does not look at the rows")
    if _practically_all(term, target):
        return Judgement("all", always=True, guessed=True, why="where hits practically every row")
    keys = _pinned(term, target)
    named = any(is_keylike(key, target.table) for key in keys)
    return Judgement("named" if named else "filtered", keys=keys)


def is_keylike(column: str, table: str) -> bool:
    """Whether a column of this name identifies a row of a table of that name, by how schemas are commonly written."""
    name = column.lower()
    if _KEYLIKE.match(name):
        return True
    last = table.rsplit(".", 1)[-1].lower()
    stems = {last, last.removesuffix("s"), last.removesuffix("es"), re.sub("ies$", "y", last)}
    return any(name in (f"{stem}_id", f"{stem}id", f"{stem}_uuid", f"id_{stem}", f"{stem}_key") for stem in stems)


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
    masks = [outcomes(one, target) for one in terms]
    result = TRUE
    for mask in masks:
        result = _join(result, mask)
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
    """Whether these alternatives leave nothing out between them: a thing and its opposite, or a whole line of values."""
    seen = set(terms[:64])
    for one in terms[:64]:
        if negate(one) in seen:
            return True
    for index, one in enumerate(terms[:64]):
        for other in terms[index + 1 : 64]:
            if _line(one, other):
                return True
    return False


def _line(one: Term, other: Term) -> bool:
    """`x < 5 or x >= 3`: two comparisons of one term with numbers that together cover every number."""
    if one[0] != "cmp" or other[0] != "cmp" or one[2] != other[2]:
        return False
    if one[1] in (">", ">="):
        one, other = other, one
    low, high = _number(one[3]), _number(other[3])
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


def _number(term: Term) -> float | int | None:
    if term[0] == "lit" and isinstance(term[1], (int, float)):
        return term[1]
    return None


def _compare(term: Term, target: Target) -> int:
    _, operator, left, right = term
    if ("lit", None) in (left, right):
        return NULL
    if left[0] == "lit" and right[0] == "lit":
        return _compare_literals(operator, left[1], right[1])
    if left == right and not _volatile(left):
        return (TRUE if operator in ("=", "<=", ">=") else FALSE) | NULL
    if left[0] == "lit":
        operator, left, right = _MIRROR[operator], right, left
    number = _number(right)
    if left[0] == "fn" and left[1] in _NEVER_NEGATIVE and number is not None:
        if (operator == ">=" and number <= 0) or (operator in (">", "<>") and number < 0):
            return TRUE | NULL
        if left[1] in ("random", "rand") and operator in ("<", "<=") and number >= 1:
            return TRUE
    return ANY


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


def _same(term: Term, target: Target) -> int:
    _, left, right, negated = term
    if left == right and not _volatile(left):
        return FALSE if negated else TRUE
    if left[0] == "lit" and right[0] == "lit" and type(left[1]) is type(right[1]):
        return TRUE if (left[1] == right[1]) is not negated else FALSE
    return TRUE | FALSE


def _is_null(term: Term, target: Target) -> int:
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


def _like(term: Term, target: Target) -> int:
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
        return TRUE  # a row of the target exists, or there would be nothing to choose from
    return ANY


_RULES: Final = {
    "lit": _literal, "not": _negation, "and": _and, "or": _or, "cmp": _compare, "same": _same, "null": _is_null,
    "in": _in, "between": _between, "like": _like, "sub": _sub,
}  # fmt: skip


def _practically_all(term: Term, target: Target) -> bool:
    """Conditions that excludes hardly a row in any real table, such as `id > 0`: the usual way to fake a WHERE."""
    tag = term[0]
    if tag == "and":
        return all(not outcomes(one, target) & FALSE or _practically_all(one, target) for one in term[1])
    if tag == "or":
        return any(_practically_all(one, target) for one in term[1])
    if tag == "not":
        opposite = negate(term[1])
        return opposite[0] != "not" and _practically_all(opposite, target)
    if tag == "null":
        return bool(term[2]) and _is_key(term[1], target)
    if tag == "between" and not term[4]:
        return _practically_all(("and", (("cmp", ">=", term[1], term[2]), ("cmp", "<=", term[1], term[3]))), target)
    if tag == "cmp":
        return _practically_compared(term, target)
    if tag == "in" and term[3] and all(item[0] == "lit" for item in term[2]):
        return all(_practically_compared(("cmp", "<>", term[1], item), target) for item in term[2])
    return False


def _is_key(term: Term, target: Target) -> bool:
    return bool(term[0] == "col") and is_keylike(term[2], target.table)


def _practically_compared(term: Term, target: Target) -> bool:
    _, operator, left, right = term
    if left[0] == "lit" or (left[0] == "fn" and right[0] == "col"):
        operator, left, right = _MIRROR[operator], right, left
    if left[0] != "col":
        return False
    number = _number(right)
    if number is not None and _is_key(left, target):
        if operator in (">", ">="):
            return number <= 1 if operator == ">=" else number <= 0
        if operator in ("<", "<="):
            return number >= _HUGE
        return bool(operator == "<>") and number <= 0
    if right[0] == "lit" and isinstance(right[1], str):
        return _practically_text(operator, left, right[1], target)
    if right[0] == "fn" and right[1] in _NOW and operator in ("<", "<="):
        return bool(_BORN.match(left[2].lower()))
    return False


def _practically_text(operator: str, left: Term, text: str, target: Target) -> bool:
    if operator in (">", ">=") and _FAR_PAST.match(text):
        return True
    if operator in ("<", "<=") and _FAR_AHEAD.match(text):
        return True
    return operator in (">", ">=", "<>") and text in ("", "0", "-1") and _is_key(left, target)


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
        elif one[0] == "in" and not one[3] and one[1][0] == "col" and mentions(one[1], target):
            if all(item[0] in ("lit", "param") for item in one[2]):
                found[one[1][2]] = None
    return tuple(found)
