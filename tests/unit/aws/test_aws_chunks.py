"""aws-chunked: what is well formed comes out as it was, in any cuts; what is forged, short or odd does not come out."""

from __future__ import annotations

import hashlib
import hmac
import io
import zlib
from base64 import b64encode
from collections.abc import Iterator

import pytest
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum
from hypothesis import given
from hypothesis import strategies as st

from interlock.aws.chunks import Chain, Decoder
from interlock.aws.sigv4 import EMPTY
from interlock.errors import BadInput, Unauthenticated

KEY = hashlib.sha256(b"a key").digest()
LINKS = Chain(KEY, "20261126T204000Z", "20261126/eu-central-1/s3/aws4_request", "0" * 64)
PAYLOAD, TRAILER = "AWS4-HMAC-SHA256-PAYLOAD", "AWS4-HMAC-SHA256-TRAILER"
CRC = "x-amz-checksum-crc32"


def crc(body: bytes) -> str:
    return b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def encoded(pieces: list[bytes], trailers: dict[str, str] | None = None) -> bytes:
    """The naive twin: chunks signed as AWS's documentation has it."""
    seed, out = LINKS.seed, b""
    for piece in [*pieces, b""]:
        text = (
            f"AWS4-HMAC-SHA256-PAYLOAD\n{LINKS.at}\n{LINKS.scope}\n{seed}\n{EMPTY}\n{hashlib.sha256(piece).hexdigest()}"
        )
        seed = hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()
        out += f"{len(piece):x};chunk-signature={seed}\r\n".encode() + piece + (b"\r\n" if piece else b"")
    if trailers is not None:
        lines = "".join(f"{name}:{value}\n" for name, value in trailers.items())
        text = (
            f"AWS4-HMAC-SHA256-TRAILER\n{LINKS.at}\n{LINKS.scope}\n{seed}\n{hashlib.sha256(lines.encode()).hexdigest()}"
        )
        made = hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()
        out += lines.replace("\n", "\r\n").encode() + f"x-amz-trailer-signature:{made}\r\n".encode()
    return out + b"\r\n"


def decoded(raw: bytes, links: Chain | None, announced: frozenset[str] = frozenset(), step: int = 7) -> bytes:
    decoder = Decoder(links, announced)
    found = b"".join(b"".join(decoder.feed(raw[at : at + step])) for at in range(0, len(raw), step))
    decoder.finish()
    assert decoder.size == len(found)
    return found


pieces = st.lists(st.binary(min_size=1, max_size=50), max_size=5)


@given(sent=pieces, step=st.integers(1, 200))
def test_signed_chunks_come_out_as_they_were_in_any_cuts(sent: list[bytes], step: int) -> None:
    assert decoded(encoded(sent), LINKS, step=step) == b"".join(sent)


@given(sent=pieces)
def test_signed_trailers_are_held_to_their_signature_and_the_body_to_them(sent: list[bytes]) -> None:
    body = b"".join(sent)

    assert decoded(encoded(sent, {CRC: crc(body)}), LINKS, frozenset({CRC})) == body
    with pytest.raises(BadInput, match="does not match"):
        decoded(encoded(sent, {CRC: crc(body + b"!")}), LINKS, frozenset({CRC}))


@given(body=st.binary(max_size=300))
def test_what_botocore_sends_unsigned_comes_out(body: bytes) -> None:
    wrapper = AwsChunkedWrapper(io.BytesIO(body), checksum_cls=Crc32Checksum, checksum_name=CRC, chunk_size=64)

    assert decoded(wrapper.read(), None, frozenset({CRC})) == body


def broken() -> Iterator[tuple[str, bytes]]:
    good = encoded([b"hello", b"world"], {CRC: crc(b"helloworld")})
    yield "a byte of the data", good.replace(b"hello", b"hellp")
    yield "chunks in another order", encoded([b"world", b"hello"], {CRC: crc(b"helloworld")})
    yield "a chunk taken out", good.replace(good[: good.index(b"5;", 2)], b"")
    yield "another checksum", good.replace(crc(b"helloworld").encode(), crc(b"x").encode())
    yield "no signature of the trailers", good[: good.index(b"x-amz-trailer")] + b"\r\n"
    yield "cut off", good[:-2]
    yield "cut off before its end", good[: good.index(b"0;")]
    yield "something behind its end", good + b"x"
    yield "a longer chunk than it says", good.replace(b"hello", b"helloo")
    yield "an unsigned chunk among signed ones", good.replace(b"0;chunk", b"1\r\nx\r\n0;chunk")
    yield "a size that is none", good.replace(b"5;", b"-5;", 1)
    yield "a size of its own kind", good.replace(b"5;", b"0x5;", 1)
    yield "an endless line", b"5" * 5_000
    yield "another trailer than announced", good.replace(CRC.encode(), b"x-amz-checksum-sha1")


@pytest.mark.parametrize(("what", "raw"), list(broken()), ids=[what for what, _ in broken()])
def test_what_was_tampered_with_does_not_come_out(what: str, raw: bytes) -> None:
    with pytest.raises((BadInput, Unauthenticated)):
        decoded(raw, LINKS, frozenset({CRC}))


def test_unsigned_chunks_are_not_taken_where_signed_ones_are_said() -> None:
    raw = b"5\r\nhello\r\n0\r\n\r\n"

    assert decoded(raw, None) == b"hello"
    with pytest.raises(BadInput):
        decoded(raw, LINKS)
    with pytest.raises(BadInput):
        decoded(encoded([b"hello"]), None)


def test_a_large_chunk_is_handed_on_as_it_comes() -> None:
    decoder = Decoder(LINKS, frozenset())
    head = b"40000000;chunk-signature=" + b"0" * 64 + b"\r\n"
    handed = [len(b"".join(decoder.feed(piece))) for piece in (head, b"x" * 100_000, b"x" * 100_000)]

    assert handed == [0, 100_000, 100_000]
    assert len(decoder._buffer) == 0
