"""Glance: look into a ledger's SQLite file without opening it as a ledger; nothing is written, verified or begun.

For what need not be right and has to be quick, such as what a shell completes. Not a byte of the file, or of what lies
beside it, changes: where SQLite's `-shm` file is there the database is in use and its log is read along, else the file
is read as it lies. A file of another version of the tables is not looked into; opening it as a ledger mends that.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from interlock.errors import StoreError
from interlock.ledger.entry import Stored
from interlock.ledger.storage import FOLLOWED, beyond
from interlock.ledger.stores import places
from interlock.ledger.stores.file import APPLICATION_ID, IS_FOLLOWED, MIGRATIONS

#: How many of the newest entries are gone through, and how many streams of one beginning are looked at.
MOST_ENTRIES: Final = 100_000
MOST_STREAMS: Final = 10_000
#: How long somebody else's lock on the file is waited for. Seconds.
PATIENCE: Final = 0.1

_NEWEST: Final = f"SELECT idx, stream FROM entries WHERE {IS_FOLLOWED} ORDER BY idx DESC LIMIT ?"  # noqa: S608 - ours
_BEGINNING: Final = "SELECT last, name FROM streams WHERE name >= ? AND name < ? ORDER BY last DESC LIMIT ?"
_ENTRY: Final = "SELECT idx, stream, position, data FROM entries WHERE idx = ?"


class Glance:
    """One file, as it was at one moment. Made by `glance`."""

    def __init__(self, connection: sqlite3.Connection, where: str) -> None:
        self._connection = connection
        self._where = where

    def streams(self, prefix: str) -> list[str]:
        """The streams whose names begin with `prefix`, those that grew last first, up to a bound."""
        rows = self._connection.execute(_BEGINNING, (prefix, beyond(prefix), MOST_STREAMS))
        return [name for _, name in rows]

    def newest(self, prefix: str) -> Iterator[Stored]:
        """The last entry of each stream that begins with `prefix`, newest first, up to a bound.

        All followed streams (storage.py) are found by going back from the newest entry, those of a longer prefix by
        their names.
        """
        if prefix == FOLLOWED:
            rows = self._connection.execute(_NEWEST, (MOST_ENTRIES,))
        else:
            rows = self._connection.execute(_BEGINNING, (prefix, beyond(prefix), MOST_STREAMS))
        seen: set[str] = set()
        for index, name in rows:
            if name not in seen:
                seen.add(name)
                row = self._connection.execute(_ENTRY, (index,)).fetchone()
                if row is None:
                    raise StoreError("a stream does not end where it says", where=self._where)
                yield Stored(*row)

    def stream(self, name: str, most: int) -> list[Stored]:
        """The last so many entries of a stream, in order."""
        length = places.lengths(self._connection, [name]).get(name, 0)
        return places.stream(self._connection, name, max(0, length - most), most, self._where)


@contextlib.contextmanager
def glance(path: Path) -> Iterator[Glance]:
    """Look into this file. StoreError where there is none, or none that this version can look into."""
    connection = None
    try:
        if not path.is_file():
            raise StoreError("there is no such file", where=str(path))
        mode = "mode=ro&readonly_shm=1" if path.with_name(f"{path.name}-shm").exists() else "immutable=1"
        address = f"file:{quote(str(path.absolute()))}?{mode}"
        connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=PATIENCE)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("BEGIN")
        marks = tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        if marks != (APPLICATION_ID, len(MIGRATIONS)):
            raise StoreError("the file is not of this version", where=str(path))
        yield Glance(connection, str(path))
    except (sqlite3.Error, OSError) as error:
        raise StoreError("the file cannot be looked into", where=str(path)) from error
    finally:
        if connection is not None:
            connection.close()
