"""Needs: which permissions it takes, at most, to do one operation on one type of resource (P4).

The rules of this room: what is named changes something; what planning reads, the plan has read already. A type that
AWS's own handlers answer for takes what those may call, and a type of Terraform what a reviewed row says, or what the
handlers of the same thing may call. An operation that stands nowhere is known to nobody, and that is said.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.read.lasting.kinds import Technology
from interlock.read.lasting.lasting import Operation

#: What of the rows each operation takes: something that is made anew is deleted and created.
_TAKES: Final[dict[Operation, tuple[str, ...]]] = {
    "create": ("create",),
    "update": ("update",),
    "delete": ("delete",),
    "replace": ("create", "delete"),
    "forget": (),
}

Actions = dict[str, tuple[str, ...]]


class Handlers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the handlers of each type of AWS may call, by operation; a row stays raw until somebody asks."""

    data: str
    types: dict[str, msgspec.Raw]


class Reviewed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of types of Terraform.

    `nothing` are beginnings of types whose resources are no target's. `own` are rows by hand; `as_` names the type of
    AWS whose handlers a type of Terraform is like.
    """

    about: str
    nothing: tuple[str, ...]
    own: dict[str, Actions]
    as_: dict[str, str] = msgspec.field(name="as")


@lru_cache(maxsize=4_096)
def needs_of(technology: Technology, type_: str, operation: Operation) -> tuple[str, ...] | None:
    """The permissions of one operation, in AWS's words; None when nobody knows."""
    takes = _TAKES[operation]
    if not takes:
        return ()
    if technology == "terraform" and type_.startswith(reviewed().nothing):
        return ()
    row = _row(technology, type_)
    if row is None or any(each not in row for each in takes):
        return None
    return tuple(sorted({action for each in takes for action in row[each]}))


def _row(technology: Technology, type_: str) -> Actions | None:
    if technology == "terraform":
        own = reviewed().own.get(type_)
        if own is not None:
            return own
        type_ = reviewed().as_.get(type_, "")
    raw = handlers().types.get(type_)
    return None if raw is None else msgspec.json.decode(raw, type=Actions)


@cache
def reviewed() -> Reviewed:
    """The rows of Terraform, strictly decoded."""
    return msgspec.json.decode(_file("terraform"), type=Reviewed)


@cache
def handlers() -> Handlers:
    """The rows of AWS's own types."""
    return msgspec.json.decode(_file("handlers"), type=Handlers)


def _file(name: str) -> bytes:
    return Path(__file__).with_name("knowledge").joinpath("needs", f"{name}.json").read_bytes()
