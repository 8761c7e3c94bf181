"""A condition tried on made-up rows: one that leaves out none of them, whatever functions it is made of, is none.

`reverse(reverse(email)) = email`, `(id + 1) - 1 = id`, `extract(month from created_at) BETWEEN 1 AND 12`: there are
endlessly many ways to write what is always true. Each is true of rows of every kind, and what is meant to choose some
rows is false of one soon. That is practice, not proof. The rows are always the same; what stands in the condition is
among their values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any, Final

from interlock.read.sql.neutral import Sub, Target, Term
from interlock.read.sql.practice import is_born, is_keylike
from interlock.read.sql.trial.computed import compute
from interlock.read.sql.trial.values import NotComputed, day, like_of, text_of

_FEWEST, _ROWS = 14, 32
#: A condition with more terms or columns than this is not tried.
_LARGEST: Final = 160
_COLUMNS: Final = 6
_LONGEST: Final = 100
#: A pattern and a text that would take longer to match are not.
_STEPS: Final = 200_000
_NOW: Final = day(2025, 6, 15, 13, 37, 11, 123456)
_CLOCK: Final = frozenset(("now", "current_timestamp", "localtimestamp", "clock_timestamp", "statement_timestamp"))
_KEYS: Final = (3, 1, 10, 2, 7, 4, 99, 5, 12, 64, 1_000, 9, 65_536, 11, 1_234_567, 100, 8, 999_999_937)
_WHOLES: Final = (3, -7, 0, 1, 10, -1, 2, 5, 99, 1_000_000, 12, -250)
_NUMBERS: Final = (1.5, -0.25, 3.0, 0.0, 10.005, -7.0, 99.99, 1_000_000.5, 1.0, -1.5)
_TEXTS: Final = (
    "Ab c@x.example", "a", "", " x ", "ZZ9,y", "aba", "007", "q" * 300, "..%_", "/var/a//b", "{}", "é", "true", "-5",
)  # fmt: skip
_PAST: Final = (
    *(_NOW - timedelta(days=31 * step + 1, hours=7 * step) for step in range(14)), day(2024, 2, 29),
    day(2001, 1, 1, 23, 59, 59), _NOW - timedelta(minutes=5), day(2025, 6, 1, 13),
)  # fmt: skip
_AHEAD: Final = (_NOW + timedelta(hours=5), day(2031, 11, 30, 12), day(1969, 7, 20), day(2099, 12, 31))
_TIMES: Final = (*_PAST, *_AHEAD)
_DRAWN: Final = (0.0, 0.37, 0.999, 0.5)


@lru_cache(maxsize=512)
def leaves_none(condition: Term, target: Target) -> bool:
    """Whether no made-up row is left out, whatever types its columns may have, and it is computed of them."""
    if any(_chooses(one, target) for one in (condition[1] if condition[0] == "and" else (condition,))):
        return False
    columns: dict[tuple[str, str], None] = {}
    literals: list[Any] = []
    if not _takes_apart(condition, columns, literals, target) or len(columns) > _COLUMNS:
        return False
    telling = all(is_keylike(name, target.table) or is_born(name) for _, name in columns)
    tried = False
    for kind in (_TEXTS,) if telling else (_TEXTS, _WHOLES, _NUMBERS, _TIMES):
        found = _is_true_of_all(condition, _rows([*columns], kind, literals, target))
        if found is False:
            return False
        tried = tried or found is True
    return tried


def _chooses(one: Term, target: Target) -> bool:
    """A column of no telling name beside a value that is the same for each row: `expires_at < now()`."""
    if one[0] != "cmp":
        return False
    column, value = (one[2], one[3]) if one[2][0] == "col" else (one[3], one[2])
    if column[0] != "col" or is_keylike(column[2], target.table) or is_born(column[2]) or _is_whole(column, target):
        return False
    return not _has_column(value)


def _has_column(term: Any) -> bool:
    if not isinstance(term, tuple):
        return isinstance(term, Sub)
    return term[:1] in (("col",), ("sub",), ("param",), ("other",)) or any(_has_column(one) for one in term)


def _takes_apart(condition: Term, columns: dict[tuple[str, str], None], literals: list[Any], target: Target) -> bool:
    """Collects columns and literals. False where something in it is not tried, or nothing is computed."""
    stack: list[Any] = [condition]
    computed, count = False, 0
    while stack:
        one = stack.pop()
        count += 1
        if count > _LARGEST or isinstance(one, Sub):
            return False
        if not isinstance(one, tuple):
            continue
        if not one:
            continue
        if one[0] == "col":
            columns[_called(one, target)] = None
            computed = computed or _is_whole(one, target)
        elif one[0] == "lit":
            literals.append(one[1])
            if isinstance(one[1], str) and len(one[1]) > _LONGEST:
                return False
        elif one[0] in ("other", "sub") or (one[0] == "like" and _is_given(one[2])):
            return False
        else:
            computed = computed or one[0] in _COMPUTED or (one[0] in ("cmp", "in") and one[_LEFT[one[0]]][0] in _TRUTHS)
            stack.extend(one)
    return computed


#: What is no plain column or literal, and truth values, which somebody compares.
_COMPUTED: Final = ("fn", "case", "param")
_LEFT: Final = {"cmp": 2, "in": 1}
_TRUTHS: Final = ("cmp", "not", "and", "or", "in", "null", "same", "like", "between")


def _is_given(pattern: Any) -> bool:
    """Whether a pattern hangs on a parameter: what that will be is not known, and `%` is not meant."""
    return isinstance(pattern, tuple) and (pattern[:1] == ("param",) or any(_is_given(one) for one in pattern))


def _called(column: Term, target: Target) -> tuple[str, str]:
    """A column as its values are kept: those of the target have no qualifier."""
    return "" if column[1] in target.names else column[1], column[2]


def _is_whole(column: Term, target: Target) -> bool:
    return not column[1] and (column[2] in target.names or column[2] == "*")


def _rows(
    columns: list[tuple[str, str]], kind: tuple[Any, ...], literals: list[Any], target: Target
) -> Iterator[dict[Any, Any]]:
    """Rows whose columns of no telling name are of this kind, and one with nulls wherever there can be some."""
    values = [(_values(name, kind, literals, target), is_keylike(name, target.table)) for _, name in columns]
    for step in range(min(max([_FEWEST, *(len(given) for given, _ in values)]), _ROWS)):
        row: dict[Any, Any] = {
            column: given[(step * (2 * place + 1) + 5 * place) % len(given)]
            for place, (column, (given, _)) in enumerate(zip(columns, values, strict=True))
        }
        yield _whole(row, target) | {"drawn": _DRAWN[step % len(_DRAWN)], "nulls": False}
    nulls = {column: given[0] if key else None for column, (given, key) in zip(columns, values, strict=True)}
    yield _whole(nulls, target) | {"drawn": 0.25, "nulls": True}


def _whole(row: dict[Any, Any], target: Target) -> dict[Any, Any]:
    """A row with what it is called as a whole."""
    wholes = [column for column in row if _is_whole(("col", *column), target)]
    every = {"id": 4} | {name: value for (_, name), value in row.items() if ("", name) not in wholes}
    return row | dict.fromkeys(wholes, every) | {"names": target.names}


def _values(name: str, kind: tuple[Any, ...], literals: list[Any], target: Target) -> tuple[Any, ...]:
    if is_keylike(name, target.table):
        return _KEYS + tuple(one for one in literals if type(one) is int and 0 < one < 1_000_000_000)
    numbers = [
        one for one in literals if isinstance(one, (int, float)) and not isinstance(one, bool) and abs(one) < 1e12
    ]
    texts = [one for one in literals if isinstance(one, str)]
    if is_born(name):
        return _PAST
    if kind is _TEXTS:
        return _TEXTS + tuple(one for text in texts for one in (text, f"{text}x", text.upper()))
    if kind is _WHOLES:
        return _WHOLES + tuple(each for one in numbers for each in (int(one), int(one) + 1, int(one) - 1))
    if kind is _NUMBERS:
        return _NUMBERS + tuple(each for one in numbers for each in (one + 0.0, one + 0.5, one - 0.5))
    return kind


#: What values of another type than is meant end in.
_OTHERWISE: Final = (TypeError, ValueError, KeyError, IndexError, ArithmeticError, AttributeError, RecursionError)


def _is_true_of_all(condition: Term, rows: Iterator[dict[Any, Any]]) -> bool | None:
    """None where it is of another type. What cannot be computed leaves out whoever knows what."""
    for row in rows:
        try:
            found = comes_to(condition, row)
        except NotComputed:
            return False
        except _OTHERWISE:
            return None
        if isinstance(found, str):
            return None
        if not found and (found is not None or not row["nulls"]):
            return False
    return True


def comes_to(term: Term, row: dict[Any, Any]) -> Any:
    """The value of a term for one row. NotComputed where it has a part that is not known here."""
    rule = _RULES.get(term[0])
    if rule is None:
        raise NotComputed(term[0])
    return rule(term, row)


def _function(term: Term, row: dict[Any, Any]) -> Any:
    name = term[1]
    if name in _CLOCK:
        return _NOW
    if name == "current_date":
        return _NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    if name == "random":
        return row["drawn"]
    given = [comes_to(one, row) for one in term[2]]
    if name == "coalesce":
        return next((one for one in given if one is not None), None)
    if name == "nullif":
        return None if _compared("=", given[0], given[1]) else given[0]
    if name in ("greatest", "least"):
        there = [one for one in given if one is not None]
        return (max if name == "greatest" else min)(there, default=None)
    return compute(name, given)


_ORDER: Final = {"<": lt, "<=": le, ">": gt, ">=": ge}


def _compared(operator: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    left, right = like_of(left, right), like_of(right, left)
    if isinstance(left, (bytes, dict)) is not isinstance(right, (bytes, dict)):
        left, right = text_of(left), text_of(right)
    if operator in ("=", "<>"):
        return bool((left == right) is (operator == "="))
    return bool(_ORDER[operator](left, right))


def _not(found: Any) -> bool | None:
    return None if found is None else not found


def _comparison(term: Term, row: dict[Any, Any]) -> bool | None:
    return _compared(term[1], comes_to(term[2], row), comes_to(term[3], row))


def _and(term: Term, row: dict[Any, Any]) -> bool | None:
    found = [comes_to(one, row) for one in term[1]]
    return False if any(one is not None and not one for one in found) else None if None in found else True


def _or(term: Term, row: dict[Any, Any]) -> bool | None:
    found = [comes_to(one, row) for one in term[1]]
    return True if any(found) else None if None in found else False


def _same(term: Term, row: dict[Any, Any]) -> bool:
    left, right = comes_to(term[1], row), comes_to(term[2], row)
    alike = left is right if left is None or right is None else bool(_compared("=", left, right))
    return alike is not term[3]


def _in(term: Term, row: dict[Any, Any]) -> bool | None:
    left = comes_to(term[1], row)
    found = [_compared("=", left, comes_to(one, row)) for one in term[2]]
    inside = True if True in found else None if None in found else False
    return _not(inside) if term[3] else inside


def _between(term: Term, row: dict[Any, Any]) -> bool | None:
    low, high = ("and", (("cmp", ">=", term[1], term[2]), ("cmp", "<=", term[1], term[3]))), term[4]
    found = _and(low, row)
    return _not(found) if high else found


def _like(term: Term, row: dict[Any, Any]) -> bool | None:
    left, pattern = comes_to(term[1], row), comes_to(term[2], row)
    if left is None or pattern is None:
        return None
    if len(text_of(left)) * len(text_of(pattern)) > _STEPS:
        raise NotComputed("like")
    found = _matches(text_of(left), text_of(pattern))
    return not found if term[3] else found


def _matches(text: str, pattern: str) -> bool:
    """LIKE, in a time that no pattern can blow up. A backslash takes the meaning from the sign after it."""
    signs = [(one, False) for one in pattern] if "\\" not in pattern else _signs(pattern)
    at = place = 0
    star, mark = -1, 0
    while at < len(text):
        if place < len(signs) and signs[place] == ("%", False):
            star, mark, place = place, at, place + 1
        elif place < len(signs) and (signs[place] == ("_", False) or signs[place][0] == text[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            mark += 1
            at, place = mark, star + 1
        else:
            return False
    return all(one == ("%", False) for one in signs[place:])


def _signs(pattern: str) -> list[tuple[str, bool]]:
    found, place = [], 0
    while place < len(pattern):
        escaped = pattern[place] == "\\" and place + 1 < len(pattern)
        place += escaped
        found.append((pattern[place], escaped))
        place += 1
    return found


def _case(term: Term, row: dict[Any, Any]) -> Any:
    for condition, value in term[1]:
        if comes_to(condition, row):
            return comes_to(value, row)
    return comes_to(term[2], row)


def _column(term: Term, row: dict[Any, Any]) -> Any:
    return row["" if term[1] in row["names"] else term[1], term[2]]


def _is_null(term: Term, row: dict[Any, Any]) -> bool:
    return (comes_to(term[1], row) is None) is not term[2]


_RULES: Final[dict[str, Callable[[Term, dict[Any, Any]], Any]]] = {
    "lit": lambda term, _row: term[1], "col": _column, "param": lambda _term, _row: None, "fn": _function,
    "cmp": _comparison, "and": _and, "or": _or, "not": lambda term, row: _not(comes_to(term[1], row)), "null": _is_null,
    "same": _same, "in": _in, "between": _between, "like": _like, "case": _case,
}  # fmt: skip
