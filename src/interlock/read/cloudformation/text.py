"""Text: the bytes that a change set was written to, as JSON. PowerShell's UTF-16 and marks before UTF-8 are read."""

from __future__ import annotations

import codecs
from typing import Final

import msgspec

from interlock.errors import BadProposal

#: Larger payloads are refused unread.
MAX_BYTES: Final = 64 * 1024 * 1024
WRITE_IT: Final = "write it with `aws cloudformation describe-change-set --include-property-values --output json`"


def json_of(payload: bytes) -> object:
    """The JSON in these bytes. BadProposal says what else they are, and where it breaks."""
    if len(payload) > MAX_BYTES:
        raise BadProposal(
            f"the change set has {len(payload):,} bytes; at most {MAX_BYTES:,} are read",
            hint="give nested change sets by themselves",
            code="too-large",
        )
    raw = _utf8(payload)
    if not raw.strip():
        raise BadProposal("there is nothing to read: the change set is empty", hint=WRITE_IT, code="empty")
    try:
        return msgspec.json.decode(raw)
    except RecursionError:
        raise BadProposal("the change set is nested too deeply", code="too-deep") from None
    except msgspec.DecodeError as error:
        raise BadProposal("this is no whole JSON", where=_place(str(error)), hint=WRITE_IT, code="not-json") from None


def _utf8(payload: bytes) -> bytes:
    encoding = "utf-8"
    if payload[:2] == codecs.BOM_UTF16_LE or payload[1:2] == b"\0":
        encoding = "utf-16-le"
    elif payload[:2] == codecs.BOM_UTF16_BE or payload[:1] == b"\0":
        encoding = "utf-16-be"
    try:
        text = payload.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadProposal(
            f"the change set is not {encoding.upper()}", where=f"byte {error.start}", hint=WRITE_IT, code="not-text"
        ) from None
    zero = text.find("\0")
    if zero >= 0:
        raise BadProposal("a NUL stands in the change set", where=f"character {zero}", hint=WRITE_IT, code="not-text")
    return text.removeprefix("\ufeff").encode()


def _place(message: str) -> str:
    """`byte 17`, where the decoder says so."""
    _, found, number = message.rpartition("(byte ")
    return f"byte {number.rstrip(')')}" if found and number.rstrip(")").isdigit() else ""
