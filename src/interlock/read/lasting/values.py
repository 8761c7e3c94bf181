"""Values at paths: what an attribute is before and after, and whether that is known at all.

The rules of this room: a value that is missing, hidden, unknown until it is applied or of another type than a rule
speaks of is no evidence for anything. What changes and cannot be compared has changed in the worst way that fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from interlock.read.lasting.kinds import Condition, Does, Kind, Technology, Update, path_in

Values = Mapping[str, object]

#: What CloudFormation gives as text though it is a number or a truth.
_NUMBER: Final = re.compile(r"-?\d{1,15}")
_TRUTHS: Final = {"true": True, "false": False}
#: A number as a text, or a time: a number and its unit.
_DURATION: Final = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)([smhd]?)")
#: A time as ISO 8601 writes it: years, months, weeks, days, then hours, minutes and seconds.
_SPAN: Final = re.compile(
    r"P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.\d{1,9})?S)?)?"
)
_PARTS: Final = (31_536_000, 2_592_000, 604_800, 86_400, 3_600, 60, 1)
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
#: What a statement drops, but for what can be made again from the rows that stay.
_DROPS: Final = re.compile(
    r"\bdrop\s+(?!(?:if\s+exists\s+)?(?:(?:search|vector|unique|null_filtered)\s+)?"
    r"(?:index|view|constraint|default|not\s+null|change\s+stream|role|synonym|locality\s+group)\b)",
    re.IGNORECASE,
)


class _Pair(NamedTuple):
    """The values at one path on both sides; `told` and `known` say whether each side can be looked at at all."""

    was: list[object]
    becomes: list[object]
    told: bool
    known: bool
    to: tuple[object, ...]


class Sides:
    """One resource before and after, read by the names of its kind.

    `unknown` are the attributes whose value after is not known; `hidden` those that change and whose value before is
    not shown, `blind` those of them that cannot be compared either; nothing of `secret` may stand in a text. All are
    first parts of paths, in the words of the technology.
    """

    __slots__ = ("_changed", "_names", "_text", "after", "before", "blind", "hidden", "secret", "unknown")

    def __init__(
        self,
        technology: Technology,
        kind: Kind | None,
        before: Values | None,
        after: Values | None,
        unknown: frozenset[str],
        hidden: frozenset[str],
        secret: frozenset[str] | None = None,
    ) -> None:
        self.before: Values = before or {}
        self.after: Values = after or {}
        self.unknown, self.hidden, self.secret = unknown, hidden, secret
        self.blind = hidden if secret is None else frozenset[str]()
        self._text = technology == "cloudformation"
        self._names = kind.attributes if kind is not None and self._text else None
        self._changed: dict[str, None] | None = None

    def path(self, at: str) -> str:
        """The path as this technology calls it; empty when it has no such thing."""
        return at if self._names is None else path_in(self._names, at)

    def was(self, at: str) -> list[object]:
        """The values there before; none when they are not known."""
        if not self._text:  # as Terraform calls it, which is how the tables do
            return found(self.before, at)
        path = self.path(at)
        return self._all(found(self.before, path)) if path else []

    def becomes(self, at: str) -> list[object]:
        """The values there after; none when they are not known."""
        path = self.path(at)
        if not path or root(path) in self.unknown:
            return []
        return self._all(found(self.after, path))

    def holds(self, conditions: tuple[Condition, ...]) -> bool:
        """Whether all of these are surely true of it as it is before."""
        for condition in conditions:  # noqa: SIM110  # asked more often than a generator is worth
            if not _meets(condition, self.was(condition.at)):
                return False
        return True

    def says(self, paths: tuple[str, ...]) -> bool:
        """Whether it says, or may say, something at one of these paths after; of no paths that is always so."""
        here = [self.path(at) for at in paths]
        return not paths or any(root(each) in self.unknown or any(found(self.after, each)) for each in here)

    def untold(self) -> list[str]:
        """Of what changes, that whose value before is not known: it cannot be written back."""
        return [name for name in self.changes if name in self.hidden or name not in self.before]

    def fires(self, update: Update) -> bool:
        """Whether the change is of this kind, or cannot be told not to be."""
        path = self.path(update.at)
        first = root(path)
        if first not in self.changes:
            return False
        was, becomes = self.was(update.at), self.becomes(update.at)
        told = first in self.before and first not in self.blind
        known = first in self.after and first not in self.unknown
        if told and known and was == becomes:
            return False
        if not _CHANGES[update.does](_Pair(was, becomes, told, known, update.to)):
            return False
        return not update.where or self.says(update.where)

    def may_be(self, conditions: tuple[Condition, ...]) -> bool:
        """Whether all of these are true of it as it is after, or cannot be told not to be."""
        return all(
            root(self.path(each.at)) in self.unknown or _meets(each, self.becomes(each.at)) for each in conditions
        )

    @property
    def changes(self) -> dict[str, None]:
        """The first parts of what changes or may change, in order."""
        if self._changed is None:
            self._changed = self._differing()
        return self._changed

    def _differing(self) -> dict[str, None]:
        before, after, unknown, hidden = self.before, self.after, self.unknown, self.hidden
        names: dict[str, None] = {
            name: None
            for name, held in before.items()
            if name not in after or after[name] != held or name in unknown or name in hidden
        }
        names.update((name, None) for name in after if name not in before)
        names.update((name, None) for each in (unknown, hidden) for name in sorted(each))
        return names

    def _all(self, values: list[object]) -> list[object]:
        return [self._plain(value) for value in values] if self._text else values

    def _plain(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        if _NUMBER.fullmatch(value):
            return int(value)
        return _TRUTHS.get(value.lower(), value)


def root(path: str) -> str:
    """The first part of a path."""
    return path.partition(".")[0]


def found(values: object, path: str) -> list[object]:
    """Every value at a path; a list on the way, or at the end of it, stands for its members. Null is no value."""
    if "." not in path:
        value = values.get(path) if isinstance(values, dict) else None
        return _members(value) if isinstance(value, list) else [] if value is None else [value]
    here = [values]
    for part in path.split("."):
        inner = [each.get(part) for each in here if isinstance(each, dict)]
        here = [each for each in inner if each is not None]
        if [each for each in here if isinstance(each, list)]:
            here = _members(here)
    return here


def _members(values: list[object]) -> list[object]:
    flat: list[object] = []
    waiting = values[::-1]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif value is not None:
            flat.append(value)
    return flat


def _meets(condition: Condition, values: list[object]) -> bool:
    if not values:
        return False
    if condition.equals:
        return all(_one_of(value, condition.equals) for value in values)
    if condition.least is not None:
        return len(_numbers(values)) == len(values) and min(_numbers(values)) >= condition.least
    return all(isinstance(value, str | dict) and bool(value) for value in values)


def _same(value: object, wanted: object) -> bool:
    """Equal and of one type: 1 is not true."""
    return type(value) is type(wanted) and value == wanted


def _turned_off(pair: _Pair) -> bool:
    if pair.told and not any(value is True for value in pair.was):
        return False
    return not (pair.known and pair.becomes and all(value is True for value in pair.becomes))


def _lowered(pair: _Pair) -> bool:
    was, becomes = _amounts(pair.was), _amounts(pair.becomes)
    if pair.told and not was:
        return any(isinstance(value, str) and value for value in pair.was)  # no number could fall; a text may say less
    return not (pair.told and pair.known and becomes) or min(becomes) < min(was)  # one that is taken away is none


def _raised(pair: _Pair) -> bool:
    was, becomes = _amounts(pair.was), _amounts(pair.becomes)
    if not (pair.told and pair.known):
        return True
    return bool(was) and bool(becomes) and max(becomes) > max(was)


def _shortened(pair: _Pair) -> bool:
    was = [value for value in _amounts(pair.was) if value > 0]
    becomes = [value for value in _amounts(pair.becomes) if value > 0]
    if not pair.known:
        return True
    return bool(becomes) and (not pair.told or not was or min(becomes) < min(was))


def _emptied(pair: _Pair) -> bool:
    return (not pair.told or any(pair.was)) and not (pair.known and any(pair.becomes))


def _filled(pair: _Pair) -> bool:
    was, becomes = (
        any(each or each == {} for each in held) for held in (pair.was, pair.becomes)
    )  # a block may be bare
    return not (pair.told and was) and (not pair.known or becomes)


def _fewer(pair: _Pair) -> bool:
    return not (pair.told and pair.known) or len(pair.becomes) < len(pair.was)


def _more(pair: _Pair) -> bool:
    return not (pair.told and pair.known) or _said(pair.becomes) > _said(pair.was)


def _said(values: list[object]) -> int:
    """How many of them say something: a number below zero stands for nothing at all."""
    return len(values) - sum(1 for each in values if isinstance(each, int | float) and each < 0)


def _changed(pair: _Pair) -> bool:
    return not (pair.told and pair.known) or bool(pair.was)  # set for the first time is no change of what was there


def _becomes(pair: _Pair) -> bool:
    if pair.told and pair.was and all(_one_of(value, pair.to) for value in pair.was):
        return False
    return not pair.known or any(_one_of(value, pair.to) for value in pair.becomes)


def _newly(pair: _Pair) -> bool:
    if not pair.known:
        return True
    was, becomes = (sum(1 for each in held if _one_of(each, pair.to)) for held in (pair.was, pair.becomes))
    return becomes > (was if pair.told else 0)


def _unnamed(pair: _Pair) -> bool:
    if not (pair.told and pair.known):
        return True
    was, becomes = (names_in(held) for held in (pair.was, pair.becomes))
    return was is None or becomes is None or not was <= becomes


def names_in(values: list[object]) -> frozenset[str] | None:
    """The names in lists of JSON, each with those that it stands in; None where one is no such list."""
    found: set[str] = set()
    try:
        waiting = [("", msgspec.json.decode(each)) for each in values if isinstance(each, str) and each]
    except (msgspec.DecodeError, RecursionError):
        return None
    while waiting:
        path, here = waiting.pop()
        if isinstance(here, list):
            waiting += [(path, each) for each in here]
        elif isinstance(here, dict):
            path = f"{path}.{here['name']}".lower() if isinstance(here.get("name"), str) else path
            found.add(path)
            waiting += [(path, each) for each in here.values() if isinstance(each, list | dict)]
    return frozenset(found)


def _one_of(value: object, to: tuple[object, ...]) -> bool:
    return any(_same(value, wanted) for wanted in to)


def _amounts(values: list[object]) -> list[float]:
    """Numbers, also as texts, and times in seconds, `90s` or `P1DT12H`."""
    texts = [value for value in values if isinstance(value, str)]
    times = [_DURATION.fullmatch(value) for value in texts]
    spans = [_SPAN.fullmatch(value) for value in texts if value[:1] == "P" and len(value) > 2]
    return [
        *_numbers(values),
        *(float(each[1]) * _UNITS[each[2]] for each in times if each),
        *(_seconds(each) for each in spans if each),
    ]


def _seconds(span: re.Match[str]) -> float:
    return sum(float(held or 0) * unit for held, unit in zip(span.groups(), _PARTS, strict=True))


def _numbers(values: list[object]) -> list[float]:
    return [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]


def _drops(pair: _Pair) -> bool:
    added = [value for value in pair.becomes if not pair.told or value not in pair.was]
    return not pair.known or any(isinstance(each, str) and _DROPS.search(each) for each in added)


_CHANGES: Final[dict[Does, Callable[[_Pair], bool]]] = {
    "turned-off": _turned_off,
    "lowered": _lowered,
    "raised": _raised,
    "shortened": _shortened,
    "emptied": _emptied,
    "filled": _filled,
    "fewer": _fewer,
    "more": _more,
    "changed": _changed,
    "becomes": _becomes,
    "drops": _drops,
    "unnamed": _unnamed,
    "newly": _newly,
}
