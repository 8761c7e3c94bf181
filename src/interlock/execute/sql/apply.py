"""One script, done inside the caller's transaction: statement by statement, fenced, measured, with its before-image.

Rehearsal and execution both run this, so what was measured is what will be done.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import apsw
import msgspec

from interlock.errors import Forbidden, TargetError
from interlock.execute.sql.budget import BoundHit, Budget
from interlock.execute.sql.fence import Deed, Fence, Kind
from interlock.execute.sql.image import Done, Image, Kept, Made
from interlock.execute.sql.keep import altered, created, drop_texts, dropped, rows_in, set_aside, texts
from interlock.execute.sql.names import KEPT, fold, quoted
from interlock.execute.sql.output import Output, run
from interlock.execute.sql.place import is_worldly
from interlock.execute.sql.rows import IMAGE_BYTES, Recorder, RowSample
from interlock.execute.sql.schema import own_names, referenced_by_others, schema_digest, sequences, things
from interlock.execute.sql.statements import Statement, statements
from interlock.model.change import Resource, Verb
from interlock.model.inventory import Measured

Tally = Counter[tuple[Kind, str, Verb, bool]]


class Applied(NamedTuple):
    """What a script did. `uncovered` says what of it could not be recorded exactly; `which` is which rows."""

    tally: Tally
    deeds: frozenset[Deed]
    image: Image
    samples: tuple[RowSample, ...]
    uncovered: tuple[str, ...]
    output: Output
    schema: str
    which: str

    def measured(self, environment: str) -> tuple[Measured, ...]:
        """By resource and verb; a count of 0 means that the statements could have and did not."""
        keys = {(deed.kind, deed.name, deed.verb) for deed in self.deeds}
        keys |= {(kind, name, verb) for kind, name, verb, _ in self.tally}
        return tuple(
            Measured(
                Resource(kind, name, environment),
                verb,
                self.tally[kind, name, verb, False] + self.tally[kind, name, verb, True],
                self.tally[kind, name, verb, True],
            )
            for kind, name, verb in sorted(keys)
        )


def apply(
    connection: apsw.Connection,
    script: str,
    fence: Fence,
    budget: Budget,
    *,
    prefix: str,
    samples: int = 0,
    which: bool = True,
) -> Applied:
    """Do the script. The caller holds the transaction and takes it back on any error.

    TargetError with code `failed` when the script does not run; BoundHit when it is too much.
    """
    budget.watch(connection)
    try:
        with _statement_errors():
            doing = _Doing(connection, script, fence, budget, prefix, samples, which)
            try:
                return doing.all()
            finally:
                doing.end()
    finally:
        connection.set_progress_handler(None)


@contextmanager
def _statement_errors() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        if is_worldly(error):
            raise
        raise failed(str(error)) from error


def failed(why: str) -> TargetError:
    return TargetError(f"the change does not run: {why}", hint="nothing was done", code="failed")


class _Doing:
    """The script while it is being done."""

    def __init__(
        self,
        connection: apsw.Connection,
        script: str,
        fence: Fence,
        budget: Budget,
        prefix: str,
        samples: int,
        which: bool,
    ) -> None:
        self.connection = connection
        self.script = script
        self.fence = fence
        self.budget = budget
        self.prefix = prefix
        self.wanted = samples
        self.schema = things(connection)
        self.counters = sequences(connection)
        self.recorder: Recorder | None = None
        self.done: list[Done] = []
        self.tally: Tally = Counter()
        self.deeds: set[Deed] = set()
        self.samples: list[RowSample] = []
        self.wanted_which = which
        self.which: list[str] = []
        self.uncovered: set[str] = set()
        self.output = Output()

    def all(self) -> Applied:
        try:
            for statement in statements(self.connection, self.script, self.fence):
                self._one(statement)
            self._close_rows()
        except apsw.InterruptError as error:
            raise BoundHit(self.budget.what, passing=True) from error
        if self.connection.status(apsw.SQLITE_DBSTATUS_DEFERRED_FKS)[0]:
            raise failed("it leaves rows whose foreign key points nowhere")
        # Which rows, and the schema that they stand in: equal numbers are not yet the same change.
        touched = {deed.name for deed in self.deeds} | {name for _, name, _, _ in self.tally}
        return Applied(
            self.tally,
            frozenset(self.deeds),
            Image(tuple(self.done), self._counters()),
            tuple(self.samples[: self.wanted]),
            tuple(sorted(self.uncovered)),
            self.output,
            schema_digest(self.schema, touched),
            hashlib.sha256(msgspec.msgpack.encode(self.which)).hexdigest(),
        )

    def end(self) -> None:
        if self.recorder is not None:
            self.recorder.abandon()

    def _one(self, statement: Statement) -> None:
        if statement.explain:
            self._run(statement)
            return
        for deed in statement.deeds:
            self._note(deed)
        if not statement.structural:
            self._rows(statement)
            return
        self._close_rows()
        if apsw.SQLITE_DROP_TABLE in statement.structural:
            self._drop_table(statement.structural[apsw.SQLITE_DROP_TABLE])
        elif apsw.SQLITE_ALTER_TABLE in statement.structural:
            self._alter(statement, statement.structural[apsw.SQLITE_ALTER_TABLE])
        else:
            self._other_structure(statement)

    def _note(self, deed: Deed) -> None:
        """A view that is written to (through its triggers) is named as what it is."""
        is_view = deed.kind == "sql.table" and ("view", deed.name) in things(self.connection)
        self.deeds.add(deed._replace(kind="sql.view") if is_view else deed)

    def _run(self, statement: Statement) -> None:
        run(self.connection, statement, self.fence, self.output)

    def _restructure(self, statement: Statement) -> None:
        """Run a structural statement. SQLite does not ask about the new name of a renamed table, so we look."""
        ours = own_names(self.connection)
        self._run(statement)
        if own_names(self.connection) - ours:
            raise Forbidden("a statement takes a name that is Interlock's own", hint="choose another name")

    def _rows(self, statement: Statement) -> None:
        if statement.deeds:
            recorder = self._recording()
            for deed in statement.deeds:
                recorder.may_touch(deed.name)
        self._run(statement)
        if self.recorder is not None:
            self.recorder.check_size()

    def _recording(self) -> Recorder:
        if self.recorder is None:
            self.recorder = Recorder(self.connection, self.wanted, self.wanted_which)
        return self.recorder

    def _close_rows(self) -> None:
        """End a run of row changes: its changeset is one piece of the image."""
        if self.recorder is None:
            return
        recorder, self.recorder = self.recorder, None
        recorded = recorder.finish()
        self.uncovered |= recorder.uncovered
        if recorded is None:
            return
        self.done.append(recorded.rows)
        for (table, verb, indirect), count in recorded.counts.items():
            self.tally["sql.table", table, verb, indirect] += count
        self.samples.extend(recorded.samples)
        self.which.append(recorded.which)
        size = sum(len(piece.changeset) for piece in self.done if hasattr(piece, "changeset"))
        if size > IMAGE_BYTES:
            raise BoundHit(f"the rows that change are more than {IMAGE_BYTES // 1024**2} MiB")

    def _drop_table(self, table: str) -> None:
        if why := self._not_a_plain_table(table):
            self.uncovered.add(why)
            return
        if referenced_by_others(self.connection, table):
            self._empty(table)
        self.tally["sql.table", table, "delete", False] += rows_in(self.connection, table)
        self.done.append(set_aside(self.connection, table, self._kept_name(table)))

    def _empty(self, table: str) -> None:
        """What DROP TABLE does first when others point at it: its rows go, the foreign keys act, and the triggers of
        other tables fire. Its own do not, so they go before.
        """
        before = things(self.connection)
        own = texts([t for t in before.values() if fold(t.table) == table and t.type == "trigger"])
        drop_texts(self.connection, own)
        self.done += dropped(self.connection, before)
        recorder = self._recording()
        emptying = next(statements(self.connection, f"DELETE FROM main.{quoted(table)}", self.fence))  # noqa: S608 - quoted names
        for deed in emptying.deeds:
            self._note(deed)
            recorder.may_touch(deed.name)
        self._run(emptying)
        self._close_rows()

    def _not_a_plain_table(self, table: str) -> str:
        row = self.connection.execute(
            "SELECT type FROM pragma_table_list(?) WHERE schema = 'main'", (table,)
        ).fetchone()
        return "" if row and row[0] == "table" else f"`{table}` is no plain table and cannot be moved aside"

    def _alter(self, statement: Statement, table: str) -> None:
        piece, rows = altered(
            self.connection, table, self._kept_name(table), lambda: self._restructure(statement), self.budget
        )
        self.tally["sql.table", table, "update", False] += rows
        self.done.append(piece)

    def _other_structure(self, statement: Statement) -> None:
        before = things(self.connection)
        self._restructure(statement)
        made = created(self.connection, before, self.budget)
        gone = dropped(self.connection, before)
        self.done += [*made, *gone]
        for deed in statement.deeds:
            if deed.kind == "sql.table" and deed.verb == "create" and any(isinstance(piece, Made) for piece in made):
                self.tally["sql.table", deed.name, "create", False] += rows_in(self.connection, deed.name)

    def _kept_name(self, table: str) -> str:
        """A free name of ours; the number is only there when one script drops two tables of the same name."""
        taken = {fold(piece.kept) for piece in self.done if isinstance(piece, Kept)}
        plain = f"{KEPT}{self.prefix}_{table}"
        number = 2
        name = plain
        while fold(name) in taken:
            name, number = f"{plain}_{number}", number + 1
        return name

    def _counters(self) -> tuple[tuple[str, int | None, int | None], ...]:
        after = sequences(self.connection)
        names = sorted(self.counters.keys() | after.keys())
        pairs = ((name, self.counters.get(name), after.get(name)) for name in names)
        return tuple((name, was, now) for name, was, now in pairs if was != now)
