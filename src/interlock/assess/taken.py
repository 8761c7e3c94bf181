"""Taken: which things a change makes, which it takes away, and which it changes, each by key.

The rules of this room: a thing that is taken away and made again is taken away. What changes only by which name a thing
is managed, or whether it is managed at all, leaves the thing itself as it is.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from interlock.model.change import Change, Effect, Trait

Key = tuple[str, str]

#: An update with one of these, and without fields, is about the managing of a thing and not about the thing.
IN_NAME: Final[frozenset[Trait]] = frozenset({"renames", "adopts", "forgets"})


class Taken(NamedTuple):
    """`made` is only created; `gone` is deleted or replaced as a whole; `hurt` is changed in any way, `gone` included.

    `written` lists, for each thing in `hurt`, the ordinals of the effects that do it.
    """

    made: frozenset[Key]
    gone: frozenset[Key]
    hurt: frozenset[Key]
    written: dict[Key, list[int]]


def taken_by(change: Change) -> Taken:
    """All effects of a change, sorted by what they do to the thing that they name."""
    made: set[Key] = set()
    gone: set[Key] = set()
    written: dict[Key, list[int]] = {}
    for ordinal, effect in enumerate(change.effects):
        key = effect.resource.key
        if effect.verb == "create" and effect.aspect != "content":
            made.add(key)
            continue
        if effect.verb == "read" or in_name(effect):
            continue
        written.setdefault(key, []).append(ordinal)
        if effect.verb in ("delete", "replace") and effect.aspect != "content" and not partly(effect):
            gone.add(key)
    return Taken(frozenset(made - written.keys()), frozenset(gone), frozenset(written), written)


def in_name(effect: Effect) -> bool:
    """Whether only the managing of the thing changes."""
    return effect.verb == "update" and not effect.fields and not IN_NAME.isdisjoint(effect.traits)


def partly(effect: Effect) -> bool:
    """Whether a delete takes only parts of the thing: a column, an entry."""
    return effect.verb == "delete" and bool(effect.fields) and effect.known != "planned"
