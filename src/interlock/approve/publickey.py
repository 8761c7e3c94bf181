"""Public keys and signatures as text: canonical base64, exact lengths, and no key that would sign for everybody."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from interlock.errors import BadInput

KEY_SIZE: Final = 32
SIGNATURE_SIZE: Final = 64

_PRIME: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _PRIME) % _PRIME

#: The y coordinates of the eight points of small order (RFC 7748 section 7, RFC 8032 section 5.1). Under such a key a
#: signature can be made that holds for every message, by anybody.
_EIGHTH: Final = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER: Final = frozenset({0, 1, _PRIME - 1, _EIGHTH, _PRIME - _EIGHTH})


def strict_base64(text: str, size: int) -> bytes:
    """The `size` bytes that this text spells, or BadInput: one value has exactly one spelling."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != size or b64encode(raw).decode() != text:
        raise BadInput(f"not {size} bytes in canonical base64", code="bad-base64")
    return raw


def public_key(text: str) -> Ed25519PublicKey:
    """The Ed25519 key that a person is registered with; BadInput for one that nobody could hold the half of."""
    raw = strict_base64(text, KEY_SIZE)
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _PRIME or y in _SMALL_ORDER or not _on_curve(y):
        raise BadInput("not an Ed25519 public key that can be relied on", code="bad-key")
    return Ed25519PublicKey.from_public_bytes(raw)


def signed_by(key: Ed25519PublicKey, signature: str, message: bytes) -> bool:
    """Whether this text is the signature of that key over the message; a text that is no signature is not."""
    try:
        key.verify(strict_base64(signature, SIGNATURE_SIZE), message)
    except (BadInput, InvalidSignature):
        return False
    return True


def _on_curve(y: int) -> bool:
    """Whether some x has -x² + y² = 1 + d·x²·y² (mod p): Euler's criterion on x²."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _PRIME) % _PRIME
    return square == 0 or pow(square, (_PRIME - 1) // 2, _PRIME) == 1
