"""Functions on texts, of PostgreSQL."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from interlock.read.sql.trial.values import NotComputed, Span, items, plain, text_of, whole

#: What is computed stays small: a text or an array that is longer is not computed with.
LONGEST: Final = 2_048
_PLAIN_PATTERN: Final = re.compile(r"(?:\\[dswDSW.$^]|\[\^?[^\\\[\]:]+\]|[^\\\[\]()|])*")


def _joined(*parts: Any) -> Any:
    if isinstance(parts[0], list):
        return parts[0] + (parts[1] if isinstance(parts[1], list) else [parts[1]])
    if isinstance(parts[0], dict) and isinstance(parts[1], dict):
        return parts[0] | parts[1]
    return "".join(plain(one) for one in parts)


def _substring(value: Any, start: Any, size: Any = None) -> str:
    text, first = plain(value), whole(start) - 1
    end = len(text) if size is None else max(first + whole(size), 0)
    return text[max(first, 0) : end]


def _overlay(value: Any, new: Any, start: Any, size: Any = None) -> str:
    text, first = plain(value), whole(start) - 1
    return text[:first] + plain(new) + text[first + (len(plain(new)) if size is None else whole(size)) :]


def _left(value: Any, size: Any) -> str:
    return plain(value)[: whole(size)]


def _right(value: Any, size: Any) -> str:
    text, count = plain(value), whole(size)
    return text[-count:] if count > 0 else text[-count:] if count else ""


def _padded(side: str) -> Callable[..., str]:
    def pad(value: Any, size: Any, fill: Any = " ") -> str:
        text, count = plain(value), min(whole(size), LONGEST)
        missing = (plain(fill) * count)[: max(count - len(text), 0)]
        return (text + missing if side == "right" else missing + text)[:count]

    return pad


def _repeated(value: Any, times: Any) -> str:
    if len(plain(value)) * whole(times) > LONGEST:
        raise NotComputed("repeat")
    return plain(value) * whole(times)


def _replaced(value: Any, old: Any, new: Any) -> str:
    return plain(value).replace(plain(old), plain(new)) if old else plain(value)


def _translated(value: Any, old: Any, new: Any) -> str:
    table = {ord(one): (new[place] if place < len(new) else None) for place, one in reversed([*enumerate(plain(old))])}
    return plain(value).translate(table)


def _stripped(how: str) -> Callable[..., str]:
    def strip(value: Any, signs: Any = " ") -> str:
        return str(getattr(plain(value), how)(plain(signs)))

    return strip


def _split(value: Any, sign: Any, place: Any) -> str:
    parts = plain(value).split(plain(sign))
    return parts[whole(place) - 1] if 0 < whole(place) <= len(parts) else ""


def _array_of(value: Any, sign: Any) -> list[str]:
    return plain(value).split(plain(sign)) if value else []


def _text_of_array(value: Any, sign: Any) -> str:
    return plain(sign).join(text_of(one) for one in items(value) if one is not None)


def _encoded(value: Any, form: Any) -> str:
    if form != "hex":
        raise NotComputed("encode")
    return (value if isinstance(value, bytes) else plain(value).encode()).hex()


def _decoded(value: Any, form: Any) -> str:
    if form != "hex":
        raise NotComputed("decode")
    return bytes.fromhex(plain(value)).decode()


def _formatted(pattern: Any, *given: Any) -> str:
    if pattern.replace("%s", "").count("%"):
        raise NotComputed("format")
    return str(pattern).replace("%s", "{}").format(*map(text_of, given))


def _written(value: Any, pattern: Any) -> str:
    if isinstance(value, datetime) and set(re.findall("[A-Za-z0-9]+", pattern)) <= {"YYYY", "MM", "DD"}:
        return value.strftime(pattern.replace("YYYY", f"{value.year:04}").replace("MM", "%m").replace("DD", "%d"))
    if isinstance(value, int) and re.fullmatch("FM9{10,}", pattern):
        return str(value)
    if isinstance(value, str):
        raise TypeError(value)
    raise NotComputed("to_char")


def _pattern(pattern: Any) -> re.Pattern[str]:
    """A pattern that can be tried without a bound of its own: few repetitions, and none of a group."""
    if len(pattern) > 60 or not _PLAIN_PATTERN.fullmatch(pattern) or len(re.findall(r"[*+?{]", pattern)) > 2:
        raise NotComputed("~")
    return re.compile(pattern)


def found(value: Any, pattern: Any) -> bool:
    return _pattern(pattern).search(plain(value)) is not None


def _without(value: Any, pattern: Any, new: Any, flags: Any = "") -> str:
    if "\\" in new or flags not in ("", "g"):
        raise NotComputed("regexp_replace")
    return _pattern(pattern).sub(new, plain(value), count=0 if flags else 1)


def _end(which: str, text: str) -> Callable[[Any], Any]:
    def end(value: Any) -> Any:
        return getattr(value, which) if isinstance(value, Span) else getattr(plain(value), text)()

    return end


def _digest(value: Any) -> str:
    return hashlib.md5(plain(value).encode(), usedforsecurity=False).hexdigest()


def _place(value: Any, part: Any) -> int:
    return plain(value).find(plain(part)) + 1


def _begins(value: Any, start: Any) -> bool:
    return plain(value).startswith(plain(start))


def _hash(value: Any) -> int:
    return zlib.crc32(text_of(value).encode()) - (1 << 31)


def _size(value: Any) -> int:
    return len(plain(value))


def _bytes(value: Any) -> int:
    return len(plain(value).encode())


TEXTS: Final[dict[str, Callable[..., Any]]] = {
    "reverse": lambda one: plain(one)[::-1], "initcap": lambda one: plain(one).title(), "||": _joined, "length": _size,
    "char_length": _size, "character_length": _size, "octet_length": _bytes, "md5": _digest, "left": _left,
    "right": _right, "substr": _substring, "substring": _substring, "overlay": _overlay, "rpad": _padded("right"),
    "lpad": _padded("left"), "repeat": _repeated, "replace": _replaced, "translate": _translated,
    "btrim": _stripped("strip"), "ltrim": _stripped("lstrip"), "rtrim": _stripped("rstrip"), "split_part": _split,
    "strpos": _place, "position": _place, "starts_with": _begins, "^@": _begins, "encode": _encoded, "decode": _decoded,
    "format": _formatted, "to_char": _written, "convert_to": lambda one, form: plain(one).encode(form),
    "convert_from": lambda one, form: one.decode(form), "string_to_array": _array_of, "array_to_string": _text_of_array,
    "hashtext": _hash, "hashint4": _hash, "ascii": lambda one: ord(plain(one)[0]) if one else 0,
    "lower": _end("low", "lower"), "upper": _end("high", "upper"), "regexp_replace": _without,
}  # fmt: skip
