"""Parameters: whether a call holds only what its operation takes, and which of it is a secret.

The models are botocore's own, read by `interlock.aws.models` when a service is first asked for. A member that no model
has is named: whoever sends it means something by it, and nobody here knows what.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from interlock.aws import models
from interlock.aws.call import Parameter
from interlock.aws.operations import Service
from interlock.aws.rawmodel import RawReference, RawShape
from interlock.errors import Broken

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
    """The input of one operation: its shape, and the service that has all others; whether its answer is a stream."""

    input: RawShape
    service: Service
    streams: bool

    def of(self, reference: RawReference | None) -> RawShape:
        """The shape that is referred to."""
        assert reference is not None  # noqa: S101 - a list has a member and a map a value, as every model says
        return self.service.raw_shape(reference.shape)


@lru_cache(maxsize=4_096)
def model_of(service: str, operation: str) -> Model:
    """The model of an operation that the made table has."""
    known = models.service(service)
    found = known.operation(operation)
    if found is None:
        raise Broken(f"the table has `{service}:{operation}`, and the models have not", hint=models.drift())
    answer = found.output
    payload = answer.members.get(answer.payload) if answer is not None else None
    streams = payload is not None and known.raw_shape(payload.shape).type == "blob"
    return Model(found.input.raw if found.input is not None else RawShape("structure"), known, streams)


def strange(service: str, operation: str, parameters: dict[str, Parameter]) -> tuple[str, ...]:
    """What of the parameters the operation does not take, each by its path; and what it requires and is not there."""
    model = model_of(service, operation)
    found: list[str] = []
    taken = parameters
    if beside := BESIDE.get(f"{service}:{operation}"):
        taken = {key: value for key, value in parameters.items() if key not in beside}
    _walk(model, model.input, taken, "", found, 0)
    missing = [name for name in model.input.required if name not in parameters]
    found += [f"`{name}` is missing" for name in missing if not _filled(model, name)]
    return tuple(found)


def _filled(model: Model, name: str) -> bool:
    """Whether clients fill a parameter in by themselves where nobody gives it."""
    return model.input.members[name].idempotency_token or name in ("accountId", "AccountId")


def _walk(model: Model, shape: RawShape, value: Parameter, path: str, found: list[str], depth: int) -> None:
    kind = shape.type
    if value is None or (kind == "structure" and shape.document):
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
        inner = model.of(shape.member)
        if inner.type == "string" and all(type(each) is str for each in value):
            return
        for each in value:
            _walk(model, inner, each, f"{path}[]", found, depth + 1)


def _walk_named(
    model: Model, shape: RawShape, value: dict[str, Parameter], path: str, found: list[str], depth: int
) -> None:
    if shape.type == "map":
        inner = model.of(shape.value)
        for each in value.values():
            _walk(model, inner, each, f"{path}{{}}", found, depth)
        return
    for name, each in value.items():
        at = f"{path}.{name}" if path else name
        if name not in shape.members:
            found.append(f"`{_shown(at)}` is no parameter of it")
        else:
            _walk(model, model.of(shape.members[name]), each, at, found, depth)


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
        if shape.type == "map":
            shape = model.of(shape.value)
            continue
        if name not in shape.members:
            return True
        shape = model.of(shape.members[name])
        if part.endswith("[]") and shape.type == "list" and not shape.sensitive:
            shape = model.of(shape.member)
        if shape.sensitive:
            return True
    return False
