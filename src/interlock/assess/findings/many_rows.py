"""many-rows: more rows than the environment allows in one change, or nobody can tell how many."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act
from interlock.model.assessment import Finding


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect above `max_rows`, and one for each whose number of rows is not known."""
    limit = seen.environment.max_rows
    for ordinal in seen.writing:
        effect, count = seen.change.effects[ordinal], seen.weighed[ordinal].count
        if count is None and not _untold(seen, ordinal):
            continue
        if count is not None and count <= limit:
            continue
        much = "an unknown number of" if count is None else f"{count:,}"
        yield (
            ordinal,
            Finding(
                id="many-rows",
                severity="high",
                confidence="low" if count is None else "high" if seen.figures.whole else "medium",
                message=f"{act(effect)} takes {much} rows; `{seen.environment.name}` allows {limit:,} in one change",
                where=seen.where(effect),
                fix="split it, or choose by key; a rehearsal on the target counts them",
            ),
        )


def _untold(seen: Seen, ordinal: int) -> bool:
    """Whether the unknown number is news: not where what is meant is named, or where it is not understood at all."""
    effect = seen.change.effects[ordinal]
    if effect.aspect != "content" or effect.known == "unknown" or seen.weighed[ordinal].keyed:
        return False
    return effect.choice != "named" or effect.verb == "create"
