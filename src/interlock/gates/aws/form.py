"""From a proved head and body to the Request that everybody else reads: what authenticates and transports is gone."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from interlock.aws import sigv4
from interlock.aws.request import Request
from interlock.gates.aws.bodies import Body
from interlock.gates.aws.entrance import Admitted
from interlock.gates.aws.heads import Head
from interlock.model.target import Target

#: The address of a target that is AWS itself; any other is that of an emulator.
REAL: Final = "aws"

#: Headers of the connection, of the signature, of one try, and of the program: none of them is of the call.
NOT_OF_THE_CALL: Final = frozenset(
    {"amz-sdk-invocation-id", "amz-sdk-request", "authorization", "baggage", "connection", "content-length", "date"}
    | {"expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "traceparent", "trailer"}
    | {"transfer-encoding", "user-agent", "x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length"}
    | {"x-amz-security-token", "x-amz-trailer", "x-amz-user-agent", "x-amzn-trace-id"}
)


def request_of(head: Head, admitted: Admitted, body: Body) -> Request:
    """The call. Whoever speaks to us as the endpoint, and not to a host of AWS's, means the target's own."""
    request = Request(
        method=head.method,
        host=head.tunnel or _emulator(admitted.target),
        path=head.path,
        service=admitted.claim.service,
        region=admitted.claim.region,
        query=sigv4.without_presigned(head.query) if admitted.claim.presigned else head.query,
        headers=_headers(head, body),
        body=body.data,
        body_digest=body.digest,
        body_size=body.size,
    )
    if request.host:
        return request
    from interlock.aws.placing import placed

    return placed(request)


def provisional(head: Head, service: str = "", region: str = "") -> Request:
    """A request without its body, for finding the form of a refusal before anything is proved."""
    return Request(head.method, head.tunnel or head.host, head.path, service, region, head.query, head.headers)


def _emulator(target: Target) -> str:
    """The host of an emulator; empty where the target is AWS itself, whose host depends on the call."""
    return "" if target.address == REAL else urlsplit(target.address).netloc.rpartition("@")[2].lower()


def _headers(head: Head, body: Body) -> tuple[tuple[str, str], ...]:
    kept = []
    for name, value in head.headers:
        if name in NOT_OF_THE_CALL:
            continue
        if name == "content-encoding":
            codings = [coding.strip() for coding in value.split(",") if coding.strip().lower() != "aws-chunked"]
            if codings:
                kept.append((name, ",".join(codings) if len(codings) != value.count(",") + 1 else value))
            continue
        kept.append((name, value))
    kept.extend(body.trailers.items())
    return tuple(kept)
