"""Parameters: whether a call holds only what its operation takes, and which of it is a secret.

The models are botocore's own, read when a service is first asked for. A member that no model has is named: whoever
sends it means something by it, and nobody here knows what.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from interlock.aws.call import Parameter

#: So deep a parameter may be nested; DynamoDB's own limit for an item is 32.
DEPTH: Final = 64

#: Parameters that botocore itself takes beside those of the model.
BESIDE: Final = {
    "rds:CopyDBSnapshot": ("SourceRegion",),
    "rds:CreateDBInstanceReadReplica": ("SourceRegion",),
    "rds:CopyDBClusterSnapshot": ("SourceRegion",),
    "rds:CreateDBCluster": ("SourceRegion",),
    "rds:StartDBInstanceAutomatedBackupsReplication": ("SourceRegion",),
}

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "string": (str,),
    "timestamp": (str, int, float),
    "blob": (str, bytes),
    "list": (list,),
    "structure": (dict,),
    "map": (dict,),
}


class Model(NamedTuple):
    """The input of one operation: its shape, and every shape that it may refer to; whether its answer is a stream."""

    input: dict[str, Any]
    shapes: dict[str, Any]
    streams: bool


@cache
def _service(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    from botocore.loaders import create_loader

    model = create_loader().load_service_model(name, "service-2")
    return model["operations"], model["shapes"]


@lru_cache(maxsize=4_096)
def model_of(service: str, operation: str) -> Model:
    """The model of an operation that the made table has."""
    operations, shapes = _service(service)
    raw = operations[operation]
    shape = shapes[raw["input"]["shape"]] if "input" in raw else {"type": "structure", "members": {}}
    answer = shapes[raw["output"]["shape"]] if "output" in raw else {}
    payload = answer.get("members", {}).get(answer.get("payload", ""), {})
    streams = bool(payload.get("streaming") or shapes.get(payload.get("shape"), {}).get("streaming"))
    return Model(shape, shapes, streams or shapes.get(payload.get("shape"), {}).get("type") == "blob")


def strange(service: str, operation: str, parameters: dict[str, Parameter]) -> tuple[str, ...]:
    """What of the parameters the operation does not take, each by its path; and what it requires and is not there."""
    model = model_of(service, operation)
    found: list[str] = []
    taken = parameters
    if beside := BESIDE.get(f"{service}:{operation}"):
        taken = {key: value for key, value in parameters.items() if key not in beside}
    _walk(model, model.input, taken, "", found, 0)
    missing = [name for name in model.input.get("required", ()) if name not in parameters]
    found += [f"`{name}` is missing" for name in missing if not _filled(model, name)]
    return tuple(found)


def _filled(model: Model, name: str) -> bool:
    """Whether clients fill a parameter in by themselves where nobody gives it."""
    member = model.input["members"][name]
    return bool(member.get("idempotencyToken")) or name in ("accountId", "AccountId")


def _walk(model: Model, shape: dict[str, Any], value: Parameter, path: str, found: list[str], depth: int) -> None:
    kind = shape["type"]
    if value is None or (kind == "structure" and shape.get("document")):
        return
    if not isinstance(value, _TYPES.get(kind, (object,))) or (isinstance(value, bool) and kind != "boolean"):
        if kind == "string" and path.endswith("CopySource") and isinstance(value, dict):
            return  # botocore takes it apart as well
        found.append(f"`{path}` is no {kind}")
        return
    if depth > DEPTH:
        found.append(f"`{path}` is nested too deep")
    elif isinstance(value, dict):
        _walk_named(model, shape, value, path, found, depth + 1)
    elif isinstance(value, list):
        inner = model.shapes[shape["member"]["shape"]]
        if inner["type"] == "string" and all(type(each) is str for each in value):
            return
        for each in value:
            _walk(model, inner, each, f"{path}[]", found, depth + 1)


def _walk_named(
    model: Model, shape: dict[str, Any], value: dict[str, Parameter], path: str, found: list[str], depth: int
) -> None:
    if shape["type"] == "map":
        inner = model.shapes[shape["value"]["shape"]]
        for each in value.values():
            _walk(model, inner, each, f"{path}{{}}", found, depth)
        return
    members = shape.get("members", {})
    for name, each in value.items():
        at = f"{path}.{name}" if path else name
        if name not in members:
            found.append(f"`{_shown(at)}` is no parameter of it")
        else:
            _walk(model, model.shapes[members[name]["shape"]], each, at, found, depth)


def _shown(path: str) -> str:
    """A name that somebody made up, as it may be shown."""
    return path[:100] if path.replace(".", "").replace("[]", "").replace("{}", "").isalnum() else "a strange name"


@lru_cache(maxsize=65_536)
def is_secret(service: str, operation: str, path: str) -> bool:
    """Whether the member at this path, or one above it, is marked as sensitive by its model, or is one by its name."""
    model = model_of(service, operation)
    shape = model.input
    for part in path.split("."):
        name = part.removesuffix("[]").removesuffix("{}")
        if any(word in name.lower() for word in ("password", "secret", "token", "credential", "privatekey")):
            return True
        member = shape.get("members", {}).get(name)
        if member is None:
            return True
        shape = model.shapes[member["shape"]]
        if shape.get("sensitive") or member.get("sensitive"):
            return True
        while part != name and shape["type"] in ("list", "map"):
            shape = model.shapes[shape["member" if shape["type"] == "list" else "value"]["shape"]]
            if shape.get("sensitive"):
                return True
            break
    return False
