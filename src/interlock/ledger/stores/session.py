"""A small synchronous session with a PostgreSQL server: asyncpg on an event loop of its own, errors as ours."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from interlock.errors import BadConfiguration, Corrupt, InterlockError, StoreError
from interlock.ledger.storage import LOST

Answer = TypeVar("Answer")

CONNECT_SECONDS = 10
COMMAND_SECONDS = 60
RECONNECT_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0)
SETTINGS = {
    "application_name": "interlock-ledger",
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}

# Connection failures as the server (57P01, 57P02, 57P03, class 08) and the client see them.
GONE = (
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,  # TimeoutError is one
)
FAILURES = (asyncpg.PostgresError, *GONE)


class Session:
    """One connection, made when first needed and again when it was lost. One caller at a time."""

    def __init__(self, url: str) -> None:
        self.where = without_password(url)
        self._url = url
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._connection: asyncpg.Connection | None = None
        self.made = 0

    def run(self, work: Callable[[asyncpg.Connection], Awaitable[Answer]], made: int = 0) -> Answer:
        """Run the work on the connection and wait. A lost connection is StoreError with code LOST, and dropped.

        With `made`, only on that connection (the session's first is 1): LOST when it is not the present one.
        """
        return self._outside(lambda: self._loop.run_until_complete(self._on_connection(work, made)))

    def is_on(self, made: int) -> bool:
        """Is that connection the present one, as far as we know?"""
        return made == self.made and self._connection is not None and not self._connection.is_closed()

    def close(self) -> None:
        """Close connection and loop; a second call does nothing."""
        if not self._loop.is_closed():
            self._outside(self._close)

    def _outside(self, call: Callable[[], Answer]) -> Answer:
        """A thread that runs a loop already (a web handler's) cannot run ours: a short-lived one does it."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._alone(call)
        answers: list[Answer] = []
        failures: list[InterlockError] = []

        def aside() -> None:
            try:
                answers.append(self._alone(call))
            except InterlockError as error:
                failures.append(error)

        thread = threading.Thread(target=aside, name="ledger-read")
        thread.start()
        thread.join()
        if failures:
            raise failures[0]
        return answers[0]

    def _alone(self, call: Callable[[], Answer]) -> Answer:
        with self._lock:
            if self._loop.is_closed():
                raise StoreError("the store is closed", where=self.where)
            return call()

    async def _on_connection(self, work: Callable[[asyncpg.Connection], Awaitable[Answer]], made: int) -> Answer:
        connection = self._connection
        if connection is None or connection.is_closed() or made not in (0, self.made):
            if made:
                raise StoreError("the connection to the store was lost", where=self.where, code=LOST)
            connection = self._connection = await self._connect()
        try:
            return await work(connection)
        except FAILURES as error:
            if isinstance(error, GONE):
                self._drop()
            raise explain(error, self.where) from error
        except asyncio.CancelledError:
            self._drop()
            raise

    async def _connect(self) -> asyncpg.Connection:
        """The first connection must come at once; a lost one is tried for again for about ten seconds."""
        pauses = iter(RECONNECT_PAUSES if self.made else ())
        while True:
            try:
                connection = await asyncpg.connect(
                    self._url,
                    timeout=CONNECT_SECONDS,
                    command_timeout=COMMAND_SECONDS,
                    server_settings=SETTINGS,
                )
            except FAILURES as error:
                pause = next(pauses, None)
                if pause is None or not isinstance(error, GONE):
                    told = explain(error, self.where)
                    if told.code == LOST:
                        told.code = StoreError.code  # it was tried for again already; trying on is the caller's affair
                    raise told from error
                await asyncio.sleep(pause)
            except ValueError as error:
                raise BadConfiguration("the address of the store cannot be read", where=self.where) from error
            else:
                self.made += 1
                return connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _close(self) -> None:
        try:
            if self._connection is not None and not self._connection.is_closed():
                self._loop.run_until_complete(self._part(self._connection))
            self._connection = None
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    async def _part(self, connection: asyncpg.Connection) -> None:
        try:
            await connection.close(timeout=CONNECT_SECONDS)
        except FAILURES:
            connection.terminate()


def explain(error: BaseException, where: str) -> StoreError:
    """PostgreSQL's error as ours, by its class and never by its text."""
    if isinstance(error, asyncpg.LockNotAvailableError | asyncpg.QueryCanceledError):
        return StoreError("the store is locked or too slow", where=where, hint="look for long transactions")
    if isinstance(error, asyncpg.DiskFullError | asyncpg.OutOfMemoryError):
        return StoreError("the store is full; nothing was recorded", where=where, hint="free space, then try again")
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return StoreError("the store is read-only", where=where, hint="connect to the primary server")
    if isinstance(error, asyncpg.DataCorruptedError | asyncpg.IndexCorruptedError):
        return Corrupt("the database says that its data is damaged", where=where, hint="verify, restore a copy")
    if isinstance(error, asyncpg.UniqueViolationError):
        return Corrupt("entries stand where the head says there are none", where=where, hint="verify the ledger")
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return StoreError("the store refuses this user or password", where=where, hint="check the address")
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return StoreError("the database does not exist", where=where, hint="create it, or check the address")
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return StoreError("the store's user may not do this", where=where, hint="grant it the ledger's tables")
    if isinstance(error, GONE):
        hint = "start the database, or check the address"
        return StoreError("the store cannot be reached", where=where, hint=hint, code=LOST)
    return StoreError(f"the store failed: {type(error).__name__}", where=where)


def without_password(url: str) -> str:
    """The address as it may be shown: no password, no parameters."""
    try:
        parts = urlsplit(url)
        user = f"{parts.username}@" if parts.username else ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "postgresql://…"
    return urlunsplit((parts.scheme, f"{user}{parts.hostname or ''}{port}", parts.path, "", ""))
