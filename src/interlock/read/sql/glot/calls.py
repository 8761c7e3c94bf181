"""Which functions a statement of MySQL or SQLite calls, by its tokens, and what calling them does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from interlock.read.sql.glot.lexer import QUOTED, TEXT, WORD, Token
from interlock.read.sql.glot.reading import Reading
from interlock.read.sql.known import Group, functions

#: Words that may stand before a parenthesis and are no function.
_NOT_CALLS: Final = frozenset(
    (
        "ADD", "AGAINST", "ALL", "ALWAYS", "AND", "ANY", "AS", "BETWEEN", "BIGINT", "BINARY", "BIT", "BLOB", "BY",
        "CASE", "CHAR", "CHARACTER", "CHECK", "CLOB", "COLLATE", "COLUMNS", "CONFLICT", "CROSS", "DATE", "DATETIME",
        "DEC", "DECIMAL", "DELAYED", "DISTINCT", "DISTINCTROW", "DIV", "DOUBLE", "DUPLICATE", "ELSE", "ENUM", "ESCAPE",
        "EXCEPT", "EXISTS", "FILTER", "FIXED", "FLOAT", "FOR", "FORCE", "FROM", "FULL", "FULLTEXT", "GLOB", "GROUP",
        "HAVING", "IGNORE", "IN", "INDEX", "INDEXED", "INNER", "INT", "INTEGER", "INTERSECT", "INTERVAL", "INTO", "IS",
        "JOIN", "JSON", "KEY", "LATERAL", "LEFT", "LIKE", "LIMIT", "LOCK", "MATCH", "MATERIALIZED", "MEDIUMINT",
        "MEMBER", "MINUS", "NATURAL", "NCHAR", "NOT", "NUMERIC", "NVARCHAR", "OF", "OFFSET", "ON", "OR", "ORDER",
        "OUTER", "OVER", "PARTITION", "PRIMARY", "REAL", "RECURSIVE", "REFERENCES", "REGEXP", "RETURNING", "RIGHT",
        "RLIKE", "ROW", "SELECT", "SET", "SIGNED", "SMALLINT", "SOME", "SOUNDS", "STORED", "TABLE", "TEXT", "THEN",
        "TIME", "TIMESTAMP", "TINYINT", "UNION", "UNIQUE", "UNSIGNED", "UPDATE", "USE", "USING", "VALUE", "VALUES",
        "VARBINARY", "VARCHAR", "VIRTUAL", "WHEN", "WHERE", "WINDOW", "WITH", "XOR", "YEAR"
    )
)  # fmt: skip
#: After these a name with a parenthesis is a table, an alias or a type.
_NAMES_FOLLOW: Final = frozenset(("INTO", "AS", "WITH", "RECURSIVE", "REFERENCES", "WINDOW", "UPDATE", "TABLE"))


def calls(reading: Reading, tokens: Sequence[Token]) -> None:
    """Adds what the functions called in these tokens do."""
    for index in range(1, len(tokens)):
        if tokens[index].value != "(" or tokens[index].kind != "p":
            continue
        token = tokens[index - 1]
        if (token.kind == WORD and token.word not in _NOT_CALLS) or token.kind == QUOTED:
            _candidate(reading, tokens, index - 1)


def _candidate(reading: Reading, tokens: Sequence[Token], at: int) -> None:
    start = at
    while start > 1 and tokens[start - 1].value == "." and tokens[start - 1].kind == "p":
        start -= 2
    if start and tokens[start - 1].word in _NAMES_FOLLOW:
        return
    close = _closing(tokens, at + 1)
    if start == at and tokens[start - 1].value == "," and _is_with_query(tokens, close + 1):
        return
    name = ".".join(token.value for token in tokens[start : at + 1 : 2]).lower()
    known = functions(reading.dialect)
    if name in known.harmless and name not in reading.shadowed:
        return
    group = known.effects.get(name)
    if group is None or name in reading.shadowed:
        reading.cannot_tell(name, "a function that is not known", kind="function", traits=("runs-code",))
    else:
        _apply(reading, name, group, tokens[at + 2 : close])


def _is_with_query(tokens: Sequence[Token], after: int) -> bool:
    """Whether what stands after a name with columns makes it the second query of a WITH."""
    if after + 1 >= len(tokens) or tokens[after].word != "AS":
        return False
    return tokens[after + 1].value == "(" or tokens[after + 1].word in ("MATERIALIZED", "NOT")


def _closing(tokens: Sequence[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].kind == "p":
            depth += (tokens[index].value == "(") - (tokens[index].value == ")")
            if not depth:
                return index
    return len(tokens)


def _apply(reading: Reading, name: str, group: Group, arguments: Sequence[Token]) -> None:
    if group.unknown:
        reading.cannot_tell(name, group.cause, kind="function", traits=group.traits)
        return
    target = name
    if group.names is not None:
        texts = [token.value for token in arguments if token.kind == TEXT]
        target = texts[group.names] if group.names < len(texts) else "*"
    reading.add(
        group.verb, group.kind, target, f"`{name}` {group.cause}", aspect=group.aspect, traits=group.traits,
        choice=group.choice if target != "*" else "unknown",
    )  # fmt: skip
