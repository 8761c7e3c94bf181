"""The store in PostgreSQL (13 or newer): N writers anywhere are put in order by locking one head row.

A transaction is two round trips when nothing has to be looked up: BEGIN with the locked head, then one statement
that adds entries and nodes and moves the head, with COMMIT. When the connection is lost during COMMIT nobody told
us whether it happened; then we look: the transaction's own number says committed or aborted (`pg_xact_status`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import cast

import asyncpg

from interlock.errors import BadConfiguration, InterlockError, StoreError
from interlock.ledger.entry import Stored
from interlock.ledger.storage import LOST, UNKNOWN, Head, Node
from interlock.ledger.stores.session import Session

MIGRATION_LOCK = 0x494C4B31
LOOKS = 20
LOOK_PAUSE = 0.25

# One step for each schema version, counted in ledger_schema. Steps are only ever added.
# Stream names are compared byte for byte (COLLATE "C"), as SQLite does.
MIGRATIONS = (
    """
    CREATE TABLE ledger_head (id integer PRIMARY KEY CHECK (id = 1), size bigint, frontier bytea,
        checkpoint text, vkey text);
    INSERT INTO ledger_head (id) VALUES (1);
    CREATE TABLE ledger_entries (idx bigint PRIMARY KEY, stream text COLLATE "C" NOT NULL,
        position bigint NOT NULL, data bytea NOT NULL, UNIQUE (stream, position));
    CREATE INDEX ledger_first_entries ON ledger_entries (stream) WHERE position = 0;
    CREATE TABLE ledger_nodes (level integer NOT NULL, idx bigint NOT NULL, hash bytea NOT NULL,
        PRIMARY KEY (level, idx));
    CREATE TABLE vault_keys (scope text COLLATE "C" PRIMARY KEY, wrapped bytea NOT NULL);
    CREATE TABLE vault_blobs (scope text COLLATE "C" NOT NULL, digest text COLLATE "C" NOT NULL,
        sealed bytea NOT NULL, PRIMARY KEY (scope, digest));
    """,
)

HEAD = "SELECT size, frontier, checkpoint, vkey FROM ledger_head WHERE id = 1"
HOLD = "SELECT size, frontier, checkpoint, vkey, pg_current_xact_id()::text FROM ledger_head WHERE id = 1 FOR UPDATE"
TAILS = "SELECT s, (SELECT max(position) FROM ledger_entries WHERE stream = s) FROM unnest($1::text[]) AS names (s)"
EXTEND = """
    WITH added AS (INSERT INTO ledger_entries
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bytea[])),
        noted AS (INSERT INTO ledger_nodes SELECT * FROM unnest($5::integer[], $6::bigint[], $7::bytea[]))
    UPDATE ledger_head SET size = $8, frontier = $9, checkpoint = $10, vkey = $11 WHERE id = 1
"""
ENTRIES = "SELECT idx, stream, position, data FROM ledger_entries WHERE idx >= $1 AND idx < $2 ORDER BY idx"
NODES = "SELECT hash FROM ledger_nodes WHERE level = $1 AND idx >= $2 AND idx < $3 ORDER BY idx"
STREAM = (
    "SELECT idx, stream, position, data FROM ledger_entries WHERE stream = $1 AND position >= $2"
    " ORDER BY position LIMIT $3"
)
STREAMS = (
    "SELECT stream FROM ledger_entries WHERE position = 0 AND stream >= $1 AND starts_with(stream, $1) ORDER BY idx"
)


class PostgresStore:
    """One session writes and one reads."""

    def __init__(self, url: str) -> None:
        self._writer = Session(url)
        self._reader = Session(url)
        self.where = self._writer.where
        try:
            self._writer.run(_migrate)
        except BaseException:
            self.close()
            raise

    @contextlib.contextmanager
    def writing(self) -> Iterator[PostgresTransaction]:
        """Lock the head row, let the caller stage its changes, then make and commit them together."""
        head, number = self._writer.run(_begin)
        # Everything until COMMIT belongs on the connection that holds the lock, never on one made after it.
        tx = PostgresTransaction(self._writer, self._writer.made, head)
        try:
            yield tx
        except BaseException:
            with contextlib.suppress(InterlockError):
                self._writer.run(lambda connection: connection.execute("ROLLBACK"), made=tx.made)
            raise
        self._commit(tx, number)

    def _commit(self, tx: PostgresTransaction, number: str) -> None:
        asked = False

        async def make(connection: asyncpg.Connection) -> None:
            nonlocal asked
            try:
                for query, values in tx.staged:
                    await connection.execute(query, *values)
                asked = True
                await connection.execute("COMMIT")
            except asyncpg.PostgresError:
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
                raise

        try:
            self._writer.run(make, made=tx.made)
        except StoreError as error:
            if error.code != LOST or not asked:
                raise
            # A crash here leaves either everything or nothing; only the server knows which.
            self._look(tx, number)

    def _look(self, tx: PostgresTransaction, number: str) -> None:
        """Return when the transaction was committed; LOST when it was not; UNKNOWN when it cannot be told."""
        try:
            outcome = self._writer.run(lambda connection: _outcome(connection, number, tx.last))
        except StoreError as error:
            outcome = error.message
        if outcome == "aborted":
            raise StoreError("the connection was lost; nothing was recorded", where=self.where, code=LOST)
        if outcome != "committed":
            raise StoreError(
                "the connection was lost, and whether the entries were recorded cannot be told",
                where=self.where,
                hint="look at the stream before trying again",
                code=UNKNOWN,
            )

    def head(self) -> Head | None:
        row = self._rows(HEAD)[0]
        return Head(*row) if row[0] is not None else None

    def entries(self, start: int, stop: int) -> list[Stored]:
        return [Stored(*row) for row in self._rows(ENTRIES, start, stop)]

    def nodes(self, level: int, start: int, stop: int) -> list[bytes]:
        return [row[0] for row in self._rows(NODES, level, start, stop)]

    def stream(self, name: str, since: int, limit: int) -> list[Stored]:
        return [Stored(*row) for row in self._rows(STREAM, name, since, limit)]

    def streams(self, prefix: str) -> list[str]:
        return [row[0] for row in self._rows(STREAMS, prefix)]

    def add_key(self, scope: str, wrapped: bytes) -> bytes:
        self._change("INSERT INTO vault_keys VALUES ($1, $2) ON CONFLICT DO NOTHING", scope, wrapped)
        return cast(bytes, self.key(scope))

    def key(self, scope: str) -> bytes | None:
        rows = self._rows("SELECT wrapped FROM vault_keys WHERE scope = $1", scope)
        return cast(bytes, rows[0][0]) if rows else None

    def add_blob(self, scope: str, digest: str, sealed: bytes) -> bool:
        """FOR SHARE: an erasure that runs at the same time comes before or after, never between."""
        query = (
            "WITH kept AS (SELECT scope FROM vault_keys WHERE scope = $1 AND length(wrapped) > 0 FOR SHARE),"
            " added AS (INSERT INTO vault_blobs SELECT scope, $2, $3 FROM kept ON CONFLICT DO NOTHING)"
            " SELECT count(*) FROM kept"
        )
        return bool(self._change(query, scope, digest, sealed)[0][0])

    def blob(self, scope: str, digest: str) -> bytes | None:
        rows = self._rows("SELECT sealed FROM vault_blobs WHERE scope = $1 AND digest = $2", scope, digest)
        return cast(bytes, rows[0][0]) if rows else None

    def erase(self, scope: str) -> int:
        """The key goes first and waits for blobs being added; VACUUM then frees the dead rows."""

        async def work(connection: asyncpg.Connection) -> int:
            async with connection.transaction():
                await connection.execute(
                    "INSERT INTO vault_keys VALUES ($1, '') ON CONFLICT (scope) DO UPDATE SET wrapped = ''", scope
                )
                gone = await connection.execute("DELETE FROM vault_blobs WHERE scope = $1", scope)
            await connection.execute("VACUUM vault_keys")
            await connection.execute("VACUUM vault_blobs")
            return int(gone.split()[-1])

        return self._reader.run(work)

    def close(self) -> None:
        self._writer.close()
        self._reader.close()

    def _rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Read; once more on a new connection when the old one turns out to be lost."""
        try:
            return self._change(query, *values)
        except StoreError as error:
            if error.code != LOST:
                raise
        return self._change(query, *values)

    def _change(self, query: str, *values: object) -> list[asyncpg.Record]:
        return cast("list[asyncpg.Record]", self._reader.run(lambda connection: connection.fetch(query, *values)))


class PostgresTransaction:
    """The head is held. Reads go to the server at once; changes are staged and made on leaving."""

    def __init__(self, session: Session, made: int, head: Head | None) -> None:
        self._session = session
        self.made = made
        self._head = head
        self.staged: list[tuple[str, tuple[object, ...]]] = []
        self.last: Stored | None = None

    def head(self) -> Head | None:
        return self._head

    def tails(self, streams: Sequence[str]) -> dict[str, int]:
        rows = self._rows(TAILS, streams)
        return {row[0]: row[1] + 1 for row in rows if row[1] is not None}

    def entries(self, start: int, stop: int) -> list[Stored]:
        return [Stored(*row) for row in self._rows(ENTRIES, start, stop)]

    def nodes(self, level: int, start: int, stop: int) -> list[bytes]:
        return [row[0] for row in self._rows(NODES, level, start, stop)]

    def extend(self, entries: Sequence[Stored], nodes: Sequence[Node], head: Head) -> None:
        columns = zip(*entries, strict=True) if entries else ((), (), (), ())
        noted = zip(*nodes, strict=True) if nodes else ((), (), ())
        self.staged.append((EXTEND, (*columns, *noted, *head)))
        self.last = entries[-1] if entries else None

    def put_nodes(self, nodes: Sequence[Node]) -> None:
        self.staged.append(("DELETE FROM ledger_nodes", ()))
        if nodes:
            query = "INSERT INTO ledger_nodes SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bytea[])"
            self.staged.append((query, tuple(zip(*nodes, strict=True))))

    def _rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        rows = self._session.run(lambda connection: connection.fetch(query, *values), made=self.made)
        return cast("list[asyncpg.Record]", rows)


async def _begin(connection: asyncpg.Connection) -> tuple[Head | None, str]:
    await connection.execute("BEGIN")
    try:
        row = await connection.fetchrow(HOLD)
    except asyncpg.PostgresError:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    *head, number = row
    return (Head(*head) if head[0] is not None else None), number


async def _outcome(connection: asyncpg.Connection, number: str, last: Stored | None) -> str:
    """`committed`, `aborted`, or anything else when it cannot be told. The number alone is not believed: after
    a crash the server may give it out again, so what was to be recorded has to be there as well."""
    status: str | None = "in progress"
    for _ in range(LOOKS):
        try:
            status = await connection.fetchval("SELECT pg_xact_status($1::text::xid8)", number)
        except asyncpg.InvalidParameterValueError:
            return "aborted"  # a number that this server has not reached: the transaction died with the crash
        if status != "in progress":
            break
        await asyncio.sleep(LOOK_PAUSE)
    if status == "committed" and last is not None:
        rows = await connection.fetch(ENTRIES, last.index, last.index + 1)
        return "committed" if [tuple(row) for row in rows] == [tuple(last)] else "aborted"
    return status or "unknown"


async def _migrate(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
        await connection.execute("CREATE TABLE IF NOT EXISTS ledger_schema (version integer NOT NULL)")
        version = await connection.fetchval("SELECT max(version) FROM ledger_schema") or 0
        if version > len(MIGRATIONS):
            raise BadConfiguration(
                "the database's ledger cannot be used by this version", hint="a newer version of Interlock wrote it"
            )
        for number, step in enumerate(MIGRATIONS[version:], start=version + 1):
            await connection.execute(step)
            await connection.execute("INSERT INTO ledger_schema VALUES ($1)", number)
