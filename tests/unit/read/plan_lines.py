"""Plans and change sets from lines: `name | type, words, class, traits | [before, after, unknown]`, one thing each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from interlock.model.change import TRAITS, Change
from interlock.model.wayback import worst_reversibility

FOLDER = Path(__file__).with_name("plans")
#: What matters of the traits here; the others are held elsewhere.
SAID = frozenset(TRAITS) - {"only-removes", "drifted"}


class Line(NamedTuple):
    """One line: what is done to which type of thing, and what a careful reader says of it."""

    name: str
    type: str
    words: str
    expected: str
    values: list[dict[str, object] | None]


def lines(file: str) -> list[Line]:
    found = []
    for text in (FOLDER / f"{file}.txt").read_text("utf-8").splitlines():
        name, expected, values = text.split(" | ", 2)
        type_, words, expected = expected.split(" ", 2)
        found.append(Line(name, type_, words, expected, json.loads(values)))
    return found


def document(line: Line) -> bytes:
    return json.dumps(_change_set(line) if "::" in line.type else _plan(line)).encode()


def said(change: Change) -> str:
    """The worst class and all traits; `unknown` where something was not understood."""
    if change.unknown:
        return "unknown"
    traits = {trait for effect in change.effects for trait in effect.traits} & SAID
    backs = [effect.way_back.reversibility for effect in change.effects if effect.way_back is not None]
    return " ".join((worst_reversibility(*(back for back in backs if back)), *sorted(traits)))


def _plan(line: Line) -> dict[str, object]:
    before, after, unknown = line.values
    provider = line.type.partition("_")[0]
    change = {"actions": line.words.split(","), "before": before, "after": after, "after_unknown": unknown or {}}
    row = {"address": f"{line.type}.x", "mode": "managed", "type": line.type, "name": "x", "change": change}
    row["provider_name"] = "terraform.io/builtin/terraform" if provider == "terraform" else f"r.io/hashicorp/{provider}"
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [row]}


def _change_set(line: Line) -> dict[str, object]:
    before, after, _ = line.values
    action, _, how = line.words.partition(",")
    names = [
        name for name in {**(before or {}), **(after or {})} if (before or {}).get(name) != (after or {}).get(name)
    ]
    anew = "Never" if how in ("", "False") else "Always"
    details = [
        {"Target": {"Attribute": "Properties", "Name": name, "RequiresRecreation": anew}, "Evaluation": "Static"}
        for name in names
    ]
    change: dict[str, object] = {"Action": action, "LogicalResourceId": "X", "ResourceType": line.type}
    change |= {"Scope": ["Properties"] if names else [], "Details": details} if action == "Modify" else {}
    for side, held in (("Before", before), ("After", after)):
        if held is not None:
            change[f"{side}Context"] = json.dumps({"Properties": _texts(held)})
    if action == "Modify":
        replacement, _, policy = how.partition(",")
        change |= {"Replacement": replacement or "False", **({"PolicyAction": policy} if policy else {})}
    elif action == "Remove":
        change["PolicyAction"] = how or "Delete"
    arn = "arn:aws:cloudformation:eu-west-1:123456789012"
    return {
        "ChangeSetName": "release",
        "ChangeSetId": f"{arn}:changeSet/release/1",
        "StackId": f"{arn}:stack/shop/1",
        "StackName": "shop",
        "Status": "CREATE_COMPLETE",
        "ExecutionStatus": "AVAILABLE",
        "Changes": [{"Type": "Resource", "ResourceChange": change}],
    }


def _texts(held: object) -> object:
    """Every plain value as a text, as CloudFormation gives them."""
    if isinstance(held, dict):
        return {name: _texts(inner) for name, inner in held.items()}
    if isinstance(held, list):
        return [_texts(inner) for inner in held]
    return str(held).lower() if isinstance(held, bool) else str(held)
