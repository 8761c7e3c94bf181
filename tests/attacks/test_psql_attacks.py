"""Attacks through scripts for psql: what looks like data but runs, and what looks like a comment but acts."""

from __future__ import annotations

import pytest

from interlock.model.change import Change
from interlock.read.sql.reader import reader


def read(sql: str) -> Change:
    return reader(sql.encode(), "postgres", "production").change


@pytest.mark.parametrize(
    "script",
    [
        "-- copy x from stdin;\nDROP TABLE users;\n\\.\n",
        "/* copy x from stdin;\n */ DROP TABLE users;\n\\.\n",
        "SELECT 'copy x from stdin;\n';\nDROP TABLE users;\n\\.\n",
        "SELECT $$copy x from stdin;\n$$;\nDROP TABLE users;\n\\.\n",
        'SELECT 1 AS "copy x from stdin;\n";\nDROP TABLE users;\n\\.\n',
        "SELECT E'\\'copy x from stdin;\n';\nDROP TABLE users;\n\\.\n",
        "SELECT E'a'\n'\\'copy x from stdin;\n';\nDROP TABLE users;\n\\.\n",
        "COPY x TO stdout;\nDROP TABLE users;\n\\.\n",
        "COPY x FROM '/tmp/stdin';\nDROP TABLE users;\n\\.\n",
        "\\echo copy x from stdin;\nDROP TABLE users;\n\\.\n",
        "COPY x FROM stdin;\n1\n\\.\nDROP TABLE users;\n\\.\n",
        "COPY x FROM stdin;\r\n1\r\n\\.\r\nDROP TABLE users;\r\n",
        "COPY x FROM stdin\\; COPY y FROM stdin;\n1\n\\.\n2\n\\.\nDROP TABLE users;\n",
        "\\echo hi \\\\ DROP TABLE users;",
        "\\echo 'hi' \\echo 'you' \\\\ DROP TABLE users;",
        "DROP TABLE users \\g\n",
        "SELECT 1 \\echo DROP TABLE users;\nFROM t; DROP TABLE users;\n",
        "SELECT 1 \\; DROP TABLE users;",
        "DROP \\echo x\nTABLE users;",
        "SELECT 1 /* \\r */; DROP TABLE users \\g\n",
        "\\set t users\nDROP TABLE :t;",
        "\\set x 'DROP'\nSELECT ':x'; DROP TABLE users; \\echo",
        "\\copy (DELETE FROM t RETURNING *) TO stdout ; DROP TABLE users",
    ],
)
def test_what_a_client_would_send_is_read(script: str) -> None:
    """Neither a comment, a string nor a command of the client hides a statement."""
    dropped = [effect.resource.name for effect in read(script).effects if effect.cause == "drop table"]

    assert dropped == ["users"]


@pytest.mark.parametrize(
    "script",
    [
        "COPY x FROM stdin;\nDROP TABLE users;\n\\.\n",
        "COPY x FROM stdin;\nits; DROP TABLE users; --\n\\.\n",
        "COPY x FROM stdin;\nWITH a AS (DELETE FROM users RETURNING *)\n\\.\nSELECT 1;\n",
        "COPY x FROM stdin;\nit's\n\\.\nINSERT INTO t VALUES ('; DROP TABLE users; --');\n",
        "COPY x FROM stdin;\n1\t\\! rm -rf /\n\\.\n",
        "COPY x FROM stdin;\n1\t\\i /tmp/x.sql\n\\.\n",
        "COPY x FROM stdin;\n1\t\\echo `rm -rf /`\n\\.\n",
        "COPY x FROM stdin;\n1\t\\r DROP TABLE users\\g\n\\.\n",
        "\\copy x from stdin;\nDROP TABLE users;\n\\.\n",
        "COPY x FROM stdin; SELECT 1;\nDROP TABLE users;\n\\.\n",
        "\\if false\nCOPY x FROM stdin;\n\\endif\nDROP TABLE users;\n\\.\n",
        "\\set SINGLELINE on\nDELETE FROM t\nWHERE id = 1;\n",
        "\\set 'SINGLELINE' on\nDELETE FROM t\nWHERE id = 1;\n",
        "\\set 'SINGLE\\114INE' on\nDELETE FROM t\nWHERE id = 1;\n",
        "\\set w '1 or true'\nDELETE FROM t WHERE id = :w;",
        "\\set w 1 or true\nDELETE FROM t WHERE id = :w;",
        "\\set w 1\n\\unset w\nDELETE FROM t WHERE id = :w;",
        "\\set w 1\nSELECT '1 or true' AS w \\gset\nDELETE FROM t WHERE id = :w;",
        "\\set w 1\n\\prompt w\nDELETE FROM t WHERE id = :w;",
        "\\set w 1\n\\if false\n\\endif\nDELETE FROM t WHERE id = :w;",
        'SELECT * FROM :"t";',
        "DELETE FROM t WHERE id = :id;",
        "SELECT 'DROP TABLE ' || t FROM x \\gexec\n",
        "\\i other.sql\n",
        "\\ir other.sql\n",
        "\\connect - postgres\nSELECT 1;",
        "\\setenv PAGER 'rm -rf /'\n",
        "\\lo_unlink 1\n",
        "\\password postgres\n",
        "\\encoding SJIS\nSELECT 1;",
        "\\e\n",
        "\\never_heard_of\n",
        "SELECT 1 \\watch 1\n",
    ],
)
def test_what_a_client_might_do_is_unknown(script: str) -> None:
    """Rows that would run did the COPY fail, unseen files, values and branches: none of that can be allowed."""
    assert not read(script).fully_known


@pytest.mark.parametrize(
    "script",
    [
        "\\! rm -rf /",
        "\\!rm",
        "SELECT 1;\\! rm -rf /\n",
        "SELECT 1 \\g | rm -rf /\n",
        "\\o | rm -rf /\nSELECT 1;\n",
        "\\set x `rm -rf /`\n",
        "\\echo a`rm -rf /`\n",
        "\\timing `rm -rf /`\n",
        "\\copy t to program 'rm -rf /'",
        "\\copy (select $$) to program 'rm'$$) to stdout",
    ],
)
def test_a_program_of_the_client_is_named(script: str) -> None:
    """It runs with the rights of whoever runs psql, and nothing here can tell what it does."""
    change = read(script)

    assert "sql.program" in {effect.resource.type for effect in change.effects if "runs-code" in effect.traits}
    assert not change.fully_known


def test_no_row_is_in_what_is_said() -> None:
    """Data of a dump is counted; it is in no effect, name or warning."""
    secret = "COPY x (a, b) FROM stdin;\n1\thunter2\n2\thunter2; DROP TABLE hunter2;\n\\.\n"

    assert "hunter2" not in repr(read(secret))


@pytest.mark.parametrize("script", ["\\copy users TO '/tmp/x'", "SELECT * FROM users \\g /tmp/x\n"])
def test_what_a_client_writes_to_a_file_leaves_the_target(script: str) -> None:
    """The rows then lie where nobody guards them."""
    assert any("leaves-target" in effect.traits for effect in read(script).effects)


@pytest.mark.parametrize("rest", ["DELETE FROM users;", "TRUNCATE users;", "DROP TABLE users;"])
def test_a_temporary_table_of_a_script_for_a_client_may_not_be_there(rest: str) -> None:
    """psql goes on after an error: where making it failed, the name means the real table."""
    effects = read(f"\\echo x\nCREATE TEMP TABLE users AS SELECT 1 / 0 AS id;\n{rest}\n").effects

    assert effects[-1].choice == "all" or "loses-data" in effects[-1].traits
