"""The way back: a before-image gone through from its end, inside the caller's transaction; drift since is Stale.

The proof of a rollback runs this very code on a copy.
"""

from __future__ import annotations

from functools import singledispatchmethod

import apsw

from interlock.errors import Stale, TargetError
from interlock.execute.sql.budget import Budget
from interlock.execute.sql.contents import table_digest
from interlock.execute.sql.image import (
    AddedColumn,
    Dropped,
    Image,
    Kept,
    Made,
    RenamedColumn,
    RenamedTable,
    Rows,
)
from interlock.execute.sql.keep import Text, drop_texts, hanging, make_texts, quietly, without_triggers
from interlock.execute.sql.names import fold, quoted
from interlock.execute.sql.rows import as_text
from interlock.execute.sql.schema import columns, lacks_parent, referenced_by_others, sequences, shape, things

_REASONS = {
    apsw.SQLITE_CHANGESET_DATA: "was changed after",
    apsw.SQLITE_CHANGESET_NOTFOUND: "was deleted after",
    apsw.SQLITE_CHANGESET_CONFLICT: "was made anew after",
    apsw.SQLITE_CHANGESET_CONSTRAINT: "would break a constraint that holds now",
    apsw.SQLITE_CHANGESET_FOREIGN_KEY: "would leave a foreign key that points nowhere",
}


def take_back(connection: apsw.Connection, image: Image, budget: Budget) -> None:
    """Undo everything in the image. The caller holds the transaction and takes it back on any error."""
    way = _Way(connection, budget)
    for piece in reversed(image.done):
        way.back(piece)
    restored = {fold(piece.table) for piece in image.done if isinstance(piece, Kept)}
    standing = {name for kind, name in things(connection) if kind == "table"}
    for table in sorted(restored & standing):  # one that the script itself had made is gone again
        if connection.execute("SELECT 1 FROM pragma_foreign_key_check(?) LIMIT 1", (table,)).fetchone():
            raise _drifted(f"table `{table}`", "would come back with rows whose parents went after")
    _set_counters(connection, image, restored)


def _drifted(what: str, why: str) -> Stale:
    return Stale(f"{what} {why}", hint="nothing was undone; look at it and change it by a new proposal")


class _Way:
    """One piece after the other; each finds the database as that piece left it, or says who is in the way."""

    def __init__(self, connection: apsw.Connection, budget: Budget) -> None:
        self.connection = connection
        self.budget = budget

    @singledispatchmethod
    def back(self, piece: object) -> None:
        raise TargetError(f"a before-image of kind `{type(piece).__name__}` is not known", hint="nothing was undone")

    @back.register
    def _(self, piece: Rows) -> None:
        for table, expected in piece.shapes:
            # Applying a changeset passes over a table that is gone or has other columns; it must not be passed over.
            if ("table", table) not in things(self.connection) or shape(self.connection, table) != expected:
                raise _drifted(f"table `{table}`", "was altered after")
        problem: list[Stale] = []

        def refuse(reason: int, change: apsw.TableChange) -> int:
            problem.append(_drifted(_row_of(change), _REASONS.get(reason, "is in the way")))
            return apsw.SQLITE_CHANGESET_ABORT

        before = self.connection.total_changes()
        # The inverse holds what cascades and triggers did, too: neither may act a second time. Foreign keys are
        # checked, except where a parent is still to come back: SQLite cannot even write to its children then.
        orphaned = any(lacks_parent(self.connection, table) for table, _ in piece.shapes)
        with quietly(self.connection) if orphaned else without_triggers(self.connection):
            try:
                apsw.Changeset.apply(
                    apsw.Changeset.invert(piece.changeset),
                    self.connection,
                    conflict=refuse,
                    flags=apsw.SQLITE_CHANGESETAPPLY_FKNOACTION,
                )
            except apsw.Error:
                if problem:
                    raise problem[0] from None
                raise
        if self.connection.total_changes() - before != sum(count for _, _, count in piece.counts):
            raise TargetError("not every row could be put back", hint="nothing was undone", code="undo-incomplete")

    @back.register
    def _(self, piece: Made) -> None:
        found = things(self.connection).get((piece.type, fold(piece.name)))
        if found is None:
            raise _drifted(f"{piece.type} `{piece.name}`", "was dropped after")
        if piece.type == "table":
            if table_digest(self.connection, piece.name, self.budget) != piece.contents:
                raise _drifted(f"table `{piece.name}`", "was changed after")
            if self._hanging(piece.name):
                raise _drifted(f"table `{piece.name}`", "was given indexes or triggers after")
            if referenced_by_others(self.connection, piece.name):
                raise _drifted(f"table `{piece.name}`", "was made the parent of another table after")
        elif found.sql != piece.sql:
            raise _drifted(f"{piece.type} `{piece.name}`", "was made anew after")
        with quietly(self.connection):
            self.connection.execute(f"DROP {piece.type.upper()} main.{quoted(piece.name)}")

    @back.register
    def _(self, piece: Dropped) -> None:
        self._expect_free(piece.things)
        make_texts(self.connection, piece.things)

    @back.register
    def _(self, piece: Kept) -> None:
        found = things(self.connection)
        if piece.after:
            if ("table", fold(piece.table)) not in found:
                raise _drifted(f"table `{piece.table}`", "was dropped after")
            if table_digest(self.connection, piece.table, self.budget) != piece.after:
                raise _drifted(f"table `{piece.table}`", "was changed after")
            if self._hanging(piece.table) != piece.left:
                raise _drifted(f"what hangs on table `{piece.table}`", "was changed after")
        elif any((kind, fold(piece.table)) in found for kind in ("table", "view")):
            raise _drifted(f"`{piece.table}`", "was made anew after")
        if not columns(self.connection, piece.kept):
            raise _drifted(f"what was kept of `{piece.table}`", "is gone")
        with quietly(self.connection):
            if piece.after:
                drop_texts(self.connection, self._hanging(piece.table))
                self.connection.execute(f"DROP TABLE main.{quoted(piece.table)}")
            self._expect_free(piece.things)
            self._fill(piece)
            make_texts(self.connection, piece.things)

    def _fill(self, piece: Kept) -> None:
        """The table by its own SQL, its rows with their row numbers, and nothing kept any more."""
        self.connection.execute(piece.sql)
        names = [quoted(name) for name in piece.columns]
        into = ", ".join([piece.rowid, *names] if piece.rowid else names)
        address = piece.rowid
        order = f" ORDER BY {address}" if address else ""
        self.connection.execute(
            f"INSERT INTO main.{quoted(piece.table)} ({into}) SELECT {into} "  # noqa: S608 - quoted names
            f"FROM main.{quoted(piece.kept)}{order}"
        )
        self.connection.execute(f"DROP TABLE main.{quoted(piece.kept)}")

    @back.register
    def _(self, piece: RenamedTable) -> None:
        self._expect_free((("table", piece.old, ""),))
        self._expect("table", piece.new)
        self.connection.execute(f"ALTER TABLE main.{quoted(piece.new)} RENAME TO {quoted(piece.old)}")
        self._restate(piece.texts)

    @back.register
    def _(self, piece: RenamedColumn) -> None:
        self._expect("table", piece.table)
        if piece.new not in {column.name for column in columns(self.connection, piece.table)}:
            raise _drifted(f"column `{piece.new}` of `{piece.table}`", "is gone")
        self.connection.execute(
            f"ALTER TABLE main.{quoted(piece.table)} RENAME COLUMN {quoted(piece.new)} TO {quoted(piece.old)}"
        )
        self._restate(piece.texts)

    @back.register
    def _(self, piece: AddedColumn) -> None:
        self._expect("table", piece.table)
        if piece.column not in {column.name for column in columns(self.connection, piece.table)}:
            raise _drifted(f"column `{piece.column}` of `{piece.table}`", "is gone")
        if not piece.computed:
            query = (
                f"SELECT 1 FROM main.{quoted(piece.table)} "  # noqa: S608 - a quoted name; the default is SQLite's text
                f"WHERE {quoted(piece.column)} IS NOT ({piece.default}) LIMIT 1"
            )
            if self.connection.execute(query).fetchone():
                raise _drifted(f"column `{piece.column}` of `{piece.table}`", "was given values after")
        self.connection.execute(f"ALTER TABLE main.{quoted(piece.table)} DROP COLUMN {quoted(piece.column)}")

    def _hanging(self, table: str) -> tuple[Text, ...]:
        return hanging(things(self.connection), fold(table))

    def _expect(self, kind: str, name: str) -> None:
        if (kind, fold(name)) not in things(self.connection):
            raise _drifted(f"{kind} `{name}`", "is gone")

    def _expect_free(self, wanted: tuple[Text, ...]) -> None:
        taken = things(self.connection)
        for kind, name, _ in wanted:
            if (kind, fold(name)) in taken:
                raise _drifted(f"{kind} `{name}`", "was made anew after")

    def _restate(self, wanted: tuple[Text, ...]) -> None:
        """Views, triggers and indexes with exactly their old text (a renaming back spells them differently)."""
        found = things(self.connection)
        other = tuple(text for text in wanted if found[text[0], fold(text[1])].sql != text[2])
        drop_texts(self.connection, other)
        make_texts(self.connection, other)


def _row_of(change: apsw.TableChange) -> str:
    values = change.old if change.old is not None else change.new
    if values is None:
        return f"table `{change.name}`"
    key = ", ".join(as_text(values[place]) for place in sorted(change.pk_columns))
    return f"row `{key}` of `{fold(change.name)}`"


def _set_counters(connection: apsw.Connection, image: Image, restored: set[str]) -> None:
    """AUTOINCREMENT counters as they were, where nobody has counted on since."""
    now = sequences(connection)
    for name, was, then in image.counters:
        if now.get(name) != then and fold(name) not in restored:
            continue
        connection.execute("DELETE FROM main.sqlite_sequence WHERE name = ?", (name,))
        if was is not None:
            connection.execute("INSERT INTO main.sqlite_sequence (name, seq) VALUES (?, ?)", (name, was))
