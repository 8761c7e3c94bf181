"""A person's signing key: Ed25519, sealed under a passphrase (scrypt, AES-256-GCM) in a file of their own.

The seal covers the name, the public key and the scrypt cost, so a file that was renamed, swapped or weakened does not
open. The passphrase is taken in Unicode's NFKC form, so that it is the same on every keyboard.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from interlock.errors import BadInput, KeyLost, Unauthenticated
from interlock.identify import keyfile
from interlock.model.canon import Value, canonical, parse

MIN_PASSPHRASE: Final = 12
MAX_PASSPHRASE: Final = 1024
MIN_DISTINCT: Final = 5

_FORMAT: Final = "interlock/v1/person-key"


class Cost(Value, frozen=True):
    """How dear one guess at a passphrase is: scrypt's n, r and p. Memory is 128 x n x r bytes."""

    n: int
    r: int = 8
    p: int = 1


#: 128 MiB and about 0.4 s for one guess.
USUAL: Final = Cost(2**17)
#: Files that are cheaper to guess at are refused; so are those that would take more than 1 GiB to open.
LEAST: Final = Cost(2**15)
MOST: Final = Cost(2**20, 8, 4)


class SigningKey(NamedTuple):
    """An opened key and the name that it signs for. The key object does not show its secret."""

    name: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The raw public key (32 bytes), as registered with the person in base64."""
        return self.private.public_key().public_bytes_raw()


class _Header(Value, frozen=True):
    """What stands in the open in a key file; the seal covers all of it."""

    format: str
    name: str
    public_key: bytes
    cost: Cost
    salt: bytes
    nonce: bytes


class _File(Value, frozen=True):
    header: _Header
    sealed: bytes


def create_key(
    path: Path, name: str, passphrase: str, *, entropy: Callable[[int], bytes], cost: Cost = USUAL
) -> SigningKey:
    """Make a key for a person and keep it sealed at `path`. BadInput for a weak passphrase; nothing is written then."""
    check_passphrase(passphrase, name)
    key = SigningKey(name, Ed25519PrivateKey.from_private_bytes(entropy(32)))
    header = _Header(_FORMAT, name, key.public, cost, salt=entropy(16), nonce=entropy(12))
    sealed = _cipher(passphrase, header).encrypt(header.nonce, key.private.private_bytes_raw(), canonical(header))
    keyfile.create(path, canonical(_File(header, sealed)) + b"\n")
    return key


def open_key(path: Path, passphrase: str, *, least: Cost = LEAST) -> SigningKey:
    """The key in this file. Unauthenticated for a wrong passphrase; KeyLost for a file that cannot be relied on."""
    file = _load(path)
    header, cost = file.header, file.header.cost
    if cost.n < least.n or cost.r < least.r or cost.p < least.p:
        raise KeyLost("the key file is sealed too weakly", where=str(path), hint="make a new key")
    if cost.n & (cost.n - 1) or cost.n > MOST.n or cost.r > MOST.r or cost.p > MOST.p:
        raise KeyLost("the key file asks for more work than any real one does", where=str(path))
    try:
        seed = _cipher(passphrase, header).decrypt(header.nonce, file.sealed, canonical(header))
    except InvalidTag:
        raise Unauthenticated(
            "wrong passphrase, or the key file was altered",
            hint="if nobody knows it any more, register them under another name and retire this one",
            where=str(path),
            code="wrong-passphrase",
        ) from None
    key = SigningKey(header.name, Ed25519PrivateKey.from_private_bytes(seed))
    if key.public != header.public_key:
        raise KeyLost("the key file names another public key than it holds", where=str(path))
    return key


def check_passphrase(passphrase: str, name: str) -> None:
    """BadInput, saying what is wanted, for a passphrase that could be guessed. It is never repeated."""
    text = unicodedata.normalize("NFKC", passphrase)
    if len(text) < MIN_PASSPHRASE or len(text) > MAX_PASSPHRASE or len(set(text)) < MIN_DISTINCT:
        problem = "too short, too long or too uniform"
    elif text.casefold().replace(name.casefold(), "").strip(" -_.0123456789") == "":
        problem = "little more than the name, or digits"
    else:
        return
    raise BadInput(
        f"this passphrase is {problem}",
        hint=f"take at least {MIN_PASSPHRASE} characters, {MIN_DISTINCT} of them different: four random words do well",
        code="weak-passphrase",
    )


def _load(path: Path) -> _File:
    content = keyfile.read(path)
    try:
        file = parse(content, _File)
    except BadInput as error:
        raise KeyLost("this is no key file of a person", where=str(path)) from error
    header = file.header
    sizes = (len(header.public_key), len(header.salt), len(header.nonce), len(file.sealed))
    if header.format != _FORMAT or canonical(file) != content.rstrip(b"\n") or sizes != (32, 16, 12, 48):
        raise KeyLost("this is no key file of a person", where=str(path))
    return file


def _cipher(passphrase: str, header: _Header) -> AESGCM:
    cost = header.cost
    secret = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    return AESGCM(Scrypt(salt=header.salt, length=32, n=cost.n, r=cost.r, p=cost.p).derive(secret))
