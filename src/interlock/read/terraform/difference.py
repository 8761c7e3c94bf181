"""Difference: one thing before and after, without its secrets, and what between the two is changed or only taken away.

A secret is what the planner marks as sensitive. Providers copy such values into attributes that nobody marked, so
whatever holds a marked text is taken out too. Secrets are compared, since it matters that they change; they are never
shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from interlock.read.terraform.naming import masked
from interlock.read.terraform.plan import NULL, Delta, value

#: Longer JSON in a text is compared as text.
MAX_EMBEDDED: Final = 1 << 20
_NUMBERS: Final = (int, float)

Values = dict[str, object]


class Difference(NamedTuple):
    """A thing before and after. None: it is not there. `fields` are the attributes that change or become unknown.

    `unknown` of them are only known after the apply; `hidden` are sensitive, wholly or in part. `whole` are both sides
    with their secrets, to be compared and never shown, `secret` the attributes of which something is not shown.
    """

    before: Values | None
    after: Values | None
    fields: tuple[str, ...]
    unknown: frozenset[str]
    hidden: frozenset[str]
    only_removes: bool
    whole: tuple[Values | None, Values | None]
    secret: frozenset[str] = frozenset()

    @property
    def values(self) -> Values:
        """What it is now, or will be when it is new."""
        return self.before if self.before is not None else self.after or {}


def difference(delta: Delta) -> Difference:
    """What this delta says of a thing with attributes."""
    before, after = value(delta.before), value(delta.after)
    marked, hides = _marks(delta.before_sensitive)
    also_marked, also_hides = _marks(delta.after_sensitive)
    was: Values = before if isinstance(before, dict) else {}
    becomes: Values = after if isinstance(after, dict) else {}
    unknown = _unknown(delta.after_unknown)
    fields: tuple[str, ...] = ()
    if isinstance(before, dict) and isinstance(after, dict):
        fields = _differing(was, becomes, unknown)
    hidden = frozenset[str]()
    shown_before, shown_after = before, after
    secret = frozenset[str]()
    if hides or also_hides:
        marks = (marked, also_marked)
        hidden = frozenset(
            name
            for name in fields
            for mark in marks
            if mark is True or (isinstance(mark, dict) and _any(mark.get(name)))
        )
        shown_before, shown_after = _shown((before, after), marks)
        secret = frozenset((*_taken(was, shown_before), *_taken(becomes, shown_after)))
    was_shown, will_be_shown = _in_order(shown_before), _in_order(shown_after)
    return Difference(
        was_shown,
        will_be_shown,
        fields,
        unknown,
        hidden,
        bool(fields) and _only_removes(was, becomes, fields, unknown),
        (_in_order(before), _in_order(after)) if secret else (was_shown, will_be_shown),
        secret,
    )


def _taken(side: Values, shown: object) -> Iterator[str]:
    """The attributes that are not shown as they are."""
    held = shown if isinstance(shown, dict) else {}
    yield from (name for name, inner in side.items() if name not in held or held[name] != inner)


def _in_order(side: object) -> Values | None:
    """The attributes in the order of their names, so that the order in which they were written tells nothing."""
    if not isinstance(side, dict):
        return None
    names = sorted(side)
    return side if names == list(side) else {name: side[name] for name in names}


#: Marks are nearly always empty, or the same for all things of a type; longer ones are not worth keeping.
_LONG: Final = 1_024


def _marks(raw: msgspec.Raw) -> tuple[object, bool]:
    """What a mark says, and whether it, or anything below it, is true."""
    if raw is NULL:
        return False, False
    text = bytes(raw)
    return _kept_mark(text) if len(text) <= _LONG else _mark(text)


def _mark(text: bytes) -> tuple[object, bool]:
    mark = msgspec.json.decode(text)
    return mark, _any(mark)


#: Marks that many things have; nobody writes to them.
_kept_mark: Final = lru_cache(maxsize=1_024)(_mark)


def _unknown(raw: msgspec.Raw) -> frozenset[str]:
    """The attributes of which only the apply tells the value, wholly or in part."""
    later, some = _marks(raw)
    if not some or not isinstance(later, dict):
        return frozenset()
    return frozenset([name for name, mark in later.items() if _any(mark)])


def _any(mark: object) -> bool:
    """Whether a mark, or anything below it, is true. What is neither true nor false nor a tree is taken as true."""
    if isinstance(mark, dict):
        return any(map(_any, mark.values()))
    if isinstance(mark, list):
        return any(map(_any, mark))
    return mark is not None and mark is not False


def _differing(was: Values, becomes: Values, unknown: frozenset[str]) -> tuple[str, ...]:
    """The attributes that are another value, are on one side alone, or are not known yet."""
    names = {name for name, held in was.items() if name not in becomes or becomes[name] != held}
    names.update(becomes.keys() - was.keys(), unknown)
    return tuple(sorted(names))


def _shown(sides: tuple[object, object], marks: tuple[object, object]) -> tuple[object, object]:
    """Both sides without what is marked, and without whatever repeats it."""
    secrets = {text for side, mark in zip(sides, marks, strict=True) for text in _marked(side, mark) if text}
    before, after = (_without(masked(side, mark), secrets) for side, mark in zip(sides, marks, strict=True))
    return before, after


def _marked(side: object, mark: object) -> Iterator[str]:
    """The texts below marks."""
    waiting = [(side, mark)]
    while waiting:
        here, said = waiting.pop()
        if said is None or said is False:
            continue
        if isinstance(here, str):
            yield here
        elif isinstance(here, dict):
            waiting += [(inner, said.get(name) if isinstance(said, dict) else True) for name, inner in here.items()]
        elif isinstance(here, list):
            each = said if isinstance(said, list) else [True] * len(here)
            waiting += list(zip(here, each, strict=False))


def _without(side: object, secrets: set[str]) -> object:
    """The value without texts that hold a secret; short ones only where they are the whole text."""
    if isinstance(side, str):
        held = side in secrets or any(len(secret) >= 6 and secret in side for secret in secrets)
        return None if held else side
    if isinstance(side, dict):
        kept = ((name, _without(inner, secrets)) for name, inner in side.items())
        return {name: inner for name, inner in kept if inner is not None or side[name] is None}
    if isinstance(side, list):
        return [_without(inner, secrets) for inner in side]
    return side


def _only_removes(was: Values, becomes: Values, fields: tuple[str, ...], unknown: frozenset[str]) -> bool:
    """Whether at least one part is taken away, and nothing is added or set. What is told later does not count."""
    told = [name for name in fields if name not in unknown] if unknown else fields
    return bool(told) and all(_is_less(was.get(name), becomes.get(name)) for name in told)


def _is_less(was: object, becomes: object) -> bool:
    """Whether the later value is the former one with parts taken away."""
    if isinstance(becomes, _NUMBERS) or (isinstance(becomes, str) and becomes and becomes[0] not in "{["):
        return False  # it says something, and holds no parts
    was, becomes = _opened(was), _opened(becomes)
    if becomes is None or becomes in ("", [], {}):
        return was is not None and was not in ("", [], {})
    if isinstance(was, dict) and isinstance(becomes, dict):
        return all(
            name in was and (was[name] == inner or _is_less(was[name], inner)) for name, inner in becomes.items()
        )
    if isinstance(was, list) and isinstance(becomes, list):
        if len(was) == len(becomes):
            return all(one == other or _is_less(one, other) for one, other in zip(was, becomes, strict=True))
        left = list(was)
        for inner in becomes:
            if inner not in left:
                return False
            left.remove(inner)
        return True
    return False


def _opened(held: object) -> object:
    """The JSON in a text, where there is any: policies and container definitions are kept so."""
    if not isinstance(held, str) or held[:1] not in ("{", "[") or len(held) > MAX_EMBEDDED:
        return held
    try:
        found: object = msgspec.json.decode(held)
    except (msgspec.MsgspecError, RecursionError):
        return held
    return found
