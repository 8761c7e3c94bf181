"""What functions of MySQL and SQLite come to whatever the row holds: `reverse(reverse(x))`, `month(x) < 13`.

Neutral terms in, simpler ones out. A value that is null stays null, which a condition leaves out anyway.
"""

from __future__ import annotations

import operator as op
from collections.abc import Callable
from math import inf
from typing import Any, Final

from interlock.read.sql.logic import FALSE, outcomes
from interlock.read.sql.neutral import MIRROR, Target, Term, compared, finds_itself, negate, number_of, simple, volatile

Args = tuple[Term, ...]

#: The outer one takes back what the inner one did.
_INVERSE: Final = frozenset(
    (
        ("reverse", "reverse"), ("unhex", "hex"), ("from_base64", "to_base64"), ("json_unquote", "json_quote"),
        ("inet_ntoa", "inet_aton"), ("inet6_ntoa", "inet6_aton"), ("bin_to_uuid", "uuid_to_bin"), ("~", "~"),
        ("unix_to_time", "unix_timestamp"), ("unix_timestamp", "unix_to_time"), ("sec_to_time", "time_to_sec"),
        ("uncompress", "compress"), ("-", "-"),
    )
)  # fmt: skip
_CASES: Final = frozenset(("lower", "upper", "fold"))
_JSON: Final = frozenset(("json", "json_quote", "json_array", "json_object"))
_TRUTHS: Final = frozenset(("cmp", "same", "null", "in", "between", "like", "not", "and", "or"))
#: A length that no text has more of.
_LONG: Final = 65_535
#: The least and the most that a function gives, where it gives a whole number.
_RANGES: Final[dict[str, tuple[float, float]]] = {
    "month": (1, 12), "day": (1, 31), "day_of_month": (1, 31), "hour": (0, 23), "minute": (0, 59), "second": (0, 59),
    "quarter": (1, 4), "weekday": (0, 6), "day_of_week": (1, 7), "day_of_year": (1, 366), "week": (0, 53),
    "week_of_year": (1, 53), "sign": (-1, 1), "bitwise_count": (0, 64), "crc32": (0, 2**32 - 1), "ascii": (0, 255),
    "ord": (0, inf), "unicode": (1, inf), "length": (0, inf), "octet_length": (0, inf), "bit_length": (0, inf),
    "count": (1, inf),  # it stands in a HAVING, and no group is empty
}  # fmt: skip
#: The first and the last text that a part of a time is written as.
_PARTS: Final = {
    "%m": ("01", "12"), "%d": ("01", "31"), "%H": ("00", "23"), "%M": ("00", "59"), "%S": ("00", "59"),
    "%j": ("001", "366"), "%w": ("0", "6"),
}  # fmt: skip
_DIGESTS: Final = {"md5": 32, "md5_digest": 32, "sha": 40, "sha1": 40, "uuid": 36}
#: What SQLite says that a value is, where there is one.
_TYPES: Final = frozenset(("integer", "real", "text", "blob"))
_HOLDS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": op.eq, "<>": op.ne, "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge,
}  # fmt: skip


def always(term: Term) -> Term:
    """A condition that holds in every row in which this one is not null. Its opposite is not said to hold in none."""
    return ("or", (term, negate(term), ("other", ())))


def called(name: str, args: Args) -> Term:
    """A function of these, or what that comes to."""
    if len(args) == 1 and args[0][0] == "fn" and args[0][2] and (name, args[0][1]) in _INVERSE and len(args[0][2]) == 1:
        inner: Term = args[0][2][0]
        return inner
    rule = _RULES.get(name)
    found = rule(args) if rule is not None and args else None
    return ("fn", name, args) if found is None else found


def settled(term: Term) -> Term:
    """A condition, or a plainer one that says the same."""
    rule = _CONDITIONS.get(term[0])
    found = rule(term) if rule is not None else None
    return term if found is None else found


def finds_only_itself(condition: Term, inside: set[str], inner: Target) -> bool:
    """Whether a query finds the row outside again, and asks for nothing else."""
    terms = condition[1] if condition[0] == "and" else (condition,)
    asked = [one for one in terms if outcomes(one, inner) & FALSE]
    return len(asked) == 1 and finds_itself(asked[0], inside)


def _case(name: str) -> Callable[[Args], Term | None]:
    """LOWER and UPPER: the outer one decides."""

    def rule(args: Args) -> Term | None:
        inner = args[0]
        return ("fn", name, inner[2]) if inner[0] == "fn" and inner[1] in _CASES else None

    return rule


def _part(args: Args) -> Term | None:
    """SUBSTRING, of all of a text or of none."""
    if len(args) == 2:
        return args[0] if args[1] == ("lit", 1) else None
    size = number_of(args[2])
    if size is not None and size <= 0:
        return ("lit", "")
    whole = args[2] in (("fn", "length", args[:1]), ("fn", "octet_length", args[:1])) or (size or 0) >= _LONG
    return args[0] if args[1] == ("lit", 1) and whole else None


def _left(args: Args) -> Term | None:
    from_first = (args[0], ("lit", 1), *args[1:])
    return called("substring", from_first) if len(args) == 2 else None


def _right(args: Args) -> Term | None:
    found = _left(args)
    return found if found is not None and found[:2] != ("fn", "substring") else None


def _repeat(args: Args) -> Term | None:
    times = number_of(args[-1])
    if times is None:
        return None
    return args[0] if times == 1 else ("lit", "") if times <= 0 else None


def _replace(args: Args) -> Term | None:
    nothing = len(args) == 3 and args[1][0] == "lit" and args[1] in (("lit", ""), args[2])
    return args[0] if nothing else None


def _stuff(args: Args) -> Term | None:
    return args[0] if args[2:] == (("lit", 0), ("lit", "")) else None


def _trim(name: str) -> Callable[[Args], Term | None]:
    """What is trimmed of nothing is whole, and blanks that were put around it go again."""

    def rule(args: Args) -> Term | None:
        if len(args) == 2:
            return args[0] if args[1] == ("lit", "") else None
        inner = args[0]
        if inner[0] != "fn" or inner[1] not in ("concat", "||"):
            return None
        kept = tuple(
            one for one in inner[2] if not (one[0] == "lit" and isinstance(one[1], str) and not one[1].strip())
        )
        return ("fn", name, kept) if len(kept) == 1 else None

    return rule


def _base(args: Args) -> Term | None:
    return args[0] if len(args) == 3 and args[1] == args[2] else None


def _chosen(args: Args) -> Term | None:
    """ELT by a number."""
    which = number_of(args[0])
    return args[which] if isinstance(which, int) and 0 < which < len(args) else None


def _printed(args: Args) -> Term | None:
    return args[1] if len(args) == 2 and args[0] in (("lit", "%s"), ("lit", "%d"), ("lit", "%i")) else None


def _unless(args: Args) -> Term | None:
    return args[0] if args[1:] == (("lit", None),) else None


def _moved(name: str) -> Callable[[Args], Term | None]:
    """A time moved by nothing."""

    def rule(args: Args) -> Term | None:
        by = args[1] if len(args) > 1 else ()
        if by and by[0] == "fn" and by[1] == "interval" and by[2]:
            by = by[2][0]
        elif by and name in ("+", "-"):
            return None
        return args[0] if by and by[0] == "lit" and str(by[1]).strip() in ("0", "-0", "+0") else None

    return rule


def _modified(name: str) -> Callable[[Args], Term | None]:
    """SQLite's `date(x, '+0 days')`."""

    def rule(args: Args) -> Term | None:
        kept = tuple(one for one in args[1:] if not (one[0] == "lit" and str(one[1]).lstrip("+-").startswith("0 ")))
        return ("fn", name, (args[0], *kept)) if len(kept) + 1 < len(args) else None

    return rule


def _valid(args: Args) -> Term | None:
    return ("lit", True) if args[0][0] == "fn" and args[0][1] in _JSON else None


def _holds_itself(args: Args) -> Term | None:
    """`x MEMBER OF (JSON_ARRAY(x))`."""
    value, array = args[0], args[-1]
    inside = array[0] == "fn" and array[1] == "json_array" and value in array[2]
    return ("cmp", "=", value, value) if inside else None


def _taken_out(args: Args) -> Term | None:
    """`json_extract(json_array(x), '$[0]')`."""
    array = args[0]
    value: Term | None = array[2][0] if array[0] == "fn" and array[1] == "json_array" and len(array[2]) == 1 else None
    return value


def _moved_bits(args: Args) -> Term | None:
    return args[0] if args[1:] == (("lit", 0),) else None


def _differing_bits(args: Args) -> Term | None:
    return ("lit", 0) if len(args) == 2 and args[0] == args[1] and not volatile(args[0]) else None


def _either(args: Args) -> Term | None:
    """XOR with what is true is the opposite of the other."""
    for one, other in (args, args[::-1]) if len(args) == 2 else ():
        if one[0] == "lit" and isinstance(one[1], (int, float)) and one[1]:
            return negate(other)
    return None


def _first(args: Args) -> Term | None:
    """IFNULL of a condition and what is said where that is null."""
    if len(args) != 2 or args[0][0] not in _TRUTHS:
        return None
    return ("case", ((("null", args[0], True), args[0]),), args[1])


def _position(args: Args) -> Term | None:
    """A text found in what it was put into."""
    if len(args) < 2 or args[1][0] != "lit" or not isinstance(args[1][1], str):
        return None
    return ("lit", 1) if any(part is not None and args[1][1] in part for part in _pieces(args[0])) else None


def _held(args: Args) -> Term | None:
    """How many values stand in a JSON array that is made of them."""
    made = len(args) == 1 and args[0][0] == "fn" and args[0][1] == "json_array"
    return ("lit", len(args[0][2])) if made else None


def _size(args: Args) -> Term | None:
    name = args[0][1] if args[0][0] == "fn" else ""
    return ("lit", _DIGESTS[name]) if name in _DIGESTS else None


_RULES: Final[dict[str, Callable[[Args], Term | None]]] = {
    **{name: _case(name) for name in _CASES}, **{name: _trim(name) for name in ("trim", "ltrim", "rtrim")},
    **{name: _moved(name) for name in ("date_add", "date_sub", "adddate", "subdate", "+", "-")},
    **{name: _modified(name) for name in ("date", "datetime", "time", "julianday")},
    **dict.fromkeys(("substring", "substr", "mid"), _part), **dict.fromkeys(("printf", "format"), _printed),
    **dict.fromkeys((">>", "<<"), _moved_bits), **dict.fromkeys(("json_extract", "json_extract_scalar"), _taken_out),
    **dict.fromkeys(("length", "octet_length"), _size), **dict.fromkeys(("json_length", "json_array_length"), _held),
    "left": _left, "right": _right, "repeat": _repeat, "replace": _replace, "stuff": _stuff, "conv": _base,
    "elt": _chosen, "nullif": _unless, "json_valid": _valid, "json_array_contains": _holds_itself,
    "^": _differing_bits, "xor": _either, "coalesce": _first, "str_position": _position,
}  # fmt: skip


def _span(term: Term) -> tuple[float, float] | None:
    """The least and the most that this can be; None where it can be anything, or no number."""
    if term[0] in _TRUTHS:
        return 0, 1
    if term[0] != "fn" or not term[2]:
        return None
    name, args = term[1], term[2]
    if name in ("&", "%", "mod") and len(args) == 2:
        by = number_of(args[1])
        if not isinstance(by, int) or by < 0:
            return None
        return (0, by) if name == "&" else (1 - by, by - 1) if by else None
    least, most = _RANGES.get(name, (1, 0))
    if name in ("length", "octet_length"):
        least = sum(len(part) for part in _pieces(args[0]) if part is not None)
    return (least, most) if least <= most else None


def _compared(term: Term) -> Term | None:
    _, sign, left, right = term
    if left[0] == "lit":
        sign, left, right = MIRROR[sign], right, left
    if left[0] not in ("fn", *_TRUTHS):
        left, right, sign = right, left, MIRROR[sign]
    if left[0] not in ("fn", *_TRUTHS):
        return None
    value = number_of(right)
    span = _span(left) if value is not None else None
    if span is not None and value is not None:
        least, most = span
        ends = {"<": most < value, "<=": most <= value, ">": least > value, ">=": least >= value,
                "<>": value < least or value > most, "=": least == value == most}  # fmt: skip
        if ends[sign]:
            return always(term)
    if left[0] in _TRUTHS:
        return _truth(sign, left, value) if value is not None else None
    return _beside_itself(term, sign, left, right)


def _truth(sign: str, condition: Term, value: float) -> Term | None:
    """A condition beside a number that only one of true and false passes: `(id = 5) < 1`."""
    true, false = _HOLDS[sign](1, value), _HOLDS[sign](0, value)
    if true is false:
        return None
    return condition if true else negate(condition)


def _beside_itself(term: Term, sign: str, left: Term, right: Term) -> Term | None:
    """A function beside what it was given, or beside the same function."""
    name, args = left[1], left[2]
    if name in ("greatest", "least") and sign == "=" and len(args) == 2 and right in args:
        return compared(">=" if name == "greatest" else "<=", right, args[1] if args[0] == right else args[0])
    if name == "last_day" and args and sign == ">=" and args[0] == right:
        return always(term)
    longer = {name, right[1]} == {"octet_length", "length"} if right[0] == "fn" else False
    if longer and args == right[2] and sign in ((">=",) if name == "octet_length" else ("<=",)):
        return always(term)
    if name == "time_to_str" and right[0] == "lit" and isinstance(right[1], str):
        first, last = _PARTS.get(str(args[-1][1]) if args[-1][0] == "lit" else "", ("", ""))
        text: str = right[1]
        bounds = {"<": last < text, "<=": last <= text, ">": first > text, ">=": first >= text}
        return always(term) if first and bounds.get(sign) else None
    return None


def _between(term: Term) -> Term | None:
    if term[1][0] != "fn":
        return None
    ends = (("cmp", ">=", term[1], term[2]), ("cmp", "<=", term[1], term[3]))
    return always(term) if all(_compared(one) for one in ends) else None


def _among(term: Term) -> Term | None:
    """IN a list that has all that a function can give."""
    _, left, items, _ = term
    if left[0] not in ("fn", *_TRUTHS) or len(items) > 400:
        return None
    if left[:2] == ("fn", "typeof"):
        return always(term) if {item[1] for item in items if item[0] == "lit"} >= _TYPES else None
    span = _span(left)
    if span is None or span[1] - span[0] >= len(items) or left[1] in ("%", "mod"):  # practice knows of rests
        return None
    return always(term) if set(range(int(span[0]), int(span[1]) + 1)) <= {number_of(one) for one in items} else None


def _alternatives(term: Term) -> Term | None:
    """`x & 1 = 0 OR x & 1 = 1`."""
    first = term[1][0]
    if first[0] != "cmp" or first[2][0] != "fn" or len(term[1]) > 400:
        return None
    if any(one[0] != "cmp" or one[1] != "=" or one[2] != first[2] for one in term[1]):
        return None
    return _among(("in", first[2], tuple(one[3] for one in term[1]), False))


def _pieces(term: Term) -> list[str | None]:
    """The texts that stand in one that is put together, in order; None for what can be any."""
    if term[0] == "lit" and isinstance(term[1], str):
        return [term[1]]
    if term[0] == "fn" and term[1] in ("concat", "||"):
        return [part for one in term[2] for part in _pieces(one)]
    return ["'", None, "'"] if term[:2] == ("fn", "quote") else [None]


def _like(term: Term) -> Term | None:
    """A text beside a pattern that is made of it, or that only asks for what was put into it."""
    _, left, pattern, _ = term
    if pattern[0] == "fn" and pattern[1] in ("concat", "||"):
        rest = [one for one in pattern[2] if one != left]
        wild = all(one[0] == "lit" and isinstance(one[1], str) and not one[1].strip("%") for one in rest)
        return always(term) if wild and len(rest) + 1 == len(pattern[2]) and not volatile(left) else None
    if left[0] != "fn" or pattern[0] != "lit" or not isinstance(pattern[1], str) or "_" in pattern[1]:
        return None
    first, *middle, last = pattern[1].casefold().split("%") if "%" in pattern[1] else ("", "?", "")
    pieces = _pieces(left)
    ends = (pieces[0] or "").casefold().startswith(first) and (pieces[-1] or "").casefold().endswith(last)
    asked = [one for one in middle if one]
    found = any(one is not None and asked and asked[0] in one.casefold() for one in pieces)
    one_only = len(asked) == 1 and not first and not last
    apart = not (first and last) or len(pieces) > 1
    return always(term) if ends and apart and (not asked or (one_only and found)) else None


def _same(term: Term) -> Term | None:
    """IS and <=>: of what comes to one thing, or stands in for it only where it is null."""
    _, left, right, negated = term
    one, other = simple(left), simple(right)
    if one == other and not volatile(one):
        return ("same", one, one, negated)
    for value, call in ((one, other), (other, one)):
        if call[0] == "fn" and call[1] == "coalesce" and call[2][0] == value:
            return ("cmp", "<>" if negated else "=", value, value)
    return None


_CONDITIONS: Final[dict[str, Callable[[Term], Term | None]]] = {
    "cmp": _compared, "between": _between, "in": _among, "or": _alternatives, "like": _like, "same": _same,
}  # fmt: skip
