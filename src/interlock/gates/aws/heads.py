"""Reading the head of a request strictly, before anybody is asked who sent it.

What two readers could take for two requests is refused: an address in the request line, a length given twice, headers
that hide others, a header that decides something and comes twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from interlock.errors import BadInput

METHODS: Final = frozenset({"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"})
MAX_URL: Final = 16 * 1024
MOST_HEADERS: Final = 200
#: Digits of a `content-length`.
LONGEST_LENGTH: Final = 15

#: Headers that decide something: twice the same name is two readings. So is every x-amz- header.
SINGLE: Final = frozenset(
    {
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-md5",
        "content-type",
        "date",
        "expect",
        "host",
        "range",
        "transfer-encoding",
    }
)
#: Headers that make another request of this one where somebody believes them.
FOREIGN: Final = frozenset(
    {"forwarded", "upgrade", "via", "x-http-method", "x-http-method-override", "x-method-override", "x-original-url"}
    | {"x-rewrite-url", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"}
)

_TARGET: Final = re.compile(rb"/[!-\"$-~]*")
_HOST: Final = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")


class Head(NamedTuple):
    """A request without its body. `path` and `query` are raw. `joined` has each header once, as it is signed.

    `tunnel` is the AWS host that the client asked the proxy for, empty where it speaks to us as the endpoint.
    `length` is the announced length of the body as it is sent, None where it comes in pieces of unsaid number.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    joined: Mapping[str, str]
    host: str
    tunnel: str
    length: int | None

    def header(self, name: str) -> str:
        return self.joined.get(name, "")


def read(method: str, target: bytes, version: str, raw: list[tuple[bytes, bytes]], tunnel: str) -> Head:
    """The head of a request as its parts came. Raises BadInput."""
    if len(target) > MAX_URL or not _TARGET.fullmatch(target):
        raise _refused("other-address", "the request line names another address, or none", "ask for a path alone")
    if method not in METHODS or version != "1.1":
        raise _refused("method", f"`{method}` is no call to AWS", "AWS is called over HTTP/1.1")
    headers, found = _headers(raw)
    _require_plain(found)
    path, _, query = target.decode("ascii").partition("?")
    host = _host(found.get("host", ""))
    return Head(method, path, query, headers, found, host, tunnel, _length(found))


def _headers(raw: list[tuple[bytes, bytes]]) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """The headers as they came, and each once as it is signed (`sigv4.joined`)."""
    if len(raw) > MOST_HEADERS:
        raise _refused("header", f"it has more than {MOST_HEADERS} headers")
    try:
        names = [_named(name) for name, _ in raw]
        values = b"\n".join([value for _, value in raw]).decode()
    except UnicodeDecodeError as error:
        raise _refused("header", "a header is not UTF-8") from error
    if values.count("\n") != max(len(raw) - 1, 0) or not values.replace("\n", "").replace("\t", "").isprintable():
        raise _refused("header", "a header cannot be read")
    headers, found, narrow = [], dict[str, str](), "  " not in values and "\t" not in values
    for named, value in zip(names, values.split("\n"), strict=False):
        text = value.strip()
        headers.append((named, text))
        signed = text if narrow else " ".join(text.split())
        if named not in found:
            found[named] = signed
        elif named in SINGLE or named.startswith("x-amz-"):
            raise _refused("doubled-header", f"the header `{named}` comes twice", "send it once")
        else:
            found[named] = f"{found[named]},{signed}"
    return tuple(headers), found


@lru_cache(maxsize=256)
def _named(name: bytes) -> str:
    """A header's name as text, in lower case."""
    return name.decode("ascii").lower()


@lru_cache(maxsize=256)
def _host(text: str) -> str:
    host = text.lower()
    if not _HOST.fullmatch(host):
        raise _refused("host", "it has no `host`, or one that is none")
    return host


def _require_plain(headers: Mapping[str, str]) -> None:
    if not FOREIGN.isdisjoint(headers):
        foreign = min(FOREIGN.intersection(headers))
        raise _refused("header", f"the header `{foreign}` has no place here", "call this gate directly")
    if "transfer-encoding" in headers and ("content-length" in headers or headers["transfer-encoding"] != "chunked"):
        raise _refused("length", "the length of its body is said in two ways")
    if "connection" in headers:
        for option in headers["connection"].lower().split(","):
            if option.strip() not in ("", "keep-alive", "close"):
                raise _refused("header", "its `connection` hides other headers")
    if headers.get("expect", "100-continue").lower() != "100-continue":
        raise _refused("header", "it expects something unknown")


def _length(headers: Mapping[str, str]) -> int | None:
    if "transfer-encoding" in headers:
        return None
    text = headers.get("content-length", "0")
    if not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_LENGTH:
        raise _refused("length", "its `content-length` is no number")
    return int(text)


def _refused(code: str, message: str, hint: str = "") -> BadInput:
    return BadInput(message, hint=hint, code=code)
