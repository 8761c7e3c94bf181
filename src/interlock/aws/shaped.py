"""Errors as AWS's services send them, in each protocol, so that SDKs and the command line show code and message.

No status and no code here is one that an SDK tries again by itself: whoever is told `AccessDenied` is told it once.
"""

from __future__ import annotations

import json
import re
from typing import Final
from xml.sax.saxutils import escape

Headers = tuple[tuple[str, str], ...]

#: How each protocol says that something is not allowed.
DENIED: Final = {
    "ec2": "UnauthorizedOperation",
    "query": "AccessDenied",
    "rest-xml": "AccessDenied",
    "json": "AccessDeniedException",
    "rest-json": "AccessDeniedException",
    "smithy-rpc-v2-cbor": "AccessDeniedException",
}
#: What XML cannot hold at all, and what no code is made of.
NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NO_CODE: Final = re.compile(r"[^A-Za-z0-9._-]")


def denied(protocol: str) -> str:
    """The code of a refusal in this protocol."""
    return DENIED.get(protocol, "AccessDenied")


def error(
    protocol: str,
    code: str,
    message: str,
    status: int = 403,
    request_id: str = "",
    service: str = "",
    *,
    head: bool = False,
) -> tuple[int, Headers, bytes]:
    """Status, headers and body. An answer to HEAD has no body, so that clients see the status alone."""
    code = NO_CODE.sub("", code) or "AccessDenied"
    if protocol == "smithy-rpc-v2-cbor":
        headers, body = _cbor(code, message, status)
    elif protocol in ("json", "rest-json"):
        headers, body = _json(protocol, code, message, status)
    else:
        headers, body = _xml(protocol, code, message, status, request_id, service)
    named = "x-amz-request-id" if service == "s3" else "x-amzn-requestid"
    headers = (*headers, (named, request_id), ("content-length", str(len(body))))
    return status, headers, b"" if head else body


def _side(status: int) -> str:
    return "Sender" if status < 500 else "Receiver"


def _json(protocol: str, code: str, message: str, status: int) -> tuple[Headers, bytes]:
    kind = "application/json" if protocol == "rest-json" else "application/x-amz-json-1.1"
    headers = (("content-type", kind), ("x-amzn-errortype", code), ("x-amzn-query-error", f"{code};{_side(status)}"))
    return headers, json.dumps({"__type": code, "message": message}).encode("ascii")


def _cbor(code: str, message: str, status: int) -> tuple[Headers, bytes]:
    headers = (
        ("content-type", "application/cbor"),
        ("smithy-protocol", "rpc-v2-cbor"),
        ("x-amzn-query-error", f"{code};{_side(status)}"),
    )
    return headers, b"\xa2" + b"".join(_cbor_text(text) for text in ("__type", code, "message", message))


def _cbor_text(text: str) -> bytes:
    """A text with its length in four bytes before it."""
    encoded = text.encode("utf-8", "replace")
    return b"\x7a" + len(encoded).to_bytes(4, "big") + encoded


def _xml(protocol: str, code: str, message: str, status: int, request_id: str, service: str) -> tuple[Headers, bytes]:
    said = f"<Code>{code}</Code><Message>{_text(message)}</Message>"
    asked = _text(request_id)
    if protocol == "ec2":
        text = f"<Response><Errors><Error>{said}</Error></Errors><RequestID>{asked}</RequestID></Response>"
    elif service == "s3":
        text = f"<Error>{said}<RequestId>{asked}</RequestId></Error>"
    else:
        inner = f"<Error><Type>{_side(status)}</Type>{said}</Error><RequestId>{asked}</RequestId>"
        text = f"<ErrorResponse>{inner}</ErrorResponse>"
    kind = "application/xml" if protocol == "rest-xml" else "text/xml"
    return (("content-type", kind),), f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _text(text: str) -> str:
    return escape(NO_XML.sub("�", text))
