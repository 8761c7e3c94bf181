"""Services, operations and shapes. What can be worked out beforehand is worked out once, when it is first needed."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final, NamedTuple
from urllib.parse import unquote

from interlock.aws.envelope import PLAIN
from interlock.aws.rawmodel import RawModel, RawOperation, RawReference, RawShape

#: botocore's types, as the kinds that a value can have here.
KINDS: Final = {
    "structure": "structure",
    "list": "list",
    "map": "map",
    "string": "string",
    "character": "string",
    "blob": "blob",
    "boolean": "boolean",
    "integer": "integer",
    "long": "integer",
    "short": "integer",
    "byte": "integer",
    "biginteger": "integer",
    "float": "float",
    "double": "float",
    "bigdecimal": "float",
    "timestamp": "timestamp",
}
LABEL: Final = re.compile(r"\{([^}+]+)(\+?)\}")


class Member(NamedTuple):
    """A use of a shape. `wire` is its name in the protocol at hand; `name` is its name in the model."""

    name: str
    wire: str
    shape: Shape
    location: str
    flattened: bool
    json: bool
    host_label: bool
    token: bool
    attribute: bool


class Shape:
    """One shape of one service."""

    def __init__(self, service: Service, name: str, raw: RawShape) -> None:
        self.service = service
        self.name = name
        self.raw = raw
        self.kind = "document" if raw.document else KINDS[raw.type]
        self.union = raw.union
        self.sensitive = raw.sensitive
        self.payload = raw.payload
        #: The texts that it knows; a service may know more than its model.
        self.enum = frozenset(raw.enum)

    @cached_property
    def spellings(self) -> frozenset[str]:
        """The same in lower case."""
        return frozenset(text.lower() for text in self.enum)

    @cached_property
    def members(self) -> dict[str, Member]:
        """Members by their names in the model."""
        return {name: self._member(name, reference) for name, reference in self.raw.members.items()}

    @cached_property
    def wires(self) -> dict[str, Member]:
        """Members that stand in the body, by their names there. Of two with one name the list is meant."""
        found: dict[str, Member] = {}
        for member in self.members.values():
            if member.location:
                continue
            if member.wire not in found or member.shape.kind == "list":
                found[member.wire] = member
        return found

    @cached_property
    def required(self) -> frozenset[str]:
        """The names of the members that must be there."""
        return frozenset(self.raw.required)

    @cached_property
    def element(self) -> Member:
        """A list's element."""
        assert self.raw.member is not None  # noqa: S101 - the models have one for each list, a test loads them all
        return self._member("member", self.raw.member)

    @cached_property
    def key(self) -> Member:
        """A map's key."""
        assert self.raw.key is not None  # noqa: S101 - the same for maps
        return self._member("key", self.raw.key)

    @cached_property
    def value(self) -> Member:
        """A map's value."""
        assert self.raw.value is not None  # noqa: S101 - the same
        return self._member("value", self.raw.value)

    def _member(self, name: str, use: RawReference) -> Member:
        shape = self.service.shape(use.shape)
        flattened = use.flattened or shape.raw.flattened
        location = use.location
        return Member(
            name,
            self._wire(name, use, shape, flattened and not location),
            shape,
            location,
            flattened,
            use.jsonvalue,
            use.host_label,
            use.idempotency_token,
            use.xml_attribute,
        )

    def _wire(self, name: str, use: RawReference, shape: Shape, flattened: bool) -> str:
        """The name in the protocol at hand, by the rules of botocore's serialisers."""
        given = use.location_name or shape.raw.location_name
        protocol = self.service.protocols[0]
        if protocol == "ec2":
            return use.query_name or given[:1].upper() + given[1:] or name
        if protocol == "query" and flattened and shape.kind == "list":
            return shape.element_name or given or name
        return given or name

    @property
    def element_name(self) -> str:
        """How a list calls its elements; empty when it does not say."""
        use = self.raw.member
        return (use.location_name or self.service.raw_shape(use.shape).location_name) if use else ""


class Piece(NamedTuple):
    """One piece of a path between two slashes: a literal, or a label that takes one piece or, greedy, all the rest."""

    text: str
    label: bool
    greedy: bool


class Operation:
    """One operation of one service."""

    def __init__(self, service: Service, name: str, raw: RawOperation) -> None:
        self.service = service
        self.name = name
        self.method = raw.http.method
        self.deprecated = raw.deprecated
        self.readonly = raw.readonly
        self.host_prefix = raw.endpoint.host_prefix if raw.endpoint else ""
        self.checked = raw.http_checksum_required or raw.http_checksum.request_checksum_required
        self.told = tuple((name, static.value) for name, static in raw.static_context_params.items())
        self.encodings = tuple(raw.requestcompression.encodings) if raw.requestcompression else ()
        self.input = service.shape(raw.input.shape) if raw.input else None
        self.root = raw.input.location_name if raw.input else ""
        self.output = service.raw_shape(raw.output.shape) if raw.output else None
        path, _, query = raw.http.request_uri.partition("?")
        self.pieces = tuple(_piece(text) for text in path.removeprefix("/").split("/")) if path != "/" else ()
        #: What the query always holds: (name, value).
        self.constants = tuple(
            (unquote(name), unquote(value))
            for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)
        )

    @cached_property
    def located(self) -> dict[str, dict[str, Member]]:
        """Members of the input outside of its body: by location, then by their names there (headers in lower case)."""
        found: dict[str, dict[str, Member]] = {"uri": {}, "querystring": {}, "header": {}, "headers": {}}
        for member in self.input.members.values() if self.input else ():
            if member.location in found:
                lower = member.location.startswith("header")
                found[member.location][member.wire.lower() if lower else member.wire] = member
        return found

    @cached_property
    def plain_headers(self) -> tuple[str, ...]:
        """The headers that are parameters here and mere transport elsewhere."""
        return tuple(name for name in self.located["header"] if name in PLAIN)

    @cached_property
    def needed(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names in the query, and of headers, that this operation cannot do without."""
        required = self.input.required if self.input else frozenset()
        query, headers = self.located["querystring"], self.located["header"]
        return (
            frozenset(wire for wire, member in query.items() if member.name in required),
            frozenset(wire for wire, member in headers.items() if member.name in required),
        )


class Service:
    """One service: its operations, made when they are first asked for."""

    def __init__(self, name: str, protocols: tuple[str, ...], raw: RawModel) -> None:
        self.name = name
        self.protocols = protocols
        self.version = raw.metadata.api_version
        self.target = raw.metadata.target_prefix
        self.json_version = raw.metadata.json_version
        self._raw = raw
        self._operations: dict[str, Operation] = {}
        self._shapes: dict[str, Shape] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all operations."""
        return tuple(self._raw.operations)

    def operation(self, name: str) -> Operation | None:
        """The operation of this name, if there is one."""
        found = self._operations.get(name)
        if found is None:
            raw = self._raw.operations.get(name)
            if raw is None:
                return None
            found = self._operations[name] = Operation(self, name, raw)
        return found

    def shape(self, name: str) -> Shape:
        """The shape of this name."""
        found = self._shapes.get(name)
        if found is None:
            found = self._shapes[name] = Shape(self, name, self._raw.shapes[name])
        return found

    def raw_shape(self, name: str) -> RawShape:
        """The same as the file has it."""
        return self._raw.shapes[name]


def _piece(text: str) -> Piece:
    label = LABEL.fullmatch(text)
    return Piece(label[1], True, bool(label[2])) if label else Piece(text, False, False)
