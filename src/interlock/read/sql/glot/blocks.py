"""Statements that stand inside others: bodies of triggers and events, and what MariaDB's SET STATEMENT is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from interlock.model.change import Change, Trait
from interlock.read.sql.glot.lexer import Token
from interlock.read.sql.glot.reading import Cursor


def of_event(at: Cursor) -> list[Sequence[Token]]:
    """The statements that CREATE or ALTER EVENT has run by itself; none where it only says when."""
    rest = at.tokens[at.at :]
    start = next((index for index, token in enumerate(rest) if token.word == "DO"), len(rest))
    return _taken_apart(rest[start + 1 :])


def of_trigger(at: Cursor) -> list[Sequence[Token]]:
    """The statements that a trigger has run: from its BEGIN on, or the one after FOR EACH ROW."""
    rest = at.tokens[at.at :]
    words = [token.word for token in rest]
    if "BEGIN" in words:
        return _taken_apart(rest[words.index("BEGIN") :])
    return _taken_apart(rest[words.index("ROW") + 1 :]) if "ROW" in words else []


def spares(change: Change) -> bool:
    """Whether what a body does is known and spares most of each table, so that it may run unsaid."""
    for effect in change.effects:
        whole = effect.verb in ("update", "delete", "replace") and effect.choice in ("all", "unknown")
        if whole or not _LOSSES.isdisjoint(effect.traits):
            return False
    return change.fully_known and bool(change.effects)


_LOSSES: Final[frozenset[Trait]] = frozenset(("loses-data", "leaves-target", "runs-code", "dynamic", "cascades"))


def _taken_apart(body: Sequence[Token]) -> list[Sequence[Token]]:
    """The statements of a body, which is one, or a block of some."""
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
