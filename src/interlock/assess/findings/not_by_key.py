"""not-by-key: an update or delete chooses by something that does not name one thing."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.assess.seen import Noted, Seen, act, listed, where
from interlock.model.assessment import Finding

#: Names that people give to keys. A guess from a name only ever silences a low-confidence finding.
_KEY_NAMES = frozenset({"id", "_id", "rowid", "key", "uuid", "guid", "oid", "pk", "slug", "ctid"})
_KEY_ENDINGS = ("_id", "_key", "_uuid", "_guid", "_pk", "Id", "ID")


def find(seen: Seen) -> Iterator[Noted]:
    """One for each effect whose choice pins no unique key of what it takes from; milder when the rows were counted."""
    for ordinal in seen.taking:
        effect, weighed = seen.change.effects[ordinal], seen.weighed[ordinal]
        if weighed.keyed or effect.choice not in ("named", "filtered") or effect.known == "unknown":
            continue
        keys = [key for item in seen.world.items(effect.resource) for key in item.keys]
        if not keys and any(looks_like_a_key(name) for name in effect.keys):
            continue
        counted = seen.figures.whole
        by = f"`{'`, `'.join(effect.keys)}`" if effect.keys else "a condition"
        proof = f"; its keys are {listed([', '.join(key) for key in keys])}" if keys else ""
        yield (
            ordinal,
            Finding(
                id="not-by-key",
                severity="info" if counted else "medium" if keys else "low",
                confidence="high" if keys else "low",
                message=f"{act(effect)} chooses by {by}, which names no single row{proof}",
                where=where(effect),
                fix="choose by a whole key, or look first which ones are hit",
            ),
        )


def looks_like_a_key(name: str) -> bool:
    """Whether people usually give such a name to a key."""
    return name.lower() in _KEY_NAMES or name.endswith(_KEY_ENDINGS)
