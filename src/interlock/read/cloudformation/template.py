"""Templates: which resource of a stack refers to which, by Ref, GetAtt, Sub and DependsOn.

JSON and YAML are read. References that lead out of the stack are counted, so that somebody knows of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

#: What a resource, a type or a property of a template can be called.
NAMES: Final = re.compile(r"[A-Za-z0-9][\w.:@/+-]{0,299}")

#: Deeper templates and larger ones are read up to here, and that is said.
MAX_NODES: Final = 2_000_000

_SUB: Final = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")
_PSEUDO: Final = "AWS::"


class Reference(NamedTuple):
    """`source` refers to `attribute` of `target` in its property `into`; an empty attribute is its physical id."""

    source: str
    target: str
    attribute: str
    into: str


class Template(NamedTuple):
    """What a template says of its resources: type and properties by logical id, references, and what follows what."""

    types: dict[str, str]
    properties: dict[str, dict[str, object]]
    references: tuple[Reference, ...]
    after: tuple[tuple[str, str], ...]
    limits: tuple[str, ...]


def template_of(value: object) -> Template:
    """The template in this value: itself, or what `get-template` prints."""
    if isinstance(value, dict) and "TemplateBody" in value:
        value = value["TemplateBody"]
    if isinstance(value, str):
        value, why_not = _value_of(value)
        if why_not:
            return Template({}, {}, (), (), (f"the template was not read: {why_not}",))
    resources = value.get("Resources") if isinstance(value, dict) else None
    if not isinstance(resources, dict):
        return Template({}, {}, (), (), ("the template has no resources that could be read",))
    return _read(resources)


def _value_of(text: str) -> tuple[object, str]:
    """The value of a template's text; or why it was not read."""
    try:
        return msgspec.json.decode(text), ""
    except (msgspec.DecodeError, RecursionError):
        from interlock.aws.yaml_text import NotRead, yaml_of

        try:
            return yaml_of(text), ""
        except NotRead as error:
            return None, str(error)


def _read(resources: dict[str, object]) -> Template:
    bodies = {name: body for name, body in resources.items() if isinstance(body, dict) and NAMES.fullmatch(name)}
    types = {
        name: kind
        for name, body in bodies.items()
        if isinstance(kind := body.get("Type"), str) and NAMES.fullmatch(kind)
    }
    properties = {name: held for name, body in bodies.items() if isinstance(held := body.get("Properties"), dict)}
    references: list[Reference] = []
    after: list[tuple[str, str]] = []
    imports, odd = 0, 0
    for source, body in bodies.items():
        waits = body.get("DependsOn")
        each_wait = waits if isinstance(waits, list) else [waits]
        after += [(source, each) for each in each_wait if isinstance(each, str) and each in bodies]
        for into, held in properties.get(source, {}).items():
            if not NAMES.fullmatch(into):
                continue
            for target, attribute in _targets(held):
                if target in bodies:
                    references.append(Reference(source, target, attribute, into))
                elif target == "Fn::ImportValue":
                    imports += 1
                elif target == "Fn::Transform":
                    odd += 1
    limits = []
    if imports:
        limits.append(f"{imports} values are imported from other stacks")
    if odd:
        limits.append(f"{odd} parts of the template are made by macros")
    if len(types) < len(resources):
        limits.append(f"{len(resources) - len(types)} resources of the template have no type that could be read")
    return Template(types, properties, tuple(dict.fromkeys(references)), tuple(dict.fromkeys(after)), tuple(limits))


def _targets(value: object) -> Iterator[tuple[str, str]]:
    """Each (logical id, attribute) that a value refers to; imports and macros by their own names."""
    waiting: list[object] = [value]
    seen = 0
    while waiting and seen < MAX_NODES:
        here = waiting.pop()
        seen += 1
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            for name, held in here.items():
                yield from _function(name, held)
                waiting.append(held)


def _function(name: str, held: object) -> Iterator[tuple[str, str]]:
    if name == "Ref" and isinstance(held, str):
        yield held, ""
    elif name == "Fn::GetAtt":
        if isinstance(held, str):
            target, _, attribute = held.partition(".")
            yield target, attribute
        elif isinstance(held, list) and held and isinstance(held[0], str):
            yield held[0], held[1] if len(held) > 1 and isinstance(held[1], str) else ""
    elif name == "Fn::Sub":
        text = held[0] if isinstance(held, list) and held else held
        if isinstance(text, str):
            for found in _SUB.findall(text):
                if not found.startswith(_PSEUDO):
                    target, _, attribute = found.partition(".")
                    yield target, attribute
    elif name in ("Fn::ImportValue", "Fn::Transform"):
        yield name, ""
