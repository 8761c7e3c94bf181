"""Called: by which name the target itself knows a thing, from the attribute that `knowledge/names.json` says.

Addresses are names of a record, and two records may call one bucket by two of them. Only types are here of which the
target takes no second thing of the same name. What looks like a secret is no name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.ledger.redact import redact
from interlock.model.inventory import Called

_NAME: Final = re.compile(r"[\w.:/@+=,-]{1,256}")


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: attribute to the types that are named by it, and the types whose names hold everywhere."""

    about: str
    names: dict[str, tuple[str, ...]]
    everywhere: frozenset[str]


@cache
def known() -> Names:
    """The file, read when it is first asked for."""
    raw = Path(__file__).with_name("knowledge").joinpath("names.json").read_bytes()
    return msgspec.json.decode(raw, type=Names)


@cache
def _attributes() -> dict[str, str]:
    return {kind: attribute for attribute, kinds in known().names.items() for kind in kinds}


def called(kind: str, values: Mapping[str, object]) -> tuple[Called, ...]:
    """The name of a thing of this type with these values; nothing where there is none, or only the apply tells it."""
    attribute = _attributes().get(kind)
    name = values.get(attribute) if attribute is not None else None
    if not isinstance(name, str) or not _NAME.fullmatch(name) or redact(f'{attribute} = "{name}"')[1]:
        return ()
    return (Called(name, everywhere=kind in known().everywhere),)
