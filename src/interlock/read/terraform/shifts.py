"""Shifts: instances that change only because their place in a list moved, which is seldom what was meant.

Three servers by `count` and the first name taken out of the list: the second becomes the first, the third the second,
and the last is destroyed. So a resource whose last indexes go shifts wherever else it changes; and so does one that
takes on what its neighbour was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from interlock.read.terraform.plan import ResourceChange, value

#: More changed instances of one resource than this are not compared with each other.
MAX_COMPARED: Final = 2_000
#: Texts as short as this are alike by chance.
_SHORT: Final = 2


def shifted(changes: Iterable[ResourceChange]) -> frozenset[str]:
    """The addresses of the instances that shift."""
    groups: defaultdict[tuple[str, str, str], dict[int, ResourceChange]] = defaultdict(dict)
    for change in changes:
        if change.mode != "managed" or change.change.actions == ("no-op",) or change.deposed:
            continue
        index = value(change.index)
        if isinstance(index, int) and not isinstance(index, bool):
            groups[change.module_address, change.type, change.name][index] = change
    found: set[str] = set()
    for group in groups.values():
        if len(group) > 1:
            found |= _of_one(group)
    return frozenset(found)


def _of_one(group: dict[int, ResourceChange]) -> set[str]:
    writing = {index for index, change in group.items() if "update" in change.change.actions or _replaces(change)}
    if any(change.action_reason == "delete_because_count_index" for change in group.values()):
        return {group[index].address for index in writing}
    if len(group) > MAX_COMPARED:
        return set()
    was = {index: value(change.change.before) for index, change in group.items()}
    found = set()
    for index in writing:
        near = [each for each in (was.get(index - 1), was.get(index + 1)) if isinstance(each, dict)]
        if near:
            new = _new_texts(was[index], value(group[index].change.after))
            if any(each.get(name) == held for each in near for name, held in new):
                found.add(group[index].address)
    return found


def _replaces(change: ResourceChange) -> bool:
    return set(change.change.actions) == {"delete", "create"}


def _new_texts(before: object, after: object) -> list[tuple[str, str]]:
    """The attributes that become another text, and the text."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return []
    return [
        (name, held)
        for name, held in after.items()
        if isinstance(held, str) and len(held) > _SHORT and before.get(name) != held
    ]
