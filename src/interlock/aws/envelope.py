"""The envelope: headers, body and query of a request, and what about them could be read in two ways."""

from __future__ import annotations

import re
import zlib
from typing import Final

from interlock.aws.gaps import Gaps, quoted
from interlock.aws.percent import grouped
from interlock.aws.request import INLINE_BYTES, Request

#: Headers that only authenticate, transport, trace or check, and never say what is asked for.
PLAIN: Final = frozenset(
    {
        # authenticate and tell calls apart
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
        # transport
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "expect",
        "host",
        "keep-alive",
        "pragma",
        "priority",
        "proxy-connection",
        "te",
        "transfer-encoding",
        "via",
        "x-amz-decoded-content-length",
        # trace
        "cookie",
        "dnt",
        "origin",
        "referer",
        "traceparent",
        "tracestate",
        "user-agent",
        "x-amz-user-agent",
        "x-amzn-trace-id",
        # check, and speak about the answer
        "content-md5",
        "x-amz-trailer",
        "x-amzn-query-mode",
    }
)
#: No path of AWS is longer: a key of S3 has at most 1,024 bytes, each of which takes three signs.
LONGEST: Final = 8192
#: Checksums: they change nothing, and a wrong one is refused by the service.
CHECKSUMS: Final = ("x-amz-checksum-", "x-amz-sdk-checksum-algorithm")
VERSIONS: Final = ("x-amz-api-version", "x-amz-glacier-version")
#: Beginnings and names of headers that may say something, so that one that no parameter takes is a gap.
TELLING: Final = (
    "x-amz",
    "smithy-",
    "x-http-method",
    "x-method-override",
    "x-original-",
    "x-rewrite-",
    "x-forwarded-host",
    "if-",
)
TELLING_NAMES: Final = frozenset({"range", "content-range", "forwarded", "upgrade"})
#: The signs of a URL, in a path and in a query. A path with a `?` in it would be one path here and a shorter one there.
PATH: Final = re.compile(r"/[!\"$-;=@-~]*")
QUERY: Final = re.compile(r"[!\"$-~]*")
HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?")
NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
#: A header that names others has them removed on the way.
CONNECTIONS: Final = frozenset({"close", "keep-alive", "te", "keep-alive, te", "te, keep-alive"})
#: Of an unpacked body at most so much is looked at.
UNPACKED: Final = 8 * INLINE_BYTES


class Envelope:
    """One request, opened. `left` are the headers that say something and that nobody has taken yet."""

    __slots__ = ("body", "encodings", "gaps", "headers", "large", "left", "method", "path", "query", "request", "twice")

    def __init__(self, request: Request, gaps: Gaps) -> None:
        self.request = request
        self.gaps = gaps
        self.method = request.method
        self.path = request.path or "/"
        self.twice: list[str] = []
        self.headers: dict[str, str] = {}
        for name, value in request.headers:
            if name in self.headers:
                self.twice.append(name)
            else:
                self.headers[name] = value
        self.left = [name for name in self.headers if name not in PLAIN]
        self.query = grouped(request.query, gaps) if request.query else {}
        self.body = request.body
        self.large = request.body_size > INLINE_BYTES or (request.body_size > 0 and not request.body)
        coded = self.headers.get("content-encoding")
        self.encodings = [part for text in coded.split(",") if (part := text.strip()) != "aws-chunked"] if coded else []
        self.odd()

    @property
    def size(self) -> int:
        """How long the body is."""
        return len(self.body) or self.request.body_size

    def odd(self) -> None:
        """Names what no client sends, and what a server and we could take for different things."""
        request, gaps = self.request, self.gaps
        if not (PATH.fullmatch(self.path) and QUERY.fullmatch(request.query)) or len(self.path) > LONGEST:
            gaps.add("the URL is none")
            self.path = "/"
        if not HOST.fullmatch(request.host):
            gaps.add("the host is none")
        if self.body and request.body_size not in (0, len(self.body)):
            gaps.add("the body is not as long as it is said to be")
        for name in self.twice:
            if name not in PLAIN or name in ("content-type", "content-encoding", "x-amz-trailer"):
                gaps.add(f"the header {quoted(name)} stands there twice")
        if self.headers:
            self.odd_headers()

    def odd_headers(self) -> None:
        """The same of headers: their names, what is in their values, and what they say of host, length and others."""
        request, headers, gaps = self.request, self.headers, self.gaps
        if not "".join(headers.values()).isprintable():
            gaps.add("a header has a value with control characters in it")
        if headers.get("host", request.host).lower() != request.host:
            gaps.add("the header `host` names another host")
        if "transfer-encoding" in headers or headers.get("content-length") not in (None, str(self.size)):
            gaps.add("the headers say that the body is longer or shorter than it is")
        if any(not NAME.fullmatch(name) for name in self.left):
            gaps.add("a header has a name that is none, or not in lower case")
        if headers.get("connection", "close").lower() not in CONNECTIONS:
            gaps.add("the header `connection` names other headers")

    @property
    def content_type(self) -> str:
        """The media type, in lower case and without its charset, which has to be UTF-8."""
        kind, _, more = self.headers.get("content-type", "").partition(";")
        if more and more.replace(" ", "").lower().strip('"') not in ("charset=utf-8", 'charset="utf-8'):
            self.gaps.add("the content type has parameters other than UTF-8")
        return kind.strip().lower()

    def whole(self) -> bytes:
        """The body, unpacked; empty, and a gap, when it is not here to be read."""
        if self.large:
            self.gaps.add(f"the body is larger than the {INLINE_BYTES} bytes that are read")
            return b""
        return self.unpacked() if self.encodings == ["gzip"] else self.body

    def unpacked(self) -> bytes:
        """The body out of gzip, with a bound."""
        unzip = zlib.decompressobj(wbits=31)
        try:
            body = unzip.decompress(self.body, UNPACKED)
        except zlib.error:
            self.gaps.add("the body is no gzip")
            return b""
        if not unzip.eof or unzip.unused_data:
            self.gaps.add("the packed body is larger than what is read of it, cut off, or goes on")
        return body

    def encoded_as(self, known: tuple[str, ...]) -> None:
        """Says so when the body is encoded in a way that the operation does not know."""
        if self.encodings and (len(self.encodings) > 1 or self.encodings[0] not in known):
            self.gaps.add("the body is encoded in a way that the operation does not know")

    def takes(self, name: str) -> str | None:
        """The value of a header that says something in this protocol, which is then taken."""
        if name in self.left:
            self.left.remove(name)
        return self.headers.get(name)

    def only_the_path(self, path: str) -> None:
        """Says so when there is more in the URL than this path."""
        if self.path != path:
            self.gaps.add(f"the path is not {quoted(path)}")
        for name in self.query:
            self.gaps.add(f"{quoted(name)} in the query is no parameter that is known")

    def finish(self, version: str) -> None:
        """Names the headers that say something and that no parameter took. Some clients say the API's version again."""
        trailer = self.headers.get("x-amz-trailer", "")
        if trailer and not all(part.strip().lower().startswith(CHECKSUMS) for part in trailer.split(",")):
            self.gaps.add("the header `x-amz-trailer` announces more than a checksum")
        for name in self.left:
            if name.startswith(CHECKSUMS) or (name in VERSIONS and self.headers[name] == version):
                continue
            if name.startswith(TELLING) or name in TELLING_NAMES:
                self.gaps.add(f"the header {quoted(name)} is no parameter that is known")
