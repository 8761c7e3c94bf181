"""A script taken apart by SQLite itself, one statement at a time, each prepared behind the fence before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import apsw

from interlock.errors import BadProposal, InterlockError
from interlock.execute.sql.fence import Deed, Fence

_WINDOW: Final = 32_768


class Statement(NamedTuple):
    """One prepared statement: its exact text, what it could do, and its place in the script (from 1)."""

    text: str
    ordinal: int
    explain: bool
    deeds: frozenset[Deed]
    structural: dict[int, str]


def text_of(payload: bytes) -> str:
    """The payload as text, exactly; what SQLite would read differently from us is refused."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadProposal("the SQL is not UTF-8", where=f"byte {error.start}", hint="save it as UTF-8") from error
    if "\x00" in text:
        raise BadProposal("the SQL holds a NUL character", hint="SQLite would stop reading there; take it out")
    return text


@contextmanager
def fenced(connection: apsw.Connection, fence: Fence) -> Iterator[None]:
    """The connection with this authorizer; a refusal of the fence is raised in its own words."""
    fence.fresh()
    connection.authorizer = fence
    try:
        yield
    except apsw.Error:
        if fence.refusal is not None:
            raise fence.refusal from None
        raise
    finally:
        connection.authorizer = None


def statements(connection: apsw.Connection, script: str, fence: Fence) -> Iterator[Statement]:
    """Each statement, prepared when it is asked for: a later one may need what an earlier one made."""
    script = script.strip()
    at = ordinal = 0
    while at < len(script):
        ordinal += 1
        statement = _next(connection, script, at, ordinal, fence)
        at += len(statement.text)
        yield statement


def _next(connection: apsw.Connection, script: str, at: int, ordinal: int, fence: Fence) -> Statement:
    """The statement that begins here. SQLite is shown a window, not the rest, or long scripts would take forever.

    What it makes of a window only counts when it ended inside of it: a cut statement may be another statement.
    """
    size = _WINDOW
    while at + size < len(script):
        try:
            statement = _first(connection, script[at : at + size], ordinal, fence)
        except (apsw.Error, InterlockError):
            statement = None
        if statement is not None and len(statement.text) < size:
            return statement
        size *= 8
    return _first(connection, script[at:], ordinal, fence)


def _first(connection: apsw.Connection, script: str, ordinal: int, fence: Fence) -> Statement:
    seen: list[tuple[str, bool]] = []

    def note(cursor: apsw.Cursor, text: str, _bindings: object) -> bool:
        seen.append((text, bool(cursor.is_explain)))
        return False  # prepared, and not run

    cursor = connection.cursor()
    cursor.exec_trace = note
    try:
        with fenced(connection, fence):
            cursor.execute(script)
    except apsw.ExecTraceAbort:
        pass
    finally:
        cursor.close(True)
    text, explain = seen[0]
    return Statement(text, ordinal, explain, frozenset(fence.deeds), dict(fence.structural))
