"""Taking in the body of a request: small ones into memory, large ones of S3 into a file without a name.

Both in constant memory: a large body is hashed, taken out of its chunks and written as it comes. What was signed of it
is held against what came before anybody uses it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from interlock.aws import sigv4
from interlock.aws.chunks import Chain, Decoder
from interlock.aws.request import INLINE_BYTES
from interlock.errors import BadInput, Broken
from interlock.gates.aws.heads import Head
from interlock.gates.aws.nameless import Nameless
from interlock.gates.aws.turn import Turn

#: Bounds of a body: S3's own for one object or part, and for every other service.
MOST_S3: Final = 5 * 1024**3
MOST: Final = 16 * 1024**2
#: How long nothing of a body may come.
IDLE_SECONDS: Final = 30.0
#: Large bodies that may lie here at once.
MOST_SPOOLED: Final = 64
#: Chunks and their signatures make a body longer than what it carries, by this much at most.
CHUNKING: Final = 1.1


class Body(NamedTuple):
    """What came. `data` is whole up to INLINE_BYTES and empty for more, which stands in `file`."""

    data: bytes
    file: Nameless | None
    size: int
    digest: str
    trailers: Mapping[str, str]

    def pieces(self) -> Iterator[bytes]:
        """The body, from its beginning."""
        return iter((self.data,)) if self.file is None else self.file.pieces()


EMPTY: Final = Body(b"", None, 0, sigv4.EMPTY, {})


class Bodies:
    """Takes bodies in. Files lie in `folder`, which is the owner's alone, and have no name there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spooled = 0

    async def take(
        self,
        turn: Turn,
        head: Head,
        claim: sigv4.Claim,
        links: Callable[[], Chain],
    ) -> Body:
        """The body of this request, proved against what it says of itself. Raises BadInput, Unauthenticated, Gone."""
        limit = MOST_S3 if claim.service in sigv4.RAW_PATHS else MOST
        decoder = _decoder(head, claim, links)
        announced = _announced(head, decoder)
        if announced > limit:
            raise _too_large(limit)
        if head.length == 0:
            if decoder is not None:
                decoder.finish()
            return _checked(EMPTY, claim)
        if turn.whole and decoder is None and 0 <= announced <= INLINE_BYTES:
            data = turn.taken()
            return _checked(
                _as_long(Body(data, None, len(data), hashlib.sha256(data).hexdigest(), {}), announced), claim
            )
        large = announced > INLINE_BYTES or head.length is None
        if large and self._spooled >= MOST_SPOOLED:
            raise Broken("too many large bodies at once", hint="try again in a second", code="busy")
        self._spooled += large
        try:
            return await self._read(turn, claim, decoder, limit, announced)
        finally:
            self._spooled -= large

    async def _read(self, turn: Turn, claim: sigv4.Claim, decoder: Decoder | None, limit: int, announced: int) -> Body:
        body = _Growing(self._folder)
        raw = 0
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    piece = await turn.more()
            except TimeoutError as error:
                raise BadInput(f"nothing of the body came for {int(IDLE_SECONDS)} s", code="too-slow") from error
            raw += len(piece)
            for part in (piece,) if decoder is None else decoder.feed(piece):
                body.add(part)
            if body.size > limit or raw > limit * CHUNKING + INLINE_BYTES:
                raise _too_large(limit)
            if turn.whole:
                break
        if decoder is not None:
            decoder.finish()
        taken = body.taken(decoder.trailers if decoder is not None else {})
        return _checked(_as_long(taken, announced), claim)


class _Growing:
    """A body on its way in."""

    def __init__(self, folder: Path) -> None:
        self.size = 0
        self._folder = folder
        self._hash = hashlib.sha256()
        self._parts: list[bytes] = []
        self._file: Nameless | None = None

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self._hash.update(piece)
        if self._file is None and self.size > INLINE_BYTES:
            self._file = Nameless(self._folder)
            self._file.write(b"".join(self._parts))
            self._parts.clear()
        if self._file is not None:
            self._file.write(piece)
        else:
            self._parts.append(piece)

    def taken(self, trailers: Mapping[str, str]) -> Body:
        return Body(b"".join(self._parts), self._file, self.size, self._hash.hexdigest(), trailers)


def _decoder(head: Head, claim: sigv4.Claim, links: Callable[[], Chain]) -> Decoder | None:
    """What takes the body out of its chunks; None where it comes as it is."""
    if claim.payload not in sigv4.STREAMING:
        codings = head.header("content-encoding").lower().split(",") if "content-encoding" in head.joined else ()
        if "aws-chunked" in [coding.strip() for coding in codings] or "x-amz-trailer" in head.joined:
            raise BadInput("it says that it comes in chunks, but not how they are signed", code="bad-chunks")
        return None
    announced = frozenset(name.strip().lower() for name in head.header("x-amz-trailer").split(",") if name.strip())
    if announced and claim.payload == sigv4.CHUNKED:
        raise BadInput("it announces trailing headers that its chunks have no place for", code="bad-chunks")
    if not all(name.startswith("x-amz-checksum-") for name in announced):
        raise BadInput("it announces trailing headers that are no checksums", code="bad-chunks")
    return Decoder(None if claim.payload == sigv4.UNSIGNED_TRAILER else links(), announced)


def _announced(head: Head, decoder: Decoder | None) -> int:
    """How long the body will be, -1 where nobody says."""
    if decoder is None:
        return -1 if head.length is None else head.length
    text = head.header("x-amz-decoded-content-length")
    if not text.isdecimal() or len(text) > 15:
        raise BadInput("a body in chunks needs its length", hint="x-amz-decoded-content-length", code="missing-length")
    return int(text)


def _as_long(body: Body, announced: int) -> Body:
    if announced >= 0 and body.size != announced:
        raise BadInput("the body is not as long as it was said to be", code="bad-length")
    return body


def _checked(body: Body, claim: sigv4.Claim) -> Body:
    says = claim.payload and claim.payload != sigv4.UNSIGNED and claim.payload not in sigv4.STREAMING
    if says and claim.payload != body.digest:
        raise BadInput("the body is not the one that was signed", hint="send it again", code="bad-content-digest")
    return body


def _too_large(limit: int) -> BadInput:
    return BadInput(
        f"a body has at most {limit} bytes here", hint="only S3 takes larger ones, 5 GiB at most", code="too-large"
    )
