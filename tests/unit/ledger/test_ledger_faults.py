"""What goes wrong around the ledger is said once, clearly, and leaves nothing half recorded."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from interlock.errors import BadConfiguration, Conflict, Corrupt, StoreError
from interlock.ledger import log
from interlock.ledger.audit import verify
from interlock.ledger.entry import Stored
from interlock.ledger.log import Item, open_ledger, open_store
from interlock.ledger.note import Signer
from interlock.ledger.storage import LOST, MOVED, UNKNOWN
from interlock.ledger.stores.postgres import PostgresStore
from interlock.ledger.stores.session import explain, without_password
from interlock.ledger.stores.sqlite import PATIENCE, TURN_PAUSE, SqliteStore
from interlock.testing.postgres import OwnPostgres, find_binaries

SIGNER = Signer("ledger.example/faults", bytes(range(32)))
VKEY = str(SIGNER.verifier)


def open_file(path, **options):
    return open_ledger(f"sqlite:///{path}", signer=SIGNER, **options)


# -- SQLite --------------------------------------------------------------------------------------------------------


def test_a_full_disk_records_nothing_and_says_so_and_space_mends_it(tmp_path):
    with open_file(tmp_path / "ledger.db") as ledger:
        ledger.append([Item("a", 0, b"1")])
        writer = ledger.store._writer
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreError) as full:
            ledger.append([Item("a", 1, bytes(100_000))])
        assert "full" in full.value.message
        assert full.value.hint
        assert ledger.size() == 1

        writer.execute("PRAGMA max_page_count = 1000000")
        assert ledger.append([Item("a", 1, bytes(100_000))]) == (1,)
        assert verify(ledger.store, vkey=VKEY).ok


def test_appends_that_come_while_another_process_has_its_turn_are_committed_together(tmp_path, monkeypatch):
    signed = []
    sign = log.sign_checkpoint
    monkeypatch.setattr(log, "sign_checkpoint", lambda *of: signed.append(of) or sign(*of))
    with open_file(tmp_path / "ledger.db") as ledger, closing(open_store(ledger.store.where)) as other:
        ledger._crowd = log.ALONE  # so that the writer thread commits
        signed.clear()
        threads = [threading.Thread(target=ledger.append, args=([Item(f"s{n}", 0, b"")],)) for n in range(5)]
        with other.writing():
            threads[0].start()
            while ledger._queue.qsize() or not ledger._turn.locked():
                time.sleep(0.001)
            time.sleep(0.05)  # now the writer has taken what there was, and waits for its turn
            for thread in threads[1:]:
                thread.start()
            while ledger._queue.qsize() < 4:
                time.sleep(0.001)
        for thread in threads:
            thread.join()

        assert len(signed) == 1
        assert ledger.size() == 5


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="a small file system can be made by root only")
def test_a_really_full_disk_records_nothing_and_space_mends_it(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip("this container may not mount")
    try:
        with open_file(disk / "ledger.db", high_water=disk / "mark") as ledger:
            ledger.append([Item("a", 0, b"1")])
            with pytest.raises(StoreError) as full:
                ledger.append([Item("b", None, bytes(2_000_000))])
            assert not isinstance(full.value, Corrupt)
            assert ledger.append([Item("a", 1, b"2")]) == (1,)
            assert verify(ledger.store, vkey=VKEY, high_water=disk / "mark").ok
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not write")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_read_only_file_or_folder_is_said_in_one_sentence(tmp_path, what):
    path = tmp_path / "store" / "ledger.db"
    open_file(path).close()
    for folder in (path.parent, *path.parents):
        if folder.stat().st_uid == 0 and Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(0o755)
    path.chmod(0o644 if what == "file" else 0o666)
    path.parent.chmod(0o777 if what == "file" else 0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(StoreError) as refused:
            open_file(path)
    finally:
        os.seteuid(0)

    assert refused.value.hint
    assert not isinstance(refused.value, Corrupt)


def test_a_path_through_a_file_is_a_store_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError):
        open_file(tmp_path / "file" / "ledger.db")


def test_a_locked_database_is_said_after_a_bounded_wait(tmp_path):
    path = tmp_path / "ledger.db"

    def impatient(_):
        return SqliteStore(path, busy_seconds=0.1)

    with open_file(path, store=impatient) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as locked:
            ledger.append([Item("a", 0, b"1")])
        assert "locked" in locked.value.message
        assert ledger.size() == 0
        other.execute("ROLLBACK")
        assert ledger.append([Item("a", 0, b"1")]) == (0,)


def test_whoever_waits_for_a_turn_is_let_go_first_but_not_for_long(tmp_path):
    with open_file(tmp_path / "ledger.db") as ledger:
        waiting = os.open(tmp_path, os.O_RDONLY)
        fcntl.flock(waiting, fcntl.LOCK_EX)  # as a process does that died in the middle of it, or does not get on
        before = time.monotonic()
        ledger.append([Item("a", 0, b"1")])
        took = time.monotonic() - before
        os.close(waiting)

        assert took >= PATIENCE * TURN_PAUSE
        assert ledger.append([Item("a", 1, b"2")]) == (1,)


def test_files_that_are_not_ours_are_left_alone(tmp_path):
    garbage, foreign, newer = tmp_path / "garbage", tmp_path / "foreign", tmp_path / "newer"
    garbage.write_bytes(b"not a database, but long enough to be looked at" * 100)
    with closing(sqlite3.connect(foreign)) as other:
        other.execute("CREATE TABLE mine (x)")
    open_file(newer).close()
    with closing(sqlite3.connect(newer)) as other:
        other.execute("PRAGMA user_version = 99")
    before = garbage.read_bytes()

    with pytest.raises(Corrupt):
        open_file(garbage)
    for path in (foreign, newer):
        with pytest.raises(BadConfiguration):
            open_file(path)
    assert garbage.read_bytes() == before
    with closing(sqlite3.connect(foreign)) as other:
        assert other.execute("SELECT name FROM sqlite_schema").fetchall() == [("mine",)]


def test_a_damaged_page_is_corrupt_and_nothing_more_is_recorded(tmp_path):
    path = tmp_path / "ledger.db"
    with open_file(path) as ledger:
        ledger.append([Item(f"s{number}", None, bytes(3000)) for number in range(200)])
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 4096):
        data[page * 4096 : page * 4096 + 8] = b"\xff" * 8
    path.write_bytes(data)

    with pytest.raises(Corrupt), open_file(path) as ledger:
        ledger.append([Item("a", 0, b"1")])


def test_file_and_folder_are_private(tmp_path):
    path = tmp_path / "store" / "ledger.db"
    with open_file(path, high_water=tmp_path / "mark") as ledger:
        ledger.append([Item("a", 0, b"1")])
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}

    assert set(modes) >= {"ledger.db", "ledger.db-wal"}
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_sqlite_is_told_to_be_durable(tmp_path):
    with closing(SqliteStore(tmp_path / "ledger.db")) as store:
        facts = {
            name: store._writer.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "secure_delete")
        }

    assert facts == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def test_a_mark_that_cannot_be_written_is_said_with_the_entries_recorded(tmp_path):
    mark = tmp_path / "marks" / "mark"
    mark.parent.mkdir()
    with open_file(tmp_path / "ledger.db", high_water=mark) as ledger:
        ledger.append([Item("a", 0, b"1")])
        mark.unlink()
        mark.mkdir()
        with pytest.raises(StoreError) as failed:
            ledger.append([Item("a", 1, b"2")])
        assert failed.value.code == UNKNOWN
        assert ledger.size() == 2
        mark.rmdir()
        with pytest.raises(Corrupt):
            ledger.append([Item("a", 2, b"3")])


def test_another_key_does_not_open_the_ledger(tmp_path):
    open_file(tmp_path / "ledger.db").close()
    with pytest.raises(Corrupt):
        open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", signer=Signer(SIGNER.name, bytes(32)))


@pytest.mark.parametrize("url", ["", "ledger.db", "mysql://x/y", "sqlite://ledger.db", "file:///x"])
def test_an_address_of_no_store_is_bad_configuration(url):
    with pytest.raises(BadConfiguration):
        open_store(url)


def test_a_conflict_in_a_batch_fails_alone(tmp_path):
    store = SqliteStore(tmp_path / "ledger.db")
    with open_ledger("", signer=SIGNER, store=lambda _: store) as ledger:
        ledger.append([Item("a", 0, b"")])
        outcomes = {}

        def append(name, position):
            try:
                outcomes[name] = ledger.append([Item(name, position, b""), Item("a", None, b"")])
            except Conflict:
                outcomes[name] = "conflict"

        with store._write_lock:  # the writer waits here, so that the rest becomes one batch
            first = threading.Thread(target=append, args=("first", 0))
            first.start()
            time.sleep(0.1)
            rest = [threading.Thread(target=append, args=(f"s{n}", n % 2)) for n in range(10)]
            for thread in rest:
                thread.start()
            time.sleep(0.1)
        for thread in (first, *rest):
            thread.join()

        assert [outcomes[f"s{n}"] == "conflict" for n in range(10)] == [bool(n % 2) for n in range(10)]
        assert ledger.size() == 1 + 2 * 6
        assert verify(ledger.store, vkey=VKEY).ok


# -- PostgreSQL ----------------------------------------------------------------------------------------------------


@pytest.fixture
def address(postgres):
    return postgres.address(f"faults_{uuid4().hex}")


@pytest.fixture(scope="module")
def own_server():
    server = OwnPostgres(find_binaries())
    yield server
    server.close()


def test_a_server_killed_in_the_middle_of_appends_loses_and_doubles_nothing(own_server, tmp_path):
    url = own_server.address("killed")
    recorded, failed = [], []
    with open_ledger(url, signer=SIGNER, high_water=tmp_path / "mark") as ledger:
        stop = threading.Event()

        def write(number):
            position = 0
            while not stop.is_set():
                try:
                    ledger.append([Item(f"s{number}", position, b"%d" % position), Item("all", None, b"x")])
                except (StoreError, Conflict) as error:
                    failed.append(error)
                    return
                recorded.append((number, position))
                position += 1

        threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            time.sleep(0.3)
            own_server.kill()
            own_server.start()
        time.sleep(0.3)
        stop.set()
        for thread in threads:
            thread.join()

        assert failed == []
        assert ledger.size() == 2 * len(recorded)
        assert len(ledger.stream("all")) == len(recorded)
        report = verify(ledger.store, vkey=VKEY, high_water=tmp_path / "mark")
        assert report.ok, report.problems


def test_a_server_that_stays_away_is_said_within_a_bounded_time_and_its_return_mends_it(own_server, monkeypatch):
    monkeypatch.setattr("interlock.ledger.stores.session.RECONNECT_PAUSES", (0.05, 0.05))
    with open_ledger(own_server.address("away"), signer=SIGNER) as ledger:
        ledger.append([Item("a", 0, b"1")])
        own_server.kill()
        codes = []
        for _ in range(2):
            with pytest.raises(StoreError) as away:
                ledger.append([Item("a", 1, b"2")])
            codes.append(away.value.code)
            assert away.value.hint
        with pytest.raises(StoreError):
            ledger.size()
        # The first was sent before the loss was noticed, and nobody is there who could be asked.
        assert codes == [UNKNOWN, "store"]
        own_server.start()
        assert ledger.append([Item("a", 1, b"2")]) == (1,)
        assert [entry.data for entry in ledger.stream("a")] == [b"1", b"2"]


def test_a_server_that_is_not_there_is_said_at_once():
    started = time.monotonic()
    with pytest.raises(StoreError):
        open_store("postgresql://nobody@127.0.0.1:1/nowhere")

    assert time.monotonic() - started < 5


class Cut(PostgresStore):
    """A store whose connection is cut when everything was sent, just before or just after the server did it."""

    cut = ""

    async def _make(self, connection, tx):
        when, self.cut = self.cut, ""
        if when == "before":
            tx.sent = True
        if when == "after":
            await super()._make(connection, tx)
        if when:
            connection.terminate()
            raise asyncpg.ConnectionDoesNotExistError("cut")
        return await super()._make(connection, tx)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("calm", [0, 5])
def test_an_append_that_was_never_answered_is_looked_up_and_recorded_exactly_once(address, when, calm):
    with open_ledger(address, signer=SIGNER, store=Cut) as ledger:
        for number in range(1 + calm):
            ledger.append([Item("a", number, b"")])
        ledger.store.cut = when
        assert ledger.append([Item("a", None, b"2"), Item("b", 0, b"3")]) == (1 + calm, 2 + calm)
        assert len(ledger.stream("a")) == 2 + calm
        assert verify(ledger.store, vkey=VKEY).ok


def test_what_a_lost_connection_had_not_done_when_it_was_looked_for_it_never_does(address):
    with open_ledger(address, signer=SIGNER) as ledger:
        for number in range(4):
            ledger.append([Item("a", number, b"")])
        store = ledger.store
        before = store.head()
        late = store._number
        with pytest.raises(StoreError) as told:
            store._look(before._replace(size=99))
        assert told.value.code == LOST
        store._number = late  # the old connection's statement arrives only now
        with pytest.raises(StoreError) as refused, store.writing() as tx:
            tx.extend([Stored(4, "a", 4, b"late")], [], before._replace(size=5))
        assert refused.value.code == MOVED
        assert store.head() == before
        assert ledger.append([Item("a", 4, b"")]) == (4,)


def test_an_outcome_that_cannot_be_looked_up_is_unknown_and_not_tried_again(address, postgres):
    with open_ledger(address, signer=SIGNER, store=Cut) as ledger:
        ledger.append([Item("a", 0, b"")])
        postgres.execute("DELETE FROM ledger_writers", address)
        ledger.store.cut = "before"
        with pytest.raises(StoreError) as unknown:
            ledger.append([Item("a", None, b"")])
        assert unknown.value.code == UNKNOWN
        assert ledger.append([Item("a", 1, b"")]) == (1,)


def test_a_lone_writer_needs_no_lock_and_one_that_was_overtaken_takes_it(address):
    with open_ledger(address, signer=SIGNER) as one, open_ledger(address, signer=SIGNER) as two:
        for number in range(4):
            one.append([Item("a", number, b"")])
        with one.store.writing() as tx:
            assert not tx.held
        with one.store.writing(hold=True) as tx:
            assert tx.held
        two.append([Item("a", 4, b"two")])
        assert one.append([Item("a", 5, b"")]) == (5,)
        with one.store.writing() as tx:
            assert tx.held


def test_a_conflict_is_never_told_upon_a_head_that_has_moved(address):
    with open_ledger(address, signer=SIGNER) as one, open_ledger(address, signer=SIGNER) as two:
        for number in range(4):
            one.append([Item("a", number, b"")])
        two.append([Item("a", 4, b"")])
        assert one.append([Item("a", 5, b"")]) == (5,)
        for number in range(6, 10):
            one.append([Item("a", number, b"")])
        two.append([Item("a", 10, b"")])
        with pytest.raises(Conflict):
            one.append([Item("a", 10, b"")])


def test_a_writer_that_leaves_takes_its_row_along(address, postgres):
    open_ledger(address, signer=SIGNER).close()

    assert postgres.execute("SELECT * FROM ledger_writers", address) == "SELECT 0"


def test_a_transaction_never_goes_on_upon_another_connection_than_the_one_that_holds_the_lock(address, postgres):
    with open_ledger(address, signer=SIGNER) as ledger:
        head = ledger.store.head()
        with pytest.raises(StoreError) as lost, ledger.store.writing(hold=True) as tx:
            pid = ledger.store._writer.run(lambda connection: connection.fetchval("SELECT pg_backend_pid()"))
            postgres.execute(f"SELECT pg_terminate_backend({pid})", address)
            time.sleep(0.2)
            tx.extend([Stored(0, "a", 0, b"")], [], head._replace(size=1))
        assert lost.value.code == LOST
        assert ledger.store.head() == head


def test_the_store_may_be_read_from_inside_a_running_event_loop(address):
    with open_ledger(address, signer=SIGNER) as ledger:

        async def handler():
            ledger.append([Item("a", None, b"1")])
            with pytest.raises(StoreError):
                ledger.store._reader.run(lambda connection: connection.execute("SELECT nothing"))
            return ledger.stream("a")

        assert [entry.data for entry in asyncio.run(handler())] == [b"1"]


def test_a_head_row_that_somebody_holds_is_said_after_a_bounded_wait(address, postgres, monkeypatch):
    settings = {"application_name": "test", "lock_timeout": "200ms"}
    monkeypatch.setattr("interlock.ledger.stores.session.SETTINGS", settings)
    with open_ledger(address, signer=SIGNER) as ledger:

        async def hold():
            connection = await asyncpg.connect(address)
            try:
                await connection.execute("BEGIN; SELECT 1 FROM ledger_head FOR UPDATE")
                with pytest.raises(StoreError) as locked:
                    await asyncio.to_thread(ledger.append, [Item("a", 0, b"1")])
                assert "locked" in locked.value.message
            finally:
                await connection.close()

        asyncio.run(hold())
        assert ledger.append([Item("a", 0, b"1")]) == (0,)


def test_a_schema_of_a_newer_version_is_left_alone(address, postgres):
    open_store(address).close()
    postgres.execute("INSERT INTO ledger_schema VALUES (99)", address)
    with pytest.raises(BadConfiguration):
        open_store(address)


def test_postgres_is_told_to_be_durable(address):
    store = open_store(address)
    try:
        assert store._writer.run(lambda connection: connection.fetchval("SHOW synchronous_commit")) == "on"
    finally:
        store.close()


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (asyncpg.DiskFullError("x"), StoreError, "store"),
        (asyncpg.ReadOnlySQLTransactionError("x"), StoreError, "store"),
        (asyncpg.LockNotAvailableError("x"), StoreError, "store"),
        (asyncpg.DataCorruptedError("x"), Corrupt, "corrupt"),
        (asyncpg.UniqueViolationError("x"), Corrupt, "corrupt"),
        (asyncpg.InvalidPasswordError("x"), StoreError, "store"),
        (asyncpg.InvalidCatalogNameError("x"), StoreError, "store"),
        (asyncpg.InsufficientPrivilegeError("x"), StoreError, "store"),
        (asyncpg.SyntaxOrAccessError("x"), StoreError, "store"),
        (ConnectionResetError("x"), StoreError, LOST),
        (TimeoutError("x"), StoreError, LOST),
        (asyncpg.AdminShutdownError("x"), StoreError, LOST),
    ],
)
def test_each_failure_of_the_server_has_its_error_and_its_hint(error, kind, code):
    told = explain(error, "postgresql://db/x")

    assert (type(told), told.code) == (kind, code)
    assert told.hint or code == "store"


def test_an_address_is_shown_without_its_secrets():
    assert without_password("postgresql://u:p@h:5/d?sslkey=/k&password=q") == "postgresql://u@h:5/d"
    assert without_password("postgresql://[bad:p@h/d") == "postgresql://…"
