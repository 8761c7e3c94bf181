"""Reviewed knowledge of what functions and settings do: the files of `knowledge/`, read when first asked for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from interlock.model.change import Aspect, Choice, Trait, Verb


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a group of functions does when one of them is called."""

    cause: str
    functions: tuple[str, ...]
    verb: Verb = "execute"
    kind: str = "function"
    aspect: Aspect = "content"
    choice: Choice = "named"
    traits: tuple[Trait, ...] = ()
    names: int | None = None  # the argument that names the resource
    runs: int | None = None  # the argument that holds SQL, which the function runs; -1 is the last one
    setting: bool = False  # the first argument names a setting, the second is its value
    unknown: bool = False  # what it does cannot be told from its arguments


class _Groups(msgspec.Struct, frozen=True):
    about: str
    groups: tuple[Group, ...]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a session may set without consequence, and which settings protect something."""

    about: str
    harmless: frozenset[str]
    protects: dict[str, str]
    parsing: frozenset[str] = frozenset()
    keeps: dict[str, frozenset[str]] = {}  # the values of a protective setting that keep its protection
    acts: frozenset[str] = frozenset()  # of `changes`, those that do something without a value too
    runs: frozenset[str] = frozenset()  # settings that name a program or a library, which the server then runs
    changes: dict[str, str] = {}  # settings that change more than the session, without taking protection away


class Functions(NamedTuple):
    """The functions of one dialect; a name in neither is unknown. `extensions` are harmless and not built in."""

    harmless: frozenset[str]
    effects: dict[str, Group]
    extensions: frozenset[str]


@cache
def functions(dialect: str) -> Functions:
    """What is known of the functions of a dialect (the stem of files in `knowledge/`)."""
    folder = Path(__file__).with_name("knowledge")
    own = _words((folder / f"{dialect}_harmless.txt").read_text("utf-8"))
    added = folder / f"{dialect}_extensions.txt"
    extensions = _words(added.read_text("utf-8")) if added.is_file() else frozenset()
    known = msgspec.json.decode((folder / f"{dialect}_functions.json").read_bytes(), type=_Groups)
    effects = {name: group for group in known.groups for name in group.functions}
    return Functions((own | extensions) - effects.keys(), effects, extensions - own - effects.keys())


def _words(text: str) -> frozenset[str]:
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


@cache
def keywords() -> frozenset[str]:
    """What any dialect of sqlglot takes for a keyword; END apart, of which many can stand in a row.

    Kept as a file, because asking sqlglot loads all of its dialects.
    """
    return _words(Path(__file__).with_name("knowledge").joinpath("sqlglot_keywords.txt").read_text("utf-8"))


@cache
def settings(dialect: str) -> Settings:
    """What is known of the settings of a dialect."""
    raw = Path(__file__).with_name("knowledge").joinpath(f"{dialect}_settings.json").read_bytes()
    return msgspec.json.decode(raw, type=Settings)
