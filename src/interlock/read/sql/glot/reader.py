"""A MySQL or SQLite script becomes effects: its statements in order, each by its dialect's table."""

from __future__ import annotations

from typing import Final

from interlock.errors import BadProposal
from interlock.read.sql.glot import mysql, sqlite
from interlock.read.sql.glot.lexer import LINE, MAX_TOKENS, STRAY, LexicalFault, TooLong, lex
from interlock.read.sql.glot.reading import Cursor, Reading
from interlock.read.sql.script import MAX_STATEMENTS, Script

#: Statements that may have no effect at all.
_SILENT: Final = frozenset(
    ("SELECT", "VALUES", "WITH", "SET", "DO", "EXPLAIN", "DESCRIBE", "DESC", "PREPARE", "EXECUTE")
)
_TABLES: Final = {"mysql": mysql.read_one, "sqlite": sqlite.read_one}


def read(text: str, dialect: str, environment: str) -> Script:
    """All effects of this script. BadProposal where a quote or comment never ends, or where it is no SQL at all."""
    reading = Reading(dialect, environment)
    try:
        lexed = lex(text, dialect)
    except LexicalFault as fault:
        raise _bad(text, dialect, fault.message, fault.offset) from None
    except TooLong:
        reading.cannot_tell("script", "a script that is too long to be read")
        reading.degrade(f"a script of more than {MAX_TOKENS} words is not read")
        return reading
    if lexed.statements and not any(
        token.word or token.kind == LINE for statement in lexed.statements for token in statement
    ):
        raise _bad(text, dialect, "there is no word in it", lexed.statements[0][0].start)
    for doubt in lexed.doubts:
        reading.cannot_tell("script", doubt)
    read_one = _TABLES[dialect]
    for statement in lexed.statements:
        if reading.part >= MAX_STATEMENTS:
            reading.degrade(f"only the first {MAX_STATEMENTS} statements were read")
            break
        stray = next((token for token in statement if token.kind == STRAY), None)
        if stray is not None:
            reading.cannot_tell(stray.value, "a sign that is no SQL of the server")
        said = reading.said
        try:
            read_one(reading, Cursor(reading, statement))
        except RecursionError:
            reading.cannot_tell("nested", "a statement that nests too deep to be read")
            reading.degrade("a statement nests too deep to be read")
        except (AttributeError, TypeError, ValueError, LookupError):
            # sqlglot makes trees of shapes that no grammar has from text that no server takes; none is worth a guess.
            reading.cannot_tell(statement[0].word.lower() or "statement", "a statement of a shape that is not modelled")
        if reading.said == said and statement[0].word not in _SILENT and statement[0].value != "(":
            reading.cannot_tell(statement[0].word.lower(), "a statement that says nothing of what it does")
        reading.part += 1
    reading.parts = reading.part
    return reading


def _bad(text: str, dialect: str, message: str, offset: int) -> BadProposal:
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    name = {"mysql": "MySQL", "sqlite": "SQLite"}[dialect]
    return BadProposal(
        f"this is not {name}: {message}", where=f"{line}:{column}", hint="the server would refuse it too",
        code="sql-syntax",
    )  # fmt: skip
