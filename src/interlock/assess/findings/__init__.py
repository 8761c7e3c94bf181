"""Findings: what a person should know before deciding, one file a finding; this file is the table of them.

A finding is a pure function of what was seen. Its slug is its file, its id and its page in docs/findings. A finding
judges nothing: policy may look at it, and people do. The order of the table is the
order among equally severe ones of one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib import import_module
from typing import Final, Literal, NamedTuple, cast

from interlock.assess.seen import Noted, Seen
from interlock.model.change import SignalName, Trait

#: What else there may be of a change: an effect that writes, one that takes content, something that was not
#: understood, a place or owner of what is taken or feels it, an inventory, a rehearsal.
Sort = Literal["writes", "takes", "unclear", "placed", "surveyed", "rehearsed"]


Find = Callable[[Seen], Iterator[Noted]]


class Row(NamedTuple):
    """One kind of finding. It is only looked for where some effect carries `on`, or the change is of that sort."""

    id: str
    on: Trait | SignalName | Sort | None = None

    @property
    def find(self) -> Find:
        """What looks for it, imported when it is first asked for."""
        return _of(self.id)


@cache
def _of(id: str) -> Find:
    return cast(Find, import_module(f"{__name__}.{id.replace('-', '_')}").find)


FINDINGS: Final[tuple[Row, ...]] = (
    Row("unknown-statement", "unclear"),
    Row("unread-effect", "rehearsed"),
    Row("no-condition", "no-condition"),
    Row("always-true-condition", "always-true"),
    Row("whole-table", "surveyed"),
    Row("loses-data", "loses-data"),
    Row("many-rows", "writes"),
    Row("not-by-key", "takes"),
    Row("leaves-target", "leaves-target"),
    Row("reads-secret", "reads-secret"),
    Row("runs-code", "runs-code"),
    Row("dynamic-code", "dynamic"),
    Row("loses-protection", "loses-protection"),
    Row("widens-access", "widens-access"),
    Row("gentler-way", "writes"),
    Row("rewrites-table", "rewrites"),
    Row("blocks-reads", "blocks-reads"),
    Row("blocks-writes", "blocks-writes"),
    Row("ends-transaction", "ends-transaction"),
    Row("not-transactional", "not-transactional"),
    Row("hides-failure", "hides-failure"),
    Row("nested-write", "nested"),
    Row("fires-triggers", "surveyed"),
    Row("target-missing-resource", "surveyed"),
    Row("cascades-further"),
    Row("critical-resource", "surveyed"),
    Row("many-resources"),
    Row("reach-cut", "surveyed"),
    Row("environment-disagrees"),
    Row("secret-in-payload"),
    Row("rehearsal-failed", "rehearsed"),
    Row("rehearsal-incomplete", "rehearsed"),
    Row("rollback-invalid", "rehearsed"),
    Row("rollback-unproven", "rehearsed"),
    Row("state-lost", "state-lost"),
    Row("state-moved", "state-moved"),
    Row("wrong-workspace", "wrong-workspace"),
    Row("unfinished-plan", "unfinished-plan"),
    Row("partial-plan", "partial-plan"),
    Row("plan-time-code", "plan-time-code"),
    Row("unproved-code", "unproved-code"),
    Row("exists-already", "surveyed"),
    Row("mass-change", "surveyed"),
    Row("cannot-go-back", "writes"),
    Row("copy-dies", "surveyed"),
    Row("undo-loses-rights", "surveyed"),
    Row("unknown-kind", "writes"),
    Row("leaves-a-gap", "leaves-a-gap"),
    Row("shifts-index", "shifts-index"),
    Row("only-removes", "only-removes"),
    Row("forgets", "forgets"),
    Row("adopts", "adopts"),
    Row("renames", "renames"),
    Row("drifted"),
    Row("whole-redundancy-group", "surveyed"),
    Row("primary-and-replica", "surveyed"),
    Row("backup-with-original", "surveyed"),
    Row("many-domains", "placed"),
    Row("whole-domain", "surveyed"),
    Row("two-products", "placed"),
    Row("control-plane", "surveyed"),
    Row("undeclared-critical", "surveyed"),
    Row("unfelt-critical", "surveyed"),
    Row("no-survey", "writes"),
)


def asked(seen: Seen) -> tuple[Row, ...]:
    """The rows of the table that can find something in what was seen."""
    sorts: dict[Sort, bool] = {
        "writes": bool(seen.writing),
        "takes": bool(seen.taking),
        "unclear": not seen.change.fully_known,
        "placed": bool(seen.domains.places or seen.domains.tags),
        "surveyed": seen.inventory is not None,
        "rehearsed": seen.rehearsal is not None,
    }
    signals = [signal.name for signal in seen.change.signals]
    return _rows(frozenset((*seen.by_trait, *signals, *[sort for sort, holds in sorts.items() if holds])))


@lru_cache(maxsize=1_024)
def _rows(there: frozenset[str]) -> tuple[Row, ...]:
    return tuple(row for row in FINDINGS if row.on is None or row.on in there)
