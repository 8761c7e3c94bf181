"""Outline: which things a plan names in its state, its planned values and its configuration, without their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec import Raw

from interlock.errors import BadProposal
from interlock.read.terraform.plan import NULL, Plan

T = TypeVar("T")

_INDEX: Final = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]')


class Standing(msgspec.Struct, frozen=True, gc=False):
    """One resource instance in a state or in planned values."""

    address: str
    mode: str = "managed"
    deposed_key: str = ""


class StandingModule(msgspec.Struct, frozen=True):
    """The instances of one module and of those below it."""

    resources: tuple[Standing, ...] | None = None
    child_modules: tuple[StandingModule, ...] | None = None


class StandingValues(msgspec.Struct, frozen=True):
    """What stands in a state, or will."""

    root_module: StandingModule | None = None


class State(msgspec.Struct, frozen=True):
    """A prior state."""

    values: StandingValues | None = None


class Provisioner(msgspec.Struct, frozen=True, gc=False):
    """Code that runs when a thing is made, or goes (`when` is `create` or `destroy`; empty: this source cannot say)."""

    type: str
    when: str = ""


class Configured(msgspec.Struct, frozen=True):
    """One resource block."""

    address: str
    mode: str = "managed"
    type: str = ""
    name: str = ""
    provisioners: tuple[Provisioner, ...] | None = None
    count_expression: Raw = NULL
    for_each_expression: Raw = NULL
    expressions: Raw = NULL

    def sets(self) -> frozenset[str] | None:
        """The attributes and blocks that it sets; None where that is not told."""
        try:
            held = msgspec.json.decode(self.expressions, type=dict[str, Raw])
        except msgspec.MsgspecError:
            return None
        return frozenset(held)


class ModuleCall(msgspec.Struct, frozen=True):
    """One module block: where the module comes from, and what is in it."""

    source: str = ""
    version_constraint: str = ""
    module: ConfiguredModule | None = None
    count_expression: Raw = NULL
    for_each_expression: Raw = NULL


class ConfiguredModule(msgspec.Struct, frozen=True):
    """The blocks of one module."""

    resources: tuple[Configured, ...] | None = None
    module_calls: dict[str, ModuleCall] | None = None


class Provider(msgspec.Struct, frozen=True):
    """One provider block; of its expressions only the names are looked at."""

    name: str = ""
    full_name: str = ""
    version_constraint: str = ""
    expressions: dict[str, Raw] | None = None


class Configuration(msgspec.Struct, frozen=True):
    """The configuration as a plan's JSON tells it: without locals and lifecycles."""

    provider_config: dict[str, Provider] | None = None
    root_module: ConfiguredModule | None = None


class Placed(NamedTuple):
    """A resource block with its address in the whole, and whether it, or a module around it, is counted."""

    address: str
    block: Configured
    counted: bool


class Called(NamedTuple):
    """A module block with its address in the whole."""

    address: str
    call: ModuleCall


class Outline(NamedTuple):
    """What a plan names: instances in the state before it and in the values after it, blocks, module calls."""

    prior: tuple[Standing, ...]
    planned: tuple[Standing, ...]
    blocks: tuple[Placed, ...]
    calls: tuple[Called, ...]
    providers: dict[str, Provider]


def outline_of(plan: Plan) -> Outline:
    """The outline of a plan. BadProposal where a part has another shape than the format gives it."""
    state = _decoded(plan.prior_state, State, "prior_state") or State()
    planned = _decoded(plan.planned_values, StandingValues, "planned_values")
    configuration = _decoded(plan.configuration, Configuration, "configuration") or Configuration()
    blocks, calls = _walk(configuration.root_module or ConfiguredModule())
    return Outline(
        tuple(_standing(state.values)),
        tuple(_standing(planned)),
        blocks,
        calls,
        configuration.provider_config or {},
    )


def configured(address: str) -> str:
    """The address without its indexes: as the configuration gives it."""
    return _INDEX.sub("", address)


def _decoded(raw: Raw, kind: type[T], name: str) -> T | None:
    try:
        return msgspec.json.decode(raw, type=kind | None)
    except msgspec.MsgspecError as error:
        what, _, at = str(error).partition(" - at ")
        raise BadProposal(
            f"this is not the JSON of a plan: {what[:1].lower()}{what[1:]}",
            where=f"$.{name}{at.strip('`').removeprefix('$')}",
            hint="write it with `terraform show -json tfplan`",
            code="not-a-plan",
        ) from None


def _standing(values: StandingValues | None) -> Iterator[Standing]:
    waiting = [values.root_module] if values is not None and values.root_module is not None else []
    while waiting:
        module = waiting.pop()
        yield from module.resources or ()
        waiting += reversed(module.child_modules or ())


def _walk(root: ConfiguredModule) -> tuple[tuple[Placed, ...], tuple[Called, ...]]:
    blocks: list[Placed] = []
    calls: list[Called] = []
    waiting = [("", root, False)]
    while waiting:
        prefix, module, counted = waiting.pop()
        blocks += [
            Placed(f"{prefix}{block.address}", block, counted or _is_counted(block)) for block in module.resources or ()
        ]
        for name, call in sorted((module.module_calls or {}).items()):
            calls.append(Called(f"{prefix}module.{name}", call))
            if call.module is not None:
                waiting.append((f"{prefix}module.{name}.", call.module, counted or _is_counted(call)))
    return tuple(blocks), tuple(calls)


def _is_counted(block: Configured | ModuleCall) -> bool:
    return block.count_expression is not NULL or block.for_each_expression is not NULL
