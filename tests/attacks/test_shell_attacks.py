"""Attacks through scripts for the sqlite3 shell and the clients of MySQL: what a line means to them alone."""

from __future__ import annotations

import pytest

from interlock.model.change import Change
from interlock.read.sql.reader import reader


def read(sql: str, dialect: str) -> Change:
    return reader(sql.encode(), dialect, "production").change


@pytest.mark.parametrize(
    ("dialect", "script"),
    [
        ("sqlite", ".print '\nDROP TABLE users;\n.print '"),
        ("sqlite", ".print /*\nDROP TABLE users;\n.print */"),
        ("sqlite", "SELECT 1; -- x\n.print '\nDROP TABLE users;"),
        ("sqlite", "SELECT ';'\n; DROP TABLE users;"),
        ("sqlite", ".headers on\nDROP TABLE users;"),
        ("sqlite", " .print x; DROP TABLE users;"),
        ("mysql", "/*M!999999\\- x */ DROP TABLE users;"),
        ("mysql", "/*!80016 INVISIBLE */; DROP TABLE users;"),
        ("mysql", "/*!80016 INVISIBLE; DROP TABLE users */;"),
    ],
)
def test_a_line_of_a_client_hides_no_statement(dialect: str, script: str) -> None:
    """It ends with its line; a comment for some servers ends where each of them ends it."""
    change = read(script, dialect)

    assert "users" in {effect.resource.name for effect in change.effects if effect.verb == "delete"}


@pytest.mark.parametrize(
    ("dialect", "script"),
    [
        ("sqlite", "UPDATE t SET a = 10\n/\nid WHERE id = 1;"),
        ("sqlite", "DELETE FROM t\n  GO  \nWHERE id = 1;"),
        ("sqlite", ".output |rm -rf /\nSELECT 1;"),
        ("sqlite", ".once |rm -rf /"),
        ("sqlite", ".read |curl x"),
        ("sqlite", ".read x.sql"),
        ("sqlite", ".import '|rm -rf /' t"),
        ("sqlite", ".import |rm t"),
        ("sqlite", ".restore x.db"),
        ("sqlite", ".open x.db\nSELECT 1;"),
        ("sqlite", ".parameter set @a 1"),
        ("sqlite", ".excel"),
        ("sqlite", ".tablesx"),
        ("mysql", "/*!80016 INVISIBLE; DROP TABLE users */;"),
        ("mysql", "/*M!100616 DROP TABLE users */;"),
        ("mysql", "/*M!999999\\- /* x */ DROP TABLE users; /* */ */"),
        ("mysql", "/*M!999999 /* */ */"),
        ("mysql", "SELECT nextval(name) FROM counters"),
        ("mysql", "INSERT INTO t (a, b) VALUES (1, nextval(a))"),
        ("mysql", "SELECT nextval('s')"),
        ("mysql", "SELECT nextval((SELECT 1))"),
    ],
)
def test_what_a_client_or_only_one_server_would_do_is_unknown(dialect: str, script: str) -> None:
    """Lines that end a statement for the shell alone, programs, unseen files, and names that could be anything."""
    assert not read(script, dialect).fully_known


@pytest.mark.parametrize(
    ("dialect", "where"),
    [
        ("postgres", "created_at::date <> created_at"),
        ("postgres", "NOT (created_at::date = created_at)"),
        ("postgres", "data[1] <> data[2]"),
        ("postgres", "a < ALL (b) AND NOT (a > ALL (b))"),
        ("mysql", "date(a) <> a"),
        ("mysql", "CAST(a AS DATE) <> a"),
        ("mysql", "0x41 <> 0x0041"),
        ("mysql", "x'01' <> x'02'"),
        ("sqlite", "date(a) <> a"),
    ],
)
def test_two_things_that_look_alike_in_part_are_not_taken_for_equal(dialect: str, where: str) -> None:
    """A condition is never true only where all of it was looked into; else it would count as touching no row."""
    effects = read(f"DELETE FROM t WHERE {where}", dialect).effects

    assert [effect.count for effect in effects if effect.verb == "delete"] == [None]


def test_history_that_is_deleted_names_its_table() -> None:
    """MariaDB's DELETE HISTORY takes old versions of rows away for good; it is no table called history."""
    found = [(one.resource.name, one.choice, one.traits) for one in read("DELETE HISTORY FROM t", "mysql").effects]

    assert found == [("t", "all", ("loses-data",))]
