"""The issuer: the key that Interlock signs tokens and sessions with, made once by `interlock init`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from interlock.errors import BadInput, KeyLost
from interlock.identify import keyfile
from interlock.model.canon import Value, canonical, digest, parse

_FORMAT: Final = "interlock/v1/issuer-key"


class Issuer(NamedTuple):
    """An issuer's key; `key_id` names its public half in the header of every token."""

    key_id: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> Mapping[str, Ed25519PublicKey]:
        """What tokens of this issuer are checked with. After a change of key: the mappings of both, joined."""
        return {self.key_id: self.private.public_key()}


class _File(Value, frozen=True):
    format: str
    seed: bytes


def create_issuer(path: Path, *, entropy: Callable[[int], bytes]) -> Issuer:
    """Make an issuer's key and keep it at `path` (0600). Conflict when there is something already."""
    seed = entropy(32)
    keyfile.create(path, canonical(_File(_FORMAT, seed)) + b"\n")
    return _issuer(seed)


def open_issuer(path: Path) -> Issuer:
    """The issuer of this file; KeyLost when it is missing, readable by others, or no such file."""
    content = keyfile.read(path)
    try:
        file = parse(content, _File)
    except BadInput:
        # The cause is dropped: what msgspec says of a key file could quote it.
        raise KeyLost("this is no issuer's key file", where=str(path)) from None
    if file.format != _FORMAT or len(file.seed) != 32:
        raise KeyLost("this is no issuer's key file", where=str(path))
    return _issuer(file.seed)


def _issuer(seed: bytes) -> Issuer:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return Issuer(digest("issuer", private.public_key().public_bytes_raw())[:32], private)
