"""Whether a condition of PostgreSQL, tried on made-up rows, leaves none of them out."""

from __future__ import annotations

from typing import Final

from interlock.read.sql.logic import FALSE, outcomes
from interlock.read.sql.neutral import Target, Term
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.columns import casts_of, column
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.selves import stands_in
from interlock.read.sql.practice import is_keylike, practically_all
from interlock.read.sql.trial.leaves import leaves_none

#: Types that do not hold each value of those which are cast to them. A term does not say what is cast.
_LOSING: Final = frozenset(
    ("date", "time", "timetz", "int2", "int4", "int8", "float4", "bool", "bit", "char", "name", "oid", "regclass")
)


def is_none(condition: Term, where: Node, target: Target, *, judged: bool = True) -> bool:
    """Whether this condition, which stands here in the statement and was judged as it is, is practically none."""
    itself = stands_in(condition, target)
    sure = (not judged or itself != condition) and _is_sure(itself, target)
    return (sure or leaves_none(itself, target)) and not _loses(where, target)


def _is_sure(condition: Term, target: Target) -> bool:
    return not outcomes(condition, target) & FALSE or practically_all(condition, target)


def _loses(where: Node, target: Target) -> bool:
    """Whether a value is cast to a type that does not hold it: `price::int = price` is true of some rows."""
    for kind, columns in casts_of(where):
        if names.typed(kind) in _LOSING or kind.get("typmods"):
            called = [column(one)[2] for one in columns]
            if not all(is_keylike(one, target.table) or one in target.names for one in called):
                return True
    return False
