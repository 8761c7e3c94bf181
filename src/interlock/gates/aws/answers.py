"""Refusals as AWS would word them: the code and status that this service's clients understand, and do not misread.

What may be tried again says so with 503 or 504, which every SDK repeats by itself; a no, a hold, and what may
have taken effect never do. The message is ours, and names the case.
"""

from __future__ import annotations

import secrets
from typing import Final, NamedTuple

from interlock.aws.models import protocol_of
from interlock.aws.request import Request
from interlock.aws.shaped import error as shaped
from interlock.errors import (
    BadInput,
    Broken,
    ClockError,
    Conflict,
    InterlockError,
    StoreError,
    TargetError,
    TooFast,
    Unauthenticated,
    Untold,
)

MAX_MESSAGE: Final = 1800


class Kind(NamedTuple):
    """How one kind of refusal is called: by services of XML, by those of JSON and CBOR, by EC2; and its status."""

    xml: str
    json: str
    ec2: str
    status: int


DENIED: Final = Kind("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", 403)
INVALID: Final = Kind("InvalidRequest", "ValidationException", "InvalidRequest", 400)
CONFLICT: Final = Kind("Conflict", "ConflictException", "IncorrectState", 409)
UNAVAILABLE: Final = Kind("ServiceUnavailable", "ServiceUnavailableException", "Unavailable", 503)
TIMEOUT: Final = Kind("GatewayTimeout", "ServiceUnavailableException", "Unavailable", 504)
UNKNOWN_KEY: Final = Kind("InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", 403)
EXPIRED_KEY: Final = Kind("ExpiredToken", "ExpiredTokenException", "RequestExpired", 403)
MISMATCH: Final = Kind("SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure", 403)
SKEWED: Final = Kind("RequestTimeTooSkewed", "InvalidSignatureException", "RequestExpired", 403)
UNSIGNED: Final = Kind("MissingAuthenticationToken", "MissingAuthenticationTokenException", "AuthFailure", 403)
INCOMPLETE: Final = Kind("IncompleteSignature", "IncompleteSignatureException", "AuthFailure", 400)
TOO_LARGE: Final = Kind("EntityTooLarge", "RequestEntityTooLargeException", "RequestEntityTooLarge", 413)
BAD_DIGEST: Final = Kind("XAmzContentSHA256Mismatch", "InvalidSignatureException", "AuthFailure", 400)
TOO_FAST: Final = Kind("Throttling", "ThrottlingException", "RequestLimitExceeded", 503)
BUG: Final = Kind("InternalError", "InternalServerException", "InternalError", 500)

#: By our own codes, where they say more than the class of the error does.
BY_CODE: Final[dict[str, Kind]] = {
    "unsigned": UNSIGNED,
    "unsigned-header": DENIED,
    "sigv2": DENIED,
    "sigv4a": DENIED,
    "bearer": DENIED,
    "foreign-token": Kind("InvalidToken", "UnrecognizedClientException", "AuthFailure", 403),
    "malformed-signature": INCOMPLETE,
    "doubled-signature": INCOMPLETE,
    "untidy-path": INVALID,
    "mismatch": MISMATCH,
    "skewed": SKEWED,
    "expired": DENIED,
    "expired-key": EXPIRED_KEY,
    "too-large": TOO_LARGE,
    "bad-content-digest": BAD_DIGEST,
    "bad-digest": Kind("BadDigest", "ValidationException", "InvalidRequest", 400),
    "slow": TIMEOUT,
    "half": UNAVAILABLE,
    "busy": UNAVAILABLE,
    "too-fast": TOO_FAST,
    "bug": BUG,
}
#: S3 has names of its own.
S3: Final[dict[Kind, str]] = {
    UNKNOWN_KEY: "InvalidAccessKeyId",
    UNSIGNED: "AccessDenied",
    CONFLICT: "OperationAborted",
    TOO_FAST: "SlowDown",
}


class Refusal(NamedTuple):
    """A whole answer."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def refusal(error: InterlockError, request: Request) -> Refusal:
    """The refusal in the form of this request's service. `request` may be no more than a head."""
    kind = kind_of(error)
    protocol = protocol_of(request)
    if protocol == "ec2":
        code = kind.ec2
    elif protocol in ("query", "rest-xml"):
        code = S3.get(kind, kind.xml) if request.service == "s3" else kind.xml
    else:
        code = kind.json
    request_id = secrets.token_hex(16)
    status, headers, body = shaped(
        protocol,
        code,
        message(error),
        kind.status,
        request_id,
        request.service,
        head=request.method == "HEAD",
    )
    raw = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers]
    raw = [(name, value) for name, value in raw if name != b"content-length"]
    if isinstance(error, TooFast):
        raw += ((b"retry-after", b"%d" % error.seconds), (b"x-amz-retry-after", b"%d" % (error.seconds * 1_000)))
    return Refusal(status, [*raw, (b"content-length", b"%d" % len(body))], body)


def kind_of(error: InterlockError) -> Kind:
    if error.code in BY_CODE:
        return BY_CODE[error.code]
    if isinstance(error, Untold | Conflict):
        return CONFLICT
    if isinstance(error, StoreError | ClockError | TargetError):
        return UNAVAILABLE  # nothing was done, and it may come right by itself
    if isinstance(error, Broken):
        return DENIED  # not armed, a lost key, an engine without a decision: trying again helps nobody
    if isinstance(error, Unauthenticated):
        return UNKNOWN_KEY
    return INVALID if isinstance(error, BadInput) else DENIED


def message(error: InterlockError) -> str:
    """What, and what to do. Where our own files and stores are is no caller's business."""
    said = f"Interlock: {error.message}"
    if isinstance(error, BadInput | Conflict | TargetError) or error.hint:
        said += f" ({error.hint})" if error.hint else ""
    return said[:MAX_MESSAGE]
