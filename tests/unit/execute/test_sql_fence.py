"""The fence by itself: what it lets pass, action by action."""

from __future__ import annotations

import apsw
import pytest

from interlock.errors import Forbidden, Stale
from interlock.execute.sql.fence import Deed, Fence

#: What passes in a rehearsal of a script that writes; everything else that SQLite can ask about is refused.
PASSES = {
    "SQLITE_SELECT",
    "SQLITE_READ",
    "SQLITE_RECURSIVE",
    "SQLITE_FUNCTION",
    "SQLITE_INSERT",
    "SQLITE_UPDATE",
    "SQLITE_DELETE",
    "SQLITE_CREATE_TABLE",
    "SQLITE_DROP_TABLE",
    "SQLITE_ALTER_TABLE",
    "SQLITE_CREATE_VIEW",
    "SQLITE_DROP_VIEW",
    "SQLITE_CREATE_INDEX",
    "SQLITE_DROP_INDEX",
    "SQLITE_CREATE_TRIGGER",
    "SQLITE_DROP_TRIGGER",
}
READS = {"SQLITE_SELECT", "SQLITE_READ", "SQLITE_RECURSIVE", "SQLITE_FUNCTION"}
ACTIONS = {name: code for name, code in apsw.mapping_authorizer_function.items() if isinstance(name, str)}


@pytest.mark.parametrize(("read_only", "expected"), [(False, PASSES), (True, READS)])
def test_of_all_actions_that_sqlite_knows_only_these_pass(read_only: bool, expected: set[str]) -> None:
    passed = {
        name
        for name, code in ACTIONS.items()
        if Fence(read_only=read_only)(int(str(code)), "one", "two", "main", None) == apsw.SQLITE_OK
    }
    assert expected == passed


def test_an_action_that_sqlite_may_learn_one_day_is_refused() -> None:
    fence = Fence()
    assert fence(9999, "one", "two", "main", None) == apsw.SQLITE_DENY
    assert isinstance(fence.refusal, Forbidden)


def test_rows_of_another_database_than_the_file_are_refused() -> None:
    for database in ("temp", "other"):
        assert Fence()(apsw.SQLITE_INSERT, "orders", None, database, None) == apsw.SQLITE_DENY
    assert Fence()(apsw.SQLITE_INSERT, "orders", None, "main", None) == apsw.SQLITE_OK


def test_rebuilding_an_index_passes_only_as_part_of_making_one() -> None:
    fence = Fence()
    assert fence(apsw.SQLITE_REINDEX, "i", None, "main", None) == apsw.SQLITE_DENY
    fence.fresh()
    assert fence(apsw.SQLITE_CREATE_INDEX, "i", "t", "main", None) == apsw.SQLITE_OK
    assert fence(apsw.SQLITE_REINDEX, "i", None, "main", None) == apsw.SQLITE_OK


def test_what_is_permitted_is_one_verb_on_one_thing() -> None:
    fence = Fence(frozenset({Deed("sql.table", "orders", "update")}))
    assert fence(apsw.SQLITE_UPDATE, "ORDERS", "cents", "main", "some_trigger") == apsw.SQLITE_OK
    for code, name in ((apsw.SQLITE_DELETE, "orders"), (apsw.SQLITE_INSERT, "orders"), (apsw.SQLITE_UPDATE, "notes")):
        fence.fresh()
        assert fence(code, name, None, "main", None) == apsw.SQLITE_DENY
        assert isinstance(fence.refusal, Stale)


def test_the_first_refusal_is_the_one_that_is_told() -> None:
    fence = Fence()
    fence(apsw.SQLITE_ATTACH, "x", None, None, None)
    fence(apsw.SQLITE_TRANSACTION, "COMMIT", None, None, None)
    assert "attaches" in str(fence.refusal)
    fence.fresh()
    assert fence.refusal is None
