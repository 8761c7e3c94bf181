"""Conditions that exclude hardly a row in any real table, such as `id > 0`: the usual way to fake a WHERE.

What is said here is practice, not proof: a judgement that rests on it is marked as guessed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from interlock.read.sql.logic import FALSE, MIRROR, Target, Term, negate, number_of, outcomes

#: Names of columns that identify a row in nearly every schema.
_KEYLIKE: Final = re.compile(
    r"(id|_id|pk|uuid|guid|rowid|_rowid_|oid|ctid|(primary|row|record)_?(id|key)|(primary_?)?key_?id)$"
)
#: Columns that tell when a row came to be: hardly a row has one that lies ahead.
_BORN: Final = re.compile(
    r"(date_)?(created|inserted|updated|modified|added|registered)(_?(at|on|date|time|ts|timestamp))?$"
)
_NOW: Final = frozenset(
    ("now", "current_timestamp", "current_date", "localtimestamp", "clock_timestamp", "statement_timestamp", "curdate",
     "transaction_timestamp", "sysdate", "utc_timestamp", "utc_date", "unix_timestamp", "localtime")
)  # fmt: skip
_FAR_PAST: Final = re.compile(r"^(0\d{3}|1[0-8]\d{2}|19[0-6]\d|1970)-\d")
#: Columns in which a date of long ago is nothing special.
_OLD: Final = re.compile(r"birth|born|dob|founded|released|published|year|died|death|built")
_FAR_AHEAD: Final = re.compile(r"^(2[1-9]\d{2}|20[5-9]\d|[3-9]\d{3})-\d")
_HUGE: Final = 10**9


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
        return any(practically_all(one, target) for one in term[1])
    if tag == "not":
        opposite = negate(term[1])
        return opposite[0] != "not" and practically_all(opposite, target)
    if tag == "col":
        return _is_key(term, target)  # a key as a truth value: only zero is left out
    if tag == "null":
        return bool(term[2]) and _is_key(term[1], target)
    if tag == "between" and not term[4]:
        return practically_all(("and", (("cmp", ">=", term[1], term[2]), ("cmp", "<=", term[1], term[3]))), target)
    if tag == "cmp":
        return _practically_compared(term, target)
    if tag == "in" and not term[3] and len(term[2]) == 1 and term[2][0][0] == "sub":
        sub = term[2][0][1]
        same = sub.table == target.table and not sub.extreme and bool(sub.column)
        return same and _is_key(term[1], target) and is_keylike(sub.column, target.table)
    if tag == "in" and term[3] and all(item[0] == "lit" for item in term[2]):
        return all(_practically_compared(("cmp", "<>", term[1], item), target) for item in term[2])
    return False


def _is_key(term: Term, target: Target) -> bool:
    return bool(term[0] == "col") and is_keylike(term[2], target.table)


def _practically_compared(term: Term, target: Target) -> bool:
    _, operator, left, right = term
    if left[0] == "lit" or (left[0] == "fn" and right[0] == "col"):
        operator, left, right = MIRROR[operator], right, left
    if left[0] != "col":
        return False
    number = number_of(right)
    if number is not None and _is_key(left, target):
        if operator in (">", ">="):
            return number <= 1 if operator == ">=" else number <= 0
        if operator in ("<", "<="):
            return number >= _HUGE
        return bool(operator == "<>") and number <= 0
    if right[0] == "lit" and isinstance(right[1], str):
        return _practically_text(operator, left, right[1], target)
    if right[0] == "fn" and right[1] in _NOW and operator in ("<", "<="):
        return bool(_BORN.match(left[2].lower()))
    return False


def _practically_text(operator: str, left: Term, text: str, target: Target) -> bool:
    if operator in (">", ">=") and _FAR_PAST.match(text) and not _OLD.search(left[2].lower()):
        return True
    if operator in ("<", "<=") and _FAR_AHEAD.match(text):
        return True
    return operator in (">", ">=", "<>") and text in ("", "0", "-1") and _is_key(left, target)
