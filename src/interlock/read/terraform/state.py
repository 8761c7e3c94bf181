"""State: what exists, as Terraform wrote it down: a state file, or the `values` of `show -json`.

Both say each resource's address, values, and what it waited for when it was made. Sensitive values are taken out here
and never leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Raw

from interlock.read.terraform.naming import values_of

NULL: Final = Raw(b"null")
#: Modules in modules within `values`.
MAX_MODULES: Final = 50_000

_ODD: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


class Thing(msgspec.Struct, gc=False, rename={"sensitive": "sensitive_values", "waits_for": "depends_on"}):
    """One resource instance of a state: its address, type, values (raw, with their marks) and what it waited for."""

    address: str
    mode: str = "managed"
    type: str = ""
    values: Raw = NULL
    sensitive: Raw = NULL
    waits_for: tuple[str, ...] | None = None

    def plain(self) -> dict[str, object]:
        """Its values without the sensitive ones; empty where they have no shape that is known."""
        try:
            return values_of(value_of(self.values), None if self.sensitive is NULL else value_of(self.sensitive))
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return {}


class _Module(msgspec.Struct):
    resources: tuple[Thing, ...] | None = None
    child_modules: tuple[Raw, ...] | None = None


class Values(msgspec.Struct):
    """The `values` of a state, and the planned values of a plan."""

    root_module: Raw = NULL
    outputs: Raw = NULL


class Shown(msgspec.Struct):
    """The top of `show -json` of a state; a plan's `prior_state` has the same shape."""

    format_version: str = ""
    terraform_version: str = ""
    values: Values | None = None


class _Tree(msgspec.Struct):
    """A module with all below it."""

    resources: tuple[Thing, ...] | None = None
    child_modules: tuple[_Tree | None, ...] | None = None


class _Planned(msgspec.Struct):
    """`Values`, taken apart at once."""

    root_module: _Tree | None = None


class _Prior(msgspec.Struct):
    """`Shown`, taken apart at once."""

    format_version: str = ""
    terraform_version: str = ""
    values: _Planned | None = None


class _Object(msgspec.Struct):
    """One instance in a state file; `sensitive_attributes` are paths."""

    index_key: str | int | None = None
    deposed: str = ""
    attributes: Raw = NULL
    attributes_flat: Raw = NULL
    sensitive_attributes: Raw = NULL
    dependencies: tuple[str, ...] | None = None


class _Kept(msgspec.Struct):
    """A resource of a state file."""

    type: str
    name: str
    mode: str = "managed"
    module: str = ""
    instances: tuple[_Object, ...] | None = None


class File(msgspec.Struct):
    """A state file of version 4."""

    version: int
    serial: int = 0
    lineage: str = ""
    terraform_version: str = ""
    resources: tuple[_Kept, ...] | None = None
    outputs: dict[str, Raw] | None = None


def prior(raw: Raw) -> Iterator[Thing]:
    """The resources of a plan's prior state. Raises what the decoder raises."""
    try:
        whole = msgspec.json.decode(raw, type=_Prior | None)
    except _ODD:
        state = msgspec.json.decode(raw, type=Shown | None)
        return shown(state.values if state is not None else None)
    return _in_tree(whole.values if whole is not None else None)


def planned(raw: Raw) -> Iterator[Thing]:
    """The resources of planned values. Raises what the decoder raises."""
    try:
        whole = msgspec.json.decode(raw, type=_Planned | None)
    except _ODD:
        return shown(msgspec.json.decode(raw, type=Values | None))
    return _in_tree(whole)


def _in_tree(values: _Planned | None) -> Iterator[Thing]:
    """In one pass over the bytes; where it fails, `shown` gives what stands before the fault."""
    return _walked(values, lambda module: module)


def shown(values: Values | None) -> Iterator[Thing]:
    """The resources of `values`, module by module. Raises what the decoder raises."""
    return _walked(values, lambda raw: msgspec.json.decode(raw, type=_Module | None))


def _walked(values: Any, opened: Callable[[Any], Any]) -> Iterator[Thing]:
    """The resources of a tree of modules, whose nodes `opened` turns into modules."""
    stack = [values.root_module] if values is not None else []
    seen = 0
    while stack:
        module = opened(stack.pop())
        seen += 1
        if module is None:
            continue
        if seen > MAX_MODULES:
            raise msgspec.ValidationError("there are too many modules")
        yield from module.resources or ()
        stack.extend(reversed(module.child_modules or ()))


def kept(file: File) -> Iterator[Thing]:
    """The resource instances of a state file, deposed objects left out: they go with the next apply."""
    for each in file.resources or ():
        prefix = f"{each.module}." if each.module else ""
        data = f"{each.mode}." if each.mode in ("data", "ephemeral") else ""
        for one in each.instances or ():
            if one.deposed:
                continue
            key = "" if one.index_key is None else f"[{msgspec.json.encode(one.index_key).decode()}]"
            yield Thing(
                f"{prefix}{data}{each.type}.{each.name}{key}",
                each.mode,
                each.type,
                one.attributes,
                Raw(msgspec.json.encode(_marks(one.sensitive_attributes))),
                one.dependencies,
            )


def _marks(raw: Raw) -> object:
    """Paths of sensitive attributes as a mirror of the values; the first step is as deep as it needs to be."""
    try:
        paths = value_of(raw)
    except (msgspec.MsgspecError, RecursionError):
        return True
    if paths is None or paths == []:
        return None
    marks: dict[str, object] = {}
    for path in paths if isinstance(paths, list) else [None]:
        first = path[0] if isinstance(path, list) and path else path
        name = first.get("value") if isinstance(first, dict) else first
        if not isinstance(name, str):
            return True
        marks[name] = True
    return marks


def value_of(raw: Raw) -> object:
    """The plain value of a part that was left raw."""
    return msgspec.json.decode(raw)
