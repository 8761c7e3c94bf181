"""The rest protocols: parameters in path, query, headers and body, each in its place by the operation's input."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

from interlock.aws import jsonbody, xmlbody
from interlock.aws.call import Parameter
from interlock.aws.envelope import Envelope
from interlock.aws.gaps import Gaps, quoted
from interlock.aws.operations import Member, Operation, Shape
from interlock.aws.percent import decoded
from interlock.aws.scalars import scalar
from interlock.aws.typed import Typed

#: Media types of JSON bodies; some clients send none.
JSON_TYPES: Final = ("application/json", "application/x-amz-json-1.1", "")
XML_TYPES: Final = ("application/xml", "text/xml", "")


def parameters(operation: Operation, labels: Mapping[str, str], envelope: Envelope) -> dict[str, Parameter]:
    """All parameters of the request."""
    gaps = envelope.gaps
    found: dict[str, Parameter] = {}
    located = operation.located
    for wire, raw in labels.items():
        member = located["uri"].get(wire)
        if member is not None:
            found[member.name] = scalar(member.shape, decoded(raw, gaps, "the path"), (None, member.name), gaps)
    if envelope.query:
        _query(operation, envelope, found)
    _headers(operation, envelope, found)
    _body(operation, envelope, found)
    return found


def _query(operation: Operation, envelope: Envelope, found: dict[str, Parameter]) -> None:
    """Parameters in the query; a map takes all names that are left."""
    gaps, located = envelope.gaps, operation.located
    constants = dict(operation.constants)
    others = next((member for member in located["querystring"].values() if member.shape.kind == "map"), None)
    taken: dict[str, Parameter] = {}
    for name, values in envelope.query.items():
        member = located["querystring"].get(name)
        if name in constants:
            if values != [constants[name]]:
                gaps.add(f"{quoted(name)} in the query has a value that it should not have")
        elif member is not None and member.shape.kind == "list":
            element = member.shape.element.shape
            found[member.name] = [scalar(element, value, (None, member.name), gaps) for value in values]
        elif member is not None and member.shape.kind != "map":
            _once(member, name, values, found, gaps)
        elif others is not None:
            listed = others.shape.value.shape.kind == "list"
            taken[name] = list(values) if listed else values[0]
            if not listed and len(values) > 1:
                gaps.add(f"{quoted(name)} stands twice in the query")
        elif not _header_in_query(operation, name, values, envelope, found):
            gaps.add(f"{quoted(name)} in the query is no parameter that is known")
    if others is not None and taken:
        found[others.name] = taken


def _once(member: Member, name: str, values: list[str], found: dict[str, Parameter], gaps: Gaps) -> None:
    if len(values) > 1:
        gaps.add(f"{quoted(name)} stands twice in the query")
    found[member.name] = scalar(member.shape, values[0], (None, member.name), gaps)


def _header_in_query(
    operation: Operation, name: str, values: list[str], envelope: Envelope, found: dict[str, Parameter]
) -> bool:
    """S3 takes `x-amz-` headers from the query of presigned URLs too, and `x-id` names the operation once more."""
    if operation.service.name != "s3":
        return False
    if name == "x-id":
        return values == [operation.name]
    lower = name.lower()
    member = operation.located["header"].get(lower)
    if member is None or not lower.startswith("x-amz-") or lower in envelope.headers:
        return False
    _once(member, name, values, found, envelope.gaps)
    return True


def _headers(operation: Operation, envelope: Envelope, found: dict[str, Parameter]) -> None:
    """Parameters in headers, and in headers that begin alike. What is left is left to the envelope."""
    gaps, single, prefixed = envelope.gaps, operation.located["header"], operation.located["headers"]
    for name in operation.plain_headers:
        if name in envelope.headers:
            found[single[name].name] = _header(single[name], envelope.headers[name], gaps)
            if name in envelope.twice:
                gaps.add(f"the header {quoted(name)} stands there twice")
    left = []
    for name in envelope.left:
        value = envelope.headers[name]
        member = single.get(name)
        if member is not None:
            found[member.name] = _header(member, value, gaps)
            continue
        prefix = next((prefix for prefix in prefixed if name.startswith(prefix)), None)
        if prefix is None:
            left.append(name)
            continue
        inside = found.setdefault(prefixed[prefix].name, {})
        if isinstance(inside, dict):
            inside[name[len(prefix) :]] = value
    envelope.left = left


def _header(member: Member, value: str, gaps: Gaps) -> Parameter:
    shape, place = member.shape, (None, member.name)
    if member.json:
        try:
            text = base64.b64decode(value, validate=True)
        except ValueError:
            gaps.at(place, "is not JSON in base64")
            return value
        document = jsonbody.parsed(text, gaps)
        return Typed(gaps).document(document, place, 0) if isinstance(document, dict | list | str) else value
    if shape.kind == "list":
        return [scalar(shape.element.shape, part, place, gaps) for part in _listed(value)]
    return scalar(shape, value, place, gaps)


def _listed(value: str) -> list[str]:
    """The elements of a list in one header: parted by commas, in double quotes where they hold some themselves."""
    parts, part, quote, escaped = [], "", False, False
    for sign in value:
        if escaped:
            part, escaped = part + sign, False
        elif quote and sign == "\\":
            escaped = True
        elif sign == '"':
            quote = not quote
        elif sign == "," and not quote:
            parts.append(part.strip())
            part = ""
        else:
            part += sign
    return [*parts, part.strip()]


def _body(operation: Operation, envelope: Envelope, found: dict[str, Parameter]) -> None:
    """The body: nothing, one member as it is, one member as a document, or all members that stand nowhere else."""
    shape, headers = operation.input, operation.located["header"]
    payload = shape.members.get(shape.payload) if shape and shape.payload else None
    if "content-encoding" not in headers:
        envelope.encoded_as(operation.encodings)
    if payload is not None and payload.shape.kind in ("blob", "string"):
        _opaque(payload, envelope, found)
        return
    if not envelope.body and not envelope.large:
        return
    known = payload is not None or (shape is not None and bool(shape.wires))
    if shape is None or not known:
        if envelope.large or envelope.body not in (b"{}", b""):
            envelope.gaps.add("there is a body, and the operation takes none")
        return
    body = envelope.whole()
    xml = operation.service.protocols[0] == "rest-xml"
    if "content-type" not in headers and envelope.content_type not in (XML_TYPES if xml else JSON_TYPES):
        envelope.gaps.add("the content type is not that of the protocol")
    if not body:
        return
    if xml:
        _xml(operation, shape, payload, body, envelope.gaps, found)
        return
    document = jsonbody.parsed(body, envelope.gaps)
    if payload is not None:
        found[payload.name] = Typed(envelope.gaps).value(payload.shape, document, (None, payload.name))
    else:
        found.update(Typed(envelope.gaps).body(shape, document))


def _opaque(payload: Member, envelope: Envelope, found: dict[str, Parameter]) -> None:
    """A body that is one member as it is. Of bytes that are not in the request its digest and its size are given."""
    if payload.shape.kind == "string":
        try:
            text = envelope.whole().decode("utf-8")
        except UnicodeError:
            envelope.gaps.add("the body is no UTF-8")
            return
        if text:
            found[payload.name] = text
    elif envelope.large:
        found[payload.name] = {"sha256": envelope.request.body_digest, "size": envelope.request.body_size}
    elif envelope.body:
        found[payload.name] = envelope.body


def _xml(
    operation: Operation, shape: Shape, payload: Member | None, body: bytes, gaps: Gaps, found: dict[str, Parameter]
) -> None:
    """An XML document: the payload's or the input's, by the name of its root."""
    root = xmlbody.parsed(body, gaps)
    if root is None:
        return
    inside = payload.shape if payload is not None else shape
    wanted = payload.wire if payload is not None else operation.root or shape.raw.location_name
    if root.name != wanted:
        gaps.add(f"the body is {quoted(root.name)} where {quoted(wanted)} belongs")
    read = xmlbody.Xml(gaps, root).structure(inside, root, None if payload is None else (None, payload.name))
    if payload is not None:
        found[payload.name] = read
    else:
        found.update(read)
