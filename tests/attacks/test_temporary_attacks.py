"""Attacks by names: a temporary table of the script is to be taken for the lasting one, or code to be run unseen."""

from __future__ import annotations

import pytest

from interlock.assess.tier import tier_of, tier_of_change
from interlock.model.change import Tier
from interlock.read.sql.reader import reader


def tier(sql: str, dialect: str) -> Tier:
    change = reader(sql.encode(), dialect, "production").change
    return tier_of_change(change, tuple(map(tier_of, change.effects)))


@pytest.mark.parametrize(
    ("dialect", "script"),
    [
        ("postgres", "CREATE TEMP TABLE users (id int) ON COMMIT DROP; DELETE FROM users"),
        ("postgres", "BEGIN; SAVEPOINT a; CREATE TEMP TABLE users (id int); ROLLBACK TO a; DELETE FROM users; COMMIT"),
        ("postgres", "BEGIN; CREATE TEMP TABLE users (id int); PREPARE TRANSACTION 'x'; DELETE FROM users"),
        ("postgres", "SET search_path = public, pg_temp; CREATE TEMP TABLE users (id int); DELETE FROM users"),
        ("postgres", "DO $$ BEGIN IF false THEN CREATE TEMP TABLE users (id int); END IF; DELETE FROM users; END $$"),
        ("postgres", "BEGIN; CREATE TEMP TABLE x (id int); DO $$ BEGIN LOOP DROP TABLE x; END LOOP; END $$; COMMIT"),
        ("mysql", "PREPARE p FROM 'CREATE TEMPORARY TABLE users (id int)'; DELETE FROM users"),
        ("mysql", "CREATE TEMPORARY TABLE users (id int); USE shop2; DELETE FROM users"),
        ("mysql", "CREATE TEMPORARY TABLE tmp_x (id int) ENGINE=MERGE UNION=(users); DELETE FROM tmp_x"),
        ("postgres", "BEGIN; CREATE TEMP TABLE users (id int); ABORT; DELETE FROM users"),
        ("postgres", "BEGIN; CREATE TEMP TABLE users (id int); ROLLBACK AND CHAIN; DELETE FROM users; COMMIT"),
        ("sqlite", "BEGIN; SAVEPOINT a; CREATE TEMP TABLE users (id); ROLLBACK TO a; DELETE FROM users; COMMIT"),
        ("sqlite", "SAVEPOINT a; CREATE TEMP TABLE users (id); ROLLBACK TO a; DELETE FROM users"),
        ("sqlite", "SAVEPOINT a; CREATE TEMP TABLE users (id); INSERT INTO log VALUES (1); DELETE FROM users"),
        ("sqlite", "BEGIN; CREATE TEMP TABLE users (id); INSERT OR ROLLBACK INTO log VALUES (1); DELETE FROM users"),
        ("sqlite", "BEGIN; CREATE TEMP TABLE users (id); INSERT INTO log VALUES (1); DELETE FROM users"),
        ("sqlite", "CREATE TEMP TABLE users (id); DELETE FROM main.users"),
        ("sqlite", "ATTACH 'prod.db' AS m; ATTACH ':memory:' AS m; DELETE FROM m.users"),
    ],
)
def test_the_lasting_table_is_found_behind_a_temporary_name(dialect: str, script: str) -> None:
    """Where the temporary table may not be there any more, or never was, the lasting one is meant."""
    assert tier(script, dialect) == "destroy"


@pytest.mark.parametrize(
    ("dialect", "script"),
    [
        ("postgres", "CREATE TRIGGER t AFTER INSERT ON log EXECUTE FUNCTION wipe(); INSERT INTO log VALUES (1)"),
        ("postgres", "CREATE VIEW v AS SELECT wipe(); SELECT * FROM v"),
        ("postgres", "ALTER TABLE log ALTER a SET DEFAULT wipe(); INSERT INTO log DEFAULT VALUES"),
        ("postgres", "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = wipe); SELECT 1 === 2"),
        ("postgres", "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION wipe(); CREATE TABLE x (a int)"),
        ("mysql", "CREATE TRIGGER t AFTER INSERT ON log FOR EACH ROW DELETE FROM users; INSERT INTO log VALUES (1)"),
        ("mysql", "CREATE EVENT e ON SCHEDULE AT NOW() DO BEGIN DELETE FROM users; END"),
        ("sqlite", "CREATE TRIGGER t AFTER INSERT ON log BEGIN DELETE FROM users; END; INSERT INTO log VALUES (1)"),
    ],
)
def test_code_that_a_script_puts_in_place_does_not_run_unseen(dialect: str, script: str) -> None:
    assert tier(script, dialect) == "destroy"


def test_a_trigger_of_the_script_is_not_fired_by_what_it_is_not_for() -> None:
    script = "CREATE TRIGGER t BEFORE UPDATE ON users EXECUTE FUNCTION touch(); INSERT INTO users (id) VALUES (1)"

    assert tier(script, "postgres") == "configure"
