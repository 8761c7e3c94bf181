"""What an approval is bound to: numbers per resource and verb, and which file, schema and rows they were counted on."""

from __future__ import annotations

from interlock.errors import Stale
from interlock.execute.sql.apply import Applied
from interlock.execute.sql.fence import Deed, Kind
from interlock.execute.sql.place import Place
from interlock.model.change import Resource
from interlock.model.inventory import Measured
from interlock.model.target import Target

#: The resource type under which the file itself stands among what was measured.
DATABASE = "sql.database"

_KINDS: tuple[Kind, ...] = ("sql.table", "sql.view", "sql.index", "sql.trigger")


def measured(place: Place, target: Target, applied: Applied) -> tuple[Measured, ...]:
    """The numbers, and first a line that names what they were counted on (its count is always 0).

    Equal numbers on other rows, under another schema or in another file are not the change that was approved.
    """
    counted_on = (("file", place.identity), ("rows", applied.which), ("schema", applied.schema))
    database = Resource(DATABASE, target.name, target.environment, counted_on)
    return (Measured(database, "read", 0), *applied.measured(target.environment))


def is_same_file(place: Place, approved: tuple[Measured, ...]) -> bool:
    """Whether this is the very file that the approved rehearsal ran on."""
    return any(("file", place.identity) in line.resource.location for line in approved)


def permitted(approved: tuple[Measured, ...]) -> frozenset[Deed]:
    """What the fence lets pass: what the rehearsal could have done, and nothing else."""
    deeds = set()
    for line in approved:
        kind = next((kind for kind in _KINDS if kind == line.resource.type), None)
        if kind is not None:
            deeds.add(Deed(kind, line.resource.name, line.verb))
        if kind == "sql.view":
            # SQLite tells of rows that are written to a view as of any table's.
            deeds.add(Deed("sql.table", line.resource.name, line.verb))
    return frozenset(deeds)


def expect_same(approved: tuple[Measured, ...], found: tuple[Measured, ...]) -> None:
    """Stale, with the first difference in words, unless what would be done is exactly what was approved."""
    if len(approved) == len(found) and set(approved) == set(found):
        return
    if not any(line.resource.type == DATABASE for line in approved):
        raise Stale("this change was not rehearsed, so nothing says what it may do", hint="nothing was done")
    was = {(line.resource.key, line.verb): line for line in approved}
    now = {(line.resource.key, line.verb): line for line in found}
    for key in sorted(was.keys() | now.keys()):
        if was.get(key) != now.get(key):
            raise Stale(
                _words(was.get(key), now.get(key)), hint="nothing was done; propose it again to see it as it is"
            )
    raise Stale("what was approved is no longer what would run", hint="nothing was done")


def _words(was: Measured | None, now: Measured | None) -> str:
    line = was or now
    name, verb = (line.resource.name, line.verb) if line else ("", "")
    if was is None or now is None:
        return f"to {verb} in `{name}` was {'not approved' if was is None else 'approved and would no longer happen'}"
    if was.resource.type == DATABASE:
        before = dict(was.resource.location)
        moved = [key for key, value in now.resource.location if before.get(key) != value]
        words = {"file": "the database file is another one", "schema": "the tables' definition has changed"}
        return next((words[key] for key in moved if key in words), "other rows would be changed than were approved")
    if was.count != now.count:
        return f"{was.count} of `{name}` were approved for {verb}, {now.count} would be done"
    return f"{was.indirect} of `{name}` were to come by cascade or trigger, {now.indirect} would"
