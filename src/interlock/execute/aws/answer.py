"""Answer: what AWS answered to a call, and its byte form, which is sealed as the output of the step.

JSON with sorted keys: `status`, `headers` (pairs, in the order in which they came), `body` (base64), `body_digest`
(SHA-256 in hex) and `body_size` of what came in. A body larger than KEPT_BYTES is not kept: `body` is missing then, and
only digest and size say what it was. A gate that gives an answer again gives status, headers and body as they stand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from interlock.errors import BadInput

#: Bodies up to this size are kept with the answer.
KEPT_BYTES: Final = 1024 * 1024


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One answer. `headers` have lower-case names and none of those that belong to the connection."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    body_digest: str = ""
    body_size: int = 0

    @property
    def whole(self) -> bool:
        """Whether the body is here: it was not too large to be kept."""
        return len(self.body) == self.body_size

    def header(self, name: str) -> str:
        """The first value of this header (lower-case name), empty when it is not there."""
        return next((value for key, value in self.headers if key == name), "")


_encoder: Final = msgspec.json.Encoder(order="sorted")
_decoder: Final = msgspec.json.Decoder(Answer)


def answer_of(status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> Answer:
    """The answer with this body."""
    return Answer(status, headers, body, hashlib.sha256(body).hexdigest(), len(body))


def to_bytes(answer: Answer) -> bytes:
    """The one byte form."""
    return _encoder.encode(answer)


def from_bytes(raw: bytes) -> Answer:
    """Raises BadInput for what is no answer."""
    try:
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput("this is no AWS answer", hint=str(error), code="not-an-answer") from error


class Copy:
    """Chunks on their way to somebody else, of which the beginning, the digest and the size stay here."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._hash = hashlib.sha256()
        self._kept: list[bytes] = []
        self._size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._size += len(chunk)
            self._hash.update(chunk)
            if self._size <= KEPT_BYTES:
                self._kept.append(chunk)
            else:
                self._kept.clear()
            yield chunk

    def finish(self) -> None:
        """Take in what nobody took."""
        for _ in self:
            pass

    def answer(self, status: int, headers: tuple[tuple[str, str], ...]) -> Answer:
        """The answer as far as it came in."""
        return Answer(status, headers, b"".join(self._kept), self._hash.hexdigest(), self._size)
