"""Laws of reading SQL: scripts add up, spelling does not matter, nothing added takes away, and nothing crashes."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import BadProposal
from interlock.model.canon import canonical
from interlock.model.change import Change, Effect
from interlock.read.sql.reader import reader

DIALECTS = reader.dialects

#: Statements that stand for themselves: none of them changes how another one is read.
STATEMENTS = [
    "SELECT * FROM users WHERE id = 5",
    "SELECT u.a, count(*) FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.a",
    "INSERT INTO users (id, name) VALUES (1, 'a;b'), (2, 'it''s')",
    "UPDATE users SET name = 'x' WHERE id = 5",
    "UPDATE users SET name = 'x'",
    "DELETE FROM users WHERE created_at < '2020-01-01'",
    "DELETE FROM users WHERE 1 = 1",
    "DROP TABLE users",
    "CREATE TABLE t (a int, b text)",
    "ALTER TABLE users DROP COLUMN name",
    "CREATE INDEX i ON users (name)",
    "DROP VIEW v",
    "SELECT wipe(1)",
    "WITH x AS (SELECT 1 AS a) SELECT * FROM x, users",
    "CREATE VIEW v AS SELECT 1",
    "INSERT INTO archive SELECT * FROM users",
    "SELECT 'DELETE FROM users; --' AS a",
]
SCRIPTS = st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=5)
DIALECT = st.sampled_from(DIALECTS)
TOKENS = re.compile(r"'(?:[^']|'')*'|\w+|[^\w\s]")


def read(sql: str, dialect: str) -> Change:
    return reader(sql.encode(), dialect, "production").change


def shifted(effects: tuple[Effect, ...], by: int | None) -> list[Effect]:
    """The effects with their parts counted on, or without their parts."""
    return [
        Effect(e.verb, e.resource, e.known, e.aspect, e.choice, e.count, e.keys, e.fields, e.traits, part, e.cause)
        for e in effects
        for part in (0 if by is None else e.part + by,)
    ]  # fmt: skip


@given(SCRIPTS, SCRIPTS, DIALECT)
def test_two_scripts_in_a_row_do_what_each_does(one: list[str], other: list[str], dialect: str) -> None:
    """The effects of a concatenation are those of its halves, the second half's parts counted on."""
    first, second = read("; ".join(one), dialect), read("; ".join(other), dialect)

    both = read("; ".join(one) + ";\n" + "; ".join(other), dialect)

    assert list(both.effects) == [*first.effects, *shifted(second.effects, first.parts)]
    assert both.parts == first.parts + second.parts
    assert set(both.unknown) == set(first.unknown) | set(second.unknown)


@given(SCRIPTS, st.sampled_from(STATEMENTS), st.integers(0, 5), DIALECT)
def test_adding_a_statement_never_removes_an_effect(script: list[str], added: str, where: int, dialect: str) -> None:
    """Wherever a statement is put in, everything that was read before is still there."""
    before = read("; ".join(script), dialect)
    where = min(where, len(script))

    after = read("; ".join([*script[:where], added, *script[where:]]), dialect)

    kept = shifted(after.effects, None)
    for effect in shifted(before.effects, None):
        kept.remove(effect)
    assert set(before.unknown) <= set(after.unknown)


def respelled(sql: str, chance: random.Random) -> str:
    """The same tokens with other blanks, comments and cases between and in them; names and texts untouched."""
    parts: list[str] = []
    for token in TOKENS.findall(sql):
        parts.append(chance.choice([" ", "\n", "\t ", " /* x; DROP TABLE y */ ", " -- z\n", "  "]) if parts else "")
        keyword = token.isalpha() and token.isupper()
        parts.append("".join(chance.choice([letter.lower(), letter]) for letter in token) if keyword else token)
    return "".join(parts)


@given(SCRIPTS, DIALECT, st.randoms(use_true_random=False))
def test_blanks_comments_and_the_case_of_keywords_change_nothing(
    script: list[str], dialect: str, chance: random.Random
) -> None:
    """The change has the same bytes, and so the same digest, however the script is laid out."""
    sql = "; ".join(script)

    assert canonical(read(sql, dialect)) == canonical(read(respelled(sql, chance), dialect))


@given(st.text(max_size=60), DIALECT)
def test_no_text_crashes_a_reader(text: str, dialect: str) -> None:
    """Any text is a change or a bad proposal."""
    try:
        change = reader(text.encode("utf-8", "surrogatepass"), dialect, "").change
    except BadProposal as error:
        assert error.message
    else:
        assert change.kind == f"sql:{dialect}"


@given(st.binary(max_size=60), DIALECT)
def test_no_bytes_crash_a_reader(payload: bytes, dialect: str) -> None:
    """Any bytes are a change or a bad proposal."""
    try:
        reader(payload, dialect, "")
    except BadProposal as error:
        assert error.message


WORDS = r"""
SELECT DELETE FROM users WHERE id = 5 AND OR NOT ( ) , ; ' " ` -- /* */ # $$ $a$ E'\\' /*! UPDATE SET a DROP TABLE IN
LIKE '%' NULL IS BEGIN END CASE WHEN THEN WITH x AS INSERT INTO VALUES JOIN ON USING LIMIT UNION @ := :: [ ] \ EXPLAIN
CREATE TRIGGER PROCEDURE DO CALL PREPARE EXECUTE COPY GRANT TO ALTER ADD COLUMN TYPE . * + - 1
"""
PIECES = st.sampled_from(WORDS.split())


@given(st.lists(PIECES, max_size=25), DIALECT)
def test_no_heap_of_words_crashes_a_reader(words: list[str], dialect: str) -> None:
    """Nor does SQL that went through a shredder."""
    try:
        change = reader(" ".join(words).encode(), dialect, "").change
    except BadProposal as error:
        assert error.message
    else:
        assert all(effect.resource.type.startswith("sql.") for effect in change.effects)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("statement", STATEMENTS)
def test_reading_twice_gives_the_same(statement: str, dialect: str) -> None:
    """A reader has no memory: the second reading has the bytes of the first."""
    assert canonical(read(statement, dialect)) == canonical(read(statement, dialect))


@given(st.sampled_from([s for s in STATEMENTS if "DELETE" in s or "UPDATE" in s]), DIALECT)
def test_or_true_never_narrows(statement: str, dialect: str) -> None:
    """A condition that is widened by `or true` chooses everything, whatever it was."""
    widened = statement + (" OR 1 = 1" if "WHERE" in statement else " WHERE 1 = 1")
    if "'DELETE" in statement:
        return

    assert read(widened, dialect).effects[0].choice == "all"
