"""A survey of moto's server as the road would make it, with every call that it makes on record."""

from __future__ import annotations

import json
from pathlib import Path

from tests.moto_world import ACCOUNT, REGION

from interlock.model.change import Change, Effect, Resource, Verb
from interlock.model.inventory import Edge, Inventory, Item
from interlock.model.target import Bounds, Target
from interlock.survey.aws.aws import survey


def key_file(folder: Path) -> str:
    path = folder / "reader"
    path.write_text("[default]\naws_access_key_id = AKIAREADER\naws_secret_access_key = reader\n")
    path.chmod(0o600)
    return str(path)


def target_at(address: str, folder: Path, environment: str = "production", **settings: str) -> Target:
    """A target there; `settings` are further pairs, as `name_1`, `name_2` where one comes more than once."""
    pairs = [
        ("account", ACCOUNT),
        ("region", REGION),
        ("read", json.dumps({"source": "static", "file": key_file(folder), "narrow": False})),
    ]
    for key, value in settings.items():
        name = key.rstrip("_0123456789")
        pairs = [pair for pair in pairs if pair[0] != name or name in ("name", "environment_tag")]
        pairs.append((name, value))
    return Target(f"aws-{folder.name}", "aws", address, environment, settings=tuple(pairs))


def change_of(*things: tuple[str, str], verb: Verb = "delete") -> Change:
    effects = tuple(
        Effect(verb, Resource(type_, name, location=(("account", ACCOUNT), ("region", REGION))), aspect="structure")
        for type_, name in things
    )
    return Change("aws", effects)


def surveyed(target: Target, *things: tuple[str, str], bounds: Bounds | None = None, now: int = 1_000_000) -> Inventory:
    return survey(target, change_of(*things), bounds=bounds or Bounds(180_000, age=0), now=now, monotonic=lambda: 0)


def item_of(inventory: Inventory, type_: str, name: str) -> Item:
    """The item of that type whose name is this, or ends with it."""
    found = [each for each in inventory.items if each.resource.type == type_ and ends(each.resource.name, name)]
    assert len(found) == 1, (type_, name, [each.resource.name for each in inventory.items])
    return found[0]


def ends(whole: str, name: str) -> bool:
    return whole == name or whole.endswith((f":{name}", f"/{name}"))


def arrow(edge: Edge) -> tuple[str, str, str]:
    """`db orders uses key 1-2`, in three words."""
    return edge.source.name.rpartition(":")[2], edge.kind, edge.target.name.rpartition(":")[2]


def arrows(inventory: Inventory) -> set[tuple[str, str, str]]:
    return {arrow(edge) for edge in inventory.edges}
