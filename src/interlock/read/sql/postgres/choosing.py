"""What the WHERE of a write chooses: by its words, by rows that it is tried on, and by the loop that it stands in."""

from __future__ import annotations

from collections.abc import Iterable

from interlock.read.sql.condition import PRACTICALLY_ALL, Judgement, judge
from interlock.read.sql.neutral import Target
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.reading import Reading
from interlock.read.sql.postgres.selves import goes_on, joined
from interlock.read.sql.postgres.terms import describe_lists, term
from interlock.read.sql.postgres.trials import is_none


def choice_of(
    where: Node | None, target: Target, sources: Iterable[Node] = (), series: Iterable[str] = ()
) -> Judgement:
    """What a condition chooses. One that leaves out no row of any kind is none, whatever it looks like."""
    if not where:
        return judge(None, target)
    condition = term(where)
    judgement = judge(condition, target)
    if judgement.choice != "filtered" or judgement.never or judgement.most is not None:
        return judgement
    with_itself = joined(condition, sources, target, describe_lists, term, series) if sources or series else None
    none = is_none(with_itself or condition, where, target, judged=with_itself is None)
    return PRACTICALLY_ALL if none else judgement


def in_loops(reading: Reading, where: Node | None, target: Target, sources: Iterable[Node]) -> Judgement:
    """The same, where it may run again and again. A key that goes through those of every row chooses all of them."""
    series = reading.series | {name for name, table in reading.each.items() if table == target.table}
    judgement = choice_of(where, target, sources, series)
    if reading.endless and where and judgement.choice == "filtered" and goes_on(term(where), target):
        return PRACTICALLY_ALL
    return judgement
