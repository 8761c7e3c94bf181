"""The values that conditions are tried on, and one kind of them as another.

Values are None, bool, int, float, str, datetime, timedelta, list (an array), dict (a row or an object) and Span (a
range). Whatever is not known raises NotComputed, and whatever is not of the right type raises TypeError or ValueError.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

_DAY: Final = 86_400
_UNITS: Final = {
    "microsecond": 1e-6, "millisecond": 1e-3, "second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3_600,
    "day": _DAY, "week": 7 * _DAY, "month": 30 * _DAY, "mon": 30 * _DAY, "year": 365 * _DAY,
}  # fmt: skip
_LENGTH: Final = re.compile(r"\s*([+-]?\d{1,9}(?:\.\d{1,9})?)\s*([a-z]+?)s?(?=[\s\d+-]|$)")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d")


class NotComputed(Exception):
    """A function or a form that is not known here."""


class Span(NamedTuple):
    """A range; an end that is None is open."""

    low: Any
    high: Any
    ends: str = "[)"
    empty: bool = False


def day(year: int, month: int = 1, date: int = 1, *clock: int) -> datetime:
    """A time. All of them are of one zone."""
    hour, minute, second, micro = (*clock, 0, 0, 0, 0)[:4]
    return datetime(year, month, date, hour, minute, second, micro, UTC)


def like_of(value: Any, other: Any) -> Any:
    """A literal text as what it stands beside."""
    if not isinstance(value, str) or isinstance(other, str):
        return value
    if isinstance(other, bool):
        return {"t": True, "f": False}[value.strip().lower()[:1]]
    if isinstance(other, (int, float)):
        return float(value) if "." in value or "e" in value.lower() else int(value)
    if isinstance(other, datetime):
        return time_of(value)
    return length_of(value) if isinstance(other, timedelta) else value


def time_of(value: str) -> datetime:
    text = value.strip().lower()
    if text in ("infinity", "-infinity"):
        return day(9999, 12, 31) if text[0] == "i" else day(1, 1, 1)
    if not _TIME.match(text):
        raise ValueError(value)
    return datetime.fromisoformat(text[:26].removesuffix("z").split("+")[0]).replace(tzinfo=UTC)


def length_of(value: str) -> timedelta:
    found, end = 0.0, 0
    while (part := _LENGTH.match(value.lower(), end)) is not None:
        found += float(part[1]) * _UNITS[part[2]]
        end = part.end()
    if value[end:].strip() not in ("", "0"):
        raise ValueError(value)
    return timedelta(seconds=found)


def text_of(value: Any) -> str:
    """A value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "(" + ",".join(map(text_of, value.values())) + ")"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (str, int, float, datetime)):
        return str(value)
    raise TypeError(value)


def plain(value: Any) -> str:
    """What must be a text: numbers are, where somebody wrote `id::text`."""
    if isinstance(value, (bool, datetime, timedelta, list, dict, Span)):
        raise TypeError(value)
    return text_of(value)


def number(value: Any) -> Any:
    if isinstance(value, str):
        return float(value) if "." in value else int(value)
    if not isinstance(value, (int, float)):
        raise TypeError(value)
    return value


def whole(value: Any) -> int:
    found = number(value)
    if isinstance(found, float) or abs(found) > 1 << 63:
        raise TypeError(value)
    return int(found)


def items(value: Any) -> list[Any]:
    if value == "{}":
        return []
    if not isinstance(value, list):
        raise TypeError(value)
    return value
