"""PL/pgSQL blocks: whatever kind of statement holds it, what is inside is found."""

from __future__ import annotations

import pytest

from interlock.model.change import Change
from interlock.read.sql.reader import reader

DECLARED = "DECLARE a int; r record; c refcursor; k CURSOR (n int) FOR SELECT 1; BEGIN"


def read(body: str) -> Change:
    return reader(f"DO $$ {DECLARED} {body} END $$".encode(), "postgres", "").change


DELETES = [
    "DELETE FROM x;", "IF true THEN DELETE FROM x; END IF;",
    "IF false THEN NULL; ELSIF true THEN DELETE FROM x; END IF;",
    "IF false THEN NULL; ELSE DELETE FROM x; END IF;", "CASE a WHEN 1 THEN DELETE FROM x; END CASE;",
    "CASE a WHEN 1 THEN NULL; ELSE DELETE FROM x; END CASE;", "LOOP DELETE FROM x; EXIT; END LOOP;",
    "WHILE true LOOP DELETE FROM x; END LOOP;", "FOR i IN 1..3 LOOP DELETE FROM x; END LOOP;",
    "FOR r IN SELECT 1 LOOP DELETE FROM x; END LOOP;", "FOR r IN DELETE FROM x RETURNING * LOOP NULL; END LOOP;",
    "FOR r IN k(1) LOOP DELETE FROM x; END LOOP;", "FOREACH a IN ARRAY ARRAY[1] LOOP DELETE FROM x; END LOOP;",
    "BEGIN DELETE FROM x; END;", "BEGIN NULL; EXCEPTION WHEN others THEN DELETE FROM x; END;",
    "<<here>> BEGIN DELETE FROM x; END here;", "DELETE FROM x RETURNING id INTO a;",
    "EXECUTE 'DELETE FROM x';", "EXECUTE 'DELETE ' || 'FROM x' INTO a USING 1;",
    "FOR r IN EXECUTE 'DELETE FROM x RETURNING *' LOOP NULL; END LOOP;",
    "FOR r IN EXECUTE 'SELECT 1' LOOP DELETE FROM x; END LOOP;", "OPEN c FOR DELETE FROM x RETURNING *;",
    "WITH d AS (DELETE FROM x RETURNING 1) SELECT count(*) INTO a FROM d;",
]  # fmt: skip

CALLS = [
    "PERFORM evil();", "CALL evil();", "a := evil();", "a = evil();", "SELECT evil() INTO a;", "a[evil()] := 1;",
    "r.f := evil();", "IF evil() THEN NULL; END IF;", "WHILE evil() LOOP NULL; END LOOP;",
    "FOR i IN 1..evil() LOOP NULL; END LOOP;", "FOR i IN 1..9 BY evil() LOOP NULL; END LOOP;",
    "CASE WHEN evil() THEN NULL; END CASE;", "LOOP EXIT WHEN evil(); END LOOP;", "RAISE NOTICE '%', evil();",
    "RAISE EXCEPTION 'x' USING HINT = evil();", "ASSERT evil(), 'x';", "OPEN k(evil());", "OPEN c FOR SELECT evil();",
    "DECLARE z int := evil(); BEGIN NULL; END;", "DECLARE z CURSOR FOR SELECT evil(); BEGIN NULL; END;",
    "INSERT INTO t VALUES (evil());", "EXECUTE 'SELECT 1' USING evil();",
]  # fmt: skip

BUILT = [
    "EXECUTE 'DROP TABLE ' || a;", "EXECUTE a;", "EXECUTE 'DROP TABLE x; SELEC';",
    "EXECUTE format('DROP TABLE %I', a);", "EXECUTE 'x' INTO a USING 1;",
    "FOR r IN EXECUTE a LOOP NULL; END LOOP;", "OPEN c FOR EXECUTE 'SELECT 1';",
]  # fmt: skip


@pytest.mark.parametrize("body", DELETES)
def test_a_delete_is_found_in_every_kind_of_statement(body: str) -> None:
    """With its table and its choice, and as nested."""
    found = [effect for effect in read(body).effects if effect.verb == "delete"]

    assert [(effect.resource.name, effect.choice, "nested" in effect.traits) for effect in found] == [
        ("x", "all", True)
    ]


@pytest.mark.parametrize("body", CALLS)
def test_an_unknown_call_is_found_in_every_kind_of_expression(body: str) -> None:
    """Wherever PL/pgSQL evaluates an expression."""
    assert "a function that is not known: evil" in read(body).unknown


@pytest.mark.parametrize("body", BUILT)
def test_sql_that_is_built_at_run_time_is_unknown(body: str) -> None:
    """Even where a part of the text stands there."""
    change = read(body)

    assert not change.fully_known
    assert any("dynamic" in effect.traits for effect in change.effects)


@pytest.mark.parametrize("body", ["COMMIT;", "ROLLBACK;"])
def test_a_block_that_ends_the_transaction_says_so(body: str) -> None:
    """A procedure-like block can commit what came before it."""
    assert any("ends-transaction" in effect.traits for effect in read(body).effects)


@pytest.mark.parametrize(
    "body", ["NULL;", "GET DIAGNOSTICS a = ROW_COUNT;", "FETCH k INTO a;", "CLOSE k;", "RETURN;", "a := a + 1;"]
)
def test_statements_that_touch_nothing_have_no_effect(body: str) -> None:
    """Variables and cursors are the block's own."""
    change = read(body)

    assert (change.effects, change.unknown) == ((), ())


@pytest.mark.parametrize("block", ["DO 'BEGIN DELETE FROM x; END'", "DO LANGUAGE plpgsql $$BEGIN DELETE FROM x; END$$"])
def test_a_block_is_read_however_it_is_quoted(block: str) -> None:
    """Plain quotes, dollar quotes, with the language said or not."""
    change = reader(block.encode(), "postgres", "").change

    assert [effect.resource.name for effect in change.effects] == ["x"]


@pytest.mark.parametrize(
    "block",
    [
        "DO $$ not plpgsql at all $$",
        "DO LANGUAGE sql 'DELETE FROM x'",
        "DO 'BEGIN /* $interlock$ */ DELETE FROM x; END'",
    ],
)
def test_a_block_that_cannot_be_read_is_unknown(block: str) -> None:
    """It is not refused: the server may well run it."""
    assert not reader(block.encode(), "postgres", "").change.fully_known


@pytest.mark.parametrize(
    "body",
    [
        "FOR r IN SELECT id FROM x LOOP DELETE FROM x WHERE id = r.id; END LOOP;",
        "FOR r IN SELECT * FROM x LOOP UPDATE x SET a = 1 WHERE x.id = r.id; END LOOP;",
        "LOOP DELETE FROM x WHERE id IN (SELECT id FROM x LIMIT 1000); EXIT WHEN NOT FOUND; END LOOP;",
        "WHILE true LOOP DELETE FROM x WHERE ctid = ANY(ARRAY(SELECT ctid FROM x LIMIT 1000)); END LOOP;",
    ],
)
def test_a_loop_that_takes_every_row_a_few_at_a_time_takes_all(body: str) -> None:
    """Row by row over the whole table, or in batches until none is left; that it gets there is an estimate."""
    found = [effect for effect in read(body).effects if effect.verb != "read"]

    assert [(effect.choice, effect.known) for effect in found] == [("all", "estimated")]


@pytest.mark.parametrize(
    "body",
    [
        "FOR r IN SELECT id FROM x WHERE seen IS NULL LOOP DELETE FROM x WHERE id = r.id; END LOOP;",
        "FOR r IN SELECT parent AS id FROM x LOOP DELETE FROM x WHERE id = r.id; END LOOP;",
        "FOR r IN SELECT id FROM y LOOP DELETE FROM x WHERE id = r.id; END LOOP;",
        "LOOP DELETE FROM x WHERE id IN (SELECT id FROM x WHERE seen IS NULL LIMIT 1000); EXIT; END LOOP;",
        "DELETE FROM x WHERE id IN (SELECT id FROM x LIMIT 1000);",
        "FOR r IN SELECT id FROM x LOOP NULL; END LOOP; DELETE FROM x WHERE id = r.id;",
    ],
)
def test_a_loop_that_leaves_rows_out_takes_what_it_chooses(body: str) -> None:
    """A condition in the loop or in its query still counts, and a batch outside of a loop is one batch."""
    found = [effect for effect in read(body).effects if effect.verb != "read"]

    assert [effect.choice for effect in found] == ["filtered"]
