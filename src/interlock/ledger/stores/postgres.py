"""The store in PostgreSQL (13 or newer): N writers anywhere are put in order by one head row.

A lone writer needs one round trip: a single statement adds entries and nodes and moves the head, if the head is
still the one that this writer left. When somebody else has moved it nothing happens (MOVED), and the next
transaction locks the head row first. Several writers so take turns at the lock, and a lone one never pays for it.

When the connection is lost while that statement runs, nobody told us whether it happened; then we look. Each
connection that writes has a row of its own in `ledger_writers`, which the same statement sets to the last index it
recorded, and which must be open. Looking closes the row: what the old connection has not done by then it never will.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import cast

import asyncpg

from interlock.errors import BadConfiguration, InterlockError, StoreError
from interlock.ledger.entry import Stored
from interlock.ledger.storage import FOLLOWED, LOST, MOVED, UNKNOWN, Contents, Head, Node, beyond
from interlock.ledger.stores.session import Session

MIGRATION_LOCK = 0x494C4B31
CALM = 2
LOOKS = 3

# Written out: a partial index is used for the very condition that it was made with.
_FOLLOWED = f"stream >= '{FOLLOWED}' AND stream < '{beyond(FOLLOWED)}'"

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
    CREATE TABLE ledger_writers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, open boolean NOT NULL DEFAULT true,
        last bigint, pid integer NOT NULL DEFAULT pg_backend_pid(), since timestamptz NOT NULL DEFAULT now());
    CREATE TABLE vault_keys (scope text COLLATE "C" PRIMARY KEY, wrapped bytea NOT NULL);
    CREATE TABLE vault_blobs (scope text COLLATE "C" NOT NULL, digest text COLLATE "C" NOT NULL,
        sealed bytea NOT NULL, PRIMARY KEY (scope, digest));
    """,
    f"CREATE INDEX ledger_followed ON ledger_entries (idx) WHERE {_FOLLOWED}",
)

HEAD = "SELECT size, frontier, checkpoint, vkey FROM ledger_head WHERE id = 1"
HOLD = f"{HEAD} FOR UPDATE"
SCOPES = "SELECT scope FROM vault_keys WHERE scope = ANY($1::text[])"
TAILS = "SELECT s, (SELECT max(position) FROM ledger_entries WHERE stream = s) FROM unnest($1::text[]) AS names (s)"
KEEP_KEYS = "INSERT INTO vault_keys SELECT * FROM unnest($1::text[], $2::bytea[]) ON CONFLICT DO NOTHING"
KEEP_BLOBS = "INSERT INTO vault_blobs SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])"
ERASE_KEYS = (
    "INSERT INTO vault_keys SELECT scope, '' FROM unnest($1::text[]) AS names (scope)"
    " ON CONFLICT (scope) DO UPDATE SET wrapped = ''"
)
EXTEND = """
    WITH me AS (SELECT id FROM ledger_writers WHERE id = $12 AND open FOR UPDATE),
        moved AS (UPDATE ledger_head SET size = $8, frontier = $9, checkpoint = $10, vkey = $11
            WHERE id = 1 AND size IS NOT DISTINCT FROM $13 AND checkpoint IS NOT DISTINCT FROM $14
                AND EXISTS (SELECT FROM me) RETURNING id),
        added AS (INSERT INTO ledger_entries
            SELECT rows.* FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bytea[]) AS rows, moved),
        noted AS (INSERT INTO ledger_nodes
            SELECT rows.* FROM unnest($5::integer[], $6::bigint[], $7::bytea[]) AS rows, moved)
    UPDATE ledger_writers SET last = $8 FROM moved WHERE ledger_writers.id = $12 RETURNING last
"""
ENLIST = "INSERT INTO ledger_writers DEFAULT VALUES RETURNING id"
LOOK = "UPDATE ledger_writers SET open = false WHERE id = $1 RETURNING last"
LEAVE = """
    DELETE FROM ledger_writers
    WHERE id = $1 OR since < now() - interval '1 day' AND pid NOT IN (SELECT pid FROM pg_stat_activity)
"""
ENTRIES = "SELECT idx, stream, position, data FROM ledger_entries WHERE idx >= $1 AND idx < $2 ORDER BY idx"
NODES = "SELECT hash FROM ledger_nodes WHERE level = $1 AND idx >= $2 AND idx < $3 ORDER BY idx"
STREAM = (
    "SELECT idx, stream, position, data FROM ledger_entries WHERE stream = $1 AND position >= $2"
    " ORDER BY position LIMIT $3"
)
FOLLOW = (
    f"SELECT idx, stream, position, data FROM ledger_entries WHERE {_FOLLOWED}"  # noqa: S608 - words of ours
    " AND idx >= $1 AND idx < $2 ORDER BY idx LIMIT $3"
)
STREAMS = (
    "SELECT stream FROM ledger_entries WHERE position = 0 AND stream >= $1 AND ($2 = '' OR stream < $2) ORDER BY idx"
)


class PostgresStore:
    """One session writes and one reads."""

    def __init__(self, url: str) -> None:
        self._writer = Session(url)
        self._reader = Session(url)
        self.where = self._writer.where
        self._number = 0
        self._number_made = 0
        self._one = threading.Lock()
        self._left: Head | None = None
        self._calm = 0
        try:
            self._writer.run(_migrate)
        except BaseException:
            self.close()
            raise

    @contextlib.contextmanager
    def writing(self, *, hold: bool = False) -> Iterator[PostgresTransaction]:
        """Let the caller stage changes, then make them together: by one statement, or under the head's lock."""
        with self._one:
            self._enlist()
            held = hold or self._calm < CALM
            # Everything until COMMIT belongs on the connection that holds the lock, never on one made after it.
            made = self._writer.made
            head = self._writer.run(_begin, made=made) if held else self._left
            tx = PostgresTransaction(self._writer, made, head, held=held)
            try:
                yield tx
            except BaseException:
                self._calm = 0
                if held:
                    with contextlib.suppress(InterlockError):
                        self._writer.run(lambda connection: connection.execute("ROLLBACK"), made=made)
                raise
            self._commit(tx)

    def _commit(self, tx: PostgresTransaction) -> None:
        try:
            done = self._writer.run(lambda connection: self._make(connection, tx), made=tx.made)
        except StoreError as error:
            self._calm = 0
            if error.code != LOST or not tx.sent or tx.after is None:
                raise
            # A crash here leaves either everything or nothing; only the server knows which.
            self._look(tx.after)
            done = True
        if not done:
            self._calm = self._number_made = 0
            raise StoreError("somebody else has moved the head; nothing was recorded", where=self.where, code=MOVED)
        if tx.after is not None:
            self._calm = self._calm + 1 if tx.before == self._left else 0
            self._left = tx.after
        elif tx.held and tx.before != self._left:
            # Nothing was recorded, but our caller has seen a newer head than the one that we left.
            self._calm, self._left = 0, tx.before

    async def _make(self, connection: asyncpg.Connection, tx: PostgresTransaction) -> bool:
        done = True
        try:
            for query, values in tx.staged:
                if query is EXTEND:
                    before = tx.before or Head(None, b"", None, "")  # type: ignore[arg-type]  # a log not yet begun
                    tx.sent = not tx.held
                    upon = (self._number, before.size, before.checkpoint)
                    done = bool(await connection.fetch(query, *values, *upon)) and done
                else:
                    status = await connection.execute(query, *values)
                    if query is KEEP_KEYS and int(status.split()[-1]) != len(values[0]):  # type: ignore[arg-type]  # columns
                        done = False  # somebody has just begun one of these scopes
                        break
            if tx.held:
                tx.sent = True
                await connection.execute("COMMIT" if done else "ROLLBACK")
        except asyncpg.PostgresError:
            if tx.held and not connection.is_closed():
                await connection.execute("ROLLBACK")
            raise
        return done

    def _enlist(self) -> None:
        """A row of our own among the writers, a new one for each connection."""

        async def work(connection: asyncpg.Connection) -> int:
            return int(await connection.fetchval(ENLIST))

        if self._number_made == 0 or not self._writer.is_on(self._number_made):
            self._number = self._writer.run(work)
            self._number_made = self._writer.made

    def _look(self, after: Head) -> None:
        """Return when that head was recorded; LOST when it never will be; UNKNOWN when it cannot be told."""
        number, rows = self._number, list[asyncpg.Record]()
        for _ in range(LOOKS):
            with contextlib.suppress(StoreError):
                rows = self._writer.run(lambda connection: connection.fetch(LOOK, number))
                break
        if not rows:
            raise StoreError(
                "the connection was lost, and whether the entries were recorded cannot be told",
                where=self.where,
                hint="look at the stream before trying again",
                code=UNKNOWN,
            )
        if rows[0][0] != after.size:
            raise StoreError("the connection was lost; nothing was recorded", where=self.where, code=LOST)

    def head(self) -> Head | None:
        row = self._rows(HEAD)[0]
        return Head(*row) if row[0] is not None else None

    def entries(self, start: int, stop: int) -> list[Stored]:
        return [Stored(*row) for row in self._rows(ENTRIES, start, stop)]

    def nodes(self, level: int, start: int, stop: int) -> list[bytes]:
        return [row[0] for row in self._rows(NODES, level, start, stop)]

    def stream(self, name: str, since: int, limit: int) -> list[Stored]:
        return [Stored(*row) for row in self._rows(STREAM, name, since, limit)]

    def length(self, name: str) -> int:
        found = self._rows(TAILS, [name])[0][1]
        return 0 if found is None else int(found) + 1

    def astray(self) -> str:
        return ""  # the database keeps its own index of all entries

    def followed(self, start: int, stop: int, limit: int) -> list[Stored]:
        return [Stored(*row) for row in self._rows(FOLLOW, start, stop, limit)]

    def streams(self, prefix: str) -> list[str]:
        return [row[0] for row in self._rows(STREAMS, prefix, beyond(prefix))]

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

    def erase(self, *scopes: str) -> int:
        """The keys go first and wait for blobs being added; VACUUM then frees the dead rows."""

        async def work(connection: asyncpg.Connection) -> int:
            async with connection.transaction():
                await connection.execute(ERASE_KEYS, sorted(set(scopes)))
                gone = await connection.execute("DELETE FROM vault_blobs WHERE scope = ANY($1::text[])", scopes)
            await connection.execute("VACUUM vault_keys")
            await connection.execute("VACUUM vault_blobs")
            return int(gone.split()[-1])

        return self._reader.run(work)

    def close(self) -> None:
        if self._number_made and self._writer.is_on(self._number_made):
            with contextlib.suppress(StoreError):
                self._writer.run(lambda connection: connection.execute(LEAVE, self._number), made=self._number_made)
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
    """Reads go to the server at once; changes are staged and made on leaving."""

    def __init__(self, session: Session, made: int, head: Head | None, *, held: bool) -> None:
        self._session = session
        self.made = made
        self.held = held
        self.before = head
        self.after: Head | None = None
        self.staged: list[tuple[str, tuple[object, ...]]] = []
        self.sent = False

    def head(self) -> Head | None:
        return self.before

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
        self.after = head

    def scopes(self, names: Sequence[str]) -> set[str]:
        return {row[0] for row in self._rows(SCOPES, names)}

    def keep(self, contents: Sequence[Contents]) -> None:
        keys = [(one.scope, one.wrapped) for one in contents]
        blobs = [(one.scope, *blob) for one in contents for blob in one.blobs]
        self.staged.append((KEEP_KEYS, tuple(zip(*keys, strict=True))))
        if blobs:
            self.staged.append((KEEP_BLOBS, tuple(zip(*blobs, strict=True))))

    def derive(self, nodes: Sequence[Node]) -> None:
        self.staged.append(("DELETE FROM ledger_nodes", ()))
        if nodes:
            query = "INSERT INTO ledger_nodes SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bytea[])"
            self.staged.append((query, tuple(zip(*nodes, strict=True))))

    def _rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        rows = self._session.run(lambda connection: connection.fetch(query, *values), made=self.made)
        return cast("list[asyncpg.Record]", rows)


async def _begin(connection: asyncpg.Connection) -> Head | None:
    await connection.execute("BEGIN")
    try:
        row = await connection.fetchrow(HOLD)
    except asyncpg.PostgresError:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    return Head(*row) if row[0] is not None else None


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
