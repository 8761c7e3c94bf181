"""Looks: the table of what is looked at for each type of thing, as `looks.json` says it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.resources import files

import msgspec

from interlock.aws.things import usual
from interlock.survey.aws.note import Note

Look = Callable[[Note], None]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is looked at for one type; `looks` are functions of the families, as `family.function`; the first one tells
    whether the thing is there. `says` is for the page in docs/."""

    looks: tuple[str, ...]
    says: str


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    about: str
    types: dict[str, Row]
    bare: frozenset[str]


@cache
def _table() -> _Table:
    return msgspec.json.decode((files("interlock.survey.aws") / "looks.json").read_bytes(), type=_Table)


def rows() -> dict[str, Row]:
    """Every type that there is a look for."""
    return _table().types


def is_bare(type_: str) -> bool:
    """Whether it is a part of other things, of which nobody need look at more than that a stack has it."""
    return type_ in _table().bare


@cache
def looks_for(type_: str) -> tuple[Look, ...]:
    """The looks that a thing of this type gets; none where nobody here knows how to look at it."""
    row = rows().get(usual(type_))
    return tuple(_found(name) for name in row.looks) if row is not None else ()


def _found(name: str) -> Look:
    family, _, function = name.partition(".")
    look: Look = getattr(import_module(f"interlock.survey.aws.{family}"), function)
    return look
