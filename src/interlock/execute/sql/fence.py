"""The fence: what a statement of a payload may do, asked by SQLite itself while it prepares the statement.

SQLite calls the authorizer for everything that a statement, the triggers it fires and the cascades it causes could do,
before anything of it runs. So this does not depend on how the text was read: what is not on the list cannot happen.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import apsw

from interlock.errors import Forbidden, InterlockError, Stale
from interlock.execute.sql.names import fold, is_ours
from interlock.model.change import Verb

Kind = Literal["sql.table", "sql.view", "sql.index", "sql.trigger"]


class Deed(NamedTuple):
    """One thing that a statement may do to one named object."""

    kind: Kind
    name: str
    verb: Verb


#: Functions that reach out of the database or into the process.
FORBIDDEN_FUNCTIONS: Final = frozenset(
    {"load_extension", "writefile", "readfile", "edit", "fts3_tokenizer", "zipfile", "fsdir", "lsmode", "carray"}
)
#: Pragmas that only tell; every other one may change how later statements work.
TELLING_PRAGMAS: Final = frozenset(
    [
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "foreign_key_list",
        "collation_list",
        "function_list",
        "pragma_list",
        "compile_options",
        "database_list",
        "data_version",  # full-text search asks it of itself
    ]
)
#: These tell when they are asked without a value, and set something when they are given one.
ASKED_PRAGMAS: Final = frozenset(
    ["user_version", "application_id", "encoding", "page_count", "page_size", "schema_version"]
)

_ROWS: Final[dict[int, Verb]] = {
    apsw.SQLITE_INSERT: "create",
    apsw.SQLITE_UPDATE: "update",
    apsw.SQLITE_DELETE: "delete",
}
#: Structural actions: the deed, and which argument of the callback is the object's name.
_STRUCTURE: Final[dict[int, tuple[Kind, Verb, int]]] = {
    apsw.SQLITE_CREATE_TABLE: ("sql.table", "create", 0),
    apsw.SQLITE_DROP_TABLE: ("sql.table", "delete", 0),
    apsw.SQLITE_ALTER_TABLE: ("sql.table", "update", 1),
    apsw.SQLITE_CREATE_VIEW: ("sql.view", "create", 0),
    apsw.SQLITE_DROP_VIEW: ("sql.view", "delete", 0),
    apsw.SQLITE_CREATE_INDEX: ("sql.index", "create", 0),
    apsw.SQLITE_DROP_INDEX: ("sql.index", "delete", 0),
    apsw.SQLITE_CREATE_TRIGGER: ("sql.trigger", "create", 0),
    apsw.SQLITE_DROP_TRIGGER: ("sql.trigger", "delete", 0),
}
_HARMLESS: Final = frozenset({apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_RECURSIVE})
#: What is never run inside an approved transaction, in the words that people read.
_NEVER: Final[dict[int, str]] = {
    apsw.SQLITE_TRANSACTION: "begins or ends a transaction",
    apsw.SQLITE_SAVEPOINT: "sets or releases a savepoint",
    apsw.SQLITE_ATTACH: "attaches another database",
    apsw.SQLITE_DETACH: "detaches a database",
    apsw.SQLITE_CREATE_VTABLE: "creates a virtual table",
    apsw.SQLITE_DROP_VTABLE: "drops a virtual table",
    apsw.SQLITE_ANALYZE: "rewrites the planner's statistics",
    apsw.SQLITE_CREATE_TEMP_TABLE: "creates a temporary table, which could stand before a real one",
    apsw.SQLITE_CREATE_TEMP_VIEW: "creates a temporary view, which could stand before a real table",
    apsw.SQLITE_CREATE_TEMP_TRIGGER: "creates a temporary trigger",
    apsw.SQLITE_CREATE_TEMP_INDEX: "creates a temporary index",
    apsw.SQLITE_DROP_TEMP_TABLE: "drops a temporary table",
    apsw.SQLITE_DROP_TEMP_VIEW: "drops a temporary view",
    apsw.SQLITE_DROP_TEMP_TRIGGER: "drops a temporary trigger",
    apsw.SQLITE_DROP_TEMP_INDEX: "drops a temporary index",
}


class Fence:
    """An authorizer. `permitted` None lets everything coverable pass and only notes it (that is a rehearsal).

    `read_only` lets nothing pass but looking. After a statement was prepared, `deeds` holds what it could do,
    `structural` the codes of its structural actions, and `refusal` why it was stopped.
    """

    def __init__(self, permitted: frozenset[Deed] | None = None, *, read_only: bool = False) -> None:
        self.permitted = permitted
        self.read_only = read_only
        self.deeds: set[Deed] = set()
        self.structural: dict[int, str] = {}
        self.refusal: InterlockError | None = None

    def fresh(self) -> None:
        """Before the next statement."""
        self.deeds = set()
        self.structural = {}
        self.refusal = None

    def __call__(self, code: int, one: str | None, two: str | None, database: str | None, _inner: str | None) -> int:
        refusal = self._refusal(code, one, two, database)
        if refusal is None:
            return apsw.SQLITE_OK
        self.refusal = self.refusal or refusal
        return apsw.SQLITE_DENY

    def _refusal(self, code: int, one: str | None, two: str | None, database: str | None) -> InterlockError | None:
        if code in _NEVER:
            return _never(_NEVER[code])
        if code in _HARMLESS:
            return None
        if code == apsw.SQLITE_FUNCTION:
            return _never(f"calls `{two}`") if fold(two or "") in FORBIDDEN_FUNCTIONS else None
        if code == apsw.SQLITE_PRAGMA:
            return self._pragma(fold(one or ""), two)
        if self.read_only:
            return _never("writes, though it was judged to only read")
        if code in _STRUCTURE:
            return self._structure(code, one, two)
        if code in _ROWS:
            return self._rows(code, one or "", database)
        if code == apsw.SQLITE_REINDEX:
            # CREATE INDEX reports it too; alone it would be the statement REINDEX.
            return None if self.structural else _never("rebuilds indexes")
        return _never(f"does something that is not known here ({code})")

    @staticmethod
    def _pragma(name: str, value: str | None) -> InterlockError | None:
        if name in TELLING_PRAGMAS or (name in ASKED_PRAGMAS and value is None):
            return None
        return _never(f"uses `pragma {name}`")

    def _structure(self, code: int, one: str | None, two: str | None) -> InterlockError | None:
        kind, verb, place = _STRUCTURE[code]
        name = (one, two)[place] or ""
        self.structural.setdefault(code, fold(name))
        if kind in {"sql.index", "sql.trigger"} and is_ours(two or ""):
            return _never(f"hangs something on `{two}`, which is Interlock's own")
        return self._deed(Deed(kind, fold(name), verb))

    def _rows(self, code: int, name: str, database: str | None) -> InterlockError | None:
        folded = fold(name)
        if folded in {"sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema"}:
            # Part of every structural statement. A payload's own writing there is refused by SQLite (defensive mode).
            return None
        if database not in {None, "main"}:
            return _never("writes to a temporary table")
        if folded.startswith("sqlite_"):
            # ALTER and DROP carry rows of sqlite_sequence along.
            return None if self.structural else _never(f"writes to `{name}`, which is SQLite's own")
        if any(action in self.structural for action in (apsw.SQLITE_DROP_TABLE, apsw.SQLITE_ALTER_TABLE)):
            return None
        return self._deed(Deed("sql.table", folded, _ROWS[code]))

    def _deed(self, deed: Deed) -> InterlockError | None:
        if is_ours(deed.name):
            return _never(f"touches `{deed.name}`, which is Interlock's own")
        self.deeds.add(deed)
        if self.permitted is None or deed in self.permitted:
            return None
        return Stale(
            f"it would also {deed.verb} in `{deed.name}`, which the approved rehearsal did not",
            hint="rehearse it again; nothing was done",
        )


def _never(what: str) -> Forbidden:
    return Forbidden(f"a statement {what}; that is never run here", hint="take it out of the change")
