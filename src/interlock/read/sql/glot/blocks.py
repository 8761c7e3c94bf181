"""Statements that stand inside others in MySQL and MariaDB: the body of an event, and what SET STATEMENT is for."""

from __future__ import annotations

from collections.abc import Sequence

from interlock.read.sql.glot.lexer import Token
from interlock.read.sql.glot.reading import Cursor


def of_event(at: Cursor) -> list[Sequence[Token]]:
    """The statements that CREATE or ALTER EVENT has run by itself; none where it only says when."""
    rest = at.tokens[at.at :]
    start = next((index for index, token in enumerate(rest) if token.word == "DO"), len(rest))
    body = rest[start + 1 :]
    if not body or body[0].word != "BEGIN":
        return [body] if body else []
    found: list[list[Token]] = [[]]
    for token in body[1:]:
        if token.kind == "p" and token.value == ";":
            found.append([])
        else:
            found[-1].append(token)
    return [one for one in found if one and [token.word for token in one] != ["END"]]


def set_statement(at: Cursor) -> tuple[Sequence[Token], Sequence[Token]] | None:
    """`SET STATEMENT a = 1 FOR SELECT …`: the SET that it amounts to, and the statement; None where it is another."""
    if not at.peek("SET", "STATEMENT"):
        return None
    words = [token.word for token in at.tokens]
    end = words.index("FOR", 2) if "FOR" in words[2:] else len(words)
    return [at.tokens[0], *at.tokens[2:end]], at.tokens[end + 1 :]
