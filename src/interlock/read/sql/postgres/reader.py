"""A PostgreSQL script becomes effects: its statements in order, each by its handler in the table below."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from interlock.errors import BadProposal
from interlock.read.sql.postgres import authority, block, objects, session, tables
from interlock.read.sql.postgres.grammar import Node, SyntaxFault, TooDeep, parse, pieces
from interlock.read.sql.postgres.reading import Handler, Reading
from interlock.read.sql.script import MAX_STATEMENTS, Script

#: Scripts longer than this are read in batches of about this size, so that one tree never holds megabytes.
_BATCH: Final = 64 * 1024
#: A command of the psql client: at the start of a line, or after a statement.
_CLIENT: Final = re.compile(
    r"^[ \t]*\\(?:[A-Za-z!?]+|\.|;)[^\n]*|\\(?:g|gx|gset|gexec|gdesc|watch|crosstabview)\b[^\n]*", re.M
)
#: Rows for COPY … FROM STDIN that follow it in a script for psql.
_ROWS: Final = re.compile(r"(\bcopy\b[^;]*\bfrom\s+stdin\b[^;]*;)[ \t]*\r?\n.*?^\\\.[ \t]*\r?$", re.I | re.M | re.S)


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
    try:
        _read(reading, text)
    except SyntaxFault as fault:
        if not _client_script(reading, text):
            raise _bad(text, fault) from None
    return reading


def _read(reading: Reading, text: str) -> None:
    for batch in _batches(text):
        try:
            statements = parse(batch)
        except TooDeep:
            reading.cannot_tell("nested", "a statement that nests too deep to be read")
            reading.degrade("a statement nests too deep to be read")
            reading.part += 1
            continue
        for statement in statements:
            if reading.part >= MAX_STATEMENTS:
                reading.degrade(f"only the first {MAX_STATEMENTS} statements were read")
                return
            _one(reading, statement)
    reading.parts = reading.part


def _one(reading: Reading, statement: Node) -> None:
    try:
        reading.statement(statement)
    except RecursionError:
        reading.cannot_tell("nested", "a statement that nests too deep to be read")
        reading.degrade("a statement nests too deep to be read")
    reading.part += 1
    reading.parts = reading.part


def _batches(text: str) -> list[str]:
    """The script in pieces that end where a statement ends. A short script is one piece.

    The scanner that finds the ends does not know the grammar; where the grammar then refuses a piece, all of the
    script is parsed at once, so that what is an error and where is only ever the grammar's word.
    """
    if len(text) <= _BATCH:
        return [text]
    raw = text.encode()
    found: list[str] = []
    start = end = 0
    for piece in pieces(raw):
        stop = piece.start + piece.length
        if stop - start > _BATCH and end > start:
            found.append(raw[start:end].decode())
            start = end
        end = stop
    found.append(raw[start:].decode())
    return [batch.removeprefix(";") for batch in found]


def _client_script(reading: Reading, text: str) -> bool:
    """A script for the psql client: its own commands are unknown, the SQL between them is read all the same."""
    rest = _ROWS.sub(r"\1", text)
    commands = [found[0].strip() for found in _CLIENT.finditer(rest)]
    if rest == text and not commands:
        return False
    try:
        parse(_CLIENT.sub(";", rest))
    except (SyntaxFault, TooDeep):
        return False
    reading.__init__(reading.environment, reading._handlers)  # type: ignore[misc]  # start over, nothing is kept
    for command in commands:
        reading.cannot_tell(command.split()[0], "a command of the psql client, not of the server")
    _read(reading, _CLIENT.sub(";", rest))
    return True


def _bad(text: str, fault: SyntaxFault) -> BadProposal:
    before = text.encode()[: fault.offset].decode("utf-8", "ignore")
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    return BadProposal(
        f"this is not PostgreSQL: {fault.message}",
        where=f"{line}:{column}",
        hint="the server would refuse it too; nothing would run",
        code="sql-syntax",
    )
