"""Seen: the values of a resource before and after, without those that nobody may read.

A change set gives them as JSON in a text (`BeforeContext`, `AfterContext`), with stars for parameters that are not to
be shown and with a mark for what only the execution tells. Without them only names are known, and then nothing is
evidence and no prior value can be written back.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from interlock.ledger.redact import redact
from interlock.read.cloudformation.changeset import ResourceChange
from interlock.read.cloudformation.template import NAMES

LATER: Final = "{{changeSet:"
STARS: Final = "****"
#: Parts of a resource that stand beside its properties.
KEEPING: Final = ("DeletionPolicy", "UpdateReplacePolicy")
#: What keeps a resource, or a copy of it, when it leaves the stack.
KEEPS: Final = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})


class Seen(NamedTuple):
    """Both sides of a resource. `before` is None where they are not told; then `named` is all that is known.

    `unknown` are properties whose value after is not known, `hidden` those that change and are not shown. `fields` is
    everything that changes, `forced` what makes it anew, `odd` what could not be read, `covered` what of a new or
    removed one is not shown.
    """

    before: dict[str, object] | None
    after: dict[str, object] | None
    unknown: frozenset[str]
    hidden: frozenset[str]
    fields: tuple[str, ...]
    forced: frozenset[str]
    unkept: bool
    odd: str = ""
    covered: frozenset[str] = frozenset()


def seen(change: ResourceChange) -> Seen:
    """What a change set tells of one resource."""
    was, becomes = _context(change.before_context), _context(change.after_context)
    odd = "its values could not be read" if was is _ODD or becomes is _ODD else ""
    named = _properties(change)
    before = _held(was, "Properties") if was is not None and was is not _ODD else None
    after = _held(becomes, "Properties") if becomes is not None and becomes is not _ODD else None
    secret = {name for side in (before, after) for name, value in (side or {}).items() if _secret(name, value)}
    later = {name for name, value in (after or {}).items() if _holds(value, LATER)}
    told_before, told_after = before is not None, after is not None
    before = {name: value for name, value in (before or {}).items() if name not in secret}
    after = {name: value for name, value in (after or {}).items() if name not in secret | later}
    if change.action == "Modify":
        if told_before:
            before = {**dict.fromkeys(sorted(after.keys() | later)), **before}
        if told_after:
            after = {**dict.fromkeys(name for name in before if name not in later), **after}
    changing = named | (
        {name for name in before | after if before.get(name) != after.get(name)} if told_after else set()
    )
    unknown = later | (named - after.keys() if not told_after else set())
    hidden = (secret & named if change.details else secret) | (
        named if not told_before and change.action == "Modify" else set()
    )
    fields = tuple(sorted(changing | unknown | hidden | _beside(change)))
    return Seen(
        before if told_before else None,
        after if told_after else None,
        frozenset(unknown) if change.action == "Modify" else frozenset(later),
        frozenset(hidden) if change.action == "Modify" else frozenset(),
        fields if change.action == "Modify" else (),
        frozenset(_forced(change)),
        _unkept(change, was, becomes),
        odd,
        frozenset(secret) if change.action != "Modify" else frozenset(),
    )


def _properties(change: ResourceChange) -> set[str]:
    """The properties that the change set says to change, tags among them."""
    names = {
        _shown(detail.target.name)
        for detail in change.details
        if detail.target.attribute == "Properties" and detail.target.attribute_change_type != "SyncWithActual"
    }
    tags = any(detail.target.attribute == "Tags" for detail in change.details) or "Tags" in change.scope
    return (names - {""}) | ({"Tags"} if tags else set())


def _shown(name: str | None) -> str:
    """The name of a property as it may be shown; anything else is only said to be there."""
    return name if name and NAMES.fullmatch(name) else "a strange name" if name else ""


def _beside(change: ResourceChange) -> set[str]:
    """The parts beside the properties that change."""
    return {_shown(each) for each in change.scope if each not in ("Properties", "Tags")}


def _forced(change: ResourceChange) -> set[str]:
    return {
        _shown(detail.target.name)
        for detail in change.details
        if detail.target.name and detail.target.requires_recreation in ("Always", "Conditionally")
    }


def _unkept(change: ResourceChange, was: dict[str, object] | None, becomes: dict[str, object] | None) -> bool:
    """Whether what keeps the resource when it leaves the stack is taken off, or may be."""
    touched = any(each in change.scope for each in KEEPING) or any(
        detail.target.attribute in KEEPING for detail in change.details
    )
    if was is not None and becomes is not None and was is not _ODD and becomes is not _ODD:
        return any(was.get(each) in KEEPS and becomes.get(each) not in KEEPS for each in KEEPING)
    if not touched:
        return False
    values = [
        (detail.target.before_value, detail.target.after_value)
        for detail in change.details
        if detail.target.attribute in KEEPING
    ]
    return not values or any(after not in KEEPS and before not in ("Delete",) for before, after in values)


#: A context that is there and cannot be read.
_ODD: Final[dict[str, object]] = {}


def _context(text: str | None) -> dict[str, object] | None:
    if not text:
        return None
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return _ODD
    return found if isinstance(found, dict) and found else _ODD


def _held(context: dict[str, object], name: str) -> dict[str, object]:
    found = context.get(name)
    return {key: value for key, value in found.items() if NAMES.fullmatch(key)} if isinstance(found, dict) else {}


def _secret(name: str, value: object) -> bool:
    """Whether a value is not to be shown, or looks like a secret."""
    if _holds(value, STARS):
        return True
    return isinstance(value, str) and len(value) <= 4_096 and _looks_secret(name, value)


@lru_cache(maxsize=8_192)
def _looks_secret(name: str, value: str) -> bool:
    return bool(redact(f'{name} = "{value}"')[1])


def _holds(value: object, mark: str) -> bool:
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            if mark in here:
                return True
        elif isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            waiting += here.values()
    return False


def tags_of(values: dict[str, object] | None) -> tuple[tuple[str, str], ...]:
    """Its tags, sorted, without those that look like a secret."""
    held = (values or {}).get("Tags")
    pairs: Iterable[tuple[object, object]] = ()
    if isinstance(held, dict):
        pairs = held.items()
    elif isinstance(held, list):
        pairs = ((each.get("Key"), each.get("Value")) for each in held if isinstance(each, dict))
    found = {
        (key, value)
        for key, value in pairs
        if isinstance(key, str) and isinstance(value, str) and len(key) <= 256 and len(value) <= 256
    }
    return tuple(sorted(pair for pair in found if not _looks_secret(*pair)))
