"""One PostgreSQL script while it is read: the script's effects plus the way back to the table of statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from interlock.model.change import Trait
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.types import KEEPING
from interlock.read.sql.script import Script

Handler: TypeAlias = "Callable[[Reading, Node], None]"

#: Schemas that hold the server's own catalogue; writing there by hand can do anything.
_CATALOGUE = ("pg_catalog.", "information_schema.", "pg_toast.")


class Reading(Script):
    """A script in PostgreSQL. `statement` reads any statement node, so that one statement can hold another."""

    def __init__(self, environment: str, handlers: Mapping[str, Handler]) -> None:
        super().__init__("postgres", environment)
        self._handlers = handlers
        self.loops: dict[str, str] = {}  # variable of a loop in PL/pgSQL -> the table of which it takes each row
        self.series: set[str] = set()  # variables of loops that go through the keys of a whole table
        self.each: dict[str, str] = {}  # variable of a loop -> the table of which it takes the key of each row
        self.variables: list[str] = []  # those of the block at hand, as its statements count them
        self.withs: list[Node] = []  # queries of the WITH around the statement at hand
        self.cursors: dict[str, str] = {}  # cursor of a block -> the table of which it takes each row
        self.endless = 0  # loops at hand that go on until something is so
        self.in_loop = 0
        self.copies: dict[str, str] = {}  # what this script itself makes -> the table of which it has every row
        self.members: set[str] = set()  # extensions that this script itself gives something that goes with them
        self.enums: set[str] = set()  # enum types that this script itself makes
        self.rows_skipped = 0  # rows of literals that were counted but not parsed, of the INSERT at hand
        self.types: dict[tuple[str, str], Node] = {}  # table and column -> its type, as this script declared it
        self.goes_on = False  # the client goes on after an error, so what the script makes may not be there
        self.writing = ""  # the table of the write at hand
        self.operators: set[str] = set()  # operators that this script itself makes
        self.casts_run = False  # this script made a cast of its own, so that any may run code
        self.refused = 0  # statements that the server would refuse, in a script for a client
        self.rows_given: int | None = None  # lines of data that follow the COPY at hand

    def statement(self, node: Node) -> None:
        """The effects of one statement node, `{"Kind": {…}}`. What has no handler is unknown."""
        kind, inner = next(iter(node.items()), ("", {}))
        handler = self._handlers.get(kind)
        if handler is None:
            self.cannot_tell(kind or "empty", "a statement that is not modelled")
        else:
            handler(self, inner)
        if kind not in KEEPING:
            self.types.clear()

    def whole(self, node: Node) -> None:
        """The effects of one statement of the script, and on to the next. One that nests too deep is unknown."""
        try:
            self.statement(node)
        except RecursionError:
            self.too_deep()
        else:
            self.part += 1

    def too_deep(self) -> None:
        """A statement of the script whose tree is deeper than is read."""
        self.cannot_tell("nested", "a statement that nests too deep to be read")
        self.degrade("a statement nests too deep to be read")
        self.part += 1

    def embedded(self, node: Node) -> None:
        """A statement inside another one."""
        with self.inside() as readable:
            if readable:
                self.statement(node)
            else:
                self.cannot_tell("nested", "statements are nested too deep")

    def is_catalogue(self, table: str) -> bool:
        """Whether a table of this name is the server's own."""
        return table.startswith(_CATALOGUE) or (table.startswith("pg_") and "." not in table)

    def is_temporary(self, table: str) -> bool:
        """Whether this script made the table itself, for its own session alone."""
        return (table in self.temporary and not self.goes_on) or table.startswith("pg_temp.")

    def passes(self, table: str) -> bool:
        return not self.goes_on and (super().passes(table) or table.startswith("pg_temp."))

    @property
    def stops(self) -> bool:
        return self.framed

    def declare(self, table: str, column: Node) -> None:
        """Remembers a column's type, where the script surely gave it."""
        if not (self.nested or self.goes_on):
            self.types[table, column.get("colname", "")] = column.get("typeName", {})


def cascade(node: Node) -> tuple[Trait, ...]:
    """The trait of a statement that says CASCADE."""
    return ("cascades",) if node.get("behavior") == "DROP_CASCADE" else ()
