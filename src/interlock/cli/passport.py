"""Passports as people write them: flags, one capability as a short line, or a whole TOML or JSON file.

A capability is `TIER:RESOURCES:ENVIRONMENTS` and then any of `max_rows=N`, `max_resources=N`, `max_reach=N`,
`verbs=V,V` and `requires=CONDITION,CONDITION`, parted by colons; lists are parted by commas; `*` for environments means
those of the passport. What is not understood is refused: a bound that was misspelt would be a bound that is not there.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from interlock.errors import BadInput
from interlock.model.agent import Capability, Passport
from interlock.model.change import TIERS, VERBS
from interlock.model.decision import parse_requirement

FORM: Final = (
    "TIER:RESOURCES:ENVIRONMENTS[:max_rows=N][:max_resources=N][:max_reach=N][:verbs=V,…][:requires=CONDITION,…]"
)
DIGITS: Final = 15  # of a bound: larger numbers are not the same number to every reader
EXAMPLE: Final = "modify:orders,order_*:production:max_rows=500:requires=simulated-rollback"
MAX_FILE: Final = 64 * 1024

#: What a passport file may not say of itself: the register says it.
_REGISTERS: Final = frozenset({"registered", "retired"})


def parse_capability(text: str) -> Capability:
    """The capability of one line. Raises BadInput that says which part was not understood."""
    tier, resources, environments, *bounds = _split(text)
    fields: dict[str, object] = {
        "tier": _one_of(tier, TIERS, "tier", text),
        "resources": _list(resources, text),
        "environments": () if environments == "*" else _list(environments, text),
    }
    for bound in bounds:
        name, equals, value = bound.partition("=")
        read = _BOUNDS.get(name)
        if read is None or not equals:
            raise _wrong(f"`{bound}` is no bound of a capability", text)
        if name in fields:
            raise _wrong(f"`{name}` is said twice", text)
        fields[name] = read(value, text)
    return msgspec.convert(fields, Capability)


def read_passport(path: Path, name: str) -> Passport:
    """The passport in this TOML or JSON file, for the agent of this name. Raises BadInput with the field."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE + 1)
        if len(raw) > MAX_FILE:
            raise BadInput(f"a passport of more than {MAX_FILE:,} bytes", where=str(path))
        said = json.loads(raw) if path.suffix == ".json" else tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise BadInput("cannot be read", hint=error.strerror or "", where=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise BadInput("is neither TOML nor JSON", hint=str(error), where=str(path)) from error
    if not isinstance(said, dict) or said.get("name", name) != name:
        raise BadInput(f"is not the passport of `{name}`", hint="leave `name` out of the file", where=str(path))
    if told := sorted(_REGISTERS & said.keys()):
        raise BadInput(f"a passport does not say `{told[0]}` of itself", where=str(path))
    try:
        passport = msgspec.convert(said | {"name": name}, Passport)
    except msgspec.ValidationError as error:
        raise BadInput("is not a passport", hint=str(error), where=str(path)) from error
    for capability in passport.capabilities:
        _check_conditions(capability.requires, str(path))
        bounds = (capability.max_rows, capability.max_resources, capability.max_reach)
        if min(bounds) < 0 or max(bounds) >= 10**DIGITS:
            raise BadInput("a bound cannot be negative", where=str(path))
    return passport


def _split(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(":")]
    if len(parts) < 3 or not all(parts):
        raise _wrong("this is no capability", text)
    return parts


def _list(value: str, text: str) -> tuple[str, ...]:
    items = tuple(item.strip() for item in value.split(","))
    if not all(items):
        raise _wrong("a list has an empty place", text)
    return items


def _one_of(word: str, words: tuple[str, ...], what: str, text: str) -> str:
    if word not in words:
        raise _wrong(f"`{word}` is no {what}; one of {', '.join(words)}", text)
    return word


def _count(value: str, text: str) -> int:
    if not (value.isascii() and value.isdecimal()) or len(value) > DIGITS or int(value) == 0:
        raise _wrong(f"`{value}` is no bound; write a number from 1 on, of {DIGITS} digits at most", text)
    return int(value)


def _verbs(value: str, text: str) -> tuple[str, ...]:
    return tuple(_one_of(word, VERBS, "verb", text) for word in _list(value, text))


def _requires(value: str, text: str) -> tuple[str, ...]:
    words = _list(value, text)
    _check_conditions(words, text)
    return words


def _check_conditions(words: tuple[str, ...], where: str) -> None:
    for word in words:
        try:
            parse_requirement(word)
        except BadInput as error:
            raise BadInput(error.message, hint=error.hint, where=where) from error


_BOUNDS: Final[dict[str, Callable[[str, str], object]]] = {
    "max_rows": _count,
    "max_resources": _count,
    "max_reach": _count,
    "verbs": _verbs,
    "requires": _requires,
}


def _wrong(message: str, text: str) -> BadInput:
    return BadInput(message, hint=f"write {FORM}, for example {EXAMPLE}", where=f"capability `{text}`")
