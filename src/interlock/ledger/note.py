"""C2SP signed notes (c2sp.org/signed-note): a text, an empty line, and one signature line for each signer.

Reading is strict and bounded; signatures by unknown keys are ignored as the specification demands, and a
signature by a known key that does not verify condemns the whole note. Only Ed25519 (type 1) and timestamped
Ed25519 cosignatures (type 4) exist here.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from interlock.errors import BadInput

MAX_NOTE = 64 * 1024
MAX_SIGNATURES = 64
MAX_NAME = 200
PLAIN = 1
COSIGNATURE = 4
SEED_SIZE = 32
PRIVATE_MARK = "PRIVATE+KEY+"

_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f]")


class Signature(NamedTuple):
    """One signature line: who says to have signed, and the bytes after the four-byte key id."""

    name: str
    key_id: bytes
    value: bytes


class Note(NamedTuple):
    """A parsed note; nothing in it has been verified."""

    text: str
    signatures: tuple[Signature, ...]


def bad_note(message: str) -> BadInput:
    """The one error for a note that is not one."""
    return BadInput(f"not a signed note: {message}", code="bad-note", hint="see docs/ledger-format.md")


def strict_base64(text: str) -> bytes:
    """Canonical standard base64, or ValueError: one byte string has exactly one spelling."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error
    if b64encode(data).decode() != text:
        raise ValueError("not canonical base64")
    return data


def parse_note(note: str) -> Note:
    """Split a note into text and signatures; BadInput when it is not a well-formed note."""
    try:
        size = len(note.encode())
    except UnicodeEncodeError as error:
        raise bad_note("it is not valid UTF-8") from error
    if size > MAX_NOTE:
        raise bad_note(f"it is longer than {MAX_NOTE} bytes")
    if _CONTROLS.search(note):
        raise bad_note("it has control characters")
    cut = note.rfind("\n\n")
    if cut < 0 or not note.endswith("\n"):
        raise bad_note("it has no empty line before its signatures")
    lines = note[cut + 2 :].split("\n")[:-1]
    if not lines:
        raise bad_note("it has no signature")
    if len(lines) > MAX_SIGNATURES:
        raise bad_note(f"it has more than {MAX_SIGNATURES} signatures")
    return Note(note[: cut + 1], tuple(_signature(line) for line in lines))


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise bad_note("a signature line is not `— name base64`")
    check_name(parts[1])
    try:
        data = strict_base64(parts[2])
    except ValueError as error:
        raise bad_note(f"a signature is {error}") from error
    if len(data) < 5:
        raise bad_note("a signature is too short")
    return Signature(parts[1], data[:4], data[4:])


def check_name(name: str) -> None:
    """Key names are non-empty, bounded, and have no spaces, plus signs or control characters."""
    if not name or len(name) > MAX_NAME:
        raise bad_note(f"a key name must have 1 to {MAX_NAME} characters")
    if any(char.isspace() or char == "+" or ord(char) < 0x20 or 0xD800 <= ord(char) < 0xE000 for char in name):
        raise bad_note("a key name must not have spaces, `+` or control characters")


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The four bytes by which a signature line names its key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


class Verifier(NamedTuple):
    """A public key with its name: what a verifier key (`name+hash+base64`) says."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.kind, self.public)

    def __str__(self) -> str:
        material = b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def signature_in(self, note: Note) -> bytes | None:
        """The first signature bytes in the note under this key's name and id, unverified."""
        for name, identity, value in note.signatures:
            if name == self.name and identity == self.key_id:
                return value
        return None

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Is this an Ed25519 signature of the message by this key?"""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def verify_note(self, note: Note) -> bool:
        """Does this key (type 1) sign the note's text? Any bad signature under its name and id condemns it."""
        wanted = self.key_id
        values = [value for name, identity, value in note.signatures if (name, identity) == (self.name, wanted)]
        message = note.text.encode()
        return self.kind == PLAIN and bool(values) and all(self.verify(message, value) for value in values)


def parse_verifier(text: str) -> Verifier:
    """Read a verifier key; BadInput when it is malformed or its hash does not fit."""
    parts = text.strip("\n").split("+", 2)
    try:
        name, identity, material = parts
        data = strict_base64(material)
    except ValueError as error:
        raise BadInput("not a verifier key", code="bad-key", hint="it looks like `name+hash+base64`") from error
    check_name(name)
    if len(data) != 1 + 32 or data[0] not in (PLAIN, COSIGNATURE):
        raise BadInput("the verifier key is not an Ed25519 key", code="bad-key")
    verifier = Verifier(name, data[0], data[1:])
    if identity != verifier.key_id.hex():
        raise BadInput(f"the verifier key's hash does not fit its name `{name}`", code="bad-key")
    return verifier


class Signer:
    """A private key with its name. `kind` 1 signs a log's checkpoints, 4 cosigns as a witness."""

    def __init__(self, name: str, seed: bytes, kind: int = PLAIN) -> None:
        check_name(name)
        if len(seed) != SEED_SIZE or kind not in (PLAIN, COSIGNATURE):
            raise BadInput("not an Ed25519 signing key", code="bad-key")
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.verifier = Verifier(name, kind, public)
        self._id = self.verifier.key_id

    @classmethod
    def generate(cls, name: str, entropy: Callable[[int], bytes], kind: int = PLAIN) -> Signer:
        """A new key from 32 bytes of entropy."""
        return cls(name, entropy(SEED_SIZE), kind)

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"

    def secret(self) -> str:
        """The private key as one line, in the form that Go's note tools read."""
        seed = self._key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        material = b64encode(bytes([self.verifier.kind]) + seed).decode()
        return f"{PRIVATE_MARK}{self.name}+{self._id.hex()}+{material}"

    def sign(self, message: bytes) -> bytes:
        """The bare signature of a message."""
        return self._key.sign(message)

    def line(self, value: bytes) -> str:
        """The signature line that carries `value` under this key's name and id."""
        return f"— {self.name} {b64encode(self._id + value).decode()}\n"

    def sign_note(self, text: str) -> str:
        """The text as a note signed by this key."""
        return f"{text}\n{self.line(self.sign(text.encode()))}"


def parse_signer(text: str) -> Signer:
    """Read the line that `Signer.secret` wrote; BadInput names no part of it."""
    line = text.strip("\n")
    parts = line.removeprefix(PRIVATE_MARK).split("+", 2)
    if not line.startswith(PRIVATE_MARK) or len(parts) != 3:
        raise BadInput("not a signing key", code="bad-key")
    try:
        data = strict_base64(parts[2])
    except ValueError:
        raise BadInput("not a signing key", code="bad-key") from None
    signer = Signer(parts[0], data[1:], data[0] if data else 0)
    if parts[1] != signer.verifier.key_id.hex():
        raise BadInput("the signing key's hash does not fit it", code="bad-key")
    return signer
