"""What MariaDB has and MySQL has not: sequences in queries, and the deletion of old versions of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from interlock.model.change import Choice, Trait
from interlock.read.sql.glot.lexer import QUOTED, VARIABLE, WORD, Token
from interlock.read.sql.glot.reading import Cursor, Reading

_LOST: Final[tuple[Trait, ...]] = ("loses-data",)


def history(reading: Reading, at: Cursor) -> bool:
    """`DELETE HISTORY FROM t [BEFORE SYSTEM_TIME x]`. False where it is MySQL's delete by an alias."""
    if not at.take("DELETE", "HISTORY", "FROM"):
        return False
    name = at.name()
    if at.take("PARTITION"):
        at.group()
    choice: Choice = "filtered" if at.take("BEFORE", "SYSTEM_TIME") else "all"
    if not name or (choice == "all" and not at.done):
        at.at = 0
        return False
    cause = "delete history: old versions of its rows"
    reading.add("delete", "table", name, cause, choice=choice, traits=_LOST)
    return True


def without_sequences(reading: Reading, tokens: Sequence[Token]) -> Sequence[Token]:
    """Says which sequences `NEXT VALUE FOR s` and `NEXTVAL(s)` move, and puts a parameter in their place.

    MySQL has no such words, but lets a stored function be called `nextval`: so the latter counts in a SELECT without
    FROM alone, in which no column can be meant and MySQL would refuse the name.
    """
    if not any(token.word in ("NEXTVAL", "LASTVAL", "FOR") for token in tokens):
        return tokens
    bare = tokens[0].word == "SELECT" and not any(token.word == "FROM" for token in tokens)
    kept: list[Token] = []
    index = 0
    while index < len(tokens):
        at = Cursor(reading, tokens, index)
        found = _moved(at, bare=bare)
        if found is None:
            kept.append(tokens[index])
            index += 1
            continue
        moves, name = found
        verb, cause = ("update", "takes the next value") if moves else ("read", "reads the last value")
        reading.add(verb, "sequence", name, cause, traits=("not-transactional",) if moves else ())  # type: ignore[arg-type]  # one of two literals
        kept.append(Token(VARIABLE, "@value", "", tokens[index].start))
        index = at.at
    return kept


def _moved(at: Cursor, *, bare: bool) -> tuple[bool, str] | None:
    """The sequence that an expression here takes a value of, and whether that moves it."""
    word = at.token.word
    if at.take("NEXT", "VALUE", "FOR") or at.take("PREVIOUS", "VALUE", "FOR"):
        name = at.name()
        return (word == "NEXT", name) if name else None
    if bare and word in ("NEXTVAL", "LASTVAL"):
        at.at += 1
        inner = at.group()
        plain = inner and all(one.kind in (WORD, QUOTED) or one.value == "." for one in inner)
        return (word == "NEXTVAL", Cursor(at.reading, inner).name()) if plain else None
    return None
