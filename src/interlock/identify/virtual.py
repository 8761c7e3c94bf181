"""Virtual keys: what an agent signs its calls with in AWS's way (SigV4) instead of a credential of AWS.

A key is bound to an agent, a target, its environment, regions, services and a session, lives for hours at most, and is
worth nothing anywhere else: only this gate knows its secret. That is not kept either: it is derived from the issuer's
key and the key's own name, so that there is nothing to steal from the store and every replica knows it.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode, b64encode
from collections.abc import Callable
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from interlock.errors import BadInput
from interlock.identify.issuer import Issuer

USUAL_SECONDS: Final = 3600
LONGEST_SECONDS: Final = 12 * 3600
#: No key of AWS begins like this (theirs: AKIA, ASIA, …), so that nobody takes one for the other.
PREFIX: Final = "ILCK"
MAX_NAME: Final = 100
MAX_NAMES: Final = 64


class Scope(NamedTuple):
    """What a key is for. No `regions` or `services`: all that the target has.

    `operator` is the human whose session it is, `author` who wrote the prompt if known.
    """

    agent: str
    target: str
    environment: str
    regions: tuple[str, ...]
    services: tuple[str, ...]
    session: str
    operator: str
    author: str = ""


class VirtualKey(NamedTuple):
    """A key that is in force. `expires_at` is unix milliseconds."""

    access_key: str
    scope: Scope
    expires_at: int
    secret: str

    def __repr__(self) -> str:
        return f"VirtualKey({self.access_key!r}, {self.scope!r}, secret=…)"


class Secrets:
    """The secrets of all virtual keys, by their names."""

    def __init__(self, issuer: Issuer) -> None:
        self._root = _root(issuer.private)

    def of(self, access_key: str) -> str:
        """40 letters of base64, as a secret of AWS has."""
        derived = hmac.new(self._root, access_key.encode(), hashlib.sha256).digest()
        return b64encode(derived[:30]).decode()


def draw(scope: Scope, now: int, seconds: int, entropy: Callable[[int], bytes]) -> tuple[str, int]:
    """The name of a new key and when it expires, in unix milliseconds. BadInput when it is bound to nothing."""
    for field in ("agent", "target", "environment", "session", "operator"):
        text = getattr(scope, field)
        if not text.strip() or len(text) > MAX_NAME or not text.isprintable():
            raise BadInput(
                f"a virtual key needs its {field}, of at most {MAX_NAME} printable characters",
                hint="agent, target, environment, session and the human who answers for it are never left open",
                code="bad-key-request",
            )
    if not 0 < seconds <= LONGEST_SECONDS:
        raise BadInput(f"a virtual key lives 1 to {LONGEST_SECONDS} seconds, not {seconds}", code="bad-key-request")
    if max(len(scope.regions), len(scope.services)) > MAX_NAMES:
        raise BadInput(f"a virtual key names {MAX_NAMES} regions or services at most", code="bad-key-request")
    return PREFIX + b32encode(entropy(10)).decode(), now + seconds * 1000


def _root(private: Ed25519PrivateKey) -> bytes:
    seed = private.private_bytes_raw()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"interlock/v1/virtual-keys").derive(seed)
