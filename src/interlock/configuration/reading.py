"""Reading: what every table of the file is read by: strictness, names, durations."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec import inspect

from interlock.errors import BadConfiguration

_DURATION: Final = re.compile(r"(\d{1,6})\s*(ms|s|m|h|d)")
_UNITS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
T = TypeVar("T")

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Strict(msgspec.Struct, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """Base of the file's tables: unknown keys are errors; `from` and `to` are Python's words, so they are renamed."""


def read(value: object, table: type[T], file: str) -> T:
    """The file as this table. BadConfiguration with the place of what is wrong (`interlock.toml: targets.shop.aws`)."""
    _check(value, inspect.type_info(table), Place(file))
    return msgspec.convert(value, table)


class Place(NamedTuple):
    """A place in the file, by the names that stand there; empty for all of it."""

    file: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.path}" if self.path else self.file

    def below(self, name: str) -> Place:
        return Place(self.file, f"{self.path}.{name}".lstrip("."))


def _check(value: object, wanted: inspect.Type, place: Place) -> None:
    """Table by table, the innermost first: what a table holds was checked when it is."""
    if isinstance(wanted, inspect.UnionType):
        wanted = next((one for one in wanted.types if isinstance(one, inspect.StructType)), wanted)
    if isinstance(wanted, inspect.StructType):
        fields = {field.encode_name: field.type for field in wanted.fields}
        for name, item in value.items() if isinstance(value, dict) else ():
            if name not in fields:
                raise _unknown(name, list(fields), place)
            _check(item, fields[name], place.below(name))
        try:
            msgspec.convert(value, wanted.cls)
        except msgspec.ValidationError as error:
            raise _misshapen(error, place) from error
    elif isinstance(wanted, inspect.DictType) and isinstance(value, dict):
        for name, item in value.items():
            _check(item, wanted.value_type, place.below(name))
    elif isinstance(wanted, inspect.VarTupleType) and isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, wanted.item_type, Place(place.file, f"{place.path}[{index}]"))


def _misshapen(error: msgspec.ValidationError, place: Place) -> BadConfiguration:
    what, _, path = str(error).partition(" - at `$")
    path = path.rstrip("`").removeprefix(".")
    where = str(place.below(path) if path else place)
    return BadConfiguration("is not a valid configuration", hint=what[:1].lower() + what[1:], where=where)


def _unknown(name: str, known: list[str], place: Place) -> BadConfiguration:
    import difflib

    near = difflib.get_close_matches(name, known, 1, 0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(sorted(known))}"
    return BadConfiguration(f"there is no setting `{name}` here", hint=hint, where=str(place))


def check_name(name: str, where: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadConfiguration(
            f"`{name}` is no name", hint="lower-case letters, digits, `.`, `_` and `-`, 63 at most", where=where
        )


def duration(text: str, where: str) -> int:
    """Milliseconds of `30s`, `24h`, `7d`."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise BadConfiguration(f"`{text}` is no duration", hint="write 30s, 15m, 24h or 7d", where=where)
    return int(found[1]) * _UNITS[found[2]]
