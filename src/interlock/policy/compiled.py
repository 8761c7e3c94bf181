"""Compiled: a policy set in the engine's own form, examined when it was made and not again by each command.

The starter set ships so; `make docs` writes the file. It holds for one text under one schema, by their digest: whatever
differs from it in a letter is examined as always.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from interlock.policy.binding import cedarpy
from interlock.policy.engine import Rule

if TYPE_CHECKING:
    from interlock.policy.check import Checked

#: Where the starter set's own is, beside its policies.
FILE: Final = Path(__file__).with_name("starter") / "compiled.json"


class Compiled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A set in order. `policies` are the engine's own JSON of all of them as permits, each under its @id."""

    version: str
    rules: tuple[Rule, ...]
    policies: msgspec.Raw


def compiled(version: str, sources: Mapping[str, str]) -> Compiled | None:
    """The shipped set in this form, where `sources` are just that set under the schema of that version; else None."""
    if not FILE.is_file() or any("\r" in text for text in sources.values()):
        return None  # a version does not tell line ends apart, and what a rule shows does
    found = msgspec.json.decode(FILE.read_bytes(), type=Compiled)
    return found if found.version == version else None


def written(version: str, checked: tuple[Checked, ...]) -> str:
    """What the file says of these policies."""
    policies = {each.rule.id: _as_permit(each) for each in checked}
    whole = {"templates": {}, "staticPolicies": policies, "templateLinks": []}
    lines = msgspec.json.format(msgspec.json.encode([each.rule for each in checked]), indent=1).decode()
    return (
        f'{{"version": "{version}",\n"rules": {lines},\n'
        f'"policies": {msgspec.json.format(msgspec.json.encode(whole), indent=1).decode()}}}\n'
    )


def _as_permit(checked: Checked) -> dict[str, object]:
    """The one policy of this text in the engine's own JSON."""
    whole = msgspec.json.decode(cedarpy.policies_to_json_str(checked.piece.text))
    (policy,) = whole["staticPolicies"].values()
    return {**policy, "effect": "permit"}


def opened(found: Compiled) -> cedarpy.PolicySet:
    """The policies as the engine takes them."""
    return cedarpy.PolicySet.from_json_str(bytes(found.policies).decode())
