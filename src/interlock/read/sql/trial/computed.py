"""What a function or operator of PostgreSQL comes to for plain values, where it is known here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from interlock.read.sql.trial.numbers import NUMBERS, take
from interlock.read.sql.trial.texts import LONGEST, TEXTS
from interlock.read.sql.trial.values import NotComputed, Span, items, like_of, number, text_of


def _field(value: Any, key: Any) -> Any:
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if key < len(value) else None
    if not isinstance(value, dict):
        raise TypeError(value)
    return value.get(key)


def _field_text(value: Any, key: Any) -> Any:
    found = _field(value, key)
    return None if found is None else text_of(found)


def _object(*pairs: Any) -> dict[str, Any]:
    return {text_of(pairs[place]): pairs[place + 1] for place in range(0, len(pairs), 2)}


def _has_key(value: Any, key: Any) -> bool:
    if not isinstance(value, dict):
        raise TypeError(value)
    return key in value


def contains(whole: Any, part: Any) -> bool:
    """`@>` of arrays, objects and ranges."""
    whole = whole[1:-1] if isinstance(whole, str) and whole[:2] in ("{[", "{(") and whole.count(",") == 1 else whole
    if isinstance(whole, str) and whole[:1] in "[(" and isinstance(part, (int, float, datetime)):
        low, _, high = whole[1:-1].partition(",")
        ends = [like_of(one.strip().strip('"'), part) if one.strip() else None for one in (low, high)]
        whole = Span(ends[0], ends[1], whole[0] + whole[-1])
    if isinstance(whole, Span):
        span, part = whole, like_of(part, whole.low)
        above = span.low is None or (part > span.low or (part == span.low and span.ends[0] == "["))
        return above and (span.high is None or part < span.high or (part == span.high and span.ends[1] == "]"))
    if isinstance(whole, dict):
        part = {} if part == "{}" else part
        return all(key in whole and whole[key] == value for key, value in part.items())
    return all(one in items(whole) for one in items(part))


def _span(low: Any, high: Any, ends: Any = "[)") -> Span:
    return Span(low, high, ends, low is not None and low == high and ends != "[]")


def _is_empty(value: Any) -> bool:
    return value.empty if isinstance(value, Span) else {"empty": True}[value]


def _kind(value: Any) -> str:
    kinds = ((bool, "boolean"), ((int, float), "number"), (dict, "object"), (list, "array"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "string")


def _overlap(one: Any, other: Any) -> bool:
    return any(each in items(other) for each in items(one))


def _at(array: Any, place: Any) -> Any:
    return items(array)[place - 1] if 0 < place <= len(array) else None


def _place(array: Any, value: Any) -> int | None:
    return items(array).index(value) + 1 if value in items(array) else None


def _count(array: Any, *_level: Any) -> int:
    return len(items(array))


_STRICT: Final[dict[str, Callable[..., Any]]] = {
    **TEXTS, **NUMBERS, **dict.fromkeys(("to_json", "to_jsonb", "row_to_json"), lambda one: one), "->": _field,
    "->>": _field_text, "?": _has_key, "@>": contains, "<@": lambda part, whole: contains(whole, part), "&&": _overlap,
    "cardinality": _count, "jsonb_array_length": _count, "json_array_length": _count, "isempty": _is_empty,
    "array_length": lambda one, _level: len(items(one)) or None, "array_append": lambda one, last: [*items(one), last],
    "array_prepend": lambda first, one: [first, *items(one)], "array_position": _place, "subscript": _at,
    "json_typeof": _kind, "jsonb_typeof": _kind,
}  # fmt: skip
#: Functions that look at nulls too.
_LAX: Final[dict[str, Callable[..., Any]]] = {
    "concat": lambda *parts: "".join(text_of(one) for one in parts if one is not None),
    "concat_ws": lambda sign, *parts: sign.join(text_of(one) for one in parts if one is not None),
    "num_nulls": lambda *given: sum(one is None for one in given),
    "num_nonnulls": lambda *given: sum(one is not None for one in given),
    **dict.fromkeys(("json_build_object", "jsonb_build_object", "hstore"), _object),
    **dict.fromkeys(("array", "row", "json_build_array", "jsonb_build_array"), lambda *given: list(given)),
    **dict.fromkeys(("int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange"), _span),
}  # fmt: skip


#: A number beyond this is not computed with.
_MOST: Final = 1 << 256


def compute(name: str, given: list[Any]) -> Any:
    """What it comes to. NotComputed for what is not known, TypeError or ValueError for values of another type."""
    rule = _LAX.get(name)
    if rule is None:
        if any(one is None for one in given):
            return None
        rule = _minus if name == "-" else _STRICT.get(name)
    if rule is None:
        raise NotComputed(name)
    found = rule(*given)
    if (isinstance(found, (str, bytes, list)) and len(found) > LONGEST) or (type(found) is int and abs(found) > _MOST):
        raise NotComputed(name)
    return found


def _minus(one: Any, *other: Any) -> Any:
    return take(one, *other) if other else -number(one)
