"""Configured: what refers to what in a configuration, before any of it is followed: modules, parts, expressions.

Two sources say it in one form. A plan's `configuration` lists the references of each expression, without where in it
they stand, and leaves out locals and lifecycle; HCL, where it is at hand, has all of it and is preferred.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from interlock.read.terraform.syntax import Reference, steps_of

#: Modules in modules; beyond that a configuration is cut, and it is said.
MAX_MODULES: Final = 20_000
#: Objects in objects within one expression.
MAX_DEPTH: Final = 128


class Use(NamedTuple):
    """One reference, and the attribute that it goes into. `loose`: it decides how many there are, or is only looked at
    when the thing is made; a change of it need not be felt."""

    reference: Reference
    into: str = ""
    loose: bool = False


class Part(msgspec.Struct):
    """One resource or data source as it is configured."""

    uses: list[Use] = []
    meta: list[Reference] = []  # of count and for_each
    after: list[Reference] = []
    follows: list[Reference] = []
    counted: bool = False
    provider: str = ""
    ignored: frozenset[str] = frozenset()
    ignores_all: bool = False


class Call(msgspec.Struct):
    """One `module` block: which module it makes, and what goes into its variables."""

    child: int
    inputs: dict[str, list[Reference]] = {}
    meta: list[Reference] = []
    after: list[Reference] = []
    counted: bool = False


class Module(msgspec.Struct):
    """One module; `path` are the names of the calls that lead to it."""

    path: tuple[str, ...]
    parent: int = -1
    parts: dict[str, Part] = {}
    calls: dict[str, Call] = {}
    outputs: dict[str, list[Reference]] = {}
    locals: dict[str, list[Reference]] = {}
    from_source: bool = False  # its locals and its expressions were read from HCL


class Configured(msgspec.Struct):
    """The whole of it: modules by number, the root first, and the references of each provider's configuration."""

    modules: list[Module] = msgspec.field(default_factory=lambda: [Module(())])
    providers: dict[str, tuple[int, list[Reference]]] = {}
    limits: list[str] = []
    place: str = ""  # where its state is kept, as far as the source says it

    def by_path(self) -> dict[tuple[str, ...], int]:
        """The number of each module's path."""
        return {module.path: number for number, module in enumerate(self.modules)}


def configured(value: object) -> Configured:
    """What a plan's `configuration` says; what has another shape than it should is named in `limits`."""
    found = Configured()
    top = _Reading(found)
    shape = top.mapping(value)
    stack: list[tuple[int, object]] = [(0, shape.get("root_module"))]
    while stack:
        number, module = stack.pop()
        stack.extend(top.module(number, top.mapping(module)))
    paths = found.by_path()
    for key, provider in top.mapping(shape.get("provider_config")).items():
        about = top.mapping(provider)
        modules = tuple(step for step in steps_of(top.text(about.get("module_address"))) if step != "module")
        references = [use.reference for use in top.uses(about.get("expressions"))]
        if references:
            found.providers[key] = (paths.get(modules, 0), references)
    if top.odd:
        found.limits.append(f"{top.odd:,} parts of the plan's configuration have a shape that is not known here")
    return found


class _Reading:
    """The plan's JSON being read; `odd` counts what has a shape that it should not have."""

    def __init__(self, found: Configured) -> None:
        self.found = found
        self.odd = 0

    def module(self, number: int, body: dict[str, object]) -> Iterator[tuple[int, object]]:
        """Read one module; gives the numbers and bodies of those that it calls."""
        module = self.found.modules[number]
        for each in self.sequence(body.get("resources")):
            self._part(module, self.mapping(each))
        for name, each in self.mapping(body.get("outputs")).items():
            output = self.mapping(each)
            module.outputs[name] = [use.reference for use in self.uses({"": output.get("expression")})]
        for name, each in self.mapping(body.get("module_calls")).items():
            if len(self.found.modules) >= MAX_MODULES:
                self.found.limits.append(f"only the first {MAX_MODULES:,} modules are read")
                return
            about = self.mapping(each)
            child = len(self.found.modules)
            self.found.modules.append(Module((*module.path, name), number))
            call = module.calls[name] = Call(child)
            for use in self.uses(about.get("expressions")):
                call.inputs.setdefault(use.into, []).append(use.reference)
            call.meta, call.counted = self._meta(about)
            call.after = self._after(about)
            yield child, about.get("module")

    def _part(self, module: Module, about: dict[str, object]) -> None:
        mode, kind, name = (self.text(about.get(key)) for key in ("mode", "type", "name"))
        if not kind or not name:
            self.odd += 1
            return
        prefix = f"{mode}." if mode in ("data", "ephemeral") else ""
        part = Part(provider=self.text(about.get("provider_config_key")))
        part.uses = list(self.uses(about.get("expressions")))
        for each in self.sequence(about.get("provisioners")):
            expressions = self.mapping(each).get("expressions")
            part.uses.extend(use._replace(into="provisioner", loose=True) for use in self.uses(expressions))
        part.meta, part.counted = self._meta(about)
        part.after = self._after(about)
        module.parts[f"{prefix}{kind}.{name}"] = part

    def _meta(self, about: dict[str, object]) -> tuple[list[Reference], bool]:
        both = {key: about[key] for key in ("count_expression", "for_each_expression") if about.get(key) is not None}
        return [use.reference for use in self.uses(both)], bool(both)

    def _after(self, about: dict[str, object]) -> list[Reference]:
        return [Reference(steps_of(self.text(each))) for each in self.sequence(about.get("depends_on"))]

    def uses(self, expressions: object) -> Iterator[Use]:
        """The references of a map of expressions, nested blocks too, with the top attribute that they go into."""
        for into, expression in self.mapping(expressions).items():
            stack = [(expression, 0)]
            while stack:
                value, depth = stack.pop()
                if depth > MAX_DEPTH:
                    self.odd += 1
                elif isinstance(value, list):
                    stack.extend((each, depth + 1) for each in value)
                elif isinstance(value, dict):
                    names = value.get("references")
                    if isinstance(names, list) and all(isinstance(name, str) for name in names):
                        yield from (Use(reference, into) for reference in _longest(names))
                        names = None
                    stack.extend(
                        (each, depth + 1)
                        for key, each in value.items()
                        if key != "constant_value" and not (key == "references" and names is None)
                    )

    def mapping(self, value: object) -> dict[str, object]:
        """The value where it is an object; an empty one, counted unless it is null, where it is not."""
        if isinstance(value, dict):
            return value
        self.odd += value is not None
        return {}

    def sequence(self, value: object) -> list[object]:
        """The value where it is a list; an empty one, counted unless it is null, where it is not."""
        if isinstance(value, list):
            return value
        self.odd += value is not None
        return []

    def text(self, value: object) -> str:
        """The value where it is a text; an empty one, counted unless it is null, where it is not."""
        if isinstance(value, str):
            return value
        self.odd += value is not None
        return ""


#: What an index can be worked out from.
_INDEXES: Final = frozenset({"each", "count", "local", "var"})


def _longest(names: list[str]) -> Iterator[Reference]:
    """A plan writes a reference and then, one by one, what it begins with; only the first of each such row counts.

    A reference to the whole of a thing beside one that an index can come from may mean one instance of it: the plan
    writes `aws_subnet.a[each.key].id` as `aws_subnet.a` and `each.key`. It is then not plain.
    """
    found: list[tuple[str, ...]] = []
    last = ""
    for name in names:
        if not (len(name) < len(last) and last.startswith(name) and last[len(name)] in ".["):
            found.append(steps_of(name))
        last = name
    indexed = any(steps[:1] and steps[0] in _INDEXES for steps in found)
    for steps in found:
        whole = len(steps) <= (3 if steps[:1] == ("data",) else 2)
        yield Reference(steps, plain=not (whole and indexed and steps[:1] and steps[0] not in _INDEXES))
