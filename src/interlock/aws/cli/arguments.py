"""Arguments: the parameters of one operation, by the arguments of a command line and the operation's own model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from interlock.aws.call import Parameter
from interlock.aws.cli.shorthand import Unreadable, parse
from interlock.aws.models import service as model_of_service
from interlock.aws.models import waits
from interlock.aws.parameters import Model, model_of
from interlock.aws.rawmodel import RawShape

Named = TypeVar("Named")


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: where the command calls something differently than the model, and its own options."""

    title: str
    about: str
    services: dict[str, str]
    arguments: dict[str, str]
    extra: dict[str, dict[str, tuple[str, ...]]]
    beside: dict[str, tuple[str, ...]]
    presumed: dict[str, dict[str, int]]
    commands: dict[str, str]
    instead: dict[str, str]
    valued: tuple[str, ...]
    flags: tuple[str, ...]
    unread: dict[str, str]
    noted: tuple[str, ...]
    aside: dict[str, str]
    paging: tuple[str, ...]
    outfile: tuple[str, ...]
    alone: frozenset[str]
    exact: dict[str, tuple[str, ...]]
    worked_over: dict[str, dict[str, str]]


class Taken(NamedTuple):
    """The parameters, and what of the arguments nobody understands. `whole`: there is nothing but these parameters.

    `made_up` are arguments of the command itself, of which a client makes parameters in its own way.
    """

    parameters: dict[str, Parameter]
    unread: tuple[str, ...]
    whole: bool
    made_up: tuple[str, ...]


@lru_cache(maxsize=1)
def names() -> Names:
    """The file `cli.json`, strictly decoded."""
    raw = Path(__file__).with_name("cli.json").read_bytes()
    return msgspec.json.decode(raw, type=Names)


@lru_cache(maxsize=512)
def commands_of(service: str) -> dict[str, str]:
    """The operations of a service, by what the command calls them."""
    from botocore import xform_name

    return _spelled({xform_name(name, "-"): name for name in model_of_service(service).names})


@lru_cache(maxsize=512)
def waits_of(service: str) -> dict[str, str]:
    """What the command can wait for in a service, and the command that it asks until then."""
    from botocore import xform_name

    return {xform_name(waiter, "-"): xform_name(operation, "-") for waiter, operation in waits(service).items()}


@lru_cache(maxsize=4_096)
def options_of(command: str, service: str, operation: str) -> dict[str, tuple[str, bool]]:
    """Every argument of an operation: the member that it sets, and whether it says no to it."""
    from botocore import xform_name

    model = model_of(service, operation)
    renamed = names().arguments
    found: dict[str, tuple[str, bool]] = {}
    line = command.partition(" ")[0]
    for member, reference in model.input.members.items():
        plain = xform_name(member, "-")
        shape = model.of(reference)
        for name, negated in ((plain, False), (f"no-{plain}", True)):
            if negated and shape.type != "boolean" and not _is_switch(model, shape):
                continue
            called = renamed.get(f"{command}.{name}") or renamed.get(f"{line} *.{name}") or name
            found[called] = (member, negated)
    return _spelled(found)


def _spelled(named: dict[str, Named]) -> dict[str, Named]:
    """The names without their hyphens beside them: where those stand has changed from one version to the next."""
    return {name.replace("-", ""): value for name, value in named.items()} | named


def meant(known: dict[str, Named], name: str) -> Named | None:
    """What a name stands for, wherever its hyphens are."""
    return known.get(name) or known.get(name.replace("-", ""))


def _is_switch(model: Model, shape: RawShape) -> bool:
    """A structure that only holds yes or no, which EC2 has for some: the command takes it as a flag."""
    only = shape.type == "structure" and [*shape.members] == ["Value"]
    return only and model.of(shape.members["Value"]).type == "boolean"


def taken(command: str, service: str, operation: str, words: Sequence[str]) -> Taken:
    """The parameters that these words give. What is no argument of the operation is named."""
    model = model_of(service, operation)
    options = options_of(command, service, operation)
    extra, beside = names().extra.get(command, {}), names().beside.get(command, ())
    parameters: dict[str, Parameter] = {}
    unread: list[str] = []
    made_up: list[str] = []
    given: set[str] = set()
    whole = True
    for option, values in _grouped(words, unread, model.streams or command in names().outfile):
        if option == "cli-input-json":
            _skeleton(values, parameters, unread)
        elif (known := meant(options, option)) is not None:
            member, negated = known
            unread += [f"`--{option}` is given twice"] * (member in given)
            given.add(member)
            shape = model.of(model.input.members[member])
            if f"{command}.{option}" in names().alone:
                parameters[member] = _alone(model, shape, values, option, unread)
            else:
                parameters[member] = _value(model, shape, values, option, unread, negated)
        elif option in extra:
            if option not in names().exact.get(command, ()):
                made_up.append(option)
            unread += [f"`--{option}` is given twice"] * (not given.isdisjoint(extra[option]))
            given.update(extra[option])
            for member in extra[option]:
                shape = model.of(model.input.members[member])
                parameters[member] = _value(model, shape, values, option, unread, False)
        elif option in beside:
            whole = False
            made_up.append(option)
        else:
            unread.append(f"`--{option[:80]}` is no argument of it" if option.isascii() else "a strange argument")
    return Taken({**names().presumed.get(command, {}), **parameters}, tuple(unread), whole, tuple(made_up))


def _grouped(words: Sequence[str], unread: list[str], outfile: bool) -> list[tuple[str, list[str]]]:
    """Each option with the words up to the next one."""
    found: list[tuple[str, list[str]]] = []
    loose, closed = 0, False
    for word in words:
        if word.startswith("--") and len(word) > 2:
            name, equals, value = word[2:].partition("=")
            found.append((name, [value] if equals else []))
            closed = bool(equals)
        elif found and not closed:
            found[-1][1].append(word)
        else:
            loose += 1
    if loose > (1 if outfile else 0):
        unread.append("it holds words that belong to no argument")
    if outfile and found and len(found[-1][1]) > 1:
        found[-1][1].pop()  # the file that the answer is written into
    return found


def _skeleton(values: Sequence[str], parameters: dict[str, Parameter], unread: list[str]) -> None:
    """`--cli-input-json` gives what no other argument gives."""
    text = values[0] if len(values) == 1 else ""
    try:
        given = msgspec.json.decode(text)
    except msgspec.MsgspecError:
        given = None
    if not isinstance(given, dict):
        unread.append("`--cli-input-json` cannot be read here; give the JSON itself")
        return
    for name, value in given.items():
        parameters.setdefault(name, value)


def _value(
    model: Model, shape: RawShape, values: Sequence[str], option: str, unread: list[str], negated: bool
) -> Parameter:
    kind = shape.type
    if _is_switch(model, shape) and (negated or not values or values[0].lower() in ("true", "false")):
        return {"Value": _value(model, model.of(shape.members["Value"]), values, option, unread, negated)}
    if kind == "boolean":
        if values and values[0].lower() in ("true", "false") and len(values) == 1:
            return (values[0].lower() == "true") is not negated
        if values:
            unread.append(f"`--{option}` takes no value")
        return not negated
    if not values or any(value.startswith(("file://", "fileb://")) for value in values):
        unread.append(f"`--{option}` is read from elsewhere" if values else f"`--{option}` has no value")
        return None
    if kind == "list":
        return _listed(model, shape, values, option, unread)
    if len(values) > 1:
        unread.append(f"`--{option}` has more than one value")
        return None
    return _one(model, shape, values[0], option, unread)


def _listed(model: Model, shape: RawShape, values: Sequence[str], option: str, unread: list[str]) -> list[Parameter]:
    if len(values) == 1 and values[0].lstrip().startswith("["):
        return _json(values[0], option, unread) or []  # type: ignore[return-value]  # a list, or nothing
    inner = model.of(shape.member)
    return [_one(model, inner, value, option, unread) for value in values]


def _alone(model: Model, shape: RawShape, values: Sequence[str], option: str, unread: list[str]) -> Parameter:
    """A list of structures of one member, of which the values alone stand on the line."""
    inner = model.of(shape.member)
    [(only, reference)] = inner.members.items()
    if not values or values[0].lstrip().startswith("[") or values[0].startswith(("file://", "fileb://")):
        return _value(model, shape, values, option, unread, False)
    if any(value.startswith(f"{only}=") for value in values):
        # The command takes the member's name for a part of the value.
        unread.append(f"`--{option}` takes values alone, without `{only}=`")
    return [{only: _plain(model.of(reference).type, value, option, unread)} for value in values]


def _one(model: Model, shape: RawShape, text: str, option: str, unread: list[str]) -> Parameter:
    kind = shape.type
    if kind in ("structure", "map"):
        if text.lstrip().startswith(("{", "[")):
            return _json(text, option, unread)
        if [*shape.members] == ["Value"] and kind == "structure" and "=" not in text:
            return {"Value": _plain(model.of(shape.members["Value"]).type, text, option, unread)}
        try:
            return _typed(model, shape, parse(text))
        except Unreadable:
            unread.append(f"`--{option}` cannot be read")
            return None
    if kind == "list":
        return _listed(model, shape, [text], option, unread)
    return _plain(kind, text, option, unread)


def _plain(kind: str, text: str, option: str, unread: list[str]) -> Parameter:
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
    except ValueError:
        unread.append(f"`--{option}` is no number")
        return None
    if kind == "boolean":
        return text.lower() == "true"
    return text


def _json(text: str, option: str, unread: list[str]) -> Parameter:
    try:
        found: Parameter = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        unread.append(f"`--{option}` cannot be read")
        return None
    return found


def _typed(model: Model, shape: RawShape, value: Parameter) -> Parameter:
    """What a shorthand holds as text, as the model has it."""
    kind = shape.type
    if kind == "structure" and isinstance(value, dict):
        members = shape.members
        return {
            name: _typed(model, model.of(members[name]), each) if name in members else each
            for name, each in value.items()
        }
    if kind == "map" and isinstance(value, dict):
        inner = model.of(shape.value)
        return {name: _typed(model, inner, each) for name, each in value.items()}
    if kind == "list":
        inner = model.of(shape.member)
        return [_typed(model, inner, each) for each in (value if isinstance(value, list) else [value])]
    if isinstance(value, str) and kind in ("integer", "long") and value.lstrip("-").isdigit():
        return int(value)
    if isinstance(value, str) and kind == "boolean" and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value
