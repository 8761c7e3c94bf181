"""aws-chunked: bodies that come in chunks, each with a signature or none, with checksums behind them.

    size[;chunk-signature=…] CRLF data CRLF …  0[;chunk-signature=…] CRLF [name:value CRLF …] CRLF

The decoder hands data on as it comes and keeps none of it, so that its memory does not depend on the size of a chunk.
What it handed on is proved only by `finish`: whoever uses a body before that uses what nobody has signed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from base64 import b64decode
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from interlock.aws.sigv4 import EMPTY, Claim, signing_key
from interlock.errors import BadInput, Unauthenticated

LONGEST_LINE: Final = 1024
MOST_TRAILERS: Final = 8
#: S3 takes no chunk of more than this.
LONGEST_CHUNK: Final = 5 * 1024**3

_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,9})(?:;chunk-signature=([0-9a-f]{64}))?")
_TRAILER: Final = re.compile(rb"(x-amz-[a-z0-9-]{1,60}):[ \t]*([!-~]{1,200})[ \t]*", re.IGNORECASE)
_SIGNATURE: Final = "x-amz-trailer-signature"


class Chain(NamedTuple):
    """What the signatures of chunks hang on: the day's key, and the time, scope and signature of the head."""

    key: bytes
    at: str
    scope: str
    seed: str

    def next(self, text: str, word: str) -> str:
        """The signature that follows on `seed`, over `text`."""
        signed = f"AWS4-HMAC-SHA256-{word}\n{self.at}\n{self.scope}\n{self.seed}\n{text}"
        return hmac.digest(self.key, signed.encode(), "sha256").hex()


def chain(made: Claim, secret: str) -> Chain:
    """The chain that begins with this verified claim."""
    return Chain(signing_key(secret, made.day, made.region, made.service), made.at, made.scope, made.signature)


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


#: Checksums that are computed here. Others (CRC32C, CRC64NVME) are handed on, and the service holds the body to them.
CHECKSUMS: Final[dict[str, Callable[[], _Hash]]] = {
    "x-amz-checksum-crc32": _Crc32,
    "x-amz-checksum-sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "x-amz-checksum-sha256": hashlib.sha256,
}


class Decoder:
    """One body. `links` is None where chunks are not signed; `announced` are the names of `x-amz-trailer`."""

    def __init__(self, links: Chain | None, announced: frozenset[str]) -> None:
        self.trailers: dict[str, str] = {}
        self.size = 0
        self._links = links
        self._announced = announced
        self._sums = {name: CHECKSUMS[name]() for name in announced if name in CHECKSUMS}
        self._buffer = bytearray()
        self._left = 0
        self._chunk = hashlib.sha256()
        self._claimed = ""
        self._step: Callable[[], bytes | None] = self._head
        self._ended = False

    def feed(self, data: bytes) -> list[bytes]:
        """The body's next bytes, in pieces. Raises BadInput, Unauthenticated for a signature."""
        self._buffer += data
        pieces = []
        while self._buffer and (piece := self._step()) is not None:
            if piece:
                pieces.append(piece)
        if len(self._buffer) > LONGEST_LINE:
            raise _malformed("a line of it is too long")
        return pieces

    def finish(self) -> None:
        """All of it came, every signature and checksum is right. Raises BadInput, Unauthenticated."""
        if not self._ended:
            raise _malformed("it ends too early")
        if set(self.trailers) != self._announced:
            raise _malformed("its trailing headers are not those that were announced")
        for name, computed in self._sums.items():
            try:
                said = b64decode(self.trailers[name], validate=True)
            except ValueError as error:
                raise _malformed(f"`{name}` is no base64") from error
            if not hmac.compare_digest(said, computed.digest()):
                raise BadInput(f"the body does not match its `{name}`", hint="send it again", code="bad-digest")

    # one step each; None where more bytes are needed

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.removesuffix(b"\r")

    def _head(self) -> bytes | None:
        line = self._line()
        if line is None:
            return None
        found = _SIZE.fullmatch(line)
        if found is None or (found[2] is None) != (self._links is None):
            raise _malformed("the head of a chunk cannot be read")
        self._left = int(found[1], 16)
        if self._left > LONGEST_CHUNK:
            raise _malformed("a chunk is too large")
        self._claimed = (found[2] or b"").decode()
        if self._left:
            self._chunk = hashlib.sha256()
            self._step = self._data
        else:
            self._follow(EMPTY)
            self._step = self._trailing
        return b""

    def _data(self) -> bytes | None:
        piece = bytes(self._buffer[: self._left])
        del self._buffer[: self._left]
        self._left -= len(piece)
        self.size += len(piece)
        if self._links is not None:
            self._chunk.update(piece)
        for computed in self._sums.values():
            computed.update(piece)
        if not self._left:
            self._step = self._behind
        return piece

    def _behind(self) -> bytes | None:
        line = self._line()
        if line is None:
            return None
        if line:
            raise _malformed("a chunk is longer than it says")
        self._follow(self._chunk.hexdigest())
        self._step = self._head
        return b""

    def _trailing(self) -> bytes | None:
        line = self._line()
        if line is None:
            return None
        if not line:
            self._close()
            return b""
        found = _TRAILER.fullmatch(line)
        name = found[1].decode().lower() if found else ""
        if found is None or name in self.trailers or len(self.trailers) >= MOST_TRAILERS:
            raise _malformed("a trailing header cannot be read, or comes twice")
        if _SIGNATURE in self.trailers:
            raise _malformed("a trailing header comes after their signature")
        self.trailers[name] = found[2].decode()
        return b""

    def _close(self) -> None:
        claimed = self.trailers.pop(_SIGNATURE, "")
        if self._links is not None and self._announced:
            text = "".join(f"{name}:{value}\n" for name, value in self.trailers.items())
            wanted = self._links.next(hashlib.sha256(text.encode()).hexdigest(), "TRAILER")
            if not hmac.compare_digest(wanted, claimed):
                raise _forged("the signature of the trailing headers")
        elif claimed:
            raise _malformed("its trailing headers are signed, but it is not said that they are")
        self._ended, self._step = True, self._over

    def _over(self) -> bytes | None:
        raise _malformed("something comes after its end")

    def _follow(self, digest: str) -> None:
        """The next link of the chain, held against what the chunk claims."""
        if self._links is None:
            return
        wanted = self._links.next(f"{EMPTY}\n{digest}", "PAYLOAD")
        if not hmac.compare_digest(wanted, self._claimed):
            raise _forged("the signature of a chunk")
        self._links = self._links._replace(seed=wanted)


def _malformed(what: str) -> BadInput:
    return BadInput(f"the chunked body cannot be read: {what}", hint="let an AWS SDK send it", code="bad-chunks")


def _forged(what: str) -> Unauthenticated:
    return Unauthenticated(f"{what} does not match", hint="use the virtual key's own secret", code="mismatch")
