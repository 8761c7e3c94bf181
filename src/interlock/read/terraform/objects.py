"""Objects: things that hold an object of Kubernetes, or the settings of a chart, as a text, read as plain values.

The rules of this room: a text is read whether it is marked as sensitive or not, and only judged: none of it is shown.
An object in a text is the same thing as one in attributes, so it is judged as a `kubernetes_manifest`. A text that
cannot be read is said, and is never empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from interlock.model.change import Trait
from interlock.read.terraform.difference import Difference

Values = Mapping[str, object]

#: The type that an object in a text is judged as, and the attribute that holds its values there.
OBJECT: Final = "kubernetes_manifest"
_HELD: Final = "manifest"
#: Which attributes of which type hold such a text; the first that has one counts.
TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "kubectl_manifest": ("yaml_body", "yaml_body_parsed"),
    "k8s_manifest": ("content",),
    "kustomization_resource": ("manifest",),
}
#: Attributes that are JSON in a text, by type: what is no JSON is taken by no target.
EMBEDDED: Final[dict[str, tuple[str, ...]]] = {"aws_ecs_task_definition": ("container_definitions",)}
#: A chart's settings: texts of which a later one goes before, and single ones by their path.
RELEASE: Final = "helm_release"
MAX_DEPTH: Final = 60
_SETS: Final = ("set", "set_sensitive", "set_wo")
_DOT: Final = re.compile(r"(?<!\\)\.")
_PLACE: Final = re.compile(r"\[\d+\]$")


class Weakening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it means that a setting of a chart, by the end of its path, was on and is `off` or not said any more."""

    ends: tuple[str, ...]
    says: str
    traits: tuple[Trait, ...]


class Charts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file `knowledge/charts.json`."""

    about: str
    off: tuple[str, ...]
    settings: tuple[Weakening, ...]


@cache
def charts() -> Charts:
    """What settings of charts are called, whatever the chart; the file is read when it is first asked for."""
    raw = Path(__file__).with_name("knowledge").joinpath("charts.json").read_bytes()
    return msgspec.json.decode(raw, type=Charts)


class Opened(NamedTuple):
    """A thing as it is judged: its type, its two sides, and why a text of it was not read, empty where all were.

    `wider` says why it has to be taken as one that gives more access: what it will hold nobody can tell.
    """

    kind: str
    seen: Difference
    why_not: str = ""
    wider: str = ""


def opened(kind: str, seen: Difference) -> Opened:
    """The thing with what its texts say in their place; a thing that holds none as it is."""
    if kind in TEXTS:
        return _object(kind, seen)
    if kind in EMBEDDED:
        return Opened(kind, seen, _odd(seen.whole[1], EMBEDDED[kind]))
    return _release(kind, seen) if kind == RELEASE else Opened(kind, seen)


def weakened(before: Values | None, after: Values | None) -> Iterator[Weakening]:
    """What a chart does not keep or guard any more, by what its settings say before and after."""
    if before is None or after is None:
        return
    was, becomes = (dict(_paths(each.get("values"))) for each in (before, after))
    gone = [path for path, held in was.items() if _is_on(held) and not _is_on(becomes.get(path))]
    yield from (each for each in charts().settings if any(path.endswith(each.ends) for path in gone))


def _object(kind: str, seen: Difference) -> Opened:
    names = TEXTS[kind]
    texts = [_text(side, names) for side in seen.whole]
    sides: list[dict[str, object] | None] = []
    for text, side in zip(texts, seen.whole, strict=True):
        if side is None:
            sides.append(None)
            continue
        held, why = _yaml(text) if text else ({}, "")
        if why or not isinstance(held, dict):
            return Opened(kind, seen, why or "it is no object")
        sides.append({_HELD: held})
    later = frozenset({_HELD}) if not texts[1] and seen.unknown.intersection(names) else frozenset[str]()
    hidden = frozenset({_HELD}) if seen.hidden.intersection(names) else frozenset[str]()
    whole = (sides[0], sides[1])
    wider = "what it will hold is not known before it is applied" if later else ""
    held_seen = seen._replace(whole=whole, unknown=later, hidden=hidden, secret=frozenset({_HELD}))
    return Opened(OBJECT, held_seen, wider=wider)


def _release(kind: str, seen: Difference) -> Opened:
    sides: list[dict[str, object] | None] = []
    for side in seen.whole:
        if side is None:
            sides.append(None)
            continue
        tree: dict[str, object] = {}
        for text in _list(side.get("values")):
            held, why = _yaml(text) if isinstance(text, str) else (None, "")
            if why:
                return Opened(kind, seen, wider=f"its settings cannot be read: {why}")
            _lay(tree, held)
        for name in _SETS:
            for each in _list(side.get(name)):
                _set(tree, each)
        sides.append({**side, "values": tree})
    later = sides[0] is not None and sides[1] is not None and not seen.unknown.isdisjoint(("values", *_SETS))
    wider = "its settings are not known before it is applied" if later else ""
    return Opened(kind, seen._replace(whole=(sides[0], sides[1])), wider=wider)


def _odd(side: object, names: tuple[str, ...]) -> str:
    """Why one of these texts is no JSON."""
    for name in names:
        held = side.get(name) if isinstance(side, dict) else None
        try:
            if isinstance(held, str) and held:
                msgspec.json.decode(held)
        except (msgspec.DecodeError, RecursionError):
            return f"`{name}` is no JSON"
    return ""


def _text(side: object, names: tuple[str, ...]) -> str:
    held = [side.get(name) for name in names] if isinstance(side, dict) else []
    return next((each for each in held if isinstance(each, str) and each), "")


def _yaml(text: str) -> tuple[object, str]:
    """The value of a text of YAML or JSON; or why it was not read."""
    try:
        held = msgspec.json.decode(text)
        return (None, f"it is nested deeper than {MAX_DEPTH}") if _is_deep(held) else (held, "")
    except (msgspec.DecodeError, RecursionError):
        from interlock.aws.yaml_text import NotRead, yaml_of

        try:
            return yaml_of(text), ""
        except NotRead as error:
            return None, str(error)


def _is_deep(held: object) -> bool:
    """Whether it is nested deeper than a text of YAML may be."""
    layer = [held]
    for _ in range(MAX_DEPTH):
        inner = [each for one in layer if isinstance(one, dict) for each in one.values()]
        inner += [each for one in layer if isinstance(one, list) for each in one]
        layer = [each for each in inner if isinstance(each, dict | list)]
        if not layer:
            return False
    return True


def _list(held: object) -> list[object]:
    return held if isinstance(held, list) else []


def _lay(tree: dict[str, object], over: object) -> None:
    """Put these settings over those, as Helm does: mappings are joined, everything else is taken whole."""
    for name, held in over.items() if isinstance(over, dict) else ():
        below = tree.get(name)
        if isinstance(below, dict) and isinstance(held, dict):
            _lay(below, held)
        else:
            tree[name] = held


def _set(tree: dict[str, object], block: object) -> None:
    """One setting by its path, `a.b[0].c`."""
    name = block.get("name") if isinstance(block, dict) else None
    if not isinstance(name, str) or not isinstance(block, dict):
        return
    held = block.get("value")
    if name.count(".") > MAX_DEPTH:
        return
    plain = {"true": True, "false": False, "null": None}.get(held, held) if isinstance(held, str) else held
    for part in reversed([_PLACE.sub("", each) for each in _DOT.split(name)]):
        plain = {part: plain}
    _lay(tree, plain)


def _paths(held: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every plain setting with its path."""
    if isinstance(held, dict):
        for name, inner in held.items():
            yield from _paths(inner, f"{path}.{name}")
    else:
        yield path.lower(), held


def _is_on(held: object) -> bool:
    return bool(held) and str(held).lower() not in charts().off
