"""State: what a state file says of itself, what stands in it, and what differs between two of them."""

from __future__ import annotations

import hashlib
import json
from typing import Final

import msgspec

from interlock.errors import TargetError
from interlock.execute.terraform.workshop import Workshop
from interlock.model.planned import Identity

NOTHING: Final = b"{}"


class Instance(msgspec.Struct):
    """One instance of a resource; attributes stay as they are written."""

    index_key: str | int | None = None
    deposed: str = ""
    status: str = ""
    attributes: msgspec.Raw = msgspec.Raw(b"null")


class Kept(msgspec.Struct):
    """One resource of a state file."""

    mode: str
    type: str
    name: str
    module: str = ""
    instances: list[Instance] = []


class State(msgspec.Struct):
    """A state file, version 4."""

    version: int = 4
    serial: int = 0
    lineage: str = ""
    resources: list[Kept] = []


def read(content: bytes) -> State:
    """The state in these bytes; none at all is an empty one. TargetError where it cannot be understood."""
    try:
        state = msgspec.json.decode(content or NOTHING, type=State)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TargetError("the state cannot be understood", hint="is it being written?", code="bad-state") from error
    if state.version != 4:
        raise TargetError(f"the state is of version {state.version}", hint="only version 4 is known", code="bad-state")
    return state


def current(workshop: Workshop) -> bytes:
    """The target's state as it is now; empty where there is none."""
    if workshop.remote:
        return workshop.must("reading the state", "state", "pull", trusted=True)
    return workshop.state.read_bytes() if workshop.state.exists() else b""


def identity(content: bytes, workspace: str) -> Identity:
    """Which state this is. Data sources in it are not counted: they are read anew each time."""
    state = read(content)
    count = sum(len(kept.instances) for kept in state.resources if kept.mode == "managed")
    return Identity(state.lineage, state.serial if state.lineage else 0, workspace, count)


def instances(content: bytes) -> dict[str, str]:
    """Each managed instance by address, with a digest of all that the state holds of it."""
    found: dict[str, str] = {}
    for kept in read(content).resources:
        if kept.mode != "managed":
            continue
        for instance in kept.instances:
            address = f"{kept.module}." if kept.module else ""
            address += f"{kept.type}.{kept.name}{_index(instance.index_key)}"
            address += f" (deposed {instance.deposed})" if instance.deposed else ""
            whole = bytes(instance.attributes) + instance.status.encode()
            found[address] = hashlib.sha256(whole).hexdigest()
    return found


def differing(before: bytes, after: bytes) -> list[str]:
    """The addresses that are in only one of two states, or not the same in both."""
    was, now = instances(before), instances(after)
    return sorted(address for address in was.keys() | now.keys() if was.get(address) != now.get(address))


def _index(key: str | int | None) -> str:
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f"[{json.dumps(key, ensure_ascii=False)}]"
