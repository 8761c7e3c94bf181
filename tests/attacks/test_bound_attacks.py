"""Attacks on the bound of a write: a LIMIT in a query does not always limit what is written."""

from __future__ import annotations

import pytest

from interlock.read.sql.reader import reader


def counts(sql: str) -> list[int | None]:
    effects = reader(sql.encode(), "postgres", "production").change.effects
    return [effect.count for effect in effects if effect.verb in ("update", "delete")]


@pytest.mark.parametrize(
    ("expected", "script"),
    [
        (50, "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e WHERE old ORDER BY id LIMIT 50)"),
        (50, "DELETE FROM ONLY e WHERE ctid = ANY (ARRAY(SELECT ctid FROM e LIMIT 50 FOR UPDATE SKIP LOCKED))"),
        (5, "UPDATE ONLY e AS y SET a = 1 WHERE a = 0 AND y.ctid IN (SELECT x.ctid FROM e x LIMIT 5)"),
        (3, "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e LIMIT 5) AND ctid IN (SELECT ctid FROM e LIMIT 3)"),
    ],
)
def test_addresses_of_a_limited_query_bound_a_write(expected: int, script: str) -> None:
    """Each address in one heap is that of one row at most, and the query gives no more than it says."""
    assert counts(script) == [expected]


@pytest.mark.parametrize(
    "script",
    [
        "DELETE FROM e WHERE ctid IN (SELECT ctid FROM e LIMIT 50)",
        "DELETE FROM ONLY e WHERE name IN (SELECT name FROM e LIMIT 50)",
        "DELETE FROM e WHERE id IN (SELECT id FROM f LIMIT 50)",
        "DELETE FROM e WHERE id IN (SELECT id FROM (SELECT id FROM f LIMIT 50) x)",
        "DELETE FROM e WHERE id = (SELECT id FROM f)",
        "DELETE FROM e WHERE id IN (SELECT id FROM e LIMIT 50 FOR UPDATE SKIP LOCKED)",
        "WITH b AS (SELECT a FROM f LIMIT 5) DELETE FROM e WHERE id IN (SELECT id FROM b)",
        "WITH b AS (SELECT id FROM f LIMIT 5) DELETE FROM e USING b WHERE e.id <= b.id",
        "DELETE FROM e USING (SELECT id FROM f LIMIT 5 FOR UPDATE) b WHERE e.id = b.id",
        "DELETE FROM e USING LATERAL (SELECT id FROM f LIMIT 5) b WHERE e.id = b.id",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e LIMIT 50 FOR UPDATE SKIP LOCKED)",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e ORDER BY random() LIMIT 50)",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e WHERE random() < 0.5 LIMIT 50)",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT e.ctid FROM e x LIMIT 50)",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM f LIMIT 50)",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT x.ctid FROM e x WHERE x.id = e.id LIMIT 50)",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e LIMIT 50) OR a = 1",
        "DELETE FROM ONLY e WHERE ctid NOT IN (SELECT ctid FROM e LIMIT 50)",
        "DELETE FROM ONLY e WHERE NOT (ctid IN (SELECT ctid FROM e LIMIT 50))",
        "DELETE FROM ONLY e WHERE ctid <> ANY (ARRAY(SELECT ctid FROM e LIMIT 50))",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e LIMIT $1)",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e LIMIT ALL)",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e UNION ALL SELECT ctid FROM e LIMIT 5)",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e ORDER BY a FETCH FIRST 5 ROWS WITH TIES)",
        "DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e, f LIMIT 5)",
        "DELETE FROM ONLY e USING f WHERE f.ctid IN (SELECT ctid FROM e LIMIT 5)",
        "WITH e AS (SELECT 1) DELETE FROM ONLY public.e WHERE ctid IN (SELECT ctid FROM e LIMIT 5)",
        "WITH e AS (SELECT 1), d AS (DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e LIMIT 5)) SELECT 1",
        "DO $$ BEGIN DELETE FROM ONLY e WHERE ctid IN (SELECT ctid FROM e LIMIT 5); END $$",
    ],
)
def test_a_limit_that_may_not_hold_bounds_nothing(script: str) -> None:
    """Partitions share addresses, a join can ask a query again, a missing column means the row outside."""
    assert counts(script) == [None]


def test_a_column_that_is_only_called_like_a_key_bounds_as_an_estimate() -> None:
    """The text does not say that `id` is unique, so who decides is told that nobody counted."""
    script = b"DELETE FROM e WHERE id IN (SELECT id FROM e WHERE old LIMIT 50)"
    effect = reader(script, "postgres", "production").change.effects[0]

    assert (effect.count, effect.known) == (50, "estimated")
