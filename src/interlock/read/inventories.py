"""Inventories: files that say what stands beside a change, for whoever has them: each becomes an Inventory.

Read are Interlock's own inventory, Terraform's state files, what `terraform show -json` prints of a state or a plan,
plan packages, and the DOT of `terraform graph`. A file only ever adds to what is known; one that is none of these is
refused by its name.
"""

from __future__ import annotations

from typing import Final

import msgspec

from interlock.errors import BadInput, BadProposal
from interlock.model.canon import parse
from interlock.model.inventory import Inventory

MAX_BYTES: Final = 256 * 1024 * 1024
HINT: Final = "give Interlock's own, a Terraform state, or what `terraform show -json` or `terraform graph` prints"


def inventory_from(name: str, raw: bytes, environment: str) -> Inventory:
    """What this file tells. `name` is where it lies: outputs of a state are known by it. BadInput says what it is."""
    if len(raw) > MAX_BYTES:
        raise BadInput(
            f"the inventory has {len(raw):,} bytes; at most {MAX_BYTES:,} are read", where=name, code="too-large"
        )
    try:
        return _read(name, raw, environment)
    except BadInput as error:
        if error.where.startswith(name):
            raise
        where = f"{name}: {error.where}" if error.where else name
        raise BadInput(error.message, hint=error.hint, where=where, code=error.code) from None


def _read(name: str, raw: bytes, environment: str) -> Inventory:
    from interlock.read.terraform.dot import is_dot
    from interlock.read.terraform.package import is_zip
    from interlock.read.terraform.stated import from_graph, from_payload, from_state
    from interlock.read.terraform.text import sound

    if is_dot(raw):
        return from_graph(raw, environment)
    if is_zip(raw):
        return from_payload(name, raw, environment)
    try:
        text = sound(raw)
        names = set(msgspec.json.decode(text, type=dict[str, msgspec.Raw]))
    except (BadProposal, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadInput("this is no inventory: it is not JSON", hint=HINT, code="not-an-inventory") from None
    if names & {"resource_changes", "planned_values", "configuration"}:
        return from_payload(name, raw, environment)
    if {"version", "lineage"} <= names or "values" in names:
        return from_state(name, text, environment)
    if "target" in names and names <= set(Inventory.__struct_fields__):
        return parse(text, Inventory)
    raise BadInput("this is JSON, but no inventory", hint=HINT, code="not-an-inventory")
