"""Functions and operators on numbers and times, of PostgreSQL."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from interlock.read.sql.trial.texts import found
from interlock.read.sql.trial.values import NotComputed, day, length_of, number, time_of, whole


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, datetime) and isinstance(right, int):
        right = timedelta(days=right)
    return left + right if isinstance(left, (datetime, timedelta)) else number(left) + number(right)


def take(left: Any, right: Any) -> Any:
    if isinstance(left, dict):
        return {key: value for key, value in left.items() if key != right}
    if isinstance(left, datetime) and isinstance(right, (int, str)):
        right = timedelta(days=right) if isinstance(right, int) else time_of(right)
    return left - right if isinstance(left, (datetime, timedelta)) else number(left) - number(right)


def _divide(left: Any, right: Any) -> Any:
    left, right = number(left), number(right)
    if isinstance(left, int) and isinstance(right, int):
        return int(math.copysign(1, left) * math.copysign(1, right)) * (abs(left) // abs(right))
    return left / right


def _rest(left: Any, right: Any) -> Any:
    left, right = number(left), number(right)
    return left - right * math.trunc(left / right) if isinstance(left, float) else int(math.fmod(left, right))


def _power(left: Any, right: Any) -> Any:
    left, right = number(left), number(right)
    if abs(left) > 1e12 or abs(right) > 8:
        raise NotComputed("^")
    return left**right


def _times(left: Any, right: Any) -> Any:
    return left * right if isinstance(left, timedelta) else number(left) * number(right)


def _rounded(value: Any, digits: Any = 0) -> Any:
    return round(number(value), whole(digits))


def _truncated(value: Any, digits: Any = 0) -> Any:
    scale = 10 ** min(whole(digits), 12)
    return math.trunc(number(value) * scale) / scale


def _part(part: Any, when: Any) -> Any:
    if isinstance(when, timedelta) and part == "epoch":
        return when.total_seconds()
    when = time_of(when) if isinstance(when, str) else when
    if not isinstance(when, datetime):
        raise TypeError(when)
    found = {
        "year": when.year, "month": when.month, "day": when.day, "hour": when.hour, "minute": when.minute,
        "second": when.second, "week": when.isocalendar()[1], "dow": when.isoweekday() % 7,
        "isodow": when.isoweekday(), "quarter": (when.month + 2) // 3,
        "doy": when.timetuple().tm_yday, "epoch": (when - day(1970)).total_seconds(),
    }  # fmt: skip
    if part not in found:
        raise NotComputed("extract")
    return found[part]


def _cut(part: Any, when: Any) -> Any:
    when = time_of(when) if isinstance(when, str) else when
    if not isinstance(when, datetime):
        raise TypeError(when)
    kept = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    unit = str(part).removesuffix("s")
    if unit not in kept:
        raise NotComputed("date_trunc")
    values = {name: getattr(when, name) for name in kept[: kept.index(unit) + 1]}
    return when.replace(**({"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0} | values))


def _since(seconds: Any) -> Any:
    return day(1970) + timedelta(seconds=number(seconds))


def _bucket(value: Any, low: Any, high: Any, count: Any) -> int:
    place = math.floor(float((number(value) - low) * count / (high - low)))
    return max(0, min(int(count) + 1, place + 1))


def _bits_or_pattern(value: Any, *pattern: Any) -> Any:
    """`~`: the opposite of each bit, or whether a pattern is found."""
    return found(value, *pattern) if pattern else ~whole(value)


def _interval(value: Any) -> timedelta:
    return value if isinstance(value, timedelta) else length_of(value)


def _sign(value: Any) -> int:
    return int(number(value) > 0) - int(number(value) < 0)


def _ceiling(value: Any) -> int:
    found: int = math.ceil(number(value))
    return found


NUMBERS: Final[dict[str, Callable[..., Any]]] = {
    "+": _add, "*": _times, "/": _divide, "%": _rest, "mod": _rest, "^": _power, "power": _power, "pow": _power,
    "&": lambda one, other: whole(one) & whole(other), "|": lambda one, other: whole(one) | whole(other),
    "#": lambda one, other: whole(one) ^ whole(other), "~": _bits_or_pattern, "abs": lambda one: abs(number(one)),
    "sign": _sign, "round": _rounded, "trunc": _truncated, "sqrt": lambda one: math.sqrt(number(one)),
    "floor": lambda one: math.floor(number(one)), "ceil": _ceiling, "ceiling": _ceiling, "width_bucket": _bucket,
    "timezone": lambda _zone, when: _add(when, timedelta(0)), "age": take,
    "extract": _part, "date_part": _part, "date_trunc": _cut, "to_timestamp": _since, "interval": _interval,
}  # fmt: skip
