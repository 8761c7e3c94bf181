"""The rehearsal: the change is really tried on the live file and taken back; on a copy, the way back is proved too."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from interlock.errors import Forbidden, InterlockError, TargetError
from interlock.execute.sql.apply import Applied, apply
from interlock.execute.sql.bind import measured
from interlock.execute.sql.budget import BoundHit, Budget, by_time
from interlock.execute.sql.contents import Contents, contents, lost, respelled
from interlock.execute.sql.fence import Fence
from interlock.execute.sql.image import from_bytes, to_bytes
from interlock.execute.sql.place import Place, find, harden, is_worldly, opened, speaking
from interlock.execute.sql.plan import steps_back
from interlock.execute.sql.reading import check, only_reads
from interlock.execute.sql.statements import text_of
from interlock.execute.sql.takeback import take_back
from interlock.model.change import Change, Resource
from interlock.model.inventory import Rehearsal, RollbackProof, Sample
from interlock.model.target import Bounds, Target

#: The live file's write lock is held no longer than this for a rehearsal.
HOLD_MILLISECONDS: Final = 2_000
#: A copy up to this size is made in memory; a larger one in a private folder beside the database.
MEMORY_BYTES: Final = 256 * 1024**2

_PAGES: Final = 4_096
_REHEARSAL: Final = "rehearsal"


class Proved(NamedTuple):
    """What a copy has told: what the change did there (None when it did not come that far), and the way back.

    `hindered` says what of the moment it did not come to its end for.
    """

    applied: Applied | None
    rollback: RollbackProof
    hindered: str = ""


class Trial(NamedTuple):
    """One change to be tried, with its bounds: `left` gives the milliseconds that are left."""

    place: Place
    script: str
    bounds: Bounds
    monotonic: Callable[[], int]
    until: int

    def budget(self, what: str, most: int | None = None) -> Budget:
        left = max(0, self.until - self.monotonic())
        return by_time(left if most is None else min(left, most), self.monotonic, what)


def rehearse(
    change: Change, payload: bytes, target: Target, *, bounds: Bounds, monotonic: Callable[[], int]
) -> Rehearsal:
    """Try it on the live file and take it back; prove the way back on a copy; say what bound was hit."""
    place = find(target)
    script = text_of(payload)
    trial = Trial(place, script, bounds, monotonic, monotonic() + bounds.milliseconds)
    limits: list[str] = []
    live: Applied | None = None
    hindered = ""
    try:
        if only_reads(change):
            check(place, script)
            return Rehearsal(rollback=RollbackProof("none-needed"))
        live = _on_live(trial)
    except (Forbidden, TargetError) as error:
        if isinstance(error, TargetError) and error.code != "failed":
            raise
        return Rehearsal(rollback=RollbackProof(why="the change does not run"), failed=error.message)
    except BoundHit as hit:
        limits.append(f"on the live database: {hit}")
        hindered = str(hit) if hit.passing else ""
    proved = _on_copy(trial, live is not None)
    hindered = hindered or proved.hindered
    found = live or proved.applied
    if found is None:
        return Rehearsal(rollback=proved.rollback, complete=False, limits=tuple(limits), hindered=hindered)
    if live is None:
        limits.append("the figures are those of a copy")
    limits.extend(f"not covered: {why}" for why in found.uncovered)
    samples = tuple(
        Sample(Resource("sql.table", row.table, target.environment), row.verb, row.before, row.after)
        for row in found.samples
    )
    complete = not found.uncovered
    figures = measured(place, target, found)
    return Rehearsal(figures, samples, proved.rollback, complete, tuple(limits), hindered=hindered)


def _on_live(trial: Trial) -> Applied:
    budget = trial.budget(f"it takes longer than {HOLD_MILLISECONDS} ms or the bound given", HOLD_MILLISECONDS)
    with opened(trial.place, write=True) as connection, speaking(trial.place):
        # Changed pages stay in memory and none reaches the file before a commit, which never comes. So readers go on
        # undisturbed, and no journal is needed on the disk, where they would take it for the rest of a crash.
        connection.pragma("cache_spill", False)
        if connection.pragma("journal_mode") != "wal":  # which is a property of the file, not ours to change
            connection.pragma("journal_mode", "memory")
        connection.execute("BEGIN IMMEDIATE")
        try:
            return apply(connection, trial.script, Fence(), budget, prefix=_REHEARSAL, samples=trial.bounds.samples)
        finally:
            if connection.in_transaction:  # an interrupted statement may have ended it already
                connection.execute("ROLLBACK")


def _on_copy(trial: Trial, known: bool) -> Proved:
    """Apply, undo and compare on a copy. Whatever cannot be done there leaves the verdict unknown, never valid."""
    try:
        with _copied(trial) as connection, speaking(trial.place):
            return _there_and_back(connection, trial, known)
    except BoundHit as hit:
        return Proved(None, RollbackProof(why=f"not simulated: {hit}"), str(hit) if hit.passing else "")
    except TargetError as error:
        hindered = "" if error.code == "failed" else error.message
        return Proved(None, RollbackProof(why=f"not simulated: {error.message}"), hindered)


def _there_and_back(connection: apsw.Connection, trial: Trial, known: bool) -> Proved:
    budget = trial.budget("the time for simulating the rollback is over")
    before = contents(connection, budget)
    connection.execute("BEGIN IMMEDIATE")
    samples = 0 if known else trial.bounds.samples  # what the live database has told already is not told again
    applied = apply(connection, trial.script, Fence(), budget, prefix=_REHEARSAL, samples=samples, which=not known)
    connection.execute("COMMIT")
    steps = steps_back(applied.image)
    if applied.uncovered:
        return Proved(applied, RollbackProof("unknown", False, steps, "; ".join(applied.uncovered)))
    try:
        connection.execute("BEGIN IMMEDIATE")
        budget.watch(connection)
        take_back(connection, from_bytes(to_bytes(applied.image)), budget)
        connection.execute("COMMIT")
        after = contents(connection, budget)
    except (BoundHit, apsw.InterruptError):
        why = f"not simulated: {budget.what}"
        return Proved(applied, RollbackProof("unknown", False, steps, why), budget.what)
    except (apsw.Error, InterlockError) as error:
        if isinstance(error, apsw.Error) and is_worldly(error):
            raise  # which says nothing about the way back
        return Proved(applied, RollbackProof("invalid", True, steps, f"undoing it fails: {error}"))
    return Proved(applied, _verdict(before, after, steps))


def _verdict(before: Contents, after: Contents, steps: tuple[str, ...]) -> RollbackProof:
    if missing := lost(before, after):
        return RollbackProof("invalid", True, steps, f"not as before: {', '.join(missing)}")
    if spelling := respelled(before, after):
        return RollbackProof("valid-with-loss", True, steps, ", ".join(spelling))
    return RollbackProof("valid" if steps else "none-needed", True, steps)


@contextmanager
def _copied(trial: Trial) -> Iterator[apsw.Connection]:
    """A private copy of the database as it is."""
    with opened(trial.place, write=False) as source, speaking(trial.place):
        size = int(source.pragma("page_count")) * int(source.pragma("page_size"))
        if size > trial.bounds.bytes:
            raise BoundHit(f"the database is {size >> 20} MiB, more than {trial.bounds.bytes >> 20} MiB")
        with _room_for(size, Path(trial.place.path).parent) as name:
            copy = apsw.Connection(name)
            try:
                _fill(copy, source, trial.budget("the time for copying is over"))
                harden(copy)
                yield copy
            finally:
                copy.close(True)


@contextmanager
def _room_for(size: int, beside: Path) -> Iterator[str]:
    """In memory, or beside the database where nobody else may look; never so that its disk runs full."""
    if size <= MEMORY_BYTES:
        yield ":memory:"
        return
    try:
        if shutil.disk_usage(beside).free < 3 * size:
            raise BoundHit("there is no room beside the database for a copy of it", passing=True)
        folder = tempfile.TemporaryDirectory(prefix=".interlock-", dir=beside)
    except OSError as error:
        raise BoundHit(f"no copy can be made beside the database: {error.strerror}", passing=True) from error
    with folder:
        yield str(Path(folder.name) / "copy.sqlite")


def _fill(copy: apsw.Connection, source: apsw.Connection, budget: Budget) -> None:
    with copy.backup("main", source, "main") as backup:
        while not backup.done:
            budget.check()
            backup.step(_PAGES)
    # A copy that dies is a copy that is thrown away: it needs no journal on the disk.
    copy.pragma("journal_mode", "memory")
    copy.pragma("synchronous", "off")
