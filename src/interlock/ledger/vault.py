"""The vault: sealed contents that can be erased without breaking a proof.

The ledger keeps digests; the contents lie here, sealed with AES-256-GCM under a key for each scope (a scope is
whatever is erased together), and that key lies here wrapped by the master key, which is a file outside the store.
Erasing a scope destroys its wrapped key and its blobs; every digest in the ledger and every proof stays as it was.

The digest is HMAC-SHA256 with a key derived from the scope's key, not a bare SHA-256: a bare one would let
anybody test guesses of short contents (a name, a yes or no) against the ledger for ever. Once the scope's key is
gone nobody can. Within a scope equal contents have equal digests; across scopes they have nothing in common.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from interlock.errors import BadInput, Conflict, Corrupt, KeyLost, NotFound
from interlock.ledger.entry import MAX_DATA, check_stream
from interlock.ledger.keys import MASTER_SIZE
from interlock.ledger.storage import Contents, Store

KEY_SIZE = 32
NONCE_SIZE = 12
ID_SIZE = 8
VERSION = b"\x01"

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Vault:
    """Sealed contents over a store. `entropy` gives random bytes; the master key comes from its file."""

    def __init__(self, store: Store, master: bytes, *, entropy: Callable[[int], bytes]) -> None:
        if len(master) != MASTER_SIZE:
            raise KeyLost("the vault key has the wrong length")
        self._store = store
        self._master = AESGCM(_derive(master, b"wrap"))
        self._master_id = _derive(master, b"id")[:ID_SIZE]
        self._entropy = entropy

    def fresh(self, scope: str) -> Fresh:
        """A new scope, whose first contents will be kept by the append that begins it; nothing is stored before."""
        check_stream(scope)
        # One draw for all: at each one Python lets another thread in, and we wait for our turn again.
        drawn = self._entropy(KEY_SIZE + 2 * NONCE_SIZE)
        key, nonce, first = drawn[:KEY_SIZE], drawn[KEY_SIZE:-NONCE_SIZE], drawn[-NONCE_SIZE:]
        return Fresh(scope, self._wrap(scope, key, nonce), key, first, self._entropy)

    def put(self, scope: str, plaintext: bytes) -> str:
        """Seal contents durably; their digest. Equal contents in one scope are kept once. Conflict once erased."""
        check_stream(scope)
        wrapped = self._store.key(scope)
        if wrapped is None:
            wrapped = self._store.add_key(scope, self._wrap(scope, self._entropy(KEY_SIZE), self._entropy(NONCE_SIZE)))
        if not wrapped:
            raise _erased(scope)
        digest, sealed = _seal(scope, self._unwrap(scope, wrapped), plaintext, self._entropy(NONCE_SIZE))
        if not self._store.add_blob(scope, digest, sealed):
            raise _erased(scope)
        return digest

    def get(self, scope: str, digest: str) -> bytes:
        """The contents. NotFound (code `erased` when the scope was erased), KeyLost, or Corrupt when tampered with."""
        check_stream(scope)
        if not _DIGEST.fullmatch(digest):
            raise BadInput("a digest is 64 hex digits")
        wrapped = self._store.key(scope)
        if wrapped == b"":
            raise NotFound(f"the contents of `{scope}` were erased", code="erased")
        sealed = self._store.blob(scope, digest)
        if wrapped is None or sealed is None:
            raise NotFound(f"`{scope}` has no contents with the digest {digest}")
        key = self._unwrap(scope, wrapped)
        nonce, text = sealed[1 : 1 + NONCE_SIZE], sealed[1 + NONCE_SIZE :]
        try:
            if sealed[:1] != VERSION:
                raise ValueError("another version")
            plaintext = AESGCM(_derive(key, b"seal")).decrypt(nonce, text, _bound(scope, digest))
        except (InvalidTag, ValueError) as error:
            raise Corrupt(f"the contents of `{scope}` with the digest {digest} were tampered with") from error
        if not hmac.compare_digest(_digest(key, plaintext), digest):
            raise Corrupt(f"the contents of `{scope}` are not those of the digest {digest}")
        return plaintext

    def erase(self, *scopes: str) -> int:
        """Destroy keys and contents of these scopes, durably and for good; how many contents there were."""
        for scope in scopes:
            check_stream(scope)
        return self._store.erase(*scopes)

    def _wrap(self, scope: str, key: bytes, nonce: bytes) -> bytes:
        return self._master_id + nonce + self._master.encrypt(nonce, key, _bound(scope, ""))

    def _unwrap(self, scope: str, wrapped: bytes) -> bytes:
        if wrapped[:ID_SIZE] != self._master_id:
            raise KeyLost(
                f"the contents of `{scope}` are sealed under another vault key",
                hint="restore the vault key file that was in use when they were sealed",
            )
        nonce, text = wrapped[ID_SIZE : ID_SIZE + NONCE_SIZE], wrapped[ID_SIZE + NONCE_SIZE :]
        try:
            return self._master.decrypt(nonce, text, _bound(scope, ""))
        except (InvalidTag, ValueError) as error:
            raise Corrupt(f"the wrapped key of `{scope}` was tampered with") from error


class Fresh:
    """A scope that is being begun: seal into it, then hand `contents` to the append that begins its stream."""

    def __init__(self, scope: str, wrapped: bytes, key: bytes, nonce: bytes, entropy: Callable[[int], bytes]) -> None:
        self._scope = scope
        self._wrapped = wrapped
        self._key = key
        self._nonce = nonce
        self._entropy = entropy
        self._blobs: dict[str, bytes] = {}

    def seal(self, plaintext: bytes) -> str:
        """The digest of contents that will be kept with the first entries."""
        nonce, self._nonce = self._nonce or self._entropy(NONCE_SIZE), b""
        digest, sealed = _seal(self._scope, self._key, plaintext, nonce)
        self._blobs.setdefault(digest, sealed)
        return digest

    @property
    def contents(self) -> Contents:
        return Contents(self._scope, self._wrapped, tuple(self._blobs.items()))


def _seal(scope: str, key: bytes, plaintext: bytes, nonce: bytes) -> tuple[str, bytes]:
    if len(plaintext) > MAX_DATA:
        raise BadInput(f"contents for the vault are longer than {MAX_DATA} bytes")
    digest = _digest(key, plaintext)
    sealed = AESGCM(_derive(key, b"seal")).encrypt(nonce, plaintext, _bound(scope, digest))
    return digest, VERSION + nonce + sealed


def _derive(key: bytes, purpose: bytes) -> bytes:
    return _hmac(key, b"interlock/vault/1/" + purpose).digest()


def _digest(key: bytes, plaintext: bytes) -> str:
    return _hmac(_derive(key, b"digest"), plaintext).hexdigest()


def _hmac(key: bytes, message: bytes) -> hmac.HMAC:
    """Not `hmac.digest`: that one lets other threads in for every message, however short."""
    return hmac.new(key, message, "sha256")


def _bound(scope: str, digest: str) -> bytes:
    return f"interlock/vault/1\n{scope}\n{digest}".encode()


def _erased(scope: str) -> Conflict:
    return Conflict(f"`{scope}` was erased, and nothing more is kept for it", code="erased")
