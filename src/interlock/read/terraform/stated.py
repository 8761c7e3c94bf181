"""Stated: inventories from files that are no proposal: a state, a graph, or the plan of another configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw

from interlock.errors import BadInput
from interlock.model.inventory import Inventory
from interlock.read.terraform.address import address_of
from interlock.read.terraform.dot import read_dot
from interlock.read.terraform.reader import opened
from interlock.read.terraform.remote import named
from interlock.read.terraform.state import NULL, File, Shown, Thing, kept, shown, value_of
from interlock.read.terraform.told import ODD, Telling, tell

#: The version of the state file that every Terraform since 0.12 and every OpenTofu writes.
VERSION: Final = 4


class _Output(msgspec.Struct):
    value: Raw = NULL
    sensitive: bool = False


def from_payload(name: str, raw: bytes, environment: str) -> Inventory:
    """What a plan or a plan package tells, taken as one more inventory."""
    found = opened(raw)
    return tell(
        found.plan,
        config=found.config,
        dot=found.dot,
        resources={},
        environment=environment,
        place=named((name,)),
    )


def from_graph(raw: bytes, environment: str) -> Inventory:
    """What `terraform graph` prints: which resources there are, by their parts, and which waits for which."""
    telling = Telling({}, environment)
    for part in sorted(read_dot(raw).parts):
        address = address_of(part)
        if address is not None:
            mode, _, rest = address.part.partition(".")
            kind = rest.partition(".")[0] if mode in ("data", "ephemeral") else mode
            telling.add_things((Thing(part, mode, kind),))
    return telling.inventory(None, raw)


def from_state(name: str, raw: bytes, environment: str) -> Inventory:
    """A state file of version 4, or what `show -json` prints of a state. BadInput where it is neither."""
    place = named((name,))
    telling = Telling({}, environment, place)
    try:
        if b'"format_version"' in raw and (state := msgspec.json.decode(raw, type=Shown)).format_version:
            telling.add_things(shown(state.values))
            outputs = state.values.outputs if state.values is not None else NULL
            telling.add_outputs(place, _outputs(msgspec.json.decode(outputs, type=dict[str, _Output] | None)))
            return telling.inventory(None, None)
        file = msgspec.json.decode(raw, type=File)
        if file.version != VERSION:
            raise BadInput(
                f"this is a state file of version {file.version}; version {VERSION} is read",
                hint="open it once with a newer Terraform, or give `terraform show -json`",
                code="unknown-format",
            )
        telling.add_things(kept(file))
        decoded = {each: msgspec.json.decode(output, type=_Output) for each, output in (file.outputs or {}).items()}
        telling.add_outputs(place, _outputs(decoded))
    except ODD as error:
        why = str(error) if isinstance(error, msgspec.MsgspecError) else "nested too deeply"
        raise BadInput(f"this state cannot be read: {why}", code="not-a-state") from None
    return telling.inventory(None, None)


def _outputs(outputs: Mapping[str, _Output] | None) -> dict[str, object]:
    """The outputs and their values; of a sensitive one only that it is there."""
    return {name: None if each.sensitive else value_of(each.value) for name, each in (outputs or {}).items()}
