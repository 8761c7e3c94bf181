"""many-rows: more rows than the environment allows in one change, or nobody can tell how many."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.findings.not_by_key import looks_like_a_key
from interlock.assess.seen import Noted, Seen, act, where
from interlock.assess.tier import TAKING
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
                where=where(effect),
                fix="split it, or choose by key; a rehearsal on the target counts them",
            ),
        )


def _untold(seen: Seen, ordinal: int) -> bool:
    """Whether the unknown number is news: not where a key names one row, or where other findings say it all."""
    effect = seen.change.effects[ordinal]
    if effect.aspect != "content" or effect.known == "unknown" or seen.weighed[ordinal].keyed:
        return False
    if effect.verb == "create":
        return effect.choice != "named"
    return effect.verb in TAKING and not any(looks_like_a_key(name) for name in effect.keys)
