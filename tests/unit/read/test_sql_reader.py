"""The door of the SQL reader: what is text, what is a script, what is too much, and who reads it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from sqlglot import parse_one

from interlock.errors import BadProposal
from interlock.model.change import Change
from interlock.read.readers import known_kinds, reader_for
from interlock.read.sql.glot import terms as glot_terms
from interlock.read.sql.postgres import terms as postgres_terms
from interlock.read.sql.postgres.grammar import parse
from interlock.read.sql.reader import MAX_BYTES, reader

DIALECTS = reader.dialects


def read(sql: str | bytes, dialect: str = "postgres") -> Change:
    return reader(sql if isinstance(sql, bytes) else sql.encode(), dialect, "production").change


def refused(payload: bytes, dialect: str = "postgres") -> BadProposal:
    with pytest.raises(BadProposal) as caught:
        reader(payload, dialect, "production")
    return caught.value


def test_the_table_gives_the_sql_reader_for_each_of_its_kinds() -> None:
    """`sql` and each `sql:dialect` find the same reader."""
    assert all(reader_for(kind) is reader for kind in ("sql", "sql:postgres", "sql:mysql", "sql:sqlite"))


def test_an_unknown_kind_is_refused_and_the_known_ones_are_listed() -> None:
    """The hint names every kind there is."""
    with pytest.raises(BadProposal) as caught:
        reader_for("cobol")

    assert caught.value.code == "unknown-kind"
    assert all(kind in caught.value.hint for kind in known_kinds())


@pytest.mark.parametrize("kind", ["sql:oracle", "sql:"])
def test_an_unknown_dialect_is_refused_by_the_table(kind: str) -> None:
    """A dialect is never guessed, not even an empty one that was written down."""
    with pytest.raises(BadProposal) as caught:
        reader_for(kind)

    assert caught.value.code == "unknown-dialect"
    assert "postgres, mysql, sqlite" in caught.value.hint


def test_an_unknown_dialect_is_refused_by_the_reader() -> None:
    """So it is when the reader is called without the table."""
    error = refused(b"SELECT 1", "oracle")

    assert error.code == "unknown-dialect"


def test_no_dialect_means_postgres() -> None:
    """A plain `sql` proposal without a target is read as PostgreSQL, and the change says so."""
    assert read("SELECT 1", "").kind == "sql:postgres"


def test_reading_postgres_needs_no_generated_classes() -> None:
    """The native parser is opened by itself, so that a short command does not wait for the package around it."""
    code = (
        "import sys; from interlock.read.readers import reader_for; "
        "reader_for('sql')(b'DELETE FROM orders', '', 'production'); "
        "print({'postgast', 'google.protobuf', 'sqlglot'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert told == "set()\n"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("payload", [b"", b"  \n\t ", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n"])
def test_an_empty_script_is_refused(payload: bytes, dialect: str) -> None:
    """There is nothing to approve in nothing."""
    assert refused(payload, dialect).code == "empty"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("sql", ["-- a comment", "/* a comment */", ";", ";;\n;"])
def test_a_script_of_comments_alone_is_known_to_do_nothing(sql: str, dialect: str) -> None:
    """No effect, nothing unknown, no statement."""
    change = read(sql, dialect)

    assert (change.effects, change.unknown, change.parts) == ((), (), 0)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_byte_order_mark_is_no_part_of_the_script(dialect: str) -> None:
    """With it and without it a script reads the same."""
    assert read(b"\xef\xbb\xbfDELETE FROM t", dialect) == read("DELETE FROM t", dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_nul_byte_is_refused_with_its_place(dialect: str) -> None:
    """A server may end the text there and read something else than we do."""
    error = refused(b"SELECT 1;\0 DROP TABLE users", dialect)

    assert (error.code, error.where) == ("not-text", "byte 9")


@pytest.mark.parametrize("payload", [b"SELECT '\xff'", "SELECT 'ä'".encode("latin-1"), "SELECT 1".encode("utf-16")])
def test_what_is_not_utf8_is_refused(payload: bytes) -> None:
    """Whatever the other encoding is, guessing it would be reading another script."""
    assert refused(payload).code == "not-text"


def test_a_lone_surrogate_is_refused() -> None:
    """Three bytes that look like UTF-8 and are none."""
    assert refused(b"SELECT '\xed\xa0\x80'").code == "not-text"


def test_more_bytes_than_the_limit_are_refused_unread() -> None:
    """The limit is said, and the way out."""
    error = refused(b" " * (MAX_BYTES + 1))

    assert error.code == "too-large"
    assert str(MAX_BYTES) in error.message


@pytest.mark.parametrize(
    ("sql", "where"),
    [("SELEC 1", "1:1"), ("SELECT 1;\nSELECT 2;\n  DROP TABEL x", "3:8"), ("SELECT 'ä' FORM t;", "1:17")],
)
def test_what_postgres_would_refuse_is_refused_with_line_and_column(sql: str, where: str) -> None:
    """Columns count characters, not bytes."""
    error = refused(sql.encode())

    assert (error.code, error.where) == ("sql-syntax", where)


@pytest.mark.parametrize("dialect", ["mysql", "sqlite"])
@pytest.mark.parametrize("sql", ["SELECT 'a", 'SELECT "a', "SELECT `a"])
def test_a_quote_that_never_ends_is_refused(sql: str, dialect: str) -> None:
    """Neither server would run anything of it."""
    assert refused(sql.encode(), dialect).where == "1:8"


@pytest.mark.parametrize("dialect", ["mysql", "sqlite"])
def test_what_holds_no_word_is_refused(dialect: str) -> None:
    """That is no SQL at all."""
    assert refused(b"+ 1 (2)", dialect).code == "sql-syntax"


@pytest.mark.parametrize("dialect", ["mysql", "sqlite"])
def test_a_statement_that_cannot_be_read_is_unknown_not_refused(dialect: str) -> None:
    """sqlglot is not the server: the server may well understand it."""
    change = read("SELECT FROM WHERE GROUP", dialect)

    assert not change.fully_known


@pytest.mark.parametrize("dialect", DIALECTS)
def test_parts_are_counted_from_zero_in_order(dialect: str) -> None:
    """Each effect says which statement it stands in, empty statements left out."""
    change = read("DELETE FROM a;; SELECT 1; DELETE FROM b", dialect)

    assert change.parts == 3
    assert [(effect.part, effect.resource.name) for effect in change.effects] == [(0, "a"), (2, "b")]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_environment_is_on_every_resource(dialect: str) -> None:
    """A change knows where it would happen."""
    change = read("DELETE FROM a; SELECT * FROM b", dialect)

    assert {effect.resource.environment for effect in change.effects} == {"production"}


TEN_MEGABYTES = 10_000_000
LARGE = {
    "one string": "SELECT '" + "a" * TEN_MEGABYTES + "'",
    "rows": "INSERT INTO t VALUES " + ",".join(["(1,'abcdef',2.5,NULL)"] * (TEN_MEGABYTES // 22)),
    "statements": "SELECT a FROM t WHERE id = 12345;\n" * (TEN_MEGABYTES // 34),
    "a list": "DELETE FROM t WHERE id IN (" + ",".join(["12345"] * (TEN_MEGABYTES // 6)) + ")",
    "a chain": "SELECT " + "1+" * 1_000_000 + "1",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("what", LARGE)
def test_ten_megabytes_are_answered_soon(what: str, dialect: str) -> None:
    """Read, or said to be too much; never for minutes."""
    started = time.monotonic()

    change = read(LARGE[what], dialect)

    assert time.monotonic() - started < 20
    assert change.fully_known or change.degraded


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_long_listing_of_rows_is_counted(dialect: str) -> None:
    """A hundred thousand rows of literals are one effect with their number."""
    change = read("INSERT INTO t (a, b) VALUES " + ", ".join(["(1, 'x')"] * 100_000), dialect)

    assert change.fully_known
    assert [(effect.resource.name, effect.count) for effect in change.effects] == [("t", 100_000)]


DEEP = {
    "brackets": "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "queries": "SELECT " + "(SELECT " * 5000 + "1" + ")" * 5000,
    "not": "SELECT " + "NOT " * 5000 + "1",
    "cases": "SELECT " + "CASE WHEN 1 THEN " * 5000 + "1" + " END" * 5000,
    "unions": " UNION ALL ".join(["SELECT 1"] * 5000),
    "joins": "SELECT * FROM a" + " JOIN b ON true" * 5000,
    "comments": "/*" * 5000 + "*/" * 5000 + " DELETE FROM t",
    "quote in a comment": "/* ' */ SELECT " + "1+" * 400_000 + "1",
    "from": "SELECT * FROM " + "(SELECT * FROM " * 5000 + "t" + ") x" * 5000,
    "functions": "SELECT " + "upper(" * 5000 + "a" + ")" * 5000,
    "hints": "SELECT " + "STRAIGHT_JOIN " * 500 + "x FROM t",
    "ifs": "SELECT " + "IF " * 4000 + "x FROM t",
    "ends": "SELECT " + "CASE WHEN end THEN " * 5000 + "1" + " END" * 5000,
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("what", DEEP)
def test_five_thousand_levels_do_not_crash(what: str, dialect: str) -> None:
    """Refused, read, or unknown with the limit said; the process lives."""
    try:
        change = read(DEEP[what], dialect)
    except BadProposal:
        return

    assert change.fully_known or change.unknown


def test_moderate_nesting_is_read() -> None:
    """Limits are for attacks: sixty levels of subqueries and a sum of a hundred terms are read in full."""
    nested = "SELECT * FROM " + "(SELECT * FROM " * 60 + "t" + ") x" * 60
    long = "SELECT " + " + ".join(["a"] * 100) + " FROM t WHERE " + " OR ".join(["b = 1"] * 300)

    assert all(read(sql, dialect).fully_known for sql in (nested, long) for dialect in DIALECTS)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_more_statements_than_the_limit_are_said_to_be_unread(dialect: str) -> None:
    """What lies beyond the limit makes the change unknown."""
    change = read("SELECT 1;" * 20_001, dialect)

    assert change.degraded
    assert not change.fully_known


def test_a_batch_that_ends_inside_a_function_body_is_read_in_one_piece() -> None:
    """Where the quick split disagrees with the grammar, the grammar wins, also in a script of many pages."""
    body = "CREATE FUNCTION f() RETURNS void BEGIN ATOMIC DELETE FROM a; DELETE FROM b; END;"
    change = read("SELECT 1;" * 9000 + body + "DELETE FROM c")

    assert change.fully_known
    assert [(effect.verb, effect.resource.name) for effect in change.effects] == [("create", "f"), ("delete", "c")]


def test_a_subquery_is_described_once_however_many_queries_stand_around_it() -> None:
    """Each query around one asks what it lists; a deep nest of them took seconds when each was worked out anew."""
    [tree] = parse("SELECT id FROM t")
    select = tree["SelectStmt"]
    query = parse_one("SELECT id FROM t")

    assert postgres_terms.describe(select, exists=False) is postgres_terms.describe(select, exists=False)
    assert glot_terms.describe(query, exists=True) is glot_terms.describe(query, exists=True)
    assert postgres_terms.describe(select, exists=True) != postgres_terms.describe(select, exists=False)


def test_nothing_of_a_script_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The parser behind MySQL and SQLite warns about paths that it does not understand, and quotes them."""
    read("SELECT a->'$.' FROM t", "mysql")

    assert caplog.records == []
