"""Text: the bytes of a plan's JSON in whatever encoding a shell wrote them, as sound UTF-8; and what else they may be.

PowerShell redirects into UTF-16, with or without a mark, and other editors put a mark before UTF-8. All of these are
read. Everything that is no plan is refused by its own name, with what to do instead.
"""

from __future__ import annotations

import codecs
import re
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Raw

from interlock.errors import BadProposal

#: Larger payloads are refused unread.
MAX_BYTES: Final = 1024 * 1024 * 1024
WRITE_IT: Final = "write it with `terraform show -json tfplan`"

_CHUNK: Final = 1 << 20
_BLANK: Final = b" \t\r\n"
_SPOKEN: Final = re.compile(
    rb"Terraform (?:used the selected providers|will perform the following)|OpenTofu (?:used|will)|No changes\. Your"
)
_HCL: Final = re.compile(
    rb'(?m)^\s*(?:resource|data|module|provider|variable|output|moved|import|removed)\s*("[^"\n]*"\s*){0,2}\{'
    rb"|^\s*(?:terraform|locals)\s*\{"
)


def sound(payload: bytes) -> bytes:
    """The payload as UTF-8 that begins with a brace. BadProposal says what else it is, and at which byte it breaks."""
    if not payload[:_CHUNK].strip(_BLANK + b"\0") and not payload.strip(_BLANK + b"\0"):
        raise BadProposal(
            "there is nothing to read: the plan is empty" if not payload.strip(_BLANK) else "it holds NUL bytes alone",
            hint=WRITE_IT,
            code="empty",
        )
    text = _utf8(payload)
    start = text[:_CHUNK].lstrip(_BLANK)
    if not start:
        raise BadProposal("there is nothing to read: the plan is empty", hint=WRITE_IT, code="empty")
    if start[:1] != b"{":
        raise _no_json(start)
    return text


def refuse_foreign(raw: bytes, error: BadProposal | None = None) -> None:
    """Raises BadProposal with the name of the document that these bytes are, when they are JSON but no plan.

    `error` is what reading them as a plan said; it is raised when nothing better is known.
    """
    try:
        names = set(msgspec.json.decode(raw, type=dict[str, Raw]))
    except msgspec.DecodeError:
        names = _first_line(raw)
    except (UnicodeDecodeError, RecursionError):
        names = set()
    known = _foreign()
    if error is not None and not names.isdisjoint(known.plan):
        raise error  # it is a plan, and something in it is wrong
    for document in known.documents:
        if names >= set(document.names) and not (document.alone and len(names) > len(document.names)):
            raise BadProposal(f"this is {document.what}, not a plan", hint=document.hint, code="not-a-plan")
    raise error or BadProposal("this is JSON, but not of a plan", hint=WRITE_IT, code="not-a-plan")


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: tuple[str, ...]
    what: str
    hint: str
    alone: bool = False


class _Foreign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file `knowledge/foreign.json`."""

    about: str
    plan: frozenset[str]
    documents: tuple[_Document, ...]


@cache
def _foreign() -> _Foreign:
    raw = Path(__file__).with_name("knowledge").joinpath("foreign.json").read_bytes()
    return msgspec.json.decode(raw, type=_Foreign)


def _first_line(raw: bytes) -> set[str]:
    """The names of the first line, for a log with one object a line."""
    try:
        return set(msgspec.json.decode(raw.lstrip(_BLANK).partition(b"\n")[0], type=dict[str, Raw]))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return set()


def _utf8(payload: bytes) -> bytes:
    encoding = _encoding(payload[:4])
    if encoding == "utf-8":
        text = payload.removeprefix(codecs.BOM_UTF8)
        _checked(text)
        return text
    try:
        # A byte order mark, where there is one, is the first character.
        return payload.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeDecodeError as error:
        raise BadProposal(
            f"the text looks like {encoding.upper()} and is cut off or broken",
            where=f"byte {error.start}",
            hint=WRITE_IT,
            code="not-text",
        ) from None


def _encoding(start: bytes) -> str:
    """By the mark, or by where the zeros of the first character stand, which is a blank or a brace."""
    if start[:4] in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE) or b"\0\0\0" in start[:4]:
        raise BadProposal("the text is UTF-32, which is not read", hint="save it as UTF-8", code="not-text")
    if start[:2] == codecs.BOM_UTF16_LE or (start[1:2] == b"\0" and start[:1] != b"\0"):
        return "utf-16-le"
    if start[:2] == codecs.BOM_UTF16_BE or (start[:1] == b"\0" and start[1:2] != b"\0"):
        return "utf-16-be"
    return "utf-8"


def _checked(text: bytes) -> None:
    """Raises where the text is not UTF-8 or holds a NUL; a piece at a time, so that no copy of the whole is made."""
    zero = text.find(b"\0")
    if zero >= 0:
        raise BadProposal("a NUL byte stands in the plan", where=f"byte {zero}", hint=WRITE_IT, code="not-text")
    if text.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    for begin in range(0, len(text), _CHUNK):
        kept = len(decoder.getstate()[0])
        try:
            decoder.decode(text[begin : begin + _CHUNK], final=begin + _CHUNK >= len(text))
        except UnicodeDecodeError as error:
            raise BadProposal(
                "the plan is not UTF-8", where=f"byte {begin - kept + error.start}", hint=WRITE_IT, code="not-text"
            ) from None


def _no_json(start: bytes) -> BadProposal:
    """What a text is that does not begin with a brace."""
    if _SPOKEN.search(start):
        return BadProposal("this is a plan as it is shown to people", hint=WRITE_IT, code="not-a-plan")
    if _HCL.search(start):
        return BadProposal(
            "this is configuration, not a plan",
            hint="propose its folder: `interlock propose --kind terraform DIR`; or plan it and " + WRITE_IT,
            code="not-a-plan",
        )
    brace = start.find(b"\n{")
    if brace >= 0:
        line = start.count(b"\n", 0, brace) + 2
        return BadProposal(
            "words stand before the JSON", where=f"line {line}", hint="redirect standard output alone", code="not-json"
        )
    if start[:1] in b'["' or start.split(b"\n")[0].strip().isdigit():
        return BadProposal("this is JSON, but not of a plan", hint=WRITE_IT, code="not-a-plan")
    return BadProposal("this is no JSON", where="byte 0", hint=WRITE_IT, code="not-json")
