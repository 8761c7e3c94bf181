"""The scanner of psql's scripts against psql itself: what it drops, the reader has seen or called unknown."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from interlock.errors import BadProposal
from interlock.read.sql.reader import reader
from interlock.testing.postgres import Postgres

PSQL = shutil.which("psql")
FRESH = """
CREATE SCHEMA IF NOT EXISTS psql_client;
DROP TABLE IF EXISTS users, x;
DROP FUNCTION IF EXISTS f();
CREATE TABLE users (id int);
CREATE TABLE x (a text);
"""
#: Scripts that drop the table `users` in psql, or look as if they did.
SCRIPTS = [
    "COPY x FROM stdin;\n1\n\\.\nDROP TABLE users;\n",
    "COPY nosuch FROM stdin;\nDROP TABLE users;\n\\.\n",
    "COPY nosuch FROM stdin;\nit's\n\\.\nSELECT '; DROP TABLE users; --';\n",
    "COPY x FROM stdin\\; COPY x FROM stdin;\n1\n\\.\n2\n\\.\nDROP TABLE users;\n",
    "COPY x FROM stdin \\g\n1\n\\.\nDROP TABLE users;",
    "COPY x FROM stdin; DROP TABLE users;\n1\n\\.\n",
    "COPY x FROM stdin;\n1\n\\. \n\\.\nDROP TABLE users;\n",
    "COPY x FROM stdin;\nDROP TABLE users;\n\\.\n",
    "SELECT (1;\nCOPY x FROM stdin;\n1\n\\.\n); DROP TABLE users;",
    "-- copy x from stdin;\nDROP TABLE users;\n\\.\n",
    "SELECT $$copy x from stdin;\n$$;\nDROP TABLE users;\n\\.\n",
    "SELECT E'a'\n'\\'copy x from stdin;\n';\nDROP TABLE users;\n\\.\n",
    "\\copy (SELECT 1) TO stdout ; DROP TABLE users",
    "\\copy x from stdin;\nDROP TABLE users;\n\\.\n",
    "\\if false\nCOPY x FROM stdin;\n\\endif\nDROP TABLE users;\n\\.\n",
    "\\if false\nDROP TABLE users;\n\\endif\n",
    "\\echo hi \\\\ DROP TABLE users;",
    "\\echo 'a \\\\ b' \\\\ DROP TABLE users;",
    "\\echo a;DROP TABLE users;",
    "\\pset pager off DROP TABLE users;\n",
    "\\x \\\\DROP TABLE users;",
    "\\set t users\nDROP TABLE :t;",
    "\\set t 'users; DROP TABLE users'\nSELECT :t;",
    "\\set x 'a\nDROP TABLE users;\n'",
    "\\set SINGLELINE on\nDROP TABLE users\n;",
    "DROP \\echo x\nTABLE users;",
    "DROP TABLE users \\r\nSELECT 1;",
    "SELECT 1 \\; DROP TABLE users;",
    "SELECT 1\\gx\\\\DROP TABLE users;",
    "SELECT 'DROP TABLE users' \\gexec\n",
    'SELECT 1 AS "a\n\\"; DROP TABLE users;',
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END;"
    " DROP TABLE users;\\echo",
]


@pytest.mark.skipif(PSQL is None, reason="psql is not installed")
@pytest.mark.parametrize("script", SCRIPTS)
def test_what_psql_drops_was_seen(postgres: Postgres, script: str) -> None:
    """Where the table is gone afterwards, the reading names the drop or is not fully known, or refuses the script."""
    ran = _psql(postgres, "-q", "-f", "-", script=FRESH)
    _psql(postgres, "-q", "-f", "-", script=script)
    gone = _psql(postgres, "-At", "-c", "SELECT to_regclass('users') IS NULL").stdout.strip() == "t"
    try:
        change = reader(script.encode(), "postgres", "").change
        seen = any(effect.cause == "drop table" for effect in change.effects) or not change.fully_known
    except BadProposal:
        seen = True

    assert ran.returncode == 0
    assert seen or not gone


def _psql(postgres: Postgres, *arguments: str, script: str = "") -> subprocess.CompletedProcess[str]:
    line = [PSQL or "psql", "-X", postgres.url, *arguments]
    around = os.environ | {"PGOPTIONS": "-c search_path=psql_client"}
    return subprocess.run(line, input=script, text=True, capture_output=True, timeout=30, check=False, env=around)
