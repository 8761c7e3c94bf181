"""Understanding a request: service, operation and parameters, by botocore's models. What is not understood is said.

The service's signing name and the host say which services can be meant; how the operation is named says which protocol
is spoken: smithy's path, `X-Amz-Target`, `Action` in a form, or method and path. A request that speaks two is a gap.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from interlock.aws import cborbody, endpoints, jsonbody, models, rest
from interlock.aws.call import Call, Parameter
from interlock.aws.envelope import Envelope
from interlock.aws.form import Form, tree
from interlock.aws.gaps import Gaps, quoted
from interlock.aws.models import Row
from interlock.aws.operations import Operation, Service
from interlock.aws.percent import once
from interlock.aws.request import Request
from interlock.aws.restpath import routed
from interlock.aws.typed import Typed

FORM: Final = "application/x-www-form-urlencoded"
JSON_TYPES: Final = frozenset({"application/x-amz-json-1.0", "application/x-amz-json-1.1"})


class Asked(NamedTuple):
    """An operation that a request can mean, and how its parameters are read."""

    operation: Operation
    read: Callable[[Operation, Envelope], dict[str, Parameter]]


def understand(request: Request) -> Call:
    """What the request means. Never raises for an odd request; what is odd about it is in `unread`."""
    gaps = Gaps()
    envelope = Envelope(request, gaps)
    candidates = _candidates(request.service, request.host, request.region)
    if candidates.gap:
        gaps.add(candidates.gap)
    asked = _asked(candidates, envelope)
    if not asked:
        gaps.add("the request asks for no operation that is known")
        return Call(candidates.only, "", request.region, unread=tuple(gaps.texts))
    return _best(asked, envelope)


class _Candidates:
    """The services that a signing name and a host leave, by protocol; loaded when a request speaks it."""

    def __init__(self, rows: tuple[Row, ...], gap: str) -> None:
        self._rows = rows
        self.gap = gap
        self.only = rows[0].name if len(rows) == 1 else ""

    def _speaking(self, *protocols: str) -> list[Service]:
        return [models.service(row.name) for row in self._rows if not set(protocols).isdisjoint(row.protocols)]

    @cached_property
    def cbor(self) -> list[Service]:
        return self._speaking("smithy-rpc-v2-cbor")

    @cached_property
    def json(self) -> list[Service]:
        return self._speaking("json")

    @cached_property
    def form(self) -> list[Service]:
        return self._speaking("query", "ec2")

    @cached_property
    def rest(self) -> list[Service]:
        return self._speaking("rest-json", "rest-xml")


@lru_cache(maxsize=4096)
def _candidates(signing: str, host: str, region: str) -> _Candidates:
    """A host outside of AWS says nothing about what is meant; one of AWS has to be that of the signing name."""
    rows = models.signing_as(signing)
    if not rows:
        return _Candidates((), f"no service signs as {quoted(signing)}")
    there = endpoints.services_at(host, signing, region)
    if there is None:
        return _Candidates(rows, "")
    if not there:
        return _Candidates(rows, f"the host {quoted(host)} is none of {quoted(signing)} in {quoted(region)}")
    return _Candidates(tuple(row for row in rows if row.name in there), "")


def _asked(candidates: _Candidates, envelope: Envelope) -> list[Asked]:
    """The operations that can be meant, by the one protocol that the request speaks."""
    headers = envelope.headers
    if "smithy-protocol" in headers or (envelope.path.startswith("/service/") and candidates.cbor):
        return _cbor(candidates.cbor, envelope)
    if "x-amz-target" in headers:
        return _json(candidates.json, envelope)
    if candidates.form and ("Action" in envelope.query or envelope.content_type == FORM):
        return _form(candidates.form, envelope)
    return _rest(candidates.rest, envelope)


def _named(services: list[Service], name: str) -> list[Operation]:
    return [operation for service in services if (operation := service.operation(name)) is not None]


def _cbor(services: list[Service], envelope: Envelope) -> list[Asked]:
    """`POST /service/Target/operation/Name`."""
    if envelope.takes("smithy-protocol") != "rpc-v2-cbor":
        envelope.gaps.add("the header `smithy-protocol` is not `rpc-v2-cbor`")
    envelope.only_the_path(envelope.path)
    pieces = envelope.path.split("/")
    if len(pieces) != 5 or pieces[1] != "service" or pieces[3] != "operation" or envelope.method != "POST":
        return []
    meant = [service for service in services if service.target == pieces[2]]
    return [Asked(operation, _read_cbor) for operation in _named(meant, pieces[4])]


def _read_cbor(operation: Operation, envelope: Envelope) -> dict[str, Parameter]:
    envelope.encoded_as(operation.encodings)
    body = envelope.whole()
    if not body:
        return {}
    if envelope.content_type != "application/cbor":
        envelope.gaps.add("the content type is not that of the protocol")
    value = cborbody.parsed(body, envelope.gaps)
    return Typed(envelope.gaps, binary=True).body(operation.input, value)


def _json(services: list[Service], envelope: Envelope) -> list[Asked]:
    """`X-Amz-Target: Target.Name`."""
    target, _, name = (envelope.takes("x-amz-target") or "").rpartition(".")
    envelope.only_the_path("/")
    if envelope.method != "POST":
        return []
    meant = [service for service in services if service.target == target]
    return [Asked(operation, _read_json) for operation in _named(meant, name)]


def _read_json(operation: Operation, envelope: Envelope) -> dict[str, Parameter]:
    envelope.encoded_as(operation.encodings)
    if envelope.content_type not in JSON_TYPES:
        envelope.gaps.add("the content type is not that of the protocol")
    body = envelope.whole()
    if not body:
        return {}
    return Typed(envelope.gaps).body(operation.input, jsonbody.parsed(body, envelope.gaps))


def _form(services: list[Service], envelope: Envelope) -> list[Asked]:
    """`Action=Name&Version=…` in the body, or in the query where there is no body; never in both."""
    form = _read_form(envelope)
    name, version = form.pop("Action", ""), form.pop("Version", "")
    known = [service for service in services if service.version == version]
    if not known:
        envelope.gaps.add(f"the version {quoted(version)} of the service is not known")

    def read(operation: Operation, envelope: Envelope) -> dict[str, Parameter]:
        envelope.encoded_as(operation.encodings)
        for other, values in envelope.query.items() if envelope.body else ():
            if (other, values[0]) not in operation.constants or len(values) > 1:
                envelope.gaps.add(f"{quoted(other)} stands in the query beside a form in the body")
        reader = Form(envelope.gaps, ec2=operation.service.protocols[0] == "ec2")
        return reader.structure(operation.input, tree(form, envelope.gaps), None)

    return [Asked(operation, read) for operation in _named(known or services, name)]


def _read_form(envelope: Envelope) -> dict[str, str]:
    gaps, body = envelope.gaps, envelope.whole()
    if envelope.path != "/":
        gaps.add("the path is not `/`")
    if not body:
        if envelope.method not in ("GET", "POST"):
            gaps.add(f"the method is {quoted(envelope.method)}")
        return once(envelope.request.query, gaps, "the query", form=False)
    if envelope.method != "POST" or envelope.content_type != FORM:
        gaps.add("the body is no form")
    try:
        return once(body.decode("ascii"), gaps, "the body", form=True)
    except UnicodeDecodeError:
        gaps.add("the body is no ASCII")
        return once(body.decode("utf-8", "replace"), gaps, "the body", form=True)


def _rest(services: list[Service], envelope: Envelope) -> list[Asked]:
    """By method and path."""

    def reader(labels: dict[str, str]) -> Callable[[Operation, Envelope], dict[str, Parameter]]:
        return lambda operation, envelope: rest.parameters(operation, labels, envelope)

    return [
        Asked(operation, reader(match.labels)) for match in routed(services, envelope) for operation in match.operations
    ]


def _best(asked: list[Asked], envelope: Envelope) -> Call:
    """The first operation that leaves no gap; where each leaves some, the one with fewest."""
    before, left = envelope.gaps, envelope.left
    best, fewest = asked[0].operation, Gaps()
    parameters: dict[str, Parameter] = {}
    for number, (operation, read) in enumerate(asked):
        envelope.gaps, envelope.left = Gaps(before), list(left)
        found = read(operation, envelope)
        envelope.finish(operation.service.version)
        _check_label(operation, found, envelope)
        if number == 0 or len(envelope.gaps) < len(fewest):
            best, fewest, parameters = operation, envelope.gaps, found
        if not fewest:
            break
    siblings = []
    for operation, _ in asked:
        if operation.name != best.name:
            fewest.add(f"the request could be {quoted(operation.name)} as well")
        elif operation is not best:
            siblings.append(operation.service.name)
    region = envelope.request.region
    return Call(best.service.name, best.name, region, "", parameters, tuple(siblings), tuple(fewest.texts))


def _check_label(operation: Operation, parameters: dict[str, Parameter], envelope: Envelope) -> None:
    """What stands before the host (`123456789012.s3-control…`) has to be the parameter that it stands for."""
    if not operation.host_prefix.startswith("{"):
        return
    host = envelope.request.host
    label, _, rest = host.partition(".")
    if endpoints.services_at(rest, envelope.request.service, envelope.request.region):
        name = operation.host_prefix.strip("{}.")
        if parameters.get(name) != label:
            envelope.gaps.add(f"the host names {quoted(label)}, and {quoted(name)} is another")
