"""A model as botocore's file has it: only the fields that say how a request looks. Documentation is skipped unread."""

from __future__ import annotations

from typing import Any

import msgspec


class RawReference(msgspec.Struct, rename="camel"):
    """A use of a shape: as a member, an element, a key or a value."""

    shape: str
    location: str = ""
    location_name: str = ""
    query_name: str = ""
    flattened: bool = False
    timestamp_format: str = ""
    jsonvalue: bool = False
    host_label: bool = False
    idempotency_token: bool = False
    xml_attribute: bool = False
    xml_namespace: Any = None
    streaming: bool = False


class RawShape(msgspec.Struct, rename="camel"):
    """One shape."""

    type: str
    members: dict[str, RawReference] = {}
    required: list[str] = []
    member: RawReference | None = None
    key: RawReference | None = None
    value: RawReference | None = None
    payload: str = ""
    flattened: bool = False
    location_name: str = ""
    timestamp_format: str = ""
    xml_namespace: Any = None
    union: bool = False
    document: bool = False
    sensitive: bool = False
    min: float = 0
    enum: list[str] = []
    streaming: bool = False
    eventstream: bool = False


class RawHttp(msgspec.Struct, rename="camel"):
    """Where an operation is asked for."""

    method: str = "POST"
    request_uri: str = "/"


class RawEndpoint(msgspec.Struct, rename="camel"):
    """What an operation puts before the host."""

    host_prefix: str = ""


class RawInput(msgspec.Struct, rename="camel"):
    """The shape of what an operation takes."""

    shape: str
    location_name: str = ""
    xml_namespace: Any = None


class RawCompression(msgspec.Struct):
    """Which encodings of its body an operation takes."""

    encodings: list[str] = []


class RawChecksum(msgspec.Struct, rename="camel"):
    """What an operation wants to know of its body's checksum."""

    request_checksum_required: bool = False


class RawStatic(msgspec.Struct):
    """What the endpoint rules are told for an operation, whatever its parameters are."""

    value: Any


class RawOperation(msgspec.Struct, rename="camel"):
    """One operation."""

    http: RawHttp = msgspec.field(default_factory=RawHttp)
    input: RawInput | None = None
    output: RawReference | None = None
    endpoint: RawEndpoint | None = None
    requestcompression: RawCompression | None = None
    deprecated: bool = False
    readonly: bool = False
    http_checksum_required: bool = False
    http_checksum: RawChecksum = msgspec.field(default_factory=RawChecksum)
    static_context_params: dict[str, RawStatic] = {}


class RawMetadata(msgspec.Struct, rename="camel"):
    """What the model says of the service as a whole."""

    api_version: str
    protocol: str
    endpoint_prefix: str
    protocols: list[str] = []
    signing_name: str = ""
    target_prefix: str = ""
    json_version: str = ""


class RawModel(msgspec.Struct):
    """The whole model."""

    metadata: RawMetadata
    operations: dict[str, RawOperation]
    shapes: dict[str, RawShape]
