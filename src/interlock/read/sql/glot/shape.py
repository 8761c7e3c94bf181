"""Tokens of a query or write in the shape that sqlglot reads: what it would not read is taken off and kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from interlock.read.sql.glot.lexer import BLOB, NUMBER, SKIPPED, TEXT, VARIABLE, WORD, Token

_MODIFIERS: Final = frozenset(("LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "IGNORE"))
_LITERAL_WORDS: Final = frozenset(
    (
        "NULL",
        "TRUE",
        "FALSE",
        "DEFAULT",
        "CURRENT_TIMESTAMP",
        "CURRENT_DATE",
        "CURRENT_TIME",
        "DATE",
        "TIMESTAMP",
        "TIME",
    )
)
_AFTER_INTO: Final = frozenset(("FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "FOR", "LOCK", "UNION"))


class Frame(NamedTuple):
    """What was taken off. `rows` is how many rows a VALUES lists; `files` what INTO OUTFILE or DUMPFILE would write."""

    replaces: bool = False
    hides: bool = False  # IGNORE, OR IGNORE
    ends: bool = False  # OR ROLLBACK
    rows: int | None = None
    files: tuple[str, ...] = ()


def shaped(tokens: Sequence[Token]) -> tuple[list[Token], Frame]:
    """The tokens for sqlglot, and what was taken off them."""
    kept = list(tokens)
    replaces = hides = ends = False
    verb = _verb(kept)
    if verb is not None and kept[verb].word in ("INSERT", "REPLACE", "UPDATE", "DELETE"):
        if kept[verb].word == "REPLACE":
            replaces = True
            kept[verb] = Token(WORD, "INSERT", "INSERT", kept[verb].start)
        while verb + 1 < len(kept):
            following = kept[verb + 1].word
            if following in _MODIFIERS and kept[verb + 2 : verb + 3] and kept[verb + 2].value not in (".", "("):
                hides = hides or following == "IGNORE"
                del kept[verb + 1]
            elif following == "OR" and verb + 2 < len(kept):
                action = kept[verb + 2].word
                replaces, hides = replaces or action == "REPLACE", hides or action == "IGNORE"
                ends = ends or action == "ROLLBACK"
                del kept[verb + 1 : verb + 3]
            else:
                break
        if kept[verb].word == "INSERT" and verb + 1 < len(kept) and kept[verb + 1].word != "INTO":
            kept.insert(verb + 1, Token(WORD, "INTO", "INTO", kept[verb].start))
        if kept[verb].word == "DELETE":
            kept = kept[: verb + 1] + _targets_first(kept[verb + 1 :])
    if any(token.word in ("JSON_TABLE", "JSON_VALUE") for token in kept):
        kept = _without_behaviour(kept)
    kept, files = _without_into(kept)
    skipped = sum(int(token.value) for token in kept if token.kind == SKIPPED)
    if skipped:
        kept = [token for token in kept if token.kind != SKIPPED]
    kept, rows = _one_row(kept)
    total = None if rows is None else rows + skipped
    return kept, Frame(replaces, hides, ends, total, files)


def without_dual(tokens: Sequence[Token]) -> Sequence[Token]:
    """Takes off MySQL's FROM DUAL, which is no table."""
    if not any(token.word == "DUAL" for token in tokens):
        return tokens
    words = [token.word for token in tokens]
    dual = {index for index in range(1, len(words)) if words[index - 1 : index + 1] == ["FROM", "DUAL"]}
    return [one for index, one in enumerate(tokens) if index not in dual and index + 1 not in dual]


def _without_behaviour(tokens: list[Token]) -> list[Token]:
    """Takes off `NULL ON EMPTY`, `DEFAULT 'x' ON ERROR` and the EXISTS before a PATH of a JSON_TABLE."""
    kept: list[Token] = []
    for index, token in enumerate(tokens):
        following = tokens[index + 1].word if index + 1 < len(tokens) else ""
        if token.word == "EXISTS" and following == "PATH":
            continue
        if kept and token.word in ("EMPTY", "ERROR") and kept[-1].word == "ON" and len(kept) > 3:
            size = 3 if kept[-3].word == "DEFAULT" and kept[-2].kind in (TEXT, NUMBER) else 2
            if size == 3 or kept[-2].word in ("NULL", "ERROR"):
                del kept[-size:]
                continue
        kept.append(token)
    return kept


def _verb(tokens: Sequence[Token]) -> int | None:
    """Where the verb stands: first, or after the WITH queries that precede it."""
    if tokens[0].word != "WITH":
        return 0
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "p":
            depth += (token.value == "(") - (token.value == ")")
        elif not depth and token.word in ("INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "VALUES"):
            return index
    return None


def _targets_first(rest: list[Token]) -> list[Token]:
    """MySQL's `DELETE FROM a, b.* USING …` as `DELETE a, b FROM …`, which means the same."""
    end = next((index for index, one in enumerate(rest) if one.word in ("USING", "WHERE", "SELECT")), len(rest))
    if rest and rest[0].word == "FROM" and end < len(rest) and rest[end].word == "USING":
        source = Token(WORD, "FROM", "FROM", rest[end].start)
        rest = [*_bare(rest[1:end]), source, *rest[end + 1 :]]
    elif rest and rest[0].word != "FROM":
        start = next((index for index, one in enumerate(rest) if one.word == "FROM"), len(rest))
        rest = [*_bare(rest[:start]), *rest[start:]]
    return rest


def _bare(targets: list[Token]) -> list[Token]:
    """Names of tables without the `.*` that may follow them."""
    stars = {index for index, one in enumerate(targets) if one.kind == "p" and one.value == "*"}
    return [one for index, one in enumerate(targets) if index not in stars and index + 1 not in stars]


def _without_into(tokens: list[Token]) -> tuple[list[Token], tuple[str, ...]]:
    """Takes off `INTO OUTFILE 'x' …`, `INTO DUMPFILE 'x'` and `INTO @a, b` of MySQL's SELECT."""
    if not any(token.word == "INTO" for token in tokens[1:]):
        return tokens, ()
    kept: list[Token] = []
    files: list[str] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if (
            token.word == "INTO"
            and following
            and (following.word in ("OUTFILE", "DUMPFILE") or following.kind == VARIABLE)
        ):
            if following.word:
                files.append(tokens[index + 2].value if index + 2 < len(tokens) else "")
            index += 1
            depth = 0
            while index < len(tokens) and (depth or tokens[index].word not in _AFTER_INTO):
                depth += (tokens[index].value == "(") - (tokens[index].value == ")")
                if depth < 0:
                    break
                index += 1
            continue
        kept.append(token)
        index += 1
    return kept, tuple(files)


def _one_row(tokens: list[Token]) -> tuple[list[Token], int | None]:
    """Keeps one row of a VALUES that lists only literals, and counts them: a million rows read like one."""
    start = next((i for i, one in enumerate(tokens) if one.word in ("VALUES", "VALUE")), None)
    if start is None or start + 1 >= len(tokens) or tokens[start + 1].value != "(" or tokens[start - 1].value == "=":
        return tokens, None
    index = start + 1
    rows = 0
    first_end = index
    while index < len(tokens) and tokens[index].value == "(" and tokens[index].kind == "p":
        index += 1
        depth = 1
        plain = True
        while index < len(tokens) and depth:
            token = tokens[index]
            if token.kind == "p":
                depth += (token.value == "(") - (token.value == ")")
                plain = plain and token.value in "(),-+."
            elif token.kind == WORD:
                plain = plain and token.word in _LITERAL_WORDS
            else:
                plain = plain and token.kind in (TEXT, NUMBER, BLOB, VARIABLE)
            index += 1
        rows += 1
        if rows == 1:
            first_end = index
        elif not plain:
            return tokens, None
        if index < len(tokens) and tokens[index].value == "," and tokens[index].kind == "p":
            index += 1
        else:
            break
    return (tokens[:first_end] + tokens[index:], rows) if rows > 1 else (tokens, rows)
