"""Row changes, recorded exactly by SQLite's own session extension: how many, which, caused by what, before and after.

Not recorded by SQLite: virtual tables, rows whose primary key holds NULL, and tables that have neither a key nor a
row number that can be named. `schema.uncovered` finds these; a script that touches one is not covered, and says so.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

import apsw
import msgspec

from interlock.execute.sql.budget import BoundHit
from interlock.execute.sql.image import Rows
from interlock.execute.sql.names import fold
from interlock.execute.sql.schema import row_address, shape, stored, uncovered
from interlock.model.change import Verb

#: The values before and after of one execution may take this much memory and vault.
IMAGE_BYTES: Final = 256 * 1024**2

_VERBS: Final[dict[int, Verb]] = {
    apsw.SQLITE_INSERT: "create",
    apsw.SQLITE_UPDATE: "update",
    apsw.SQLITE_DELETE: "delete",
}
_SHOWN: Final = 80
_encode: Final = msgspec.msgpack.Encoder().encode


class RowSample(NamedTuple):
    """One changed row as text that people read."""

    table: str
    verb: Verb
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]


class Recorded(NamedTuple):
    """What a run of row-changing statements did: counts by table, verb and directness; the digest of which rows."""

    rows: Rows
    counts: Counter[tuple[str, Verb, bool]]
    which: str
    samples: tuple[RowSample, ...]


class Recorder:
    """Records row changes from its making to `finish`. The caller names the tables that statements could touch.

    `which` False leaves out the digest of which rows it was, which takes as long as everything else together.
    """

    def __init__(self, connection: apsw.Connection, samples: int, which: bool) -> None:
        self._connection = connection
        self._which = which
        self._samples = samples
        self._tables: set[str] = set()
        self.uncovered: set[str] = set()
        self._session = apsw.Session(connection, "main")
        self._session.config(apsw.SQLITE_SESSION_OBJCONFIG_ROWID, 1)
        self._session.attach(None)

    def may_touch(self, table: str) -> None:
        """Before a statement that could change rows of this table: can they be recorded as they are now?"""
        if table not in self._tables:
            self._tables.add(table)
            self._look(table)

    def _look(self, table: str) -> None:
        if why := uncovered(self._connection, table):
            self.uncovered.add(why)

    def check_size(self) -> None:
        if self._session.memory_used > IMAGE_BYTES:
            raise BoundHit(f"the rows that change are more than {IMAGE_BYTES // 1024**2} MiB")

    def finish(self) -> Recorded | None:
        """Stop recording and tell; None when no row changed."""
        for table in self._tables:
            self._look(table)
        try:
            changeset = self._session.changeset()
        finally:
            self._session.close()
        return _told(self._connection, changeset, self._samples, self._which) if changeset else None

    def abandon(self) -> None:
        self._session.close()


def _told(connection: apsw.Connection, changeset: bytes, wanted: int, which: bool) -> Recorded:
    raw = Counter((change.name, change.opcode, change.indirect) for change in apsw.Changeset.iter(changeset))
    counts: Counter[tuple[str, Verb, bool]] = Counter()
    totals: Counter[tuple[str, Verb]] = Counter()
    for (table, code, indirect), count in raw.items():
        counts[fold(table), _VERBS[code], indirect] += count
        totals[fold(table), _VERBS[code]] += count
    shapes = {fold(table): shape(connection, table) for table, _, _ in raw}
    rows = Rows(changeset, tuple(sorted(shapes.items())), tuple((*key, count) for key, count in sorted(totals.items())))
    if not which and not wanted:
        return Recorded(rows, counts, "", ())
    return Recorded(rows, counts, *_looked_at(connection, changeset, wanted))


def _looked_at(connection: apsw.Connection, changeset: bytes, wanted: int) -> tuple[str, tuple[RowSample, ...]]:
    """The digest of which rows were there before and are not as they were, and samples of every kind of change."""
    groups: dict[tuple[str, int], list[RowSample]] = {}
    addresses: list[bytes] = []
    table, names, keys = "", (), ()  # type: str, tuple[str, ...], tuple[int, ...]
    try:
        for change in apsw.Changeset.iter(changeset):
            if change.name != table:  # changes come table by table
                table, keys = change.name, tuple(sorted(change.pk_columns))
                names = _names(connection, table)
            code, old = change.opcode, change.old
            if old is not None:
                addresses.append(_encode((table, code, [old[place] for place in keys])))
            group = groups.setdefault((table, code), [])
            if len(group) < wanted:
                before, after = _pairs(names, old), _pairs(names, change.new, keys, old)
                group.append(RowSample(fold(table), _VERBS[code], before, after))
    except UnicodeDecodeError as error:
        raise BoundHit(f"`{table}` holds text that is not UTF-8") from error
    addresses.sort()
    return hashlib.sha256(_encode(addresses)).hexdigest(), tuple(_dealt(groups, wanted))


def _names(connection: apsw.Connection, table: str) -> tuple[str, ...]:
    """The columns in the order in which the recording gives their values; a hidden row number comes first."""
    plain = stored(connection, table)
    keyed = connection.execute("SELECT 1 FROM pragma_table_xinfo(?, 'main') WHERE pk > 0", (table,)).fetchone()
    return plain if keyed else (row_address(connection, table) or "rowid", *plain)


def _pairs(
    names: tuple[str, ...],
    values: tuple[object, ...] | None,
    keys: tuple[int, ...] = (),
    old: tuple[object, ...] | None = None,
) -> tuple[tuple[str, str], ...]:
    """The values that are known, with their columns; the key of an updated row stands on both sides."""
    if values is None:
        return ()
    shown = []
    for place, (name, value) in enumerate(zip(names, values, strict=False)):
        known = value
        if known is apsw.no_change and old is not None and place in keys:
            known = old[place]
        if known is not apsw.no_change:
            shown.append((name, as_text(known)))
    return tuple(shown)


def as_text(value: object) -> str:
    """One value as people read it: long ones cut, blobs as their size."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"(blob of {len(value)} bytes)"
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def _dealt(groups: dict[tuple[str, int], list[RowSample]], wanted: int) -> Iterator[RowSample]:
    """Up to `wanted` samples, in turns over the groups, so that every kind of change is seen."""
    dealt = 0
    for turn in range(wanted):
        for key in sorted(groups):
            if dealt < wanted and turn < len(groups[key]):
                dealt += 1
                yield groups[key][turn]
