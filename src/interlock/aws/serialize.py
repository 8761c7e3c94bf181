"""Call -> Request with botocore's own serialisers, for proposals that were not made on the wire.

What botocore's clients add by themselves (tokens drawn by chance, checksums of their own choice, retries) is left out
or fixed, so that the same call always gives the same request.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from interlock.aws import endpoints, models
from interlock.aws.call import Call, Parameter
from interlock.aws.operations import Operation, Shape
from interlock.aws.request import INLINE_BYTES, Request
from interlock.aws.scalars import NO_NUMBERS
from interlock.errors import BadProposal

#: Parameters on which the host depends.
TOLD: Final = {"s3": "Bucket", "cloudfront-keyvaluestore": "KvsARN"}
#: botocore's reports quote what was given; a value may be a secret.
QUOTED: Final = re.compile(r", value: .*?(, type: |, valid |$)")


def request_of(call: Call, base: str = "", token: str = "", protocol: str = "") -> Request:
    """The request that botocore would send for this call.

    `base` is the URL of an emulator; without it the request goes where AWS has the service. `token` fills in
    idempotency tokens that the call does not give; whoever wants the same call to run once gives the same one.
    Raises BadProposal for what botocore would not send.
    """
    service = models.service(call.service)
    operation = service.operation(call.operation)
    if operation is None:
        raise BadProposal(f"`{call.service}` has no operation `{call.operation}`", code="not-a-request")
    if call.unread:
        raise BadProposal("a call that was not wholly understood cannot be made again", hint=call.unread[0])
    parameters = _as_given(operation.input, call.parameters) if operation.input else dict(call.parameters)
    if token and operation.input:
        for name, member in operation.input.members.items():
            if member.token:
                parameters.setdefault(name, token)
    model = _service_model(call.service)
    serialized = _serialized(model, call, parameters, protocol)
    body = serialized["body"]
    serialized["body"] = body = urlencode(body).encode("ascii") if isinstance(body, dict) else bytes(body)
    if operation.checked:
        _put_checksum(serialized["headers"], body)
    return _request(call, operation, _address(call, operation, parameters, base), serialized)


def _address(call: Call, operation: Operation, parameters: Mapping[str, Any], base: str) -> endpoints.Address:
    """Where the request goes. The rules of endpoints are told what botocore's clients tell them."""
    region = call.region or "us-east-1"
    if base:
        return endpoints.Address(base, models.row(call.service).signing[0], region)
    told = dict(operation.told)
    if (name := TOLD.get(call.service)) in parameters:
        told[str(name)] = parameters[str(name)]
    if operation.host_prefix:  # the serialiser puts the account before the host
        told.pop("RequiresAccountId", None)
    return endpoints.address(call.service, region, tuple(told.items()))


def _serialized(model: Any, call: Call, parameters: dict[str, Any], protocol: str) -> dict[str, Any]:
    """What botocore's serialiser makes of the parameters."""
    from botocore.exceptions import ParamValidationError
    from botocore.serialize import create_serializer

    try:
        serializer = create_serializer(protocol or model.resolved_protocol)
        found: dict[str, Any] = serializer.serialize_to_request(parameters, model.operation_model(call.operation))
    except ParamValidationError as error:
        report = " ".join(QUOTED.sub(r"\1", str(error)).split())
        raise BadProposal(f"`{call.name}` does not take these parameters", hint=report, code="not-a-request") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        hint = f"botocore stopped with {type(error).__name__}"
        raise BadProposal(f"`{call.name}` does not take these parameters", hint=hint, code="not-a-request") from None
    return found


def _request(call: Call, operation: Operation, address: endpoints.Address, serialized: dict[str, Any]) -> Request:
    """The request, at its host. The bucket of S3 stands in the address, unless that is an emulator's."""
    from botocore.utils import percent_encode_sequence

    path, _, constants = serialized["url_path"].partition("?")
    url = urlsplit(address.url)
    real = endpoints.of_aws(url.netloc)
    if real and call.service == "s3" and operation.located["uri"].get("Bucket"):
        path = "/" + path[1:].partition("/")[2]
    query = percent_encode_sequence(serialized["query_string"]) if serialized["query_string"] else ""
    body: bytes = serialized["body"]
    return Request(
        operation.method,
        (serialized.get("host_prefix") or "") * real + url.netloc,
        url.path.rstrip("/") + path,
        address.signing_name,
        address.signing_region,
        "&".join(part for part in (constants, query) if part),
        tuple(sorted((name.lower(), _text(value)) for name, value in serialized["headers"].items())),
        body if len(body) <= INLINE_BYTES else b"",
        hashlib.sha256(body).hexdigest(),
        len(body),
    )


def _text(value: object) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else str(value)


def _put_checksum(headers: dict[str, Any], body: bytes) -> None:
    """A checksum where the service wants one and the call gives none."""
    if not any(name.lower().startswith(("x-amz-checksum-", "content-md5")) for name in headers):
        headers["x-amz-checksum-crc32"] = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode("ascii")


def _as_given(shape: Shape, value: Parameter) -> dict[str, Any]:
    given = _value(shape, value)
    if not isinstance(given, dict):
        raise BadProposal("the parameters of a call are an object", code="not-a-request")
    return given


def _value(shape: Shape, value: Any) -> Any:
    """The value as botocore takes it: nothing that is null, and numbers that are none as such."""
    if shape.kind == "structure" and isinstance(value, dict):
        members = shape.members
        return {
            name: _value(members[name].shape, inner) if name in members else inner
            for name, inner in value.items()
            if inner is not None
        }
    if shape.kind == "list" and isinstance(value, list):
        return [_value(shape.element.shape, inner) for inner in value]
    if shape.kind == "map" and isinstance(value, dict):
        return {key: _value(shape.value.shape, inner) for key, inner in value.items()}
    return float(value) if shape.kind == "float" and isinstance(value, str) and value in NO_NUMBERS else value


@lru_cache(maxsize=32)
def _service_model(service: str) -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    loader = Loader(extra_search_paths=[str(models.data())], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model(service, "service-2", models.row(service).folder), service)
