"""Places in the SQLite file: derived from the entries, missed when they are wrong, and made for files of before."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from interlock.errors import Corrupt, StoreError
from interlock.ledger.audit import verify
from interlock.ledger.entry import leaf_of
from interlock.ledger.head import grow
from interlock.ledger.log import Item, open_ledger
from interlock.ledger.note import Signer
from interlock.ledger.stores import file
from interlock.ledger.tree import Frontier
from interlock.ledger.vault import Vault

SIGNER = Signer("ledger.example/places", bytes(range(32)))
VKEY = str(SIGNER.verifier)
NAMES = ("case/a", "case/b", "passed/fixer", "agent/fixer")


def opened(path):
    return open_ledger(f"sqlite:///{path}", signer=SIGNER)


def vault(ledger):
    return Vault(ledger.store, bytes(32), entropy=lambda size: bytes(range(size)))


def filled(path, rounds=200):
    """A ledger whose streams grew side by side; the first has a few entries only."""
    with opened(path) as ledger:
        for number in range(rounds):
            ledger.append([Item(name, None, b"%d" % number) for name in (NAMES if number < 5 else NAMES[1:])])
    return path


def change(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def codes(path):
    return {problem.code for problem in verify(path, vkey=VKEY).problems}


@pytest.mark.parametrize(
    ("statement", "readable"),
    [
        ("UPDATE entries SET before = NULL WHERE stream = 'case/b' AND position = 3", False),
        ("UPDATE entries SET before = 0 WHERE stream = 'case/b' AND position = 3", False),
        ("UPDATE entries SET before = 900 WHERE stream = 'case/b' AND position = 3", False),  # ahead: for ever round
        ("UPDATE entries SET before = idx WHERE stream = 'case/b' AND position = 3", False),
        ("UPDATE entries SET before = before - 7 WHERE stream = 'case/b' AND position = 30", False),
        ("UPDATE entries SET before = 0 WHERE stream = 'case/b' AND position = 0", True),
        ("UPDATE streams SET last = last - 1 WHERE name = 'case/b'", False),
        ("UPDATE streams SET entries = entries + 1 WHERE name = 'case/b'", False),
        ("UPDATE streams SET first = first + 1 WHERE name = 'case/b'", True),
        ("UPDATE streams SET name = 'case/z' WHERE name = 'case/b'", True),
        ("INSERT INTO streams VALUES ('case/z', 1, 0, 0)", True),
        (
            "UPDATE streams SET entries = 10, last = (SELECT idx FROM entries WHERE stream = 'case/b' AND position = 9)"
            " WHERE name = 'case/b'",
            True,
        ),
        ("DELETE FROM streams WHERE name = 'case/a'", True),
    ],
)
def test_a_place_that_was_changed_is_noticed_by_whoever_verifies_and_made_anew_from_the_entries(
    tmp_path, statement, readable
):
    path = filled(tmp_path / "ledger.db")
    with opened(path) as ledger:
        before = {name: ledger.stream(name) for name in NAMES}
    assert codes(path) == set()
    change(path, statement)

    assert codes(path) == {"place"}
    with opened(path) as ledger:
        assert {problem.code for problem in verify(ledger.store, vkey=VKEY).problems} == {"place"}
        if not readable:
            with pytest.raises(Corrupt, match="not in their places"):
                ledger.stream("case/b")
        ledger.rebuild()
        assert {name: ledger.stream(name) for name in NAMES} == before
        assert ledger.streams("") == list(NAMES)
    assert codes(path) == set()


def test_nothing_is_added_to_a_stream_that_does_not_end_where_it_was_left(tmp_path):
    path = filled(tmp_path / "ledger.db", rounds=3)
    with opened(path) as ledger:
        ledger.append([Item("case/b", 3, b"3")])
        change(path, "UPDATE streams SET entries = 9 WHERE name = 'case/b'")
        with pytest.raises(Corrupt, match="not in their places"):
            ledger.append([Item("case/b", 4, b"4")])
        assert ledger.size() == 13
    assert codes(path) == {"place"}


def test_an_anchor_that_is_gone_is_said_and_not_gone_round(tmp_path):
    path = filled(tmp_path / "ledger.db")
    with opened(path) as ledger:
        assert len(ledger.store.stream("case/b", 3, 5)) == 5
        change(path, "UPDATE entries SET stream = 'case/x' WHERE stream = 'case/b' AND position = 64")
        with pytest.raises(Corrupt, match="not in their places"):
            ledger.store.stream("case/b", 3, 5)


def as_before(path, version):
    """A file as earlier versions of the product wrote it, with what `filled` records and something in the vault."""
    entries = []
    with opened(filled(path.with_name("new.db"))) as ledger:
        digest = vault(ledger).put("case/a", b"a secret")
        entries, head = list(ledger.read(0, 9999)), ledger.store.head()
        keys = [("case/a", ledger.store.key("case/a"))]
        blobs = [("case/a", digest, ledger.store.blob("case/a", digest))]
    frontier, nodes = Frontier(), []
    for entry in entries:
        grow(frontier, leaf_of(entry), nodes)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for step in file.MIGRATIONS[:version]:
            for statement in step:
                connection.execute(statement)
        connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", entries)
        connection.executemany("INSERT INTO nodes VALUES (?, ?, ?)", nodes)
        connection.execute("INSERT INTO head VALUES (1, ?, ?, ?, ?)", head)
        connection.executemany("INSERT INTO vault_keys VALUES (?, ?)", keys)
        connection.executemany("INSERT INTO vault_blobs VALUES (?, ?, ?)", blobs)
        connection.execute(f"PRAGMA application_id = {file.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()
    return entries, digest


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_an_earlier_version_verifies_as_it_is_and_goes_on_with_all_that_it_held(tmp_path, version):
    path = tmp_path / "ledger.db"
    entries, digest = as_before(path, version)
    assert codes(path) == set()

    with opened(path) as ledger:
        assert list(ledger.read(0, 9999)) == entries
        assert ledger.streams("") == list(NAMES)
        for name in NAMES:
            assert ledger.stream(name) == [entry for entry in entries if entry.stream == name]
        assert list(ledger.followed(0, 9999)) == [entry for entry in entries if entry.stream.startswith("case/")]
        assert vault(ledger).get("case/a", digest) == b"a secret"
        ledger.append([Item("case/b", 200, b"more"), Item("case/new", 0, b"new")])
        assert [entry.data for entry in ledger.stream("case/b", 199)] == [b"199", b"more"]
    assert codes(path) == set()


def test_a_file_that_cannot_be_brought_up_to_date_stays_as_it_was(tmp_path):
    path = tmp_path / "ledger.db"
    as_before(path, 2)
    change(path, "CREATE TABLE old_keys (x)")  # in the way of the last step
    before = dump(path)

    with pytest.raises(StoreError):
        opened(path)
    assert dump(path) == before
    change(path, "DROP TABLE old_keys")
    with opened(path) as ledger:
        assert len(ledger.stream("case/b")) == 200


def dump(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())
