"""A condition tried on rows that are made up: one that computes and lets all of them pass leaves hardly any out.

The rows are fixed, so that the same text is always judged alike. What is not known here is not tried, and nothing is
said then. No value is null in them, so that what asks for nulls is not tried either.
"""

from __future__ import annotations

import hashlib
import operator as op
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from math import ceil, floor, sqrt
from typing import Any, Final

from interlock.read.sql.neutral import Target, Term
from interlock.read.sql.practice import is_keylike
from interlock.read.sql.worth import columns

#: Keys, other numbers, texts and times: of each kind some that a condition which means something would leave out.
_KEYS: Final = (1, 2, 3, 5, 7, 10, 64, 99, 1000, 65_536, 123_456_789)
_NUMBERS: Final = (0, 1, 2, -3, 5, 7, 10, -64, -99, 1000, 65_536, 123_456_789, -4)
_TEXTS: Final = (
    "", "a", "Ada Lovelace", "bob@example.com", "  x ", "Z.9", "0", "12", "a,b;c", "/srv/x_1%", "2020-02-02", "O'Neill",
    "ABC", "qrs" * 100,
)  # fmt: skip
_TIMES: Final = tuple(
    datetime(year, month, day, hour, 7 * month % 60, day, tzinfo=UTC)
    for year, month, day, hour in (
        (1971, 1, 1, 0), (1999, 12, 31, 23), (2015, 2, 28, 12), (2020, 2, 29, 6), (2024, 7, 4, 18), (2031, 11, 15, 9),
        (2023, 3, 5, 3), (2022, 4, 9, 21), (2021, 5, 14, 15), (2019, 6, 19, 8), (2018, 8, 24, 1), (2017, 9, 27, 11),
        (2016, 10, 30, 17),
    )
)  # fmt: skip
#: More of a condition is not tried: so deep, of so many parts, with texts so long or so many put together.
_DEEPEST: Final = 24
_PARTS: Final = 2_000
_LONGEST: Final = 1_000
_TOGETHER: Final = 64


class _UntriedError(Exception):
    """Something in the condition is of a kind that is not tried."""


class _OtherKindError(Exception):
    """Values of this kind do not go with what is computed of them."""


def passes_all(term: Term, target: Target) -> bool:
    """Whether a condition in which something is computed lets every made-up row pass."""
    if not _computes(term):
        return False
    named = {one for one in columns(term) if not one[1] or one[1] in target.names}
    if not named or len(named) > 3 or named != set(columns(term)):
        return False
    keys = {one for one in named if is_keylike(one[2], target.table)}
    full = False
    for others in (_NUMBERS, _TEXTS, _TIMES) if keys != named else (_KEYS,):
        try:
            found = [_true(term, row) for row in _rows(named, keys, others)]
        except _OtherKindError:
            continue
        except (_UntriedError, ArithmeticError, ValueError, TypeError, RecursionError):
            return False
        if False in found:
            return False
        full = full or None not in found
    return full


def _rows(named: set[Term], keys: set[Term], others: tuple[Any, ...]) -> Iterator[Mapping[Term, Any]]:
    ordered = sorted(named)
    for index in range(max(len(_KEYS), len(others))):
        yield {
            one: (_KEYS if one in keys else others)[(index + 5 * place) % len(_KEYS if one in keys else others)]
            for place, one in enumerate(ordered)
        }


def _computes(term: object) -> bool:
    stack: list[tuple[object, int]] = [(term, 0)]
    found = False
    seen = 0
    while stack:
        one, depth = stack.pop()
        if not isinstance(one, tuple):
            continue
        seen += 1
        if seen > _PARTS or depth > _DEEPEST or one[:1] in (("sub",), ("param",), ("other",)):
            return False
        found = found or one[:1] in (("fn",), ("case",))
        stack.extend((inner, depth + 1) for inner in one)
    return found


def _true(term: Term, row: Mapping[Term, Any]) -> bool | None:
    value = _value(term, row)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return bool(value)
    raise _UntriedError


def _value(term: Term, row: Mapping[Term, Any]) -> Any:
    tag = term[0]
    if tag == "col":
        return row[term]
    if tag == "lit":
        return term[1]
    rule = _TAGS.get(tag)
    if rule is None:
        raise _UntriedError
    return rule(term, row)


def _called(term: Term, row: Mapping[Term, Any]) -> Any:
    rule = _FUNCTIONS.get(term[1])
    if rule is None:
        raise _UntriedError
    args = [_value(one, row) for one in term[2]]
    if len(args) > _TOGETHER or any(isinstance(one, str) and len(one) > _LONGEST for one in args):
        raise _UntriedError
    if term[1] == "concat_ws":
        return None if args[0] is None else str(args[0]).join(_text(one) for one in args[1:] if one is not None)
    return None if None in args else rule(*args)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(int(value)) if isinstance(value, bool) else str(value)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two values of one kind. Numbers and times are compared with texts as the servers do not agree on."""
    if isinstance(left, datetime) and isinstance(right, str):
        return _text(left), right
    if isinstance(right, datetime) and isinstance(left, str):
        return left, _text(right)
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if not numbers and type(left) is not type(right):
        if isinstance(left, datetime) or isinstance(right, datetime):
            raise _OtherKindError
        texts = _text(left), _text(right)
        if not all(one.lstrip("-").isdigit() for one in texts):
            raise _OtherKindError
        return int(texts[0]), int(texts[1])
    return left, right


_SIGNS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": op.eq, "<>": op.ne, "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge,
}  # fmt: skip


def _compared(term: Term, row: Mapping[Term, Any]) -> bool | None:
    left, right = _value(term[2], row), _value(term[3], row)
    if term[1] == "<>" and any(one[0] == "lit" and isinstance(one[1], str) for one in term[2:]):
        raise _UntriedError  # all but what is named: how much that is cannot be tried
    if left is None or right is None:
        return None
    return _SIGNS[term[1]](*_alike(left, right))


def _same(term: Term, row: Mapping[Term, Any]) -> bool:
    left, right = _value(term[1], row), _value(term[2], row)
    if term[3]:
        raise _UntriedError
    return left is right is None or (None not in (left, right) and op.eq(*_alike(left, right)))


def _among(term: Term, row: Mapping[Term, Any]) -> bool | None:
    left = _value(term[1], row)
    if term[3]:
        raise _UntriedError
    items = [_value(one, row) for one in term[2]]
    if left is None:
        return None
    return any(op.eq(*_alike(left, one)) for one in items if one is not None) or (None if None in items else False)


def _between(term: Term, row: Mapping[Term, Any]) -> bool | None:
    ends = [_compared(("cmp", sign, term[1], end), row) for sign, end in ((">=", term[2]), ("<=", term[3]))]
    found = False if False in ends else None if None in ends else True
    return found if not term[4] or found is None else not found


def _like(term: Term, row: Mapping[Term, Any]) -> bool | None:
    left, pattern = _value(term[1], row), _value(term[2], row)
    if left is None or pattern is None:
        return None
    if term[3] or not isinstance(pattern, str) or "_" in pattern or "\\" in pattern:
        raise _UntriedError
    text = _text(left).casefold()
    first, *rest = pattern.casefold().split("%")
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return text.endswith(rest[-1]) and len(text) - len(rest[-1]) >= at


def _both(term: Term, row: Mapping[Term, Any]) -> bool | None:
    found = [_true(one, row) for one in term[1]]
    return False if False in found else None if None in found else True


def _either(term: Term, row: Mapping[Term, Any]) -> bool | None:
    found = [_true(one, row) for one in term[1]]
    return True if True in found else None if None in found else False


def _opposite(term: Term, row: Mapping[Term, Any]) -> bool | None:
    if term[1][0] in ("cmp", "in", "like", "same", "fn"):
        raise _UntriedError
    found = _true(term[1], row)
    return None if found is None else not found


def _case(term: Term, row: Mapping[Term, Any]) -> Any:
    for condition, value in term[1]:
        if _true(condition, row):
            return _value(value, row)
    return _value(term[2], row)


_TAGS: Final[dict[str, Callable[[Term, Mapping[Term, Any]], Any]]] = {
    "fn": _called, "cmp": _compared, "same": _same, "in": _among, "between": _between, "like": _like, "and": _both,
    "or": _either, "not": _opposite, "case": _case,
}  # fmt: skip


def _part(text: Any, start: int, size: int | None = None) -> str:
    whole = _text(text)
    at = start - 1 if start > 0 else max(len(whole) + start, 0) if start < 0 else len(whole)
    return whole[at:] if size is None else whole[at : at + max(size, 0)]


def _padded(text: Any, size: int, filling: str) -> str:
    whole = _text(text)
    if size > _LONGEST:
        raise _UntriedError
    return whole[:size] if len(whole) >= size else (filling * size)[: size - len(whole)] + whole


def _joined(*texts: Any) -> str:
    return "".join(map(_text, texts))


def _of_time(name: str) -> Callable[[Any], Any]:
    def rule(value: Any) -> Any:
        return getattr(value, name) if isinstance(value, datetime) else None

    return rule


def _number(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers; nothing else goes with it."""

    def rule(*args: Any) -> Any:
        if not all(isinstance(one, (int, float)) for one in args):
            raise _OtherKindError
        return function(*args)

    return rule


def _power(base: float, by: float) -> float:
    if abs(by) > 4:
        raise _UntriedError
    return float(base**by)


def _rounded(value: float, digits: int = 0) -> float:
    if abs(digits) > 15:
        raise _UntriedError
    return round(value, digits)


def _repeated(text: Any, times: int) -> str:
    if times > 100:
        raise _UntriedError
    return _text(text) * max(times, 0)


_OF_NUMBERS: Final[dict[str, Callable[..., Any]]] = {
    "+": op.add, "*": op.mul, "-": lambda *args: -args[0] if len(args) == 1 else args[0] - args[1], "/": op.truediv,
    "%": op.mod, "mod": op.mod, "&": op.and_, "|": op.or_, "^": op.xor, "~": op.invert, "abs": abs, "floor": floor,
    "ceil": ceil, "ceiling": ceil, "round": _rounded, "sqrt": sqrt, "pow": _power, "power": _power,
    "sign": lambda value: (value > 0) - (value < 0), "greatest": max, "least": min,
}  # fmt: skip
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "concat_ws": min,  # it looks at nulls itself
    "reverse": lambda text: _text(text)[::-1], "lower": lambda text: _text(text).lower(),
    "upper": lambda text: _text(text).upper(), "fold": lambda text: _text(text).lower(), "concat": _joined,
    "||": _joined, **dict.fromkeys(("substring", "substr", "mid"), _part), "lpad": _padded, "repeat": _repeated,
    "left": lambda text, size: _text(text)[: max(size, 0)], "right": lambda text, size: _part(text, -size, size),
    "replace": lambda text, old, new: _text(text).replace(old, new) if old else _text(text),
    "trim": lambda text, signs=" ": _text(text).strip(signs),
    "ltrim": lambda text, signs=" ": _text(text).lstrip(signs),
    "rtrim": lambda text, signs=" ": _text(text).rstrip(signs), "length": lambda text: len(_text(text)),
    "octet_length": lambda text: len(_text(text).encode()), "hex": lambda text: _text(text).encode().hex().upper(),
    "md5": lambda text: hashlib.md5(_text(text).encode(), usedforsecurity=False).hexdigest(),
    "str_position": lambda text, part, *_: _text(text).casefold().find(_text(part).casefold()) + 1,
    **{name: _number(rule) for name, rule in _OF_NUMBERS.items()},
    **{name: _of_time(name) for name in ("year", "month", "day", "hour", "minute", "second")},
    "day_of_month": _of_time("day"),
}  # fmt: skip
