"""Reading a request strictly: what two readers could take for two things is refused, before anybody is asked.

One header of a name where two would be read differently; paths spelled in one way; known query fields, once each; JSON
of a known shape, without doubled names, within bounds. The credentials stand in one header, never in the address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from interlock.errors import BadInput, Forbidden
from interlock.gates.http.route import refusal
from interlock.gates.http.shapes import Nothing
from interlock.model.canon import MAX_INTEGER

S = TypeVar("S", bound=msgspec.Struct)

#: Headers that decide something here: twice the same name is two readings.
SINGLE: Final = frozenset(
    {
        "authorization",
        "host",
        "content-type",
        "content-length",
        "content-encoding",
        "transfer-encoding",
        "origin",
        "x-tfc-task-signature",
    }
)
#: No path of ours needs an escape, a dot segment or a double slash; a proxy and we could disagree about them.
PLAIN: Final = re.compile(r"(?:/(?![.]{1,2}(?:/|$))[A-Za-z0-9._*-]+)+")
MAX_QUERY: Final = 1_000
MAX_FIELDS: Final = 10
MAX_MESSAGE: Final = 300

_JSON: Final = re.compile(r'application/json(?:\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)
_VALUE: Final = re.compile("[a-z-]{1,40}|[0-9]{1,18}")
_PLACE: Final = re.compile(r"(.*) - at `(?:key in )?\$\.?(.*)`", re.DOTALL)


def headers(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers by lower-case name. Raises BadInput where one that decides something comes twice."""
    found: dict[str, str] = {}
    for key, value in raw:
        name = key.decode("latin-1").lower()
        if name in found and name in SINGLE:
            raise refusal(400, "doubled-header", f"the header `{name}` comes twice", "send it once", name)
        found[name] = value.decode("latin-1").strip()
    return found


def require_host(head: dict[str, str], allowed: frozenset[str]) -> None:
    """Refuse names that we do not answer to: a page that rebinds its own name to this address ends here."""
    host = hostname(head.get("host", ""))
    if host not in allowed:
        message = f"nothing is served under the name `{host}`" if host else "a request needs one Host header"
        raise refusal(421, "other-host", message, "`interlock up --allow-host NAME` adds a name", "Host")


def require_same_site(head: dict[str, str]) -> None:
    """No page of another site has business here. We set no cookies, so this is a second line, not the first."""
    origin = head.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc.lower() != head.get("host", "").lower()
    if foreign or head.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise Forbidden("this was asked by a page of another site", code="cross-site")


def hostname(host: str) -> str:
    """The name in a Host header, in lower case, without its port; empty when it is none."""
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?", host)
    return found[1].lower() if found else ""


def path(raw: bytes) -> str:
    """The path as it was sent. Raises BadInput with 404 for any but the plain spelling."""
    text = raw.decode("latin-1")
    if not PLAIN.fullmatch(text):
        raise refusal(
            404, "not-found", "there is nothing under this path", "paths are spelled plainly: see /openapi.json"
        )
    return text


def query(raw: bytes, shape: type[S]) -> S:
    """The query string as this shape. Raises BadInput."""
    if shape is Nothing and raw:
        raise refusal(
            400,
            "bad-query",
            "this route takes no query",
            "credentials travel in the Authorization header alone; other fields in the body",
        )
    if len(raw) > MAX_QUERY:
        raise refusal(400, "bad-query", f"a query has at most {MAX_QUERY} bytes")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(raw),
            max_num_fields=MAX_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise refusal(400, "bad-query", "this query cannot be read", "name=value, joined by &") from error
    if not all(_VALUE.fullmatch(value) for _, value in pairs):
        raise refusal(400, "bad-query", "values in a query are plain words and whole numbers")
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise refusal(400, "bad-query", "a field comes twice in the query", "name each once")
    try:
        return msgspec.convert(fields, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _misshapen(error, "bad-query") from error


def require_json(head: dict[str, str]) -> None:
    """Raises BadInput with 415 for a body that is not plain JSON."""
    if "content-encoding" in head:
        raise refusal(415, "content-encoding", "bodies come as they are, not compressed", where="Content-Encoding")
    if not _JSON.fullmatch(head.get("content-type", "")):
        raise refusal(415, "content-type", "a body is JSON", "send `Content-Type: application/json`", "Content-Type")


def body(raw: bytes, shape: type[S]) -> S:
    """The body as this shape. Raises BadInput: not UTF-8, not JSON, doubled names, unknown fields, wrong types."""
    try:
        value = msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        raise _misshapen(error, "bad-body") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_json() from error
    try:
        # msgspec takes the last of two equal names, others the first; size and depth are bounded by the shape by now.
        json.loads(raw, object_pairs_hook=_once, parse_int=_plain_integer, parse_float=_no_fraction)
    except ValueError as error:
        raise _no_json() from error
    return value


def _plain_integer(text: str) -> int:
    """Numbers that every reader takes for the same one."""
    number = int(text)
    if abs(number) > MAX_INTEGER:
        raise BadInput(f"numbers here are at most {MAX_INTEGER}", code="bad-body", where="body")
    return number


def _no_fraction(_text: str) -> float:
    raise BadInput("numbers here are plain integers", code="bad-body", where="body")


def _no_json() -> BadInput:
    return BadInput("the body is not valid JSON in UTF-8", code="bad-body", where="body")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadInput("a field comes twice in the body", hint="name each once", code="bad-body", where="body")
    return found


def _misshapen(error: msgspec.ValidationError, code: str) -> BadInput:
    """What msgspec says of the shape; it names types and fields, never a value."""
    text = str(error)
    found = _PLACE.fullmatch(text)
    message, where = (found[1], found[2]) if found else (text, "")
    return BadInput(
        message[:1].lower() + message[1:MAX_MESSAGE], where=where[:MAX_MESSAGE] or code.removeprefix("bad-"), code=code
    )
