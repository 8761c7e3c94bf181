"""Key files: written once, for their owner alone, and refused when others could have read or swapped them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from interlock.errors import BadConfiguration, BadInput, KeyLost, StoreError
from interlock.ledger.note import PLAIN, Signer, Verifier, parse_signer, parse_verifier

MAX_KEY_FILE = 4096
MASTER_SIZE = 32


def create_signer(path: Path, name: str, entropy: Callable[[int], bytes], kind: int = PLAIN) -> Signer:
    """Make a signing key in a new file (0600) and its verifier key beside it (`PATH.pub`)."""
    signer = Signer.generate(name, entropy, kind)
    write_secret(path, signer.secret() + "\n")
    write_new(path.with_name(path.name + ".pub"), f"{signer.verifier}\n".encode(), 0o644)
    return signer


def load_signer(path: Path) -> Signer:
    """Read a signing key; KeyLost when it is missing, malformed, or others could read or swap it."""
    try:
        return parse_signer(read_secret(path))
    except BadInput as error:
        raise _lost(path, error.message) from None


def load_verifier(source: str | Path) -> Verifier:
    """A verifier key from its text or from the file that holds it."""
    if isinstance(source, str):
        return parse_verifier(source)
    try:
        with source.open("rb") as file:
            text = file.read(MAX_KEY_FILE).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyLost("the verifier key cannot be read", where=str(source)) from error
    return parse_verifier(text)


def create_master(path: Path, entropy: Callable[[int], bytes]) -> bytes:
    """Make the vault's master key in a new file (0600)."""
    key = entropy(MASTER_SIZE)
    write_secret(path, key.hex() + "\n")
    return key


def load_master(path: Path) -> bytes:
    """Read the vault's master key; KeyLost when it is missing, malformed, or others could read or swap it."""
    text = read_secret(path).strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise _lost(path, "it is not a vault key") from None
    if len(key) != MASTER_SIZE:
        raise _lost(path, "it is not a vault key")
    return key


def write_secret(path: Path, text: str) -> None:
    """Write a new file that only its owner can read; an existing file or link is never touched."""
    write_new(path, text.encode(), 0o600)


def write_new(path: Path, data: bytes, mode: int) -> None:
    """Create a file that must not exist yet, durably."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    except FileExistsError:
        raise BadConfiguration("the file exists already and is not overwritten", where=str(path)) from None
    except OSError as error:
        raise StoreError(f"the file cannot be created: {error.strerror}", where=str(path)) from error
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_secret(path: Path) -> str:
    """Read a small secret file through no link, refusing one that others own, read or write."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise _lost(path, "it is not there") from None
    except OSError as error:
        reason = "it is a symbolic link" if error.errno == errno.ELOOP else str(error.strerror).lower()
        raise _lost(path, reason) from error
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise _lost(path, "it is not a plain file")
        if stat.S_IMODE(facts.st_mode) & 0o077:
            raise _lost(path, "others on this machine can read or change it", "chmod 600, and consider it leaked")
        if facts.st_uid not in (0, os.geteuid()):
            raise _lost(path, "it belongs to somebody else")
        data = os.read(handle, MAX_KEY_FILE + 1)
    finally:
        os.close(handle)
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise _lost(path, "it is not a key file") from None
    if len(text) > MAX_KEY_FILE:
        raise _lost(path, "it is not a key file")
    return text


def _lost(path: Path, reason: str, hint: str = "restore the key file from its backup") -> KeyLost:
    return KeyLost(f"the key cannot be used: {reason}", where=str(path), hint=hint)
