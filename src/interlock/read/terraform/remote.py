"""Remote: one state that reads the outputs of another: the edges by which inventories of both join.

A state's outputs are things of their own, `terraform.output`, named by the last words of where the state is kept, and
the output: `network.tfstate#vpc_id`. Whoever reads another state names such a place in its configuration, and a file is
called like it. Two states with the same last words are taken for one: that can only add to a reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from interlock.model.change import Resource
from interlock.model.inventory import Edge

OUTPUT: Final = "terraform.output"
EVIDENCE: Final = "remote state"

#: What of a backend's configuration says which state it is, in the order in which it is written.
_PLACES: Final[dict[str, tuple[str, ...]]] = {
    "local": ("path",),
    "s3": ("bucket", "workspace_key_prefix", "key"),
    "gcs": ("bucket", "prefix"),
    "azurerm": ("storage_account_name", "container_name", "key"),
    "http": ("address",),
    "consul": ("address", "path"),
    "remote": ("hostname", "organization", "name", "prefix"),
    "cos": ("bucket", "prefix", "key"),
    "oss": ("bucket", "prefix", "key"),
    "kubernetes": ("namespace", "secret_suffix"),
    "pg": ("schema_name",),
}


#: Names of files that say nothing by themselves; the folder above then counts too.
_DULL: Final = frozenset({"terraform.tfstate", "default.tfstate", "state.tfstate", "tfstate", "state", "plan.json"})


def place_of(backend: object, config: object, workspace: object = "") -> str:
    """Where a state is kept, by the last words of it; empty when that cannot be told."""
    if not isinstance(backend, str) or not isinstance(config, Mapping):
        return ""
    inner = config.get("workspaces")
    flat = {**config, **(inner if isinstance(inner, Mapping) else {})}
    words = [word for name in _PLACES.get(backend, ()) if isinstance(word := flat.get(name), str) and word]
    return named(words, workspace)


def named(words: Iterable[str], workspace: object = "") -> str:
    """The last words of a place that say which it is."""
    steps = [step for word in words for step in word.replace("\\", "/").split("/") if step not in ("", ".", "..")]
    if not steps:
        return ""
    place = "/".join(steps[-2:] if steps[-1] in _DULL else steps[-1:])
    return f"{place}@{workspace}" if isinstance(workspace, str) and workspace not in ("", "default") else place


def output(place: str, name: str, environment: str = "") -> Resource:
    """One output of the state that is kept at `place`."""
    return Resource(OUTPUT, f"{place}#{name}", environment)


def remote_edges(remotes: Iterable[tuple[Resource, Mapping[str, object]]]) -> Iterator[Edge]:
    """From each data source that reads a state to the outputs that it read."""
    for resource, values in remotes:
        place = place_of(values.get("backend"), values.get("config"), values.get("workspace"))
        outputs = values.get("outputs")
        if place and isinstance(outputs, Mapping):
            for name in outputs:
                target = output(place, name, resource.environment)
                yield Edge(resource, target, "uses", "hard", EVIDENCE, ("value",), ("outputs",))
