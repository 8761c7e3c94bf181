"""Written: a call as JSON, kind `aws`, by the names of botocore, or those that boto3, the command and IAM have."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from interlock.aws import models
from interlock.aws.call import Call, Parameter
from interlock.errors import BadProposal


class _Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form of kind `aws`."""

    service: str
    operation: str
    region: str = ""
    account: str = ""
    parameters: dict[str, object] = {}


_decoder: Final = msgspec.json.Decoder(_Given)


def written(payload: bytes) -> Call:
    """The call that these bytes give. Raises BadProposal where they give none."""
    try:
        given = _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadProposal(
            "this is no call",
            hint=f"{error}; it is JSON with service, operation, region, account and parameters",
            code="not-a-call",
        ) from error
    parameters: dict[str, Parameter] = given.parameters  # type: ignore[assignment]  # JSON's values are all of them
    service, operation = named(given.service, given.operation)
    return Call(service, operation, given.region, given.account, parameters)


@lru_cache(maxsize=8_192)
def named(service: str, operation: str) -> tuple[str, str]:
    """botocore's names for these: `EC2` and `terminate_instances` are `ec2` and `TerminateInstances`.

    Where more than one could be meant, or none, they are left as they are, and nobody knows them.
    """
    if models.has(service):
        rows = [service]
    else:
        plain = service.lower()
        rows = [plain] if models.has(plain) else [row.name for row in models.signing_as(plain)]
    meant = [(row, name) for row in rows for name in _spelled(row).get(_squeezed(operation), ())]
    exact = [found for found in meant if found[1] == operation]
    only = exact if len(exact) == 1 else meant
    return only[0] if len(only) == 1 else (service, operation)


@lru_cache(maxsize=512)
def _spelled(service: str) -> dict[str, list[str]]:
    """The operations of a service by their names without hyphens, underscores and capitals."""
    found: dict[str, list[str]] = {}
    for name in models.service(service).names:
        found.setdefault(_squeezed(name), []).append(name)
    return found


def _squeezed(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
