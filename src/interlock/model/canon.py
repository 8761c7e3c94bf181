"""One byte form (RFC 8785) and one digest (domain-separated SHA-256) for every value that something is bound to.

msgspec writes the bytes: with sorted keys its output is RFC 8785 for the values that the model admits (text, booleans,
integers within ±(2^53-1), null, arrays, and objects whose keys are the model's own ASCII field names). Floats are not
admitted at all: the model counts in integers with units. `tests/laws` holds this against the `rfc8785` package.
"""

from __future__ import annotations

import hashlib
from typing import Final, TypeVar

import msgspec

from interlock.errors import BadInput

T = TypeVar("T")

#: The largest integer that RFC 8785 (through I-JSON, RFC 7493 section 2.2) can carry exactly.
MAX_INTEGER: Final = 2**53 - 1

_encoder = msgspec.json.Encoder(order="sorted")


class Value(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Base of every noun: frozen, compared by content, written without the fields that hold their default.

    Leaving defaults out is part of the byte form: a field that is added later with a default keeps old digests valid.
    """


def canonical(value: object) -> bytes:
    """The RFC 8785 bytes of a model value. BadInput for what the form cannot carry (a lone surrogate)."""
    try:
        raw = _encoder.encode(value)
    except (TypeError, ValueError, UnicodeEncodeError) as error:
        hint = "its text has to be UTF-8, without half characters"
        raise BadInput("a value cannot be recorded", hint=hint, code="not-canonical") from error
    return raw


def parse(raw: bytes, kind: type[T]) -> T:
    """The value of these bytes, strictly: unknown fields, wrong types and trailing bytes are BadInput."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput(f"these bytes are no {kind.__name__.lower()}", hint=str(error), code="not-a-value") from error


def digest(domain: str, *parts: bytes) -> str:
    """SHA-256 over a domain label and length-prefixed parts, in hex.

    The label (`interlock/v1/<domain>`) keeps a digest of one kind from ever being taken for another; the lengths keep
    two different splits of the same bytes apart.
    """
    state = hashlib.sha256(b"interlock/v1/" + domain.encode() + b"\x00")
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.hexdigest()
