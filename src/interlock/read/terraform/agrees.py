"""Agrees: whether what a plan says of one thing agrees with itself, and who makes things of its type.

The rules of this room: Terraform writes words, values, types and addresses from one source, so a plan in which they
differ was written by somebody else, and nobody can tell what it does. A type means what is known of it only where the
provider that it is known of makes it.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.read.terraform.address import address_of
from interlock.read.terraform.plan import NULL, ResourceChange, value

#: For each combination of words, whether there is something before, and after. Of what is in no row nothing is asked.
SIDES: Final[dict[tuple[str, ...], tuple[bool, bool | None]]] = {
    ("create",): (False, True),
    ("update",): (True, True),
    ("delete",): (True, False),
    ("delete", "create"): (True, True),
    ("create", "delete"): (True, True),
    ("create", "forget"): (True, True),
    ("forget",): (True, None),
}
_NULL: Final = b"null"
_NOTHING: Final = (_NULL, b"{}")


class Makers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file `knowledge/providers.json`: who makes the types that begin so, as `namespace/name`."""

    about: str
    makers: dict[str, tuple[str, ...]]


@cache
def makers() -> Makers:
    """The file, read when it is first asked for."""
    raw = Path(__file__).with_name("knowledge").joinpath("providers.json").read_bytes()
    return msgspec.json.decode(raw, type=Makers)


def disagrees(change: ResourceChange) -> str:
    """Why nobody can believe what is said of this managed thing, in a few words without values; empty: it agrees."""
    delta = change.change
    if delta.actions == ("no-op",):
        same = delta.before is delta.after or bytes(delta.before) == bytes(delta.after)
        return (
            ""
            if same or value(delta.before) == value(delta.after)
            else "its values change, and the plan says that nothing does"
        )
    if not _is_named(change):
        return "its address names another type"
    sides = SIDES.get(delta.actions)
    if sides is None:
        return ""
    for raw, wanted in zip((delta.before, delta.after), sides, strict=True):
        held = bytes(raw)
        if raw is not NULL and ((wanted is True and held == _NULL) or (wanted is False and held not in _NOTHING)):
            return "what is there before and after is not what the plan says"
    if delta.actions == ("update",) and delta.replace_paths is not NULL and value(delta.replace_paths):
        return "it is said to change in place, and to be made anew"
    return ""


def _is_named(change: ResourceChange) -> bool:
    """Whether the address is one of a thing of this type; of an address that cannot be taken apart nobody knows."""
    around = f"{change.module_address}." if change.module_address else ""
    if change.name and change.address.startswith(f"{around}{change.type}.{change.name}"):
        rest = change.address[len(around) + len(change.type) + len(change.name) + 1 :]
        if not rest or rest[0] == "[":
            return True
    found = address_of(change.address)
    return found is None or not change.type or found.part.startswith(f"{change.type}.")


@lru_cache(maxsize=4_096)
def made_by_another(type_: str, provider: str) -> str:
    """The name of a provider that is not the one that this type is known of; empty where it is, or nobody knows one."""
    known = next((names for start, names in makers().makers.items() if type_.startswith(start)), None)
    if known is None or not provider:
        return ""
    _, _, name = provider.rpartition("/")
    short = "/".join(provider.split("/")[-2:])
    if "/" not in provider or short.startswith("-/"):  # before there were namespaces
        return "" if any(each.endswith(f"/{name}") for each in known) else provider
    return "" if short in known else short
