"""The executor of `sql:sqlite`: rehearse, execute, undo, close, look, as executor.py promises them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager

import apsw

from interlock.errors import Stale, TargetError, Untold
from interlock.execute.executor import Order, Seal, Seen, Unseal
from interlock.execute.sql import marker
from interlock.execute.sql.apply import Applied, apply
from interlock.execute.sql.bind import expect_same, is_same_file, measured, permitted
from interlock.execute.sql.budget import EXECUTE_INSTRUCTIONS, BoundHit, by_instructions
from interlock.execute.sql.fence import Fence
from interlock.execute.sql.image import from_bytes, to_bytes
from interlock.execute.sql.place import Place, find, opened, speaking
from interlock.execute.sql.reading import read
from interlock.execute.sql.rehearse import rehearse
from interlock.execute.sql.statements import text_of
from interlock.execute.sql.takeback import take_back
from interlock.model.change import Change
from interlock.model.entry import Purpose
from interlock.model.execution import Step
from interlock.model.inventory import Rehearsal
from interlock.model.target import Bounds, Target

#: With these the target is reached and yet cannot tell, now or later.
_TELLS_NOTHING = frozenset({"foreign-marker", "not-a-database", "corrupt"})


class SqliteExecutor:
    """Executes SQL on one SQLite file per target, each purpose in one transaction."""

    def rehearse(
        self, change: Change, payload: bytes, target: Target, *, bounds: Bounds, monotonic: Callable[[], int]
    ) -> Rehearsal:
        return rehearse(change, payload, target, bounds=bounds, monotonic=monotonic)

    def execute(self, order: Order, seal: Seal) -> Generator[Step]:
        """One step: `commit`, or `read` for a change that only looks."""
        place = find(order.target)
        script = text_of(order.payload)
        if not order.writes:
            yield from _reading(place, script, seal)
            return
        with _transaction(place, order.target) as connection:
            # A crash from here to the commit leaves nothing: SQLite takes an open transaction back by itself.
            with speaking(place):
                marker.expect_none(connection, order.case)
                applied = _applied(connection, script, order)
                found = measured(place, order.target, applied)
                expect_same(order.measured, found)
                image = seal(to_bytes(applied.image))
                output = applied.output.to_json()
                sealed = seal(output) if output else ""
                marker.write(connection, order.case, "run", order.digest, applied.image.kept)
            detail = f"output cut: {applied.output.cut}" if applied.output.cut else ""
            step = Step("commit", "about", detail, found, (image,), sealed)
            yield step
            # A crash in the commit leaves all of it or nothing; the marker, in the same transaction, says which.
            _commit(connection, place, order, "run")
        # A crash here leaves it done and unsaid: recovery reads the marker.
        yield Step("commit", "did", detail, found, (image,), sealed)

    def undo(self, order: Order, images: Sequence[str], unseal: Unseal) -> Generator[Step]:
        """One step, `undo`: everything goes back in one transaction, or nothing does."""
        place = find(order.target)
        if len(images) != 1:
            raise TargetError("there is no single before-image to undo from", hint="nothing was undone")
        with _transaction(place, order.target) as connection:
            with speaking(place):
                marker.expect_run(connection, order.case, order.digest)
                budget = by_instructions(EXECUTE_INSTRUCTIONS, "undoing it takes too long")
                try:
                    budget.watch(connection)
                    take_back(connection, from_bytes(unseal(images[0])), budget)
                except (BoundHit, apsw.InterruptError) as hit:
                    raise TargetError(budget.what, hint="nothing was undone", code="too-long") from hit
                connection.set_progress_handler(None)
                marker.write(connection, order.case, "undo", order.digest)
            yield Step("undo", "about")
            # A crash in the commit leaves the change whole or undone whole; the marker says which.
            _commit(connection, place, order, "undo")
        yield Step("undo", "did")

    def close(self, order: Order) -> Generator[Step]:
        """One step, `close`: what stood aside for undo goes for good."""
        place = find(order.target)
        with _transaction(place, order.target) as connection:
            with speaking(place):
                kept = marker.expect_run(connection, order.case, order.digest)
                marker.drop_kept(connection, kept)
                marker.write(connection, order.case, "close", order.digest)
            yield Step("close", "about")
            # A crash in the commit leaves what was kept, or not; the marker says which.
            _commit(connection, place, order, "close")
        yield Step("close", "did")

    def look(self, order: Order, purpose: Purpose) -> Seen:
        """From the marker alone. A database that does not know a case that it must know is unknown.

        Asked under the write lock: an execution that is still alive between its announcement and its commit holds it,
        and one that has not announced itself yet can no longer do so once the record says what was seen here.
        One that cannot be asked now (locked, not there) is TargetError: it can be asked again.
        """
        if not order.writes:
            return "not-done"  # a read has no effect to look for, and its answer was lost with the process
        place = find(order.target)
        try:
            # Opened for writing, because only then SQLite takes back what a crash has left half written.
            with opened(place, write=True) as connection, speaking(place):
                connection.execute("BEGIN IMMEDIATE")
                found = marker.read(connection, order.case)
                connection.execute("ROLLBACK")
        except TargetError as error:
            if error.code in _TELLS_NOTHING:
                return "unknown"
            raise
        if found is None:
            # Only a case that was executed here is ever undone or closed; and another file tells nothing of this one.
            return "not-done" if purpose == "run" and is_same_file(place, order.measured) else "unknown"
        was, digest, _ = found
        if digest != order.digest:
            return "unknown"
        return "done" if purpose in {"run", was} else "not-done"

    def account(self, order: Order, purpose: Purpose) -> str:
        """Nothing: a transaction is there whole or not at all."""
        del order, purpose
        return ""


def _reading(place: Place, script: str, seal: Seal) -> Generator[Step]:
    yield Step("read", "about")
    # A crash here leaves nothing: the connection cannot write.
    output = read(place, script)
    detail = f"output cut: {output.cut}" if output.cut else ""
    yield Step("read", "did", detail, output=seal(output.to_json()) if output.results else "")


def _applied(connection: apsw.Connection, script: str, order: Order) -> Applied:
    budget = by_instructions(EXECUTE_INSTRUCTIONS, "it takes too long")
    fence = Fence(permitted(order.measured))
    try:
        applied = apply(connection, script, fence, budget, prefix=order.case)
    except BoundHit as hit:
        raise TargetError(str(hit), hint="make the change smaller; nothing was done", code="too-long") from hit
    if applied.uncovered:
        raise TargetError(
            f"this change cannot be measured and undone exactly: {'; '.join(applied.uncovered)}",
            hint="nothing was done",
            code="not-covered",
        )
    return applied


@contextmanager
def _transaction(place: Place, target: Target) -> Iterator[apsw.Connection]:
    """The write lock on the very file that was found; given up, with everything done under it, unless committed."""
    with opened(place, write=True) as connection:
        with speaking(place):
            connection.execute("BEGIN IMMEDIATE")
        _expect_same_file(place, target)
        yield connection


def _expect_same_file(place: Place, target: Target) -> None:
    if find(target) != place:
        raise Stale("the database file was swapped", where=place.path, hint="nothing was done; find out by whom")


def _commit(connection: apsw.Connection, place: Place, order: Order, purpose: Purpose) -> None:
    """COMMIT; when SQLite reports an error, the marker tells which way it went."""
    _expect_same_file(place, order.target)
    try:
        connection.execute("COMMIT")
    except apsw.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        seen = _seen_after(order, purpose)
        if seen == "not-done":
            with speaking(place):
                raise
        if seen == "unknown":
            raise Untold(
                "whether the commit took effect cannot be told",
                where=place.path,
                hint=f"the database said: {error}; look at the table `interlock_applied`",
            ) from error
    if find(order.target) != place:
        raise Untold("the database file was swapped during the commit", where=place.path, hint="find out by whom")


def _seen_after(order: Order, purpose: Purpose) -> Seen:
    try:
        return SqliteExecutor().look(order, purpose)
    except TargetError:
        return "unknown"
