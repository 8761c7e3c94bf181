"""A script while it is read: the effects found so far, in order, and what is remembered between statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from interlock.model.change import TRAITS, Aspect, Change, Choice, Effect, Known, Resource, Trait, Verb

_RANK: Final = {trait: rank for rank, trait in enumerate(TRAITS)}

#: A script with more statements than this is read so far and no further; the change says so and is unknown.
MAX_STATEMENTS: Final = 20_000
#: Text beyond this is not read: rows of literals that a VALUES lists do not count. The change says so and is unknown.
MAX_TEXT: Final = 2 * 1024 * 1024
#: Names that say themselves that nothing of worth is in there, should the making of the table have failed unnoticed.
_PASSING: Final = re.compile(r"(?:^|[_.$])(?:tmp|temp|temporary|scratch)(?:[_$0-9]|$)", re.IGNORECASE)
_TEMPORARY: Final = (("temporary", "yes"),)
#: Statements inside statements (EXPLAIN, PREPARE, DO, functions of a script) deeper than this are unknown.
MAX_NESTED: Final = 16


class Script:
    """Collects effects of the statement being read (`part`); `add` and `cannot_tell` are the only ways to say one."""

    def __init__(self, dialect: str, environment: str) -> None:
        self.dialect = dialect
        self.environment = environment
        self.part = 0
        self.parts = 0
        self._effects: list[Effect] = []
        self._unknown: dict[str, None] = {}
        self._degraded: dict[str, None] = {}
        self._depth = 0
        self._repeats = 0
        self.writes = 0  # effects so far that do more than read
        self.prepared: dict[str, object] = {}  # PREPARE name -> what it holds
        self.shadowed: set[str] = set()  # function names that this script itself (re)defines
        self.path_moved = False  # this script decides itself where unqualified names are looked up
        self.temporary: set[str] = set()  # tables that this script itself made for its own session
        self.temporary_first = True  # their names stand before those of tables that last
        self.armed: dict[str, frozenset[str]] = {}  # what this script itself put code on -> the verbs that run it
        self._opened: int | None = None  # `writes` as it was when this script opened the transaction it is in

    def add(
        self,
        verb: Verb,
        kind: str,
        name: str,
        cause: str,
        *,
        aspect: Aspect = "content",
        choice: Choice = "named",
        count: int | None = None,
        keys: tuple[str, ...] = (),
        fields: tuple[str, ...] = (),
        traits: Iterable[Trait] = (),
        known: Known = "parsed",
        tags: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """One effect of the statement being read."""
        if not name and verb != "read":
            known, name = "unknown", "*"
            self._unknown[f"{cause}: of what cannot be told"] = None
        if verb != "read" and self.temporary and kind == "table" and known != "unknown" and self.passes(name):
            verb, traits, tags = "read", (), _TEMPORARY
        self.writes += verb != "read"
        unique = set(traits)
        if self._depth:
            unique.add("nested")
        ordered = tuple(sorted(unique, key=_RANK.__getitem__)) if unique else ()
        resource = Resource(f"sql.{kind}", name, self.environment, (), tags)
        self._effects.append(
            Effect(
                verb,
                resource,
                known,
                aspect,
                choice,
                None if self._repeats else count,
                keys,
                fields,
                ordered,
                self.part,
                cause,
            )
        )
        if self.armed and known != "unknown":
            self._fires(verb, name if aspect == "content" else "")

    def make_temporary(self, name: str, cause: str, fields: tuple[str, ...] = (), *, remember: bool = True) -> None:
        """A table for this session alone is made. What stands in another statement may never run, or more than once."""
        if remember and self.temporary_first and not self._depth:
            self.temporary.add(name)
        self.add("read", "table", name, cause, aspect="structure", fields=fields, tags=_TEMPORARY)

    def passes(self, table: str) -> bool:
        """Whether what is done to this table surely goes with the session: no other can be meant by its name.

        Where the script would go on after an error, the table may not have been made, and one that lasts be meant.
        """
        return table in self.temporary and (self.stops or self.is_called_temporary(table))

    def is_called_temporary(self, table: str) -> bool:
        """Whether its very name says that it does not last."""
        return _PASSING.search(table) is not None

    @property
    def framed(self) -> bool:
        """Whether the script is in a transaction that it opened itself."""
        return self._opened is not None

    def drops_temporary(self, table: str) -> bool:
        """A table is dropped. False where it is none of this script's own for its session, or may be dropped twice."""
        if self._repeats:
            self.temporary.discard(table)
        if table not in self.temporary or not self.is_temporary(table):
            return False
        verb: Verb = "read" if self.passes(table) else "delete"
        self.temporary.discard(table)
        self.add(
            verb, "table", table, "drop a temporary table of this script", aspect="structure", tags=_TEMPORARY
        )  # fmt: skip
        return True

    def is_temporary(self, table: str) -> bool:
        """Whether this script made the table itself, for its own session alone."""
        return table in self.temporary

    @property
    def stops(self) -> bool:
        """Whether nothing more is done once a statement has failed. Clients differ; PostgreSQL's transactions do."""
        return False

    def arm(self, name: str, verbs: Iterable[str]) -> None:
        """This script put code on a table or view, which runs when it is used so; without a name, on definitions."""
        last = name.rsplit(".", 1)[-1].lower()
        self.armed[last] = self.armed.get(last, frozenset()) | frozenset(verbs)
        self.temporary.discard(name)

    def _fires(self, verb: str, name: str) -> None:
        if verb in self.armed.get(name.rsplit(".", 1)[-1].lower(), ()) and (name or verb != "read"):
            self.cannot_tell(
                name or verb, "runs code that this script itself put there", kind="table", traits=("runs-code",)
            )

    def open_transaction(self, word: str, traits: Iterable[Trait] = ()) -> None:
        """BEGIN: it frames what follows."""
        self._opened = self.writes
        self.add("read", "session", "transaction", word, traits=traits)

    def leave_transaction(self) -> None:
        """A transaction is over: what was made in it for the session may be gone."""
        self._opened = None
        self.temporary.clear()

    def end_transaction(self, word: str) -> None:
        """COMMIT or ROLLBACK: it would end ours around it, unless this script opened its own, and only read in it."""
        only_read = self._opened is not None and self._opened == self.writes
        self.leave_transaction()
        if only_read:
            self.add("read", "session", "transaction", word)
        else:
            self.add("execute", "session", "transaction", word, aspect="process", traits=("ends-transaction",))

    def cannot_tell(self, what: str, cause: str, *, kind: str = "statement", traits: Iterable[Trait] = ()) -> None:
        """Something that could do anything: an unknown effect, and a line that names it."""
        self.add("execute", kind, what, cause, choice="unknown", traits=traits, known="unknown")
        self._unknown[f"{cause}: {what}" if what else cause] = None

    def degrade(self, limit: str) -> None:
        """A bound was hit: what lies beyond it was not read, so the change cannot be known."""
        self._degraded[limit] = None
        self._unknown[limit] = None

    @contextmanager
    def inside(self) -> Iterator[bool]:
        """While a statement within a statement is read. Gives False when it is too deep to go on."""
        self._depth += 1
        try:
            yield self._depth <= MAX_NESTED
        finally:
            self._depth -= 1

    @property
    def said(self) -> int:
        """How many effects there are so far."""
        return len(self._effects)

    @contextmanager
    def repeating(self) -> Iterator[None]:
        """While what is read may run any number of times: how many rows it touches cannot be said."""
        self._repeats += 1
        try:
            yield
        finally:
            self._repeats -= 1

    @property
    def nested(self) -> bool:
        return self._depth > 0

    def change(self, kind: str) -> Change:
        return Change(kind, tuple(self._effects), self.parts, tuple(self._unknown), tuple(self._degraded))
