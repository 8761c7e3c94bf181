"""The surveyor of `sql:sqlite`: tables, views, indexes and triggers of one database file, and what depends on what."""

from __future__ import annotations

from collections.abc import Callable

import apsw

from interlock.model.change import Change, Resource
from interlock.model.inventory import Edge, EdgeKind, Inventory, Item
from interlock.model.target import Bounds, Target
from interlock.survey.sql.lens import fold, looking
from interlock.survey.sql.tables import Standing, columns, keys, references, settable, size, standing
from interlock.survey.sql.uses import Uses, of_triggers, of_view


def survey(target: Target, change: Change, *, bounds: Bounds, now: int, monotonic: Callable[[], int]) -> Inventory:
    """Everything in the file, whatever the change touches: what depends on it can only be told from the whole."""
    del change
    with looking(target, monotonic() + bounds.milliseconds, monotonic) as connection:
        return _Survey(connection, target, bounds).all(now)


class _Survey:
    """One survey while it is made. What hits the deadline or does not work is a limit, and the survey goes on."""

    def __init__(self, connection: apsw.Connection, target: Target, bounds: Bounds) -> None:
        self.connection = connection
        self.target = target
        self.bounds = bounds
        self.found = standing(connection)
        self.kinds = {fold(each.name): each.type for each in self.found if each.type in {"table", "view"}}
        self.critical = frozenset(fold(name) for name in target.critical)
        self.items: list[Item] = []
        self.edges: list[Edge] = []
        self.limits: list[str] = []

    def all(self, now: int) -> Inventory:
        for each in self.found:
            self.items.append(self._item(each))
            if each.type in {"index", "trigger"}:
                kind: EdgeKind = "contains" if each.type == "index" else "triggers"
                on = self._named(each.table)
                self.edges.append(
                    Edge(self._own(each), on, kind, "hard", f"{each.type} `{fold(each.name)}` is on `{on.name}`")
                )
            elif each.type == "view":
                self._view(each)
            else:
                self._table(each)
        for name in sorted({each.table for each in self.found if each.type == "trigger"}):
            self._triggers(name)
        # A misspelt word of the operator's is not passed over: the table that was meant counts as any other one.
        missing = sorted(self.critical - {fold(each.name) for each in self.found})
        self.limits += [f"critical `{name}` does not stand in the target" for name in missing]
        target = self.target
        return Inventory(
            target.name,
            target.environment,
            tuple(self.items),
            tuple(self.edges),
            now,
            not self.limits,
            tuple(self.limits),
        )

    def _own(self, each: Standing) -> Resource:
        return Resource(f"sql.{each.type}", fold(each.name), self.target.environment)

    def _named(self, name: str) -> Resource:
        """A table or view by name; one that does not stand there is spoken of as a table."""
        return Resource(f"sql.{self.kinds.get(fold(name), 'table')}", fold(name), self.target.environment)

    def _item(self, each: Standing) -> Item:
        resource = self._own(each)
        critical = fold(each.name) in self.critical
        if each.type == "table":
            key, fields = keys(self.connection, each.name), columns(self.connection, each.name)
            return Item(resource, self._size(each.name), key, fields, critical)
        if each.type == "view":
            try:
                return Item(resource, None, (), columns(self.connection, each.name), critical)
            except apsw.SQLError:
                return Item(resource, critical=critical)  # a broken view has no columns; `_view` says so
        return Item(resource, critical=critical)

    def _size(self, name: str) -> int | None:
        try:
            count = size(self.connection, name, self.bounds.rows)
        except apsw.InterruptError:
            self.limits.append(f"there was no time left to count the rows of `{fold(name)}`")
            return None
        except apsw.SQLError as error:
            self.limits.append(f"the rows of `{fold(name)}` cannot be counted: {error}")
            return None
        if count is None:
            self.limits.append(f"`{fold(name)}` has more than {self.bounds.rows} rows")
        return count

    def _table(self, each: Standing) -> None:
        for reference in references(self.connection, each.name):
            parent = self._named(reference.parent)
            self.edges.append(Edge(self._own(each), parent, reference.kind, "hard", reference.evidence))

    def _view(self, each: Standing) -> None:
        try:
            uses = of_view(self.connection, each.name)
        except apsw.SQLError as error:
            self.limits.append(f"view `{fold(each.name)}` does not work: {error}")
            return
        self._reads(self._own(each), f"view `{fold(each.name)}`", uses)

    def _triggers(self, table: str) -> None:
        names = frozenset(fold(t.name) for t in self.found if t.type == "trigger" and t.table == table)
        try:
            used = of_triggers(self.connection, table, settable(self.connection, table), names)
        except apsw.SQLError:
            used = {}
        for name in sorted(names - used.keys()):
            self.limits.append(f"what trigger `{name}` does cannot be told")
        for name, uses in sorted(used.items()):
            trigger = Resource("sql.trigger", name, self.target.environment)
            self._reads(trigger, f"trigger `{name}`", uses)
            for written in sorted(uses.writes):
                # What the trigger writes feels what happens to its table, by way of the trigger.
                self.edges.append(
                    Edge(self._named(written), trigger, "reads", "soft", f"trigger `{name}` writes `{written}`")
                )

    def _reads(self, reader: Resource, words: str, uses: Uses) -> None:
        for name in sorted(uses.reads & self.kinds.keys()):
            self.edges.append(Edge(reader, self._named(name), "reads", "hard", f"{words} reads `{name}`"))
        for name in sorted(uses.maybe & self.kinds.keys() - uses.reads):
            self.edges.append(Edge(reader, self._named(name), "reads", "soft", f"{words} may read `{name}`"))
