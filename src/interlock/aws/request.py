"""Request: one call to AWS as it was sent, without what only authenticates or transports it; and its byte form.

The form is the payload of a proposal of kind `aws:http`. Equal forms are the same call: what a client draws anew for
each try (signature, date, invocation id, attempt) is not in it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from interlock.errors import BadProposal

#: Bodies up to this size stand in the form itself; of larger ones only digest and size do.
INLINE_BYTES: Final = 1024 * 1024


class Request(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One call. `service` and `region` are those of the credential scope that it was signed for.

    `host` is lower case, with its port where it is not the scheme's own. `path` and `query` are raw, percent-encoded as
    they came, the query without the parameters of a presigned signature. `headers` have lower-case names, in the order
    in which they came. `body` is whole when `body_size` is at most INLINE_BYTES and empty otherwise; `body_digest` is
    SHA-256 in hex over what the service will see (chunks of `aws-chunked` taken apart).
    """

    method: str
    host: str
    path: str
    service: str
    region: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    body_digest: str = ""
    body_size: int = 0

    def header(self, name: str) -> str:
        """The first value of this header (lower-case name), empty when it is not there."""
        return next((value for key, value in self.headers if key == name), "")


_encoder: Final = msgspec.json.Encoder(order="sorted")
_decoder: Final = msgspec.json.Decoder(Request)


def to_bytes(request: Request) -> bytes:
    """The one byte form: JSON with sorted keys, bodies in base64."""
    return _encoder.encode(request)


def from_bytes(raw: bytes) -> Request:
    """Raises BadProposal for what is no request."""
    try:
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadProposal("this is no AWS request", hint=str(error), code="not-a-request") from error
