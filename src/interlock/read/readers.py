"""The table of readers: technology to reader, each imported when it is first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final, cast

from interlock.errors import BadProposal
from interlock.model.change import Change
from interlock.read.reader import Reader, SourceReader, TextReader

#: Technology -> the module that holds its `reader`.
_READERS: Final = {
    "sql": "interlock.read.sql.reader",
    "terraform": "interlock.read.terraform.reader",
    "cloudformation": "interlock.read.cloudformation.reader",
    "aws": "interlock.read.aws.reader",
}

#: Technologies whose payload is a text that people read before they vote. A plan is none: it holds values of a state.
_TEXTS: Final = frozenset({"sql"})


def reader_for(kind: str) -> Reader:
    """The reader of a kind, `technology` or `technology:dialect`. BadProposal lists the known ones."""
    technology, _, dialect = kind.partition(":")
    module = _READERS.get(technology)
    if module is None:
        raise BadProposal(
            f"there is no reader for `{technology}`", hint=f"one of {', '.join(known_kinds())}", code="unknown-kind"
        )
    found = _loaded(module)
    if ":" in kind and dialect not in found.dialects:
        raise BadProposal(
            f"`{technology}` has no dialect `{dialect}`",
            hint=f"one of {', '.join(found.dialects)}",
            code="unknown-dialect",
        )
    return found


@cache
def _loaded(module: str) -> Reader:
    return cast(Reader, import_module(module).reader)


def before_planning(kind: str, payload: bytes, environment: str) -> Change | None:
    """What making a plan of this source would run, as its reader sees it; None where nothing is planned of it."""
    reader = reader_for(kind)
    return reader.before_planning(payload, environment) if isinstance(reader, SourceReader) else None


def readable(kind: str, payload: bytes) -> bytes:
    """A payload for people to read; empty where it is nothing that anybody wrote for reading."""
    technology, _, dialect = kind.partition(":")
    if technology in _TEXTS:
        return payload
    reader = _text_reader(technology)
    return reader.text(payload, dialect) if reader is not None else b""


@cache
def _text_reader(technology: str) -> TextReader | None:
    reader = reader_for(technology)
    return reader if isinstance(reader, TextReader) else None


def known_kinds() -> list[str]:
    """Every kind that can be read, with its dialects."""
    found: list[str] = []
    for technology, module in _READERS.items():
        found.append(technology)
        found.extend(f"{technology}:{dialect}" for dialect in _loaded(module).dialects if dialect)
    return found
