"""Operations: the made table of every operation that botocore knows, a service at a time, when first asked for."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from interlock.aws.call import PART_OF
from interlock.model.change import Aspect, Verb

#: Services that share the things of another one.
SIBLINGS: Final = {**PART_OF, "es": "opensearch"}

KNOWLEDGE: Final = Path(__file__).with_name("knowledge")

#: `take` is an update that only takes a part away, or unties it. `unknown`: nobody can tell.
Does = Verb | Literal["take", "unknown"]


class Operation(NamedTuple):
    """One operation as the table has it.

    `actions` are those of IAM; `type` is that of the things that it acts on, `names` the parameters that name them.
    `level` is IAM's access level in one letter, empty where IAM does not know the operation.
    """

    verb: Does
    aspect: Aspect
    level: str
    actions: tuple[str, ...]
    type: str
    names: tuple[str, ...]


_Row = tuple[Does, Aspect, str, str, str, str]


class _Table(msgspec.Struct, frozen=True):
    lasting: dict[str, str]
    services: dict[str, msgspec.Raw]


@cache
def _table() -> _Table:
    return msgspec.json.decode(KNOWLEDGE.joinpath("operations.json").read_bytes(), type=_Table)


@cache
def _service(name: str) -> dict[str, _Row]:
    raw = _table().services.get(name)
    return {} if raw is None else msgspec.json.decode(raw, type=dict[str, _Row])


def services() -> tuple[str, ...]:
    """Every service that the table has."""
    return tuple(_table().services)


def operations_of(service: str) -> tuple[str, ...]:
    """Every operation of one service; none for a service that the table does not have."""
    return tuple(_service(service))


@lru_cache(maxsize=8_192)
def operation(service: str, name: str) -> Operation | None:
    """What the table says of one operation; None where it has none of that name."""
    row = _service(service).get(name)
    if row is None:
        return None
    verb, aspect, level, actions, kind, names = row
    return Operation(
        verb,
        aspect,
        level,
        tuple(actions.split()),
        f"aws.{kind}" if "." in kind else f"aws.{SIBLINGS.get(service, service)}.{kind}",
        tuple(names.split()),
    )


def lasting_kind(type: str) -> str:
    """The kind of `read/lasting` that a type of ours is; empty where none is."""
    return _table().lasting.get(type.removeprefix("aws."), "")
