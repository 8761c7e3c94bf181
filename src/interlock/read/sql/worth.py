"""What an expression comes to in practice: over keys, which are whole numbers from one on, and over times gone by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from interlock.read.sql.neutral import Term, number_of

#: Functions that give a whole number from one on back as it is, or nearly.
WHOLE: Final = frozenset(("abs", "floor", "ceil", "ceiling", "round", "trunc", "truncate"))
_TEXTS: Final = frozenset(("length", "char_length", "character_length", "octet_length", "bit_length"))
#: Functions that give at least one, whatever they are given.
_POSITIVE: Final = frozenset(("pg_column_size",))
#: Functions of which no two values are likely to be one text that was thought of before.
HASHES: Final = frozenset(
    ("md5", "md5_digest", "sha", "sha1", "sha2", "sha224", "sha256", "sha384", "sha512", "digest", "hashtext", "crc32")
)
#: Functions that find nothing in most of what they are given, though that is there.
_FINDS: Final = frozenset(
    ("->", "->>", "#>", "#>>", "json_extract", "jsonb_extract_path", "json_extract_path", "json_extract_path_text",
     "jsonb_extract_path_text", "json_value", "json_query", "regexp_match", "regexp_substr", "substring_index",
     "nullif", "to_regclass", "array_position", "jsonb_path_query_first", "json_unquote", "case", "lag", "lead")
)  # fmt: skip
#: Columns of PostgreSQL's own that every row has.
_SYSTEM: Final = frozenset(("xmin", "xmax", "cmin", "cmax", "tableoid", "ctid"))
_BACK: Final = re.compile(r"\s*(?:-|0+(?:\D|$))")
_BETWEEN: Final = frozenset(("datediff", "timestampdiff", "date_diff", "age", "-"))

Is = Callable[[Term], bool]


def least(term: Term, is_key: Is) -> float | None:
    """The least that this comes to where keys are whole numbers from one on; None where that cannot be told."""
    number = number_of(term)
    if number is not None:
        return number
    if term[0] == "col":
        return 1 if is_key(term) else None
    if term[0] != "fn" or not term[2]:
        return None
    name, args = term[1], term[2]
    if name in _POSITIVE or (name in _TEXTS and is_key(args[0])):
        return 1
    by = number_of(args[-1])
    if name == "-" and len(args) == 2 and by is not None:
        return None if (from_ := least(args[0], is_key)) is None else from_ - by
    if name == "nullif" and by is not None:
        return least(args[0], is_key)
    found = [least(one, is_key) for one in args]
    known = [one for one in found if one is not None]
    if name == "greatest":
        return max(known, default=None)
    if len(known) < len(found):
        return None
    rule = _LEAST.get(name)
    return rule(known) if rule else None


def _whole(found: list[float]) -> float | None:
    return found[0] if found[0] >= 0 else None


def _one(found: list[float]) -> float | None:
    return 1 if found[0] >= 1 and min(found) >= 0 else None


_LEAST: Final[dict[str, Callable[[list[float]], float | None]]] = {
    **dict.fromkeys(WHOLE, _whole),
    **dict.fromkeys(("sqrt", "sign", "power", "pow"), _one),
    "+": sum,
    "*": lambda found: found[0] * found[-1] if min(found) >= 0 else None,
    "|": lambda found: max(found) if min(found) >= 0 else None,
    "least": min,
    "coalesce": min,
}


def columns(term: object) -> Iterator[Term]:
    """Every column in a term."""
    stack: list[Any] = [term]
    while stack:
        one = stack.pop()
        if isinstance(one, tuple):
            if one and one[0] == "col":
                yield one
            else:
                stack.extend(one)


def is_there(term: Term, is_key: Is) -> bool:
    """Whether it has a value in hardly less than every row: a key, the row itself, or what is computed of those."""
    tag = term[0]
    if tag == "col":
        return is_key(term) or term[2] == "*" or term[2] in _SYSTEM
    if tag == "fn":
        computed = term[1] not in _FINDS or (term[1] == "nullif" and term[2][1][0] == "lit")
        return computed and _all_there(term[2], is_key)
    if tag == "sub":
        return bool(term[1].itself)
    return tag in ("cmp", "in", "between", "like") and _all_there(term[1:], is_key)


def _all_there(terms: object, is_key: Is) -> bool:
    found = list(columns(terms))
    return bool(found) and all(is_there(one, is_key) for one in found)


def only_keys(term: Term, is_key: Is) -> bool:
    """Whether it is computed of keys alone, and not a rest, of which there are few."""
    found = list(columns(term))
    return bool(found) and all(is_key(one) for one in found) and not _has(term, ("%", "mod", "&"))


def _has(term: object, names: tuple[str, ...]) -> bool:
    stack: list[Any] = [term]
    while stack:
        one = stack.pop()
        if isinstance(one, tuple):
            if len(one) == 3 and one[0] == "fn" and one[1] in names:
                return True
            stack.extend(one)
    return False


def has_passed(operator: str, left: Term, right: Term, is_now: Is, is_born: Is) -> bool:
    """`now() - created_at > interval '0'`: some time has gone by since the row came to be."""
    if left[1] == "extract" and left[2][-1][0] == "fn":
        left = left[2][-1]
    if operator not in (">", ">=") or left[1] not in _BETWEEN:
        return False
    if left[1] == "age" and len(left[2]) == 1:
        since = is_born(left[2][0])
    else:
        since = len(left[2]) >= 2 and is_now(left[2][0]) and is_born(left[2][1])
    length = right[2][0] if right[0] == "fn" and right[1] == "interval" and right[2] else right
    return since and length[0] == "lit" and _BACK.match(str(length[1])) is not None
