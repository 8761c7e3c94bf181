"""Guards: what a call takes off or gives away by parameters that mean the same wherever they stand.

The rules of this room: a row speaks of one operation, this of every one, so that a protection that a new operation
can take off is seen without a row of its own. It only ever adds to what a row says.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

import msgspec

from interlock.aws.call import Call, Parameter
from interlock.model.change import Trait
from interlock.read.aws.operations import KNOWLEDGE

_DEPTH: Final = 6
#: Where the list of tags stands inside of the parameter that holds it.
_TAG_LISTS: Final = ("TagSet", "Items")


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    about: str
    source: str
    protections: frozenset[str]
    off: frozenset[str]
    passwords: frozenset[str]
    tags: tuple[str, ...]


@lru_cache(maxsize=1)
def table() -> _Table:
    """The file `guards.json`, strictly decoded."""
    return msgspec.json.decode(KNOWLEDGE.joinpath("guards.json").read_bytes(), type=_Table)


def weakening(call: Call) -> tuple[Trait, str] | None:
    """What an update takes off or gives away, and how that is said; None where nothing says so."""
    known = table()
    for low, value in _named(call.parameters, 0):
        if low in known.protections and (value is False or (isinstance(value, str) and value.lower() in known.off)):
            return "loses-protection", "a protection is taken off"
        if low in known.passwords and value:
            return "widens-access", "whoever knows the new password may sign in"
    return None


def judging_tag(call: Call) -> bool:
    """Whether a call about tags touches one by which others judge the thing."""
    return any(_judges(key) for name, value in call.parameters.items() if "tag" in name.lower() for key in _keys(value))


@lru_cache(maxsize=4_096)
def _judges(key: str) -> bool:
    return any(fnmatchcase(key.lower(), pattern) for pattern in table().tags)


def _keys(value: Parameter) -> Iterator[str]:
    """The keys of tags: of a map, of a list of pairs, or a plain list of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _keys(each)
    elif isinstance(value, dict):
        inner = [value[name] for name in _TAG_LISTS if isinstance(value.get(name), list)]
        key = next((each for name, each in value.items() if name.lower() in ("key", "tagkey")), None)
        if inner:
            yield from _keys(inner)
        elif isinstance(key, str):
            yield key
        else:
            yield from value


def _named(parameters: dict[str, Parameter], depth: int) -> Iterator[tuple[str, Parameter]]:
    """Every parameter by its name in small letters, those inside of others too."""
    for name, value in parameters.items():
        yield name.lower(), value
        if depth < _DEPTH:
            for each in value if isinstance(value, list) else (value,):
                if isinstance(each, dict):
                    yield from _named(each, depth + 1)
