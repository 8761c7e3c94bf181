"""Changes of a column's type whose old type the script itself declared: which write the table anew."""

from __future__ import annotations

import pytest

from interlock.read.sql.reader import reader

MADE = "CREATE TABLE t (a varchar(10), b text, n numeric(8,2), i int, r varchar(10)[]); "


def traits(script: str) -> set[str]:
    return set(reader(script.encode(), "postgres", "production").change.effects[-1].traits)


@pytest.mark.parametrize(
    "script",
    [
        "ALTER TABLE t ALTER a TYPE text",
        "ALTER TABLE t ALTER a TYPE varchar",
        "ALTER TABLE t ALTER a TYPE varchar(20)",
        "ALTER TABLE t ALTER b TYPE varchar",
        "ALTER TABLE t ALTER n TYPE numeric(12,2)",
        "ALTER TABLE t ALTER n TYPE numeric",
        "INSERT INTO t (a) VALUES ('x'); ALTER TABLE t ALTER a TYPE varchar(20), ALTER a TYPE text",
    ],
)
def test_a_wider_type_of_the_same_form_is_only_noted(script: str) -> None:
    """The table is locked for a moment and not written anew; no value is lost."""
    found = traits(MADE + script)

    assert "blocks-reads" in found
    assert not found & {"rewrites", "loses-data"}


@pytest.mark.parametrize(
    "script",
    [
        "ALTER TABLE t ALTER a TYPE varchar(5)",
        "ALTER TABLE t ALTER b TYPE varchar(20)",
        "ALTER TABLE t ALTER n TYPE numeric(12,4)",
        "ALTER TABLE t ALTER n TYPE numeric(6,2)",
        "ALTER TABLE t ALTER i TYPE bigint",
        "ALTER TABLE t ALTER r TYPE text[]",
        "ALTER TABLE t ALTER a TYPE text USING a",
        'ALTER TABLE t ALTER a TYPE text COLLATE "C"',
        "ALTER TABLE t ALTER a TYPE varchar(5), ALTER a TYPE text",
        "ALTER TABLE public.t ALTER a TYPE text",
        "ALTER TABLE t DROP a, ADD a int; ALTER TABLE t ALTER a TYPE text",
        "ALTER TABLE t RENAME a TO z; ALTER TABLE t ALTER a TYPE text",
        "ALTER TABLE t RENAME TO u; ALTER TABLE t ALTER a TYPE text",
        "DROP TABLE t; ALTER TABLE t ALTER a TYPE text",
        "SET search_path = x; ALTER TABLE t ALTER a TYPE text",
        "ROLLBACK; ALTER TABLE t ALTER a TYPE text",
        "\\echo x\nALTER TABLE t ALTER a TYPE text;",
    ],
)
def test_any_other_type_or_an_old_one_that_is_not_sure_writes_the_table_anew(script: str) -> None:
    """Narrower, of another form, computed, or of a table that another statement may have put in its place."""
    assert "rewrites" in traits(MADE + script)


@pytest.mark.parametrize(
    "made", ["", "CREATE TABLE IF NOT EXISTS t (a varchar(10));", "DO $$ BEGIN CREATE TABLE t (a varchar(10)); END $$;"]
)
def test_an_old_type_that_the_script_does_not_surely_give_is_not_known(made: str) -> None:
    """The table may have been there before, with another type."""
    assert "rewrites" in traits(f"{made} ALTER TABLE t ALTER a TYPE text")
