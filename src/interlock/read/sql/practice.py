"""Conditions that exclude hardly a row in any real table, such as `id > 0`: the usual way to fake a WHERE.

What is said here is practice, not proof: a judgement that rests on it is marked as guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from interlock.read.sql.logic import FALSE, TRUE, outcomes
from interlock.read.sql.neutral import MIRROR, Sub, Target, Term, negate, number_of, simple
from interlock.read.sql.patterns import passes_keys
from interlock.read.sql.worth import HASHES, WHOLE, has_passed, is_there, least, only_keys

#: Names of columns that identify a row in nearly every schema.
_KEYLIKE: Final = re.compile(
    r"(id|_id|pk|uuid|guid|rowid|_rowid_|oid|ctid|(primary|row|record)_?(id|key)|(primary_?)?key_?id)$"
)
#: Columns that tell when a row came to be: hardly a row has one that lies ahead.
_BORN: Final = re.compile(
    r"(date_)?(created|inserted|updated|modified|added|registered)(_?(at|on|date|time|ts|timestamp))?$"
)
#: What these say of a time that is nothing special.
_SINCE: Final = {"year": 1970, "unix_timestamp": 0, "epoch": 0, "julianday": 2_440_587}
#: What SQLite says that a value is.
_TYPES: Final = frozenset(("null", "integer", "real", "text", "blob"))
#: Columns of texts: as a number, hardly one is anything but zero.
_TEXTUAL: Final = re.compile(
    r"(.*_)?e?_?mail(_address)?$|((first|last|user|full|display|nick|file|host)_?)?name$|(title|description|body|content"
    r"|address|city|street|url|comment|subject)$"
)
_LENGTHS: Final = frozenset(("length", "char_length", "character_length", "octet_length"))
_NOW: Final = frozenset(
    ("now", "current_timestamp", "current_date", "localtimestamp", "clock_timestamp", "statement_timestamp", "curdate",
     "transaction_timestamp", "sysdate", "utc_timestamp", "utc_date", "unix_timestamp", "localtime")
)  # fmt: skip
_FAR_PAST: Final = re.compile(r"^(0\d{3}|1[0-8]\d{2}|19[0-6]\d|1970)-\d")
#: Columns in which a date of long ago is nothing special.
_OLD: Final = re.compile(r"birth|born|dob|founded|released|published|year|died|death|built")
_WHEN: Final = re.compile(r"_(at|on|date|time|ts)$")
_FAR_AHEAD: Final = re.compile(r"^(2[1-9]\d{2}|20[5-9]\d|[3-9]\d{3})-\d")
_HUGE: Final = 10**9
#: Seconds from 1970 to 1973: nothing that is kept is older.
_SECONDS: Final = 10**8
#: `~0`: in MySQL the largest number that there is.
_ALL_BITS: Final[Term] = ("fn", "~", (("lit", 0),))


@lru_cache(maxsize=4_096)
def is_keylike(column: str, table: str) -> bool:
    """Whether a column of this name identifies a row of a table of that name, by how schemas are commonly written."""
    name = column.lower()
    if _KEYLIKE.match(name):
        return True
    last = table.rsplit(".", 1)[-1].lower()
    stems = {last, last.removesuffix("s"), last.removesuffix("es"), re.sub("ies$", "y", last)}
    return any(name in (f"{stem}_id", f"{stem}id", f"{stem}_uuid", f"id_{stem}", f"{stem}_key") for stem in stems)


def is_born(column: str) -> bool:
    """Whether a column of this name tells when its row came to be, or was changed: never a time that lies ahead."""
    return _BORN.match(column.lower()) is not None


def practically_all(term: Term, target: Target) -> bool:
    """Whether hardly a row of any real table would be left out."""
    rule = _PRACTICE.get(term[0])
    return rule is not None and rule(term, target)


def _each(term: Term, target: Target) -> bool:
    return all(not outcomes(one, target) & FALSE or practically_all(one, target) for one in term[1])


def _any(term: Term, target: Target) -> bool:
    return any(practically_all(one, target) for one in term[1]) or _leaves_no_rest(_alternatives(term[1]))


def _opposite(term: Term, target: Target) -> bool:
    opposite = negate(term[1])
    if term[1][0] == "col":
        return _TEXTUAL.match(term[1][2]) is not None
    return opposite[0] != "not" and practically_all(opposite, target)


def _is_there(term: Term, target: Target) -> bool:
    return bool(term[2]) and (_is_made(term[1]) or is_there(term[1], lambda one: _is_row(one, target)))


def _differs(term: Term, target: Target) -> bool:
    return bool(term[3]) and _practically_compared(("cmp", "<>", term[1], term[2]), target)


def _between(term: Term, target: Target) -> bool:
    low, high = ("<", ">") if term[4] else (">=", "<=")
    return practically_all(
        ("or" if term[4] else "and", (("cmp", low, term[1], term[2]), ("cmp", high, term[1], term[3]))), target
    )


def _one_of(term: Term, target: Target) -> bool:
    """IN and NOT IN: a query of the very table, every rest of a division, or all but some keys."""
    _, left, items, negated = term
    if negated:
        every = all(item[0] == "lit" for item in items)
        return every and all(_practically_compared(("cmp", "<>", left, item), target) for item in items)
    if len(items) == 1 and items[0][0] == "sub":
        return _practically_listed(left, items[0][1], target)
    return _leaves_no_rest(term)


def _practically_true(term: Term, target: Target) -> bool:
    """A function as a condition: a number that is not zero, or a time that is any."""
    plainer = simple(term)
    if plainer != term:
        return practically_all(plainer, target)
    if term[1] == "isfinite" and term[2]:
        return bool(term[2][0][0] == "col")
    if term[1] == "coalesce":
        return all(one == ("lit", True) or practically_all(one, target) for one in term[2][:-1]) and (
            bool(outcomes(term[2][-1], target) == TRUE) or practically_all(term[2][-1], target)
        )
    if term[1] in ("~", "~*") and term[2][1][0] == "lit" and _is_key(term[2][0], target):
        return passes_keys(str(term[2][1][1]))
    lowest = least(term, lambda one: _is_key(one, target))
    return lowest is not None and lowest >= 1


def _practically_listed(left: Term, sub: Sub, target: Target) -> bool:
    """`id in (select user_id from this_very_table)`, and where hardly a row is left out of that."""
    if any(_practically_listed(left, arm, target) for arm in sub.arms):
        return True
    if left[0] == "col" and sub.table and not sub.extreme and not sub.limited and _refers(left[2], sub):
        return True
    if sub.extreme or (sub.limited and not target.repeated) or not target.is_all(sub.table) or left[0] != "col":
        return False
    if sub.column in (left[2], "*"):
        return True
    return bool(sub.column) and _is_key(left, target) and is_keylike(sub.column, target.table)


def _refers(column: str, sub: Sub) -> bool:
    """`user_id in (select id from users)`: what every row refers to."""
    return _KEYLIKE.match(column) is None and is_keylike(column, sub.table) and _KEYLIKE.match(sub.column) is not None


def _alternatives(terms: tuple[Term, ...]) -> Term:
    """`x = 0 or x = 1` as `x in (0, 1)`; an empty list when the alternatives are of another kind."""
    left = terms[0][2] if terms[0][0] == "cmp" else ("other", ())
    alike = all(one[0] == "cmp" and one[1] == "=" and one[2] == left for one in terms)
    return ("in", left, tuple(one[3] for one in terms) if alike else (), False)


def _leaves_no_rest(term: Term) -> bool:
    """`id % 2 in (0, 1)`: every rest that a division can leave."""
    left = term[1]
    if left[0] != "fn" or left[1] not in ("%", "mod") or len(left[2]) != 2:
        return False
    by = number_of(left[2][1])
    if not isinstance(by, int) or not 0 < by <= len(term[2]):
        return False
    return set(range(by)) <= {number_of(item) for item in term[2]}


def _practically_like(term: Term, _target: Target) -> bool:
    """A text that is not empty, or an address that has its sign."""
    _, left, pattern, negated = term
    if negated or left[0] != "col" or pattern[0] != "lit" or not isinstance(pattern[1], str):
        return False
    rest = pattern[1].strip("%")
    return (rest == "_" and "%" in pattern[1]) or (rest == "@" and pattern[1] == "%@%" and "mail" in left[2].lower())


def leaves_out(term: Term, target: Target) -> bool:
    """Whether this condition is meant to leave rows out: it can, and not only in theory."""
    return bool(outcomes(term, target) & FALSE) and not practically_all(term, target)


def _is_made(term: Term) -> bool:
    """A column that says when the row came to be, which every row has."""
    name = term[2].lower() if term[0] == "col" else ""
    return bool(_BORN.match(name)) and "updat" not in name and "modif" not in name


def _is_key(term: Term, target: Target) -> bool:
    return bool(term[0] == "col") and is_keylike(term[2], target.table)


def _is_row(term: Term, target: Target) -> bool:
    """A key, or the row as a whole."""
    return _is_key(term, target) or (not term[1] and term[2] in target.names)


def _practically_compared(term: Term, target: Target) -> bool:
    operator, left, right = term[1], simple(term[2]), simple(term[3])
    if left[0] == "lit" or (left[0] == "fn" and (right[0] == "col" or _is_now_or_later(left))):
        operator, left, right = MIRROR[operator], right, left
    if left[0] == "fn":
        return _practically_computed(operator, left, right, target)
    if left[0] != "col":
        return False
    if left[2] == "tableoid":
        return True  # of every row of that table, or of that partition
    if right[0] == "fn":
        return _practically_a_call(operator, left, right, target)
    number = number_of(right)
    if number is not None and _is_key(left, target):
        return _practically_numbered(operator, number)
    if number is not None and _TEXTUAL.match(left[2]):
        return outcomes(("cmp", operator, ("lit", 0), right), target) == TRUE
    if right[0] == "lit" and isinstance(right[1], str):
        return _practically_text(operator, left, right[1], target)
    return False


def _practically_numbered(operator: str, number: float) -> bool:
    """A key beside a number. All but one are all."""
    if operator in (">", ">="):
        return number <= 1 if operator == ">=" else number < 1
    return number >= _HUGE if operator in ("<", "<=") else operator == "<>"


def _practically_a_call(operator: str, left: Term, right: Term, target: Target) -> bool:
    """A column beside a function: of itself, of all bits, or of the time."""
    if right == _ALL_BITS and _is_key(left, target):
        return _practically_numbered(operator, _HUGE)
    if right[2] and right[2][0] == left and operator in ("=", ">=", "<="):
        if right[1] == "nullif" and operator == "=":
            return _practically_compared(("cmp", "<>", left, right[2][1]), target)
        if right[1] == "fold" or (right[1] in WHOLE and _is_key(left, target)):
            return True
    if right[1] in ("to_timestamp", "from_unixtime", "unix_to_time") and operator in (">", ">="):
        since = number_of(right[2][0]) if right[2] else None
        return since is not None and since < _SECONDS and not _OLD.search(left[2].lower())
    if operator in ("<", "<="):
        return bool(_BORN.match(left[2].lower())) and _is_now_or_later(right)
    return False


def _practically_computed(operator: str, left: Term, right: Term, target: Target) -> bool:
    """What is computed of a column beside a value."""
    if operator == "<>" and right[0] in ("lit", "param") and _hardly_equal(left, right, target):
        return True
    if left[1] == "coalesce":
        return _practically_one_of(operator, left, right, target)
    number = number_of(right)
    return _practically_timed(operator, left, right, target) or (
        number is not None and _practically_counted(operator, left, number, target)
    )


def _practically_one_of(operator: str, left: Term, right: Term, target: Target) -> bool:
    """A COALESCE is one of its values."""
    *others, last = left[2]
    if operator in ("<", "<=") and last == right and right[0] == "fn" and _is_now_or_later(right):
        return all(one[0] == "col" and _WHEN.search(one[2]) for one in others)
    each = [("cmp", operator, one, right) for one in left[2]]
    return all(not outcomes(one, target) & FALSE or _practically_compared(one, target) for one in each)


def _practically_timed(operator: str, left: Term, right: Term, target: Target) -> bool:
    """A part of a time, or how long ago it was."""
    if has_passed(operator, left, right, lambda one: one[0] == "fn" and one[1] in _NOW, _is_made_or_changed):
        return True
    name, args, number = left[1], left[2], number_of(right)
    if name in ("extract", "date_part", "time_to_str") and len(args) == 2:
        return _practically_part(operator, args, right)
    if name in ("date", "timestamp", "datetime") and len(args) == 1 and args[0][0] == "col":
        return _practically_compared(("cmp", operator, args[0], right), target)
    if name == "date_trunc" and operator in ("<", "<=") and args[1:] and args[1][0] == "col":
        return _practically_compared(("cmp", operator, args[1], right), target)
    if name in _SINCE and number is not None and operator in (">", ">=") and args and args[0][0] == "col":
        return number <= _SINCE[name] and not _OLD.search(args[0][2].lower())
    return False


def _practically_counted(operator: str, left: Term, number: float, target: Target) -> bool:
    """What is computed of keys, a length, or a rest."""
    name, args = left[1], left[2]
    lowest = least(left, lambda one: _is_key(one, target))
    if lowest is not None:
        if operator == "=":
            return (name == "sign" and number == 1) or (name == "least" and lowest == number)
        return (operator == ">" and lowest > number) or (operator in (">=", "<>") and lowest >= number)
    if name in ("random", "rand"):
        return number == 0 and operator == ">"
    if name in _LENGTHS:
        return operator in ("<", "<=") and number >= 10**6
    if name not in ("%", "mod") or len(args) != 2:
        return False
    if operator in (">", ">="):
        return number < 0 or (operator == ">=" and number == 0)
    by = number_of(args[1])
    return by is not None and by > 0 and (number >= by or (operator == "<=" and number == by - 1))


def _hardly_equal(left: Term, right: Term, target: Target) -> bool:
    """`md5(name) <> 'x'`, `id::text <> ''`, `typeof(id) <> 'x'`: all rows but one, or not even that one."""
    if left[1] == "typeof":
        return right[0] == "lit" and right[1] not in _TYPES
    return left[1] in HASHES or only_keys(left, lambda one: _is_key(one, target))


def _is_made_or_changed(term: Term) -> bool:
    return term[0] == "col" and _BORN.match(term[2].lower()) is not None


def _practically_part(operator: str, args: tuple[Term, ...], right: Term) -> bool:
    """`extract(year from created_at) > 1900`, and SQLite's `strftime('%Y', created_at) > '1900'`."""
    part, when = args if args[1][0] == "col" else (args[1], args[0])
    if when[0] == "fn" and when[2]:
        when = when[2][0]
    if part[0] != "lit" or when[0] != "col" or operator not in (">", ">=") or _OLD.search(when[2].lower()):
        return False
    if part[1] == "%Y" and right[0] == "lit" and isinstance(right[1], str):
        return right[1] < "1971"
    number, since = number_of(right), _SINCE.get(str(part[1]))
    return number is not None and since is not None and number <= since


def _is_now_or_later(term: Term) -> bool:
    """`now()`, `datetime('now')`, `now() + interval '1 day'`."""
    name, args = term[1], term[2]
    if name in _NOW and all(one[0] == "lit" for one in args):
        return True
    if name in ("datetime", "date", "timestamp"):
        later = all(one[1] in ("localtime", "utc") or str(one[1]).startswith("+") for one in args[1:])
        return bool(args) and args[0] == ("lit", "now") and later
    if name in ("+", "date_add", "adddate") and len(args) >= 2 and args[0][0] == "fn" and args[0][1] in _NOW:
        length = args[1][2][0] if args[1][0] == "fn" and args[1][1] == "interval" and args[1][2] else args[1]
        return length[0] == "lit" and not str(length[1]).lstrip().startswith("-") and "ago" not in str(length[1])
    return False


def _practically_text(operator: str, left: Term, text: str, target: Target) -> bool:
    if operator in (">", ">=") and _FAR_PAST.match(text) and not _OLD.search(left[2].lower()):
        return True
    if operator in ("<", "<=") and (_FAR_AHEAD.match(text) or text == "infinity"):
        return True
    if operator in (">", ">=") and text in ("-infinity", "epoch"):
        return True
    if operator in ("<", "<=") and text.lower() in ("now", "today", "tomorrow"):
        return bool(_BORN.match(left[2].lower()))
    if operator in (">", ">=", "<>") and text == "" and _BORN.match(left[2].lower()):
        return True
    if not _is_key(left, target):
        return False
    if operator in ("<", "<=") and not re.match(r"[\d({-]", text):
        return True  # SQLite holds every number for less than a text
    return operator == "<>" or (operator in (">", ">=") and (text in ("", "0", "-1") or text.startswith("(0,")))


def _first_case(term: Term, target: Target) -> bool:
    """`CASE id WHEN id THEN true END`: the first branch takes hardly less than every row, and says yes to each."""
    condition, value = term[1][0]
    return outcomes(value, target) == TRUE and (
        not outcomes(condition, target) & FALSE or practically_all(condition, target)
    )


_PRACTICE: Final[dict[str, Callable[[Term, Target], bool]]] = {
    "and": _each, "or": _any, "not": _opposite, "fn": _practically_true, "null": _is_there, "same": _differs,
    "between": _between, "cmp": _practically_compared, "like": _practically_like, "in": _one_of,
    "case": _first_case,
    "col": _is_key,  # as a truth value: only zero is left out
}  # fmt: skip
