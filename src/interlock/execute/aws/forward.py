"""Forward: one request goes out exactly as it was approved, signed anew, once; and its answer comes in.

Nothing is repeated, followed, decompressed or rewritten here. Path and query go out byte for byte as they came. A body
that is not here is taken from the gate that holds it, and held back at its end until it is the one that was approved:
what AWS has got by then is less than the length that it was promised, and it does nothing with that.
"""

from __future__ import annotations

import hashlib
import http.client
import ssl
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from interlock.aws.connection import AWS, Credential
from interlock.aws.request import Request
from interlock.errors import BadConfiguration, InterlockError, TargetError
from interlock.execute.aws.answer import Answer, Copy
from interlock.execute.executor import Exchange

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 120.0
#: A function runs for a quarter of an hour at most, and its answer comes at the end.
LONG_SECONDS: Final = 930.0
LONG_SERVICES: Final = frozenset({"lambda", "bedrock"})
PIECE: Final = 64 * 1024

#: Codes of errors with which nothing has taken effect, for sure.
NOT_SENT: Final = frozenset({"not-sent", "other-body"})

#: Headers that belong to a connection or to a signature, and never to a call.
_OWN: Final = frozenset(
    {"authorization", "connection", "content-length", "date", "expect", "host", "keep-alive", "proxy-authorization"}
    | {"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "x-amz-content-sha256", "x-amz-date"}
    | {"x-amz-decoded-content-length", "x-amz-security-token", "x-amz-trailer"}
)
_OF_A_CONNECTION: Final = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"}
)
#: Whose paths are signed as they stand; all others' are encoded once more.
_RAW_PATHS: Final = frozenset({"s3", "s3-outposts", "s3-object-lambda", "s3express"})


class Place(NamedTuple):
    """Where a request goes: a host and port over TLS or not, and the name that it is asked by."""

    host: str
    port: int
    tls: bool
    name: str

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.name}"


class Sent(NamedTuple):
    """An answer, and in words why the gate could not take it over; empty when it could, or there was none."""

    answer: Answer
    unheard: str = ""


def place_of(address: str, host: str) -> Place:
    """The real host, or an emulator that is asked by the same name."""
    if address == AWS:
        name, _, port = host.partition(":")
        return Place(name, int(port or 443), True, host)
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadConfiguration(f"`{address}` is no address of AWS", hint='"aws", or the URL of an emulator')
    tls = parts.scheme == "https"
    return Place(parts.hostname, parts.port or (443 if tls else 80), tls, host or parts.netloc)


def forward(request: Request, credential: Credential, place: Place, exchange: Exchange | None) -> Sent:
    """Send it once and take the answer in. TargetError says in its code whether it may have taken effect.

    `not-sent` and `other-body`: AWS never had the whole of it. `no-answer`: it had, and what became of it is unknown.
    """
    headers = signed(request, credential, place)
    with closing(_connected(request, place)) as connection:
        told = _sent(connection, request, headers, exchange)
        try:
            response = told or connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise TargetError(
                f"AWS did not answer: {_in_words(error)}", where=place.name, hint="look there", code="no-answer"
            ) from None
        return _taken(response, exchange)


def signed(request: Request, credential: Credential, place: Place) -> list[tuple[str, str]]:
    """The headers to send: the request's own and ours, all of them signed."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import ReadOnlyCredentials

    query = f"?{request.query}" if request.query else ""
    whole: Any = AWSRequest(method=request.method, url=f"{place.url}{request.path or '/'}{query}")
    for name, value in _payload_headers(request):
        whole.headers.add_header(name, value)
    whole.headers.add_header("host", place.name)
    whole.headers.add_header("x-amz-content-sha256", request.body_digest or hashlib.sha256(request.body).hexdigest())
    signer: Any = SigV4Auth(
        ReadOnlyCredentials(credential.access_key, credential.secret_key, credential.token or None),
        request.service,
        request.region,
    )
    if request.service in _RAW_PATHS:
        signer._normalize_url_path = _as_it_stands
    signer.add_auth(whole)
    return [*whole.headers.items(), ("content-length", str(request.body_size or len(request.body)))]


def _as_it_stands(path: str) -> str:
    return path


def _payload_headers(request: Request) -> Iterator[tuple[str, str]]:
    """What the client said of its call. That its body came in signed chunks was between it and the gate.

    Which checksum it meant to send after the body means something only together with that checksum.
    """
    summed = any(name.startswith("x-amz-checksum-") for name, _ in request.headers)
    for name, value in request.headers:
        if name in _OWN or (name == "x-amz-sdk-checksum-algorithm" and not summed):
            continue
        if name == "content-encoding":
            rest = [each.strip() for each in value.split(",") if each.strip() != "aws-chunked"]
            if not rest:
                continue
            yield name, ",".join(rest) if "aws-chunked" in value else value
        else:
            yield name, value


def _connected(request: Request, place: Place) -> http.client.HTTPConnection:
    connection: http.client.HTTPConnection
    if place.tls:
        connection = http.client.HTTPSConnection(place.host, place.port, timeout=CONNECT_SECONDS, context=_trusted())
    else:
        connection = http.client.HTTPConnection(place.host, place.port, timeout=CONNECT_SECONDS)
    try:
        connection.connect()
    except OSError as error:
        connection.close()
        raise TargetError(
            f"nothing was sent: {_in_words(error)}", where=place.name, hint="try again later", code="not-sent"
        ) from None
    connection.sock.settimeout(LONG_SECONDS if request.service in LONG_SERVICES else READ_SECONDS)
    return connection


def _trusted() -> ssl.SSLContext:
    from botocore.httpsession import get_cert_path

    return ssl.create_default_context(cafile=get_cert_path(True))


def _sent(
    connection: http.client.HTTPConnection,
    request: Request,
    headers: list[tuple[str, str]],
    exchange: Exchange | None,
) -> http.client.HTTPResponse | None:
    """Send all of it. What AWS answers before it had everything is its answer too, and is given back."""
    target = f"{request.path or '/'}{'?' if request.query else ''}{request.query}"
    try:
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        for piece in _body(request, exchange):
            connection.send(piece)
    except OSError as error:
        # A crash or break here leaves AWS with less than it was promised: nothing took effect.
        return _early(connection, error)
    except (ValueError, http.client.HTTPException) as error:
        raise TargetError(
            "nothing was sent: the call cannot be written as HTTP", hint=type(error).__name__, code="not-sent"
        ) from None
    return None


def _early(connection: http.client.HTTPConnection, error: OSError) -> http.client.HTTPResponse:
    try:
        return connection.getresponse()
    except (OSError, http.client.HTTPException):
        raise TargetError(
            f"AWS took only a part of the call: {_in_words(error)}", hint="nothing was done", code="not-sent"
        ) from None


def _body(request: Request, exchange: Exchange | None) -> Iterator[bytes]:
    """The body in pieces; the last one only when all of it is what was approved."""
    size = request.body_size or len(request.body)
    inline = len(request.body) == size
    if not inline and exchange is None:
        raise TargetError(
            "the body of this call is not kept, and nobody holds it any more",
            hint="send it again, with the call",
            code="not-sent",
        )
    seen, came, last = hashlib.sha256(), 0, b""
    for piece in iter((request.body,)) if inline or exchange is None else exchange.send():
        came += len(piece)
        if came > size:
            break
        seen.update(piece)
        if last:
            yield last
        last = piece
    if came != size or (request.body_digest and seen.hexdigest() != request.body_digest):
        raise TargetError(
            "the body that came is another one than was approved", hint="nothing was done", code="other-body"
        )
    if last:
        yield last


def _taken(response: http.client.HTTPResponse, exchange: Exchange | None) -> Sent:
    """The answer; where a gate waits it goes there as it comes in. What breaks off then has taken effect all the same,
    if AWS had said so."""
    headers = tuple(
        (name.lower(), value) for name, value in response.getheaders() if name.lower() not in _OF_A_CONNECTION
    )
    copy, unheard = Copy(_pieces(response)), ""
    if exchange is not None:
        try:
            exchange.receive(response.status, headers, iter(copy))
        except (OSError, InterlockError) as error:
            unheard = f"the answer could not be handed over: {_in_words(error)}"
    try:
        copy.finish()
    except OSError as error:
        unheard = unheard or f"the answer broke off: {_in_words(error)}"
    return Sent(copy.answer(response.status, headers), unheard)


def _pieces(response: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while piece := response.read(PIECE):
            yield piece
    except http.client.HTTPException as error:
        raise ConnectionError(_in_words(error)) from None
    if response.length:
        raise ConnectionError(f"{response.length:,} bytes of it did not come")


def _in_words(error: Exception) -> str:
    """What went wrong, without anything of the request in it."""
    if isinstance(error, InterlockError):
        return error.message
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ssl.SSLError):
        return "the other side's certificate is not trusted"
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return type(error).__name__
