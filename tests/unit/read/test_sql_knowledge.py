"""What is known of statements, functions and settings: complete where it can be, and without contradiction."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import get_args

import apsw
import pytest
from postgast import pg_query_pb2

from interlock.model.change import Aspect, Choice, Trait, Verb
from interlock.read.sql.known import functions, keywords, settings
from interlock.read.sql.postgres.objects import _MADE
from interlock.read.sql.postgres.reader import _handlers

DIALECTS = ("postgres", "mysql", "sqlite")

#: Statement nodes that the grammar never gives as a statement by itself.
INNER = {
    "RawStmt", "SetOperationStmt", "ReturnStmt", "PLAssignStmt", "ReplicaIdentityStmt",
}  # fmt: skip


def test_every_statement_of_the_grammar_is_modelled() -> None:
    """No statement of PostgreSQL 18 is left to be unknown for want of a handler."""
    grammar = {name for name in pg_query_pb2.DESCRIPTOR.message_types_by_name if name.endswith("Stmt")}

    assert grammar - INNER == set(_handlers())


def test_every_alter_table_command_is_modelled_or_never_written() -> None:
    """Each subtype that ALTER TABLE's grammar can give has its effect; the rest are the server's own steps."""
    from interlock.read.sql.postgres.tables import _COMMANDS

    subtypes = set(pg_query_pb2.DESCRIPTOR.enum_types_by_name["AlterTableType"].values_by_name)
    handled = {"AT_AddColumn", "AT_DropColumn", "AT_AlterColumnType", "AT_AddConstraint"}
    internal = {
        "ALTER_TABLE_TYPE_UNDEFINED", "AT_AddColumnToView", "AT_CookedColumnDefault", "AT_CheckNotNull",
        "AT_AddIndex", "AT_ReAddIndex", "AT_ReAddConstraint", "AT_ReAddDomainConstraint", "AT_AddIndexConstraint",
        "AT_ReAddComment", "AT_ReplaceRelOptions", "AT_ReAddStatistics",
    }  # fmt: skip

    assert subtypes - internal == set(_COMMANDS) | handled


def test_the_table_of_made_things_uses_our_verbs() -> None:
    """Its verbs are strings; each is one of ours."""
    assert {rule.verb for rule in _MADE.values()} <= set(get_args(Verb))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_function_is_either_harmless_or_has_an_effect(dialect: str) -> None:
    """No name stands in two groups, and none in a group and among the harmless ones."""
    from importlib.resources import files

    text = (files("interlock.read.sql") / "knowledge" / f"{dialect}_harmless.txt").read_text("utf-8")
    words = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
    known = functions(dialect)

    assert len(words) == len(set(words))
    assert not set(words) & set(known.effects)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_functions_do_is_said_in_our_words(dialect: str) -> None:
    """Verbs, aspects, choices and traits are those of the model, and each group says its cause."""
    for group in functions(dialect).effects.values():
        assert group.cause
        assert group.verb in get_args(Verb)
        assert group.aspect in get_args(Aspect)
        assert group.choice in get_args(Choice)
        assert set(group.traits) <= set(get_args(Trait))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_setting_is_in_one_list_only(dialect: str) -> None:
    """What protects is not harmless, and every value that keeps belongs to a setting that protects."""
    known = settings(dialect)

    assert not known.harmless & known.protects.keys()
    assert not known.harmless & known.changes.keys()
    assert known.keeps.keys() <= known.protects.keys()


def test_every_function_of_sqlite_is_known() -> None:
    """SQLite as it ships with apsw brings no function that was not reviewed."""
    connection = apsw.Connection(":memory:")
    shipped = {str(name) for (name,) in connection.execute("SELECT name FROM pragma_function_list")}
    connection.close()
    known = functions("sqlite")

    assert {name for name in shipped if name.isidentifier()} - known.harmless - known.effects.keys() == set()


def test_every_pragma_of_sqlite_is_known() -> None:
    """SQLite as it ships with apsw brings no pragma that was not reviewed."""
    connection = apsw.Connection(":memory:")
    shipped = {str(name) for (name,) in connection.execute("SELECT name FROM pragma_pragma_list")}
    connection.close()
    known = settings("sqlite")

    assert shipped - known.harmless - known.protects.keys() - known.changes.keys() == set()


def test_the_keywords_are_those_of_every_dialect_of_sqlglot() -> None:
    """Whoever updates sqlglot writes the file anew: of what it reads on after, no run may be longer than is said."""
    from sqlglot.dialects.dialect import Dialect

    known = [dialect.tokenizer_class.KEYWORDS for dialect in Dialect.classes.values()]
    words = {word for keys in known for key in keys for word in key.split() if re.fullmatch(r"[\w$]+", word)}

    assert (words | {"IF", "ANY", "PRIOR", "CONNECT_BY_ROOT"}) - {"END"} == keywords()


def test_reading_sql_loads_no_dialect_that_is_not_asked_for() -> None:
    code = (
        "import sys; from interlock.read.readers import reader_for; "
        "reader_for('sql')(b'DELETE FROM orders WHERE ' + b'id = 1 OR ' * 20 + b'id = 2', 'mysql', 'production'); "
        "print('sqlglot.dialects.mysql' in sys.modules, 'sqlglot.dialects.snowflake' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert told == "True False\n"
