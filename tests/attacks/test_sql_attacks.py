"""Stories of scripts that want to be taken for less than they are."""

from __future__ import annotations

import pytest

from interlock.errors import BadProposal
from interlock.model.change import Change
from interlock.read.sql.reader import reader

EVERY = reader.dialects


def read(sql: str, dialect: str = "postgres") -> Change:
    return reader(sql.encode(), dialect, "production").change


def drops(change: Change, table: str) -> bool:
    return any(
        effect.verb == "delete" and effect.resource.name == table and "loses-data" in effect.traits
        for effect in change.effects
    )


def wipes(change: Change, table: str) -> bool:
    return any(
        effect.verb in ("delete", "update") and effect.resource.name == table and effect.choice == "all"
        for effect in change.effects
    )


HIDDEN_FROM_POSTGRES = {
    "after a dollar quote": "SELECT $x$ ; $x$; DROP TABLE users",
    "after a tagged dollar quote that holds another": "SELECT $a$ $b$ $a$; DROP TABLE users; SELECT $b$ $b$",
    "after an escape string": r"SELECT E'\'; SELECT 1; --'; DROP TABLE users",
    "after a plain string that ends in a backslash": r"SELECT '\'; DROP TABLE users; --'",
    "after nested comments": "/* /* */ SELECT 1; */ DROP TABLE users",
    "in upper and lower case": "dRoP\n\ttAbLe\nuSeRs",
    "behind a line comment with a carriage return": "SELECT 1; --x\rDROP TABLE users",
    "with its name in unicode escapes": 'DROP TABLE U&"\\0075sers"',
    "with its name quoted": 'DROP TABLE "users"',
    "behind a byte order mark": "\ufeffDROP TABLE users",
    "in a DO block": "DO $$ BEGIN DROP TABLE users; END $$",
    "in a DO block within a DO block's quotes": "DO $a$ BEGIN PERFORM $b$ DROP TABLE a $b$; DROP TABLE users; END $a$",
    "prepared and executed": "PREPARE p AS SELECT 1; DROP TABLE users; EXECUTE p",
    "in a schema's elements": "CREATE SCHEMA s CREATE TABLE t (a int); DROP TABLE users",
    "after a function with a body": "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; DROP TABLE users",
    "after a copy from standard input": "COPY t FROM STDIN;\n1\tDROP\n\\.\nDROP TABLE users;",
}


@pytest.mark.parametrize("where", HIDDEN_FROM_POSTGRES)
def test_a_drop_that_hides_from_a_reader_of_postgres_is_found(where: str) -> None:
    """The server's own grammar decides where a statement begins."""
    assert drops(read(HIDDEN_FROM_POSTGRES[where]), "users")


HIDDEN_FROM_MYSQL = {
    "in an executable comment": "/*! DROP TABLE users */",
    "in an executable comment with a version": "/*!50701 DROP TABLE users */",
    "cut up by executable comments": "/*!50000 DROP */ /*!50000 TABLE */ users",
    "behind a plain comment that seems nested": "/* /* */ DROP TABLE users; -- */",
    "after a string with an escaped quote": r"SELECT 'a\'; SELECT 1; -- '; DROP TABLE users",
    "after a string in double quotes": 'SELECT "; -- "; DROP TABLE users',
    "after two dashes that are no comment": "SELECT 1--1; DROP TABLE users",
    "after a hash comment": "SELECT 1 # ;\n; DROP TABLE users",
    "after the client's own end of a statement": "SELECT 1\\G DROP TABLE users",
    "after a trigger that is called begin": (
        "CREATE TRIGGER begin AFTER INSERT ON t FOR EACH ROW SET @a = 1; DROP TABLE users"
    ),
    "after a procedure whose column is called begin": (
        "CREATE PROCEDURE p() BEGIN SELECT CASE WHEN a THEN begin + 1 ELSE 2 END FROM t; END; DROP TABLE users"
    ),
    "after a table with such columns": "CREATE TABLE t (`trigger` int, begin int); DROP TABLE users",
    "in a text that is prepared": "PREPARE p FROM 'DROP TABLE users'",
    "in backquotes": "DROP TABLE `users`",
}


@pytest.mark.parametrize("where", HIDDEN_FROM_MYSQL)
def test_a_drop_that_hides_from_a_reader_of_mysql_is_found(where: str) -> None:
    """Our lexer follows the server's rules, not sqlglot's."""
    assert drops(read(HIDDEN_FROM_MYSQL[where], "mysql"), "users")


HIDDEN_FROM_SQLITE = {
    "after a string that ends in a backslash": r"SELECT '\'; DROP TABLE users; --'",
    "after a comment that seems nested": "/* /* */ DROP TABLE users; -- */",
    "in square brackets": "DROP TABLE [users]",
    "as a text": "DROP TABLE 'users'",
    "in the main schema": "DROP TABLE MAIN.Users",
    "after a trigger": "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; END; DROP TABLE users",
    "after a table with columns called trigger and begin": "CREATE TABLE t (trigger, begin); DROP TABLE users; END",
    "after a trigger called begin": "CREATE TRIGGER begin AFTER INSERT ON t BEGIN SELECT 1; END; DROP TABLE users",
    "behind two dashes without a blank": "SELECT 1--1\n; DROP TABLE users",
}


@pytest.mark.parametrize("where", HIDDEN_FROM_SQLITE)
def test_a_drop_that_hides_from_a_reader_of_sqlite_is_found(where: str) -> None:
    """Our lexer follows SQLite's rules."""
    assert drops(read(HIDDEN_FROM_SQLITE[where], "sqlite"), "users")


@pytest.mark.parametrize("dialect", EVERY)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'DROP TABLE users'", "SELECT 1 -- ; DROP TABLE users", "SELECT 1 /* ; DROP TABLE users */",
        "SELECT '; DROP TABLE users; --'", "SELECT 'a''; DROP TABLE users; --'", 'SELECT 1 AS "; DROP TABLE users"',
    ],
)  # fmt: skip
def test_what_only_looks_like_a_drop_is_none(sql: str, dialect: str) -> None:
    """Texts, comments and names are no statements."""
    change = read(sql, dialect)

    assert change.fully_known
    assert all(effect.verb == "read" for effect in change.effects)


@pytest.mark.parametrize("dialect", EVERY)
def test_a_table_that_only_looks_like_another_keeps_its_own_name(dialect: str) -> None:
    """A Cyrillic letter or an invisible one makes another table, and the change shows it."""
    cyrillic, invisible = "us\u0435rs", "us\u200bers"
    named = {effect.resource.name for effect in read(f"DROP TABLE {cyrillic}; DROP TABLE {invisible}", dialect).effects}

    assert named == {cyrillic, invisible}


def test_a_name_with_a_dot_is_not_a_table_of_a_schema() -> None:
    """`"a.b"` and `a.b` are two tables, in the change as at the server."""
    quoted, plain = (read(f"DROP TABLE {name}").effects[0].resource.name for name in ('"a.b"', "a.b"))

    assert (quoted, plain) == ('"a.b"', "a.b")


def test_a_built_in_function_that_the_script_redefines_is_not_believed() -> None:
    """After CREATE FUNCTION lower, or with another schema before pg_catalog, `lower` can be anything."""
    for script in (
        "CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS 'x'; SELECT lower('A')",
        "SET search_path = evil, pg_catalog; SELECT lower('A')",
        "SELECT set_config('search_path', 'evil, pg_catalog', false); SELECT lower('A')",
        "SELECT evil.lower('A')",
    ):
        assert not read(script).fully_known


def test_a_temporary_table_is_no_cover_for_a_real_one() -> None:
    """Only the very table that the script made is let go: not once it is gone, and not in another schema."""
    harmless = read("CREATE TEMP TABLE users (a int); DELETE FROM users; DROP TABLE users")

    assert not wipes(harmless, "users")
    assert not drops(harmless, "users")
    for script in (
        "CREATE TEMP TABLE users (a int); DROP TABLE users; DROP TABLE users",
        "CREATE TEMP TABLE users (a int); ROLLBACK; DROP TABLE users",
        "CREATE TEMP TABLE users (a int); ALTER TABLE users RENAME TO x; DROP TABLE users",
        "CREATE TEMP TABLE users (a int); DISCARD ALL; DROP TABLE users",
    ):
        assert drops(read(script), "users")
    assert drops(read("CREATE TEMP TABLE users (a int); DROP TABLE public.users"), "public.users")


@pytest.mark.parametrize("dialect", EVERY)
def test_the_end_of_a_transaction_is_never_silent(dialect: str) -> None:
    """COMMIT and ROLLBACK would end the transaction that we wrap around a script, so they are always said."""
    update = "UPDATE t SET a = 1 WHERE id = 1"
    for script in (
        f"COMMIT; {update}",
        "ROLLBACK",
        "COMMIT",
        f"BEGIN; {update}; COMMIT",
        f"BEGIN; SELECT 1; COMMIT; {update}; COMMIT",
        f"{update}; BEGIN; SELECT 1; COMMIT; ROLLBACK",
    ):
        assert any("ends-transaction" in effect.traits for effect in read(script, dialect).effects), script


@pytest.mark.parametrize("dialect", EVERY)
def test_a_transaction_that_a_script_opened_only_to_read_in_ends_nothing(dialect: str) -> None:
    for script in ("BEGIN; SELECT 1; COMMIT", "BEGIN; SELECT 1; ROLLBACK; BEGIN; SELECT 2; COMMIT"):
        assert {effect.verb for effect in read(script, dialect).effects} == {"read"}


def test_definitions_in_mysql_say_that_they_commit() -> None:
    """A DROP between two updates makes the first one permanent."""
    change = read("UPDATE t SET a = 1 WHERE id = 1; DROP VIEW v; UPDATE t SET a = 2 WHERE id = 2", "mysql")

    assert {"ends-transaction", "not-transactional"} <= set(change.effects[1].traits)


@pytest.mark.parametrize(
    "script",
    [
        "SET TRANSACTION READ WRITE", "BEGIN READ WRITE", "SET transaction_read_only = off",
        "SET default_transaction_read_only TO off", "SELECT set_config('transaction_read_only', 'off', false)",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    ],
)  # fmt: skip
def test_leaving_read_only_is_an_effect(script: str) -> None:
    """A session that may only read must not talk itself out of it."""
    assert any("loses-protection" in effect.traits for effect in read(script).effects)


def test_a_password_is_in_no_effect() -> None:
    """What a change says is stored and shown; secrets of the script are not in it."""
    scripts = [
        ("postgres", "CREATE ROLE a PASSWORD 'hunter2'; ALTER ROLE a PASSWORD 'hunter2'"),
        ("postgres", "SELECT dblink_connect('host=x password=hunter2')"),
        ("postgres", "CREATE SUBSCRIPTION s CONNECTION 'password=hunter2' PUBLICATION p"),
        ("postgres", "CREATE USER MAPPING FOR a SERVER s OPTIONS (password 'hunter2')"),
        ("mysql", "CREATE USER a IDENTIFIED BY 'hunter2'"),
        ("mysql", "SET PASSWORD FOR a = 'hunter2'"),
        ("mysql", "ALTER USER a IDENTIFIED BY 'hunter2'"),
        ("mysql", "GRANT ALL ON *.* TO a IDENTIFIED BY 'hunter2'"),
        ("mysql", "CHANGE MASTER TO MASTER_PASSWORD = 'hunter2'"),
    ]
    for dialect, script in scripts:
        assert "hunter2" not in repr(read(script, dialect))


@pytest.mark.parametrize(
    "script", ["\\! rm -rf /", "SELECT 1;\n\\copy users TO program 'x'\nSELECT 2;", "SELECT 'DROP TABLE x' \\gexec"]
)
def test_commands_of_the_psql_client_are_unknown(script: str) -> None:
    """They start programs and write files where psql runs; the server never sees them."""
    assert not read(script).fully_known


@pytest.mark.parametrize(
    ("dialect", "script"),
    [("mysql", "SELECT 1; DELIMITER $$"),
     ("mysql", "DELIMITER '\nSELECT 1'"), ("mysql", "\\! rm -rf /"), ("sqlite", ".shell rm -rf /"),
     ("sqlite", "SELECT 1;\n.load x"), ("sqlite", "SELECT 1;\n.import 'x y' t")],
)  # fmt: skip
def test_commands_of_other_clients_are_unknown(dialect: str, script: str) -> None:
    """So are those of mysql and sqlite3."""
    assert not read(script, dialect).fully_known


@pytest.mark.parametrize(
    "script",
    [
        "DELIMITER $$\nDROP TABLE users$$",
        "DELIMITER //\nSELECT 1; DROP TABLE users//",
        "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; END$$DROP TABLE users$$",
        "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; $$ DROP TABLE users$$",
        "delimiter |\nCREATE PROCEDURE p() BEGIN SELECT '|'; END|DROP TABLE users|\ndelimiter ;",
    ],
)
def test_a_delimiter_of_the_client_hides_no_statement(script: str) -> None:
    """What the client would send after a body is no part of the body, and a semicolon ends a statement all the same."""
    dropped = [effect.resource.name for effect in read(script, "mysql").effects if effect.verb == "delete"]

    assert dropped == ["users"]


def test_a_text_with_two_readings_is_unknown_in_mysql() -> None:
    """Where NO_BACKSLASH_ESCAPES would make another statement of it, the text cannot be believed."""
    assert not read(r"SELECT * FROM t WHERE a = '\' OR 1 = 1 -- '", "mysql").fully_known
    assert read(r"INSERT INTO t VALUES ('it\'s')", "mysql").fully_known


def test_a_count_is_not_claimed_for_what_may_run_again() -> None:
    """An insert of one row in a loop is not one row."""
    change = read("DO $$ BEGIN FOR i IN 1..1000000 LOOP INSERT INTO t VALUES (i); END LOOP; END $$")

    assert [effect.count for effect in change.effects] == [None]


@pytest.mark.parametrize("dialect", EVERY)
def test_a_script_that_no_server_would_run_is_refused_or_unknown(dialect: str) -> None:
    """It is never taken for a script that does nothing."""
    for script in ("DROP TABLE", "DELETE users WHERE", "DROP DROP TABLE users", "UPDATE SET WHERE"):
        try:
            change = read(script, dialect)
        except BadProposal:
            continue
        assert change.unknown or change.effects


@pytest.mark.parametrize(
    "sql",
    [
        "/*" * 10_000,
        "/**/" * 5_000 + "DROP TABLE users",
        "SELECT " + "+" * 10_000 + "1",
        "SELECT 1 " + "-+" * 5_000 + " 1",
        "SELECT 1; " + ("/*" * 400 + " ") * 200,
    ],
)
def test_what_would_keep_the_scanner_busy_for_its_square_is_unknown(sql: str) -> None:
    change = read(sql)

    assert not change.fully_known
    assert change.effects


@pytest.mark.parametrize(
    "sql",
    [
        "/" + "*" * 20_000 + "/ SELECT 1",
        "-" * 20_000 + "\nSELECT 1",
        ("-" * 100 + "\n") * 2_000 + "SELECT 1",
        ("/*" + "=" * 100 + "*/\n") * 2_000 + "SELECT 1",
        "/*" * 500 + " x " + "*/" * 500 + "SELECT 1",
    ],
)
def test_comments_that_are_long_or_many_are_read(sql: str) -> None:
    assert read(sql).fully_known


@pytest.mark.parametrize("dialect", ["mysql", "sqlite"])
def test_very_many_queries_of_one_with_are_read_and_hide_no_table(dialect: str) -> None:
    """Each name was looked up in all of them, walked anew: six thousand took half a minute."""
    chain = ", ".join(f"c{i} AS (SELECT * FROM c{i - 1})" for i in range(1, 4_000))
    change = read(f"WITH {chain} SELECT * FROM c3999", dialect)

    assert [effect.resource.name for effect in change.effects] == ["c0"]


@pytest.mark.parametrize("dialect", EVERY)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'hunter2' 'x' FROM",
        "SELECT 1 FROM 'hunter2'",
        "SELECT 'hunter2",
        'SELECT "hunter2',
        "SELECT $$hunter2",
        "ALTER USER a PASSWORD 'hunter2' FOR",
        "SELECT " + "hunter2" * 20 + " FROM FROM 'hunter2",
    ],
)
def test_what_is_wrong_with_a_script_is_said_without_its_literals(sql: str, dialect: str) -> None:
    """The message is recorded as it is; the payload is sealed."""
    try:
        read(sql, dialect)
    except BadProposal as error:
        assert "hunter2" not in str(error)


def test_a_word_that_the_server_would_stumble_on_is_named() -> None:
    with pytest.raises(BadProposal, match=r'at or near "from"'):
        read("SELECT from from")
