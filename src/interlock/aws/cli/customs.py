"""Customs: commands of `aws` that are no operations: the calls that each makes, or what it does by itself.

The table is `commands.json`. An option that is not in it is named, unless the command is as bad with any.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from interlock.aws.call import Call, Parameter

#: What a command does without any call that is read here.
Does = Literal["read", "secret", "settings", "credential", "code"]
#: Whatever the command keeps for itself on the machine that it runs on.
OWN: Final = "aws.cli.configuration"


class Own(NamedTuple):
    """What a command does by itself, to what, and how it is said."""

    does: Does
    type: str
    name: str
    says: str
    needs: tuple[str, ...] = ()


class Customs(NamedTuple):
    """What one such command does."""

    calls: tuple[Call, ...]
    own: tuple[Own, ...]


class _Own(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    does: Does
    says: str
    type: str = OWN
    name: str = ""


class _Made(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"set": "is"}):
    operation: str
    gives: dict[str, str]
    set: dict[str, bool | str] = {}
    when: str = ""
    unless: str = ""


class _Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    says: str
    when: str = ""
    unless: str = ""


class _Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    calls: tuple[_Made, ...] = ()
    own: _Own | None = None
    unread: tuple[_Why, ...] = ()
    options: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    any: bool = False
    words: int = 0


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    about: str
    commands: dict[str, _Command]


_Options = dict[str, list[str]]


@lru_cache(maxsize=1)
def table() -> dict[str, _Command]:
    """Every such command, strictly decoded."""
    raw = Path(__file__).with_name("commands.json").read_bytes()
    return msgspec.json.decode(raw, type=_Table).commands


def customs(name: str, words: Sequence[str], region: str, unread: tuple[str, ...]) -> Customs | None:
    """What `aws NAME …` does; None where the name is none of these. What is not understood stands in a call."""
    command = table().get(name)
    if command is None:
        return None
    loose, options = _options(words)
    odd = [*unread, *(why.says for why in command.unread if _holds(why.when, why.unless, options))]
    if not command.any:
        strange = [each for each in options if each not in command.options and each not in command.flags]
        odd += [f"`--{each[:60]}` is no argument of it" for each in strange if each.isascii()]
        odd += ["a strange argument"] * any(not each.isascii() for each in strange)
        if len(loose) > command.words:
            odd.append("it holds words that belong to no argument")
    calls = [
        _call(made, region, _given(made, options, loose), tuple(odd))
        for made in command.calls
        if _holds(made.when, made.unless, options)
    ]
    if odd and not calls:
        calls = [Call(name.partition(" ")[0], "", region, unread=tuple(odd))]
    own = command.own
    if own is None:
        return Customs(tuple(calls), ())
    called = options.get(own.name, [""])[:1] if own.name else []
    return Customs(tuple(calls), (Own(own.does, own.type, (called or [""])[0] or own.type, f"{name}: {own.says}"),))


def _call(made: _Made, region: str, parameters: dict[str, Parameter], unread: tuple[str, ...]) -> Call:
    service, _, operation = made.operation.partition(":")
    return Call(service, operation, region, "", parameters, unread=unread)


def _options(words: Sequence[str]) -> tuple[list[str], _Options]:
    """Words before any option, and each option with the words after it."""
    loose: list[str] = []
    found: _Options = {}
    here = loose
    for word in words:
        if word.startswith("--") and len(word) > 2:
            name, equals, value = word[2:].partition("=")
            here = found.setdefault(name, [])
            here += [value] if equals else []
        else:
            here.append(word)
    return loose, found


def _holds(when: str, unless: str, options: _Options) -> bool:
    return (not when or when in options) and (not unless or unless not in options)


def _given(made: _Made, options: _Options, loose: list[str]) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {**made.set}
    for parameter, where in made.gives.items():
        name, _, part = where.removesuffix("[]").partition(".")
        value = " ".join(options.get(name, ())) if not name.isdigit() else " ".join(loose[int(name) : int(name) + 1])
        if part:
            bucket, _, key = value.removeprefix("s3://").partition("/")
            value = bucket if part == "bucket" else key
        if value:
            found[parameter] = [value] if where.endswith("[]") else value
    return found
