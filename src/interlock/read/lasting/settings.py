"""Settings: parameters, flags and labels that stand in a list under names, and guard something by their value.

The rules of this room: a setting has its values from the weakest to the strongest, and one that becomes weaker takes a
protection off. What is not set is as the target has it: the weakest, but for what `standing` and `unsure` name. What is
not known after is the weakest. No value stands in a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.read.lasting.kinds import Technology
from interlock.read.lasting.values import Sides, found, root

Values = Mapping[str, object]

#: What different products call the same two values.
_WORDS: Final = {
    **dict.fromkeys(("1", "true", "yes", "enabled", "enable"), "on"),
    **dict.fromkeys(("0", "false", "no", "disabled", "disable"), "off"),
}


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where some types hold settings: in blocks at a path, each with a name and a value, or as a map of them.

    Without a path the thing itself is one setting. Of a setting that is not there, `standing` are those that the target
    then has at their strongest, `unsure` those of which that depends on a version: it was strong, and becomes weak.
    """

    terraform: tuple[str, ...] = ()
    cloudformation: tuple[str, ...] = ()
    at: str = ""
    map: str = ""
    name: str = ""
    value: str = ""
    standing: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What some names guard, and their values from the weakest to the strongest.

    With `parts` a value is a list with commas, of which fewer is weaker; `only` are the members that count.
    """

    names: tuple[str, ...]
    says: str
    order: tuple[str, ...] = ()
    parts: bool = False
    only: frozenset[str] = frozenset()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    about: str
    lists: tuple[Listed, ...]
    settings: tuple[Setting, ...]


@cache
def settings() -> Settings:
    """The file, read when it is first asked for."""
    raw = Path(__file__).with_name("knowledge").joinpath("settings.json").read_bytes()
    return msgspec.json.decode(raw, type=Settings)


@cache
def _named() -> dict[str, Setting]:
    return {name: each for each in settings().settings for name in each.names}


@lru_cache(maxsize=4_096)
def listed_in(technology: Technology, type_: str) -> Listed | None:
    """Where this type holds settings; None where it does not."""
    for each in settings().lists:
        if type_ in (each.terraform if technology == "terraform" else each.cloudformation):
            return each
    return None


def loosened(technology: Technology, type_: str, sides: Sides, *, new: bool = False) -> tuple[str, ...]:
    """What the settings of this thing do not guard any more, in words; `new` says that it was not there before."""
    listed = listed_in(technology, type_)
    if listed is None or (new and (listed.at or listed.map)):
        return ()  # a new thing's list holds for nothing yet
    first = _first(listed, technology)
    if first not in sides.changes and not new:
        return ()
    was = {} if new else dict(_held(listed, sides.before, technology))
    becomes = {} if first in sides.unknown else dict(_held(listed, sides.after, technology))
    names = {*was, *becomes}
    if new or not (listed.at or listed.map):
        names &= set(becomes) or set(was)
    says = []
    for name in sorted(names & _named().keys()):
        setting = _named()[name]
        strong = name in listed.standing or name in listed.unsure
        before = was.get(name, _strongest(setting) if strong else "")
        after = becomes.get(name, _strongest(setting) if name in listed.standing and first not in sides.unknown else "")
        if first in sides.blind or _weaker(setting, before, after):
            says.append(setting.says)
    return tuple(dict.fromkeys(says))


def _first(listed: Listed, technology: Technology) -> str:
    """The attribute of the thing itself that its settings stand in."""
    if technology == "cloudformation" or not listed.at:
        return root(listed.map) or root(listed.at) or listed.value
    return root(listed.at)


def _held(listed: Listed, values: Values, technology: Technology) -> Iterator[tuple[str, str]]:
    """Each setting with its value."""
    blocks = listed.at if technology == "terraform" or not listed.map else ""
    if listed.map and not blocks:
        for held in found(values, listed.map):
            if isinstance(held, dict):
                yield from ((name.lower(), _text(value)) for name, value in held.items() if value is not None)
        return
    for held in found(values, blocks) if blocks else [values]:
        if isinstance(held, dict) and isinstance(name := held.get(listed.name), str):
            yield name.lower(), _text(held.get(listed.value))


def _text(value: object) -> str:
    text = "" if value is None else str(value).strip().lower()
    return _WORDS.get(text, text)


def _strongest(setting: Setting) -> str:
    return setting.order[-1] if setting.order else ",".join(sorted(setting.only))


def _weaker(setting: Setting, before: str, after: str) -> bool:
    """Whether one value guards less than the other; what stands in no order is weaker than nothing but itself."""
    if setting.parts:
        kept, mine = _parts(setting, after), _parts(setting, before)
        return not mine <= kept and "all" not in kept
    order = setting.order
    if before not in order:
        return before not in ("", after)  # nobody knows how strong it was
    return order.index(before) > (order.index(after) if after in order else 0)


def _parts(setting: Setting, text: str) -> set[str]:
    parts = {each.strip() for each in text.split(",")} - {"", "none"}
    return parts & setting.only if setting.only else parts
