"""A PostgreSQL script becomes effects: its statements in order, each by its handler in the table below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from interlock.errors import BadProposal
from interlock.read.sql.postgres import authority, block, client, objects, session, tables
from interlock.read.sql.postgres.grammar import SyntaxFault, TooDeep, is_tangled, parse, pieces
from interlock.read.sql.postgres.reading import Handler, Reading
from interlock.read.sql.rows import shortened
from interlock.read.sql.script import MAX_STATEMENTS, MAX_TEXT, Script

#: Scripts longer than this are read in batches of about this size, so that one tree never holds megabytes.
_BATCH: Final = 64 * 1024
#: What the server quotes of the text where it stumbled, unless that is a word or a sign: a literal, or all that follows
#: it, is in the payload, and has no business in a message that is recorded.
_NEAR: Final = re.compile(r""" at or near "(?!(?:\w{1,40}|[^\w'"$]{1,3})"$).*"$""", re.S)


@cache
def _handlers() -> dict[str, Handler]:
    """Every statement kind that is modelled."""
    return {
        **session.HANDLERS,
        **tables.HANDLERS,
        **objects.HANDLERS,  # type: ignore[dict-item]  # the rows of its table are made by one function
        **authority.HANDLERS,
        **block.HANDLERS,
    }


def read(text: str, environment: str) -> Script:
    """All effects of this script. BadProposal with line and column where the server's grammar refuses it."""
    reading = Reading(environment, _handlers())
    if is_tangled(text.encode()):
        reading.cannot_tell("nested", "signs without end, or comments that nest too deep to be read")
        reading.degrade("signs without end, or comments that nest too deep, cannot be read")
        reading.parts = 1
        return reading
    try:
        _read(reading, _batches(text))
    except SyntaxFault as fault:
        found = _for_the_client(text, environment) or _in_one_piece(text, environment)
        if found is None:
            raise _bad(text, _fault_of_the_whole(text) or fault) from None
        return found
    return reading


def _for_the_client(text: str, environment: str) -> Reading | None:
    """The script as one for the psql client; None where it is none, or no PostgreSQL either way."""
    reading = Reading(environment, _handlers())
    return reading if client.read(reading, text) else None


def _in_one_piece(text: str, environment: str) -> Reading | None:
    """The script without taking it apart, where the pieces are what the grammar refused."""
    if len(text) <= _BATCH or len(text) > MAX_TEXT or _fault_of_the_whole(text):
        return None
    reading = Reading(environment, _handlers())
    _read(reading, [(text, 0)])
    return reading


def _fault_of_the_whole(text: str) -> SyntaxFault | None:
    """Where the grammar refuses the whole script, which says the place better than a piece of it can."""
    try:
        parse(text)
    except SyntaxFault as fault:
        return fault
    except TooDeep:
        pass
    return None


def _read(reading: Reading, batches: Iterable[tuple[str, int]]) -> None:
    budget = MAX_TEXT
    for batch, skipped in batches:
        budget -= len(batch)
        if budget < 0:
            reading.cannot_tell("script", "a script that is too long to be read")
            reading.degrade(f"only the first {MAX_TEXT} bytes of the script were read")
            return
        try:
            statements = parse(batch)
        except TooDeep:
            reading.too_deep()
            continue
        reading.rows_skipped = skipped
        for statement in statements:
            if reading.part >= MAX_STATEMENTS:
                reading.cannot_tell("script", "a script of too many statements")
                reading.degrade(f"only the first {MAX_STATEMENTS} statements were read")
                return
            reading.whole(statement)
            reading.parts = reading.part
    reading.parts = reading.part


def _batches(text: str) -> Iterator[tuple[str, int]]:
    """The script in pieces that end where a statement ends, with the rows of literals that were left out of each.

    The scanner that finds the ends does not know the grammar: it may end a statement early (inside BEGIN ATOMIC), and
    the grammar then refuses a piece. `read` never trusts a refusal of a piece: it parses all of the script again.
    """
    if len(text) <= _BATCH:
        yield text, 0
        return
    raw = text.encode()
    start = end = 0
    for piece in pieces(raw):
        stop = piece.start + piece.length
        if stop - piece.start > _BATCH:
            if end > start:
                yield raw[start:end].decode(), 0
            yield shortened(raw[end:stop].decode().removeprefix(";"), "postgres")
            start = stop
        elif stop - start > _BATCH:
            yield raw[start:end].decode().removeprefix(";"), 0
            start = end
        end = stop
    if start < len(raw):
        yield raw[start:].decode().removeprefix(";"), 0


def _bad(text: str, fault: SyntaxFault) -> BadProposal:
    before = text[: fault.offset]
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    return BadProposal(
        f"this is not PostgreSQL: {_NEAR.sub('', fault.message)}",
        where=f"{line}:{column}",
        hint="the server would refuse it too; nothing would run",
        code="sql-syntax",
    )
