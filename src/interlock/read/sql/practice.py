"""Conditions that exclude hardly a row in any real table, such as `id > 0`: the usual way to fake a WHERE.

What is said here is practice, not proof: a judgement that rests on it is marked as guessed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from interlock.read.sql.logic import FALSE, outcomes
from interlock.read.sql.neutral import MIRROR, Sub, Target, Term, negate, number_of, simple

#: Names of columns that identify a row in nearly every schema.
_KEYLIKE: Final = re.compile(
    r"(id|_id|pk|uuid|guid|rowid|_rowid_|oid|ctid|(primary|row|record)_?(id|key)|(primary_?)?key_?id)$"
)
#: Columns that tell when a row came to be: hardly a row has one that lies ahead.
_BORN: Final = re.compile(
    r"(date_)?(created|inserted|updated|modified|added|registered)(_?(at|on|date|time|ts|timestamp))?$"
)
#: What these say of a time that is nothing special.
_SINCE: Final = {"year": 1970, "unix_timestamp": 0}
_LENGTHS: Final = frozenset(("length", "char_length", "character_length", "octet_length"))
_NOW: Final = frozenset(
    ("now", "current_timestamp", "current_date", "localtimestamp", "clock_timestamp", "statement_timestamp", "curdate",
     "transaction_timestamp", "sysdate", "utc_timestamp", "utc_date", "unix_timestamp", "localtime")
)  # fmt: skip
_FAR_PAST: Final = re.compile(r"^(0\d{3}|1[0-8]\d{2}|19[0-6]\d|1970)-\d")
#: Columns in which a date of long ago is nothing special.
_OLD: Final = re.compile(r"birth|born|dob|founded|released|published|year|died|death|built")
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


def practically_all(term: Term, target: Target) -> bool:
    """Whether hardly a row of any real table would be left out."""
    tag = term[0]
    if tag == "and":
        return all(not outcomes(one, target) & FALSE or practically_all(one, target) for one in term[1])
    if tag == "or":
        return any(practically_all(one, target) for one in term[1]) or _leaves_no_rest(_alternatives(term[1]))
    if tag == "not":
        opposite = negate(term[1])
        return opposite[0] != "not" and practically_all(opposite, target)
    if tag == "col":
        return _is_key(term, target)  # a key as a truth value: only zero is left out
    if tag == "null":
        return bool(term[2]) and (_is_key(term[1], target) or _is_made(term[1]))
    if tag == "same":
        return bool(term[3]) and _practically_compared(("cmp", "<>", term[1], term[2]), target)
    if tag == "between" and not term[4]:
        return practically_all(("and", (("cmp", ">=", term[1], term[2]), ("cmp", "<=", term[1], term[3]))), target)
    if tag == "cmp":
        return _practically_compared(term, target)
    if tag == "like" and not term[3]:
        return _practically_like(term)
    if tag == "in" and not term[3] and len(term[2]) == 1 and term[2][0][0] == "sub":
        return _practically_listed(term[1], term[2][0][1], target)
    if tag == "in" and not term[3]:
        return _leaves_no_rest(term)
    if tag == "in" and term[3] and all(item[0] == "lit" for item in term[2]):
        return all(_practically_compared(("cmp", "<>", term[1], item), target) for item in term[2])
    return False


def _practically_listed(left: Term, sub: Sub, target: Target) -> bool:
    """`id in (select user_id from this_very_table)`, and where hardly a row is left out of that."""
    if any(_practically_listed(left, arm, target) for arm in sub.arms):
        return True
    if sub.extreme or (sub.limited and not target.repeated) or not target.is_all(sub.table) or left[0] != "col":
        return False
    if sub.column in (left[2], "*"):
        return True
    return bool(sub.column) and _is_key(left, target) and is_keylike(sub.column, target.table)


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


def _practically_like(term: Term) -> bool:
    """A text that is not empty, or an address that has its sign."""
    _, left, pattern, _ = term
    if left[0] != "col" or pattern[0] != "lit" or not isinstance(pattern[1], str):
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


def _practically_compared(term: Term, target: Target) -> bool:
    operator, left, right = term[1], simple(term[2]), simple(term[3])
    if left[0] == "lit" or (left[0] == "fn" and (right[0] == "col" or _is_now_or_later(left))):
        operator, left, right = MIRROR[operator], right, left
    if left[0] == "fn":
        return _practically_computed(operator, left, right, target)
    if left[0] != "col":
        return False
    if operator == "=" and right[0] == "fn" and right[1] == "nullif" and right[2][0] == left:
        return _practically_compared(("cmp", "<>", left, right[2][1]), target)
    number = _HUGE if right == _ALL_BITS else number_of(right)
    if number is not None and _is_key(left, target):
        if operator in (">", ">="):
            return number <= 1 if operator == ">=" else number < 1
        if operator in ("<", "<="):
            return number >= _HUGE
        return bool(operator == "<>") and number <= 0
    if right[0] == "lit" and isinstance(right[1], str):
        return _practically_text(operator, left, right[1], target)
    if right[0] == "fn" and right[1] in ("to_timestamp", "from_unixtime") and operator in (">", ">="):
        since = number_of(right[2][0]) if right[2] else None
        return since is not None and since < _SECONDS and not _OLD.search(left[2].lower())
    if right[0] == "fn" and operator in ("<", "<="):
        return bool(_BORN.match(left[2].lower())) and _is_now_or_later(right)
    return False


def _practically_computed(operator: str, left: Term, right: Term, target: Target) -> bool:
    """A rest is small and a COALESCE is one of its values."""
    number = number_of(right)
    if left[1] in ("random", "rand"):
        return number == 0 and operator == ">"
    if left[1] in ("date", "timestamp", "datetime") and len(left[2]) == 1 and left[2][0][0] == "col":
        return _practically_compared(("cmp", operator, left[2][0], right), target)
    if left[1] in _SINCE and number is not None and operator in (">", ">=") and left[2] and left[2][0][0] == "col":
        return number <= _SINCE[left[1]] and not _OLD.search(left[2][0][2].lower())
    if left[1] in _LENGTHS:
        return operator in ("<", "<=") and number is not None and number >= 10**6
    if left[1] == "coalesce":
        each = [("cmp", operator, one, right) for one in left[2]]
        return all(not outcomes(one, target) & FALSE or _practically_compared(one, target) for one in each)
    if left[1] in ("%", "mod") and number is not None and len(left[2]) == 2:
        by = number_of(left[2][1])
        if operator in (">", ">="):
            return number < 0 or (operator == ">=" and number == 0)
        return by is not None and by > 0 and (number >= by or (operator == "<=" and number == by - 1))
    return False


def _is_now_or_later(term: Term) -> bool:
    """`now()`, `datetime('now')`, `now() + interval '1 day'`."""
    name, args = term[1], term[2]
    if name in _NOW and all(one[0] == "lit" for one in args):
        return True
    if name in ("datetime", "date", "timestamp"):
        return bool(args) and args[0] == ("lit", "now") and all(one[1] in ("localtime", "utc") for one in args[1:])
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
    return operator in (">", ">=", "<>") and text in ("", "0", "-1") and _is_key(left, target)
