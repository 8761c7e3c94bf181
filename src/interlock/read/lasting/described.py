"""Described: whether a change is only to what people read of a thing: its description, or the tags on it.

The rules of this room: a name counts only where it means nothing else on a type of that beginning. Tags decide who may
do what to keys and identities, so there they are more than words.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.model.inventory import Plane

_SIGNED: Final[frozenset[Plane]] = frozenset({"identity", "encryption"})


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file `knowledge/described.json`: attributes that hold words, and tags, by the beginning of types."""

    about: str
    words: dict[str, frozenset[str]]
    tags: dict[str, frozenset[str]]


@cache
def described() -> Described:
    """The file, read when it is first asked for."""
    raw = Path(__file__).with_name("knowledge").joinpath("described.json").read_bytes()
    return msgspec.json.decode(raw, type=Described)


def only_describes(type_: str, changes: Collection[str], planes: tuple[Plane, ...]) -> bool:
    """Whether these attributes, which are all that changes, say nothing but what people read."""
    return bool(changes) and _reading(type_, not _SIGNED.isdisjoint(planes)).issuperset(changes)


@cache
def _reading(type_: str, signed: bool) -> frozenset[str]:
    known = described()
    tables = (known.words,) if signed else (known.words, known.tags)
    return frozenset().union(*(names for table in tables for start, names in table.items() if type_.startswith(start)))
