"""The PostgreSQL reader against a real server: what it accepts, which tables it locks, and what it calls them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from interlock.errors import BadProposal
from interlock.model.change import Change
from interlock.read.sql.known import functions
from interlock.read.sql.postgres.grammar import parse
from interlock.read.sql.postgres.terms import term
from interlock.read.sql.reader import reader
from interlock.read.sql.trial.leaves import comes_to
from interlock.read.sql.trial.values import text_of
from interlock.testing.postgres import Postgres

LISTS = Path(__file__).parents[1] / "unit" / "read" / "sql"
SCRIPTS = sorted({
    line
    for path in LISTS.glob("*.txt")
    if path.name.split(".")[1] in ("postgres", "everywhere")
    for line in path.read_text("utf-8").splitlines()
    if "\\" not in line
})  # fmt: skip

#: The schema in which statements are tried.
SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, name text, active bool);
CREATE TABLE orders (id int PRIMARY KEY, user_id int, total numeric, status text);
CREATE TABLE archive (id int, user_id int, total numeric, status text);
CREATE TABLE "Mixed Case" (id int);
CREATE TABLE "a.b" (id int);
CREATE VIEW v AS SELECT * FROM users;
CREATE SEQUENCE s;
"""

#: Statements that run in that schema.
TRIED = [
    "DELETE FROM users",
    "delete from USERS where id = 1",
    'DELETE FROM "users" u WHERE u.id = 1',
    'DELETE FROM U&"\\0075sers"',
    'UPDATE "Mixed Case" SET id = 1',
    'UPDATE "a.b" SET id = 1',
    "UPDATE users SET active = false FROM orders o WHERE o.user_id = users.id",
    "DELETE FROM orders USING users u WHERE u.id = orders.user_id",
    "INSERT INTO archive SELECT * FROM orders",
    "INSERT INTO users VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'x'",
    "WITH d AS (DELETE FROM orders RETURNING *) INSERT INTO archive SELECT * FROM d",
    "WITH a AS (WITH b AS (SELECT 1 AS id) SELECT * FROM b) DELETE FROM users WHERE id IN (SELECT id FROM a)",
    "WITH users AS (SELECT * FROM orders) SELECT * FROM users",
    "SELECT * FROM (SELECT id FROM users) q JOIN LATERAL (SELECT * FROM orders o WHERE o.id = q.id) x ON true",
    "SELECT (SELECT max(id) FROM orders) FROM users WHERE EXISTS (SELECT 1 FROM archive)",
    "MERGE INTO users u USING orders o ON u.id = o.user_id WHEN MATCHED THEN DELETE",
    "EXPLAIN ANALYZE DELETE FROM users",
    "DO $$ BEGIN IF true THEN DELETE FROM orders; END IF; UPDATE users SET name = 'x'; END $$",
    "PREPARE p AS DELETE FROM archive; EXECUTE p",
    "TRUNCATE orders",
    "DROP TABLE archive",
    "DROP TABLE IF EXISTS orders, archive",
    "ALTER TABLE users DROP COLUMN name CASCADE",
    "CREATE INDEX ON orders (user_id)",
    "LOCK TABLE users IN SHARE MODE",
    "COPY users TO STDOUT",
    "SELECT query_to_xml('SELECT * FROM orders', true, true, '')",
    "SELECT * FROM users FOR UPDATE",
    "CREATE TABLE t AS SELECT * FROM users",
    "SELECT * INTO t FROM orders",
    "TABLE users",
]

_WRITES = "('RowExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')"
_LOCKS = f"""
SELECT c.relname, bool_or(l.mode IN {_WRITES}) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND c.relkind IN ('r', 'v', 'S') AND c.relnamespace = current_schema()::regnamespace
GROUP BY 1
"""


def read(sql: str) -> Change:
    return reader(sql.encode(), "postgres", "").change


async def locked(url: str, sql: str) -> dict[str, bool]:
    """Which tables a script touches when it runs, and whether it may write them; everything is rolled back."""
    connection = await asyncpg.connect(url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        try:
            if sql.startswith("COPY"):
                return {"users": False}
            await connection.execute(sql)
            return {row[0]: row[1] for row in await connection.fetch(_LOCKS)}
        finally:
            await transaction.rollback()
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def shop(postgres: Postgres) -> str:
    """The URL of a schema with those tables."""
    url = postgres.address("sql_reader_twin")
    postgres.execute(SCHEMA, url)
    return url


@pytest.mark.parametrize("sql", TRIED)
def test_the_reader_names_each_table_that_the_server_locks(shop: str, sql: str) -> None:
    """Every table that a script writes or reads at the server is in the change, under the server's own name."""
    seen = asyncio.run(locked(shop, sql))

    change = read(sql)
    named = {effect.resource.name.strip('"') for effect in change.effects}
    written = {effect.resource.name.strip('"') for effect in change.effects if effect.verb != "read"}
    reads_rows_for_update = any("blocks-writes" in e.traits for e in change.effects if e.verb == "read")

    dropped = {e.resource.name for e in change.effects if e.verb == "delete" and e.aspect == "structure"}
    assert set(seen) <= named
    assert {name for name, writes in seen.items() if writes} <= written | (named if reads_rows_for_update else set())
    tables = {e.resource.name.strip('"') for e in change.effects if e.resource.type == "sql.table"}
    assert tables - dropped <= set(seen) | {"t"}


async def refusals(url: str, scripts: list[str]) -> dict[str, str]:
    """What the server's parser says to each script, inside a transaction that is already broken: it parses, no more."""
    connection = await asyncpg.connect(url)
    found: dict[str, str] = {}
    try:
        await connection.execute("BEGIN")
        with suppress(asyncpg.PostgresError):
            await connection.execute("SELECT 1 / 0")
        for script in scripts:
            try:
                await connection.execute(script)
                found[script] = ""
            except asyncpg.PostgresError as error:
                found[script] = str(error.sqlstate)
            if not connection.is_in_transaction():
                await connection.execute("BEGIN")
                with suppress(asyncpg.PostgresError):
                    await connection.execute("SELECT 1 / 0")
    finally:
        await connection.close()
    return found


def test_the_reader_refuses_nothing_that_the_server_parses(shop: str) -> None:
    """Our grammar is of release 18, the server's may be older; what the server parses must be read by us."""
    broken = ["SELEC 1", "DROP TABEL x", "SELECT * FORM t x y", "DELETE users WHERE", "UPDATE SET x"]
    said = asyncio.run(refusals(shop, [*SCRIPTS, *broken]))
    refused_by_us = set()
    for script in [*SCRIPTS, *broken]:
        try:
            read(script)
        except BadProposal:
            refused_by_us.add(script)

    assert {script for script in refused_by_us if said[script] != "42601"} == set()
    assert set(broken) <= refused_by_us


#: What conditions on made-up rows are made of, one expression a line.
COMPUTED = (Path(__file__).parent / "computed.txt").read_text("utf-8").splitlines()


def test_what_is_computed_for_made_up_rows_comes_to_what_the_server_says(shop: str) -> None:
    """A condition is tried with functions of our own: each is the server's, for plain values."""

    async def ask() -> list[str]:
        connection = await asyncpg.connect(shop)
        try:
            row = await connection.fetchrow("SELECT " + ", ".join(f"({one})::text" for one in COMPUTED))
            return [] if row is None else [str(value) for value in row]
        finally:
            await connection.close()

    outputs = parse("SELECT " + ", ".join(COMPUTED))[0]["SelectStmt"]["targetList"]
    ours = [text_of(comes_to(term(one["ResTarget"]["val"]), {"names": frozenset()})) for one in outputs]

    assert dict(zip(COMPUTED, asyncio.run(ask()), strict=True)) == dict(zip(COMPUTED, ours, strict=True))


def test_every_function_of_the_server_was_reviewed(shop: str) -> None:
    """Each function that SQL can call is known as harmless or by its effect, up to the release of our review."""

    async def names() -> tuple[int, set[str]]:
        connection = await asyncpg.connect(shop)
        try:
            rows = await connection.fetch(
                """SELECT DISTINCT proname FROM pg_proc p WHERE pronamespace = 'pg_catalog'::regnamespace
                AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype,
                'language_handler'::regtype, 'fdw_handler'::regtype, 'index_am_handler'::regtype,
                'table_am_handler'::regtype, 'tsm_handler'::regtype) AND NOT 'internal'::regtype = ANY (proargtypes)
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""
            )
            return connection.get_server_version().major, {row[0] for row in rows}
        finally:
            await connection.close()

    release, callable_names = asyncio.run(names())
    known = functions("postgres")
    unreviewed = {
        name
        for name in callable_names - known.harmless - known.effects.keys()
        if not name.startswith(("binary_upgrade_", "_"))
    }

    assert release >= 16 or unreviewed == set()
    assert not {"pg_terminate_backend", "lo_unlink", "pg_read_file", "query_to_xml", "setval"} & known.harmless
