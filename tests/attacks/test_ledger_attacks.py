"""Somebody who can write the store, but has neither the log's key nor what is kept outside, tries to change the past.

Each attack is done to both stores, as a story: what was there, what the attacker does, and who notices: the
auditor with a key he kept, the ledger when it is opened, and the ledger that is running.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from interlock.errors import BadInput, Conflict, Corrupt, KeyLost, NotFound
from interlock.ledger.audit import verify
from interlock.ledger.checkpoint import open_checkpoint, sign_checkpoint
from interlock.ledger.entry import leaf_of
from interlock.ledger.export import export
from interlock.ledger.head import grow
from interlock.ledger.keys import create_signer, load_signer
from interlock.ledger.log import Item, open_ledger, open_store
from interlock.ledger.note import COSIGNATURE, Signer
from interlock.ledger.tree import Frontier
from interlock.ledger.vault import Vault, _bound, _derive
from interlock.ledger.witness import cosign

OURS = Signer("ledger.example/attacked", bytes(range(32)))
THIEF = Signer("ledger.example/attacked", bytes(range(1, 33)))
VKEY = str(OURS.verifier)
COUNT = 600


class Victim:
    """A store with 600 entries, and a way to change it behind the ledger's back."""

    def __init__(self, url: str, mark: Path, postgres) -> None:
        self.url = url
        self.mark = mark
        self._postgres = postgres
        with self.open() as ledger:
            ledger.append([Item(f"case/{number % 3}", None, b"entry %d" % number) for number in range(COUNT)])

    def open(self, **options):
        return open_ledger(self.url, signer=OURS, high_water=self.mark, **options)

    def change(self, *statements: str) -> None:
        """Run SQL as the attacker, in SQLite's names."""
        if self.url.startswith("sqlite"):
            with sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None) as connection:
                for statement in statements:
                    connection.execute(statement)
            connection.close()
            return
        for statement in statements:
            named = re.sub(r" (entries|head|nodes)\b", r" ledger_\1", statement)
            self._postgres.execute(named.replace("CAST('forged' AS BLOB)", "'forged'"), self.url)

    def verify(self, **options):
        store = open_store(self.url)
        try:
            return verify(store, **({"vkey": VKEY} | options))
        finally:
            store.close()

    def codes(self, **options) -> set[str]:
        return {problem.code for problem in self.verify(**options).problems}

    def checkpoint(self) -> str:
        with self.open() as ledger:
            return ledger.checkpoint()

    def rewrite(self, signer: Signer, entries: list) -> None:
        """Replace the whole history by another one, signed by some key, consistent in itself."""
        frontier, nodes = Frontier(), []
        for entry in entries:
            grow(frontier, leaf_of(entry), nodes)
        note = sign_checkpoint(frontier.size, frontier.root(), signer)
        store = open_store(self.url)
        try:
            places = ["DELETE FROM streams"] if self.url.startswith("sqlite") else []
            self.change("DELETE FROM entries", "DELETE FROM nodes", *places)
            with store.writing() as tx:
                head = tx.head()._replace(
                    size=frontier.size, frontier=frontier.to_bytes(), checkpoint=note, vkey=str(signer.verifier)
                )
                tx.extend(entries, nodes, head)
        finally:
            store.close()

    def entries(self) -> list:
        store = open_store(self.url)
        try:
            return store.entries(0, 10_000)
        finally:
            store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def victim(request, tmp_path):
    if request.param == "sqlite":
        return Victim(f"sqlite:///{tmp_path / 'store' / 'ledger.db'}", tmp_path / "mark", None)
    server = request.getfixturevalue("postgres")
    return Victim(server.address(f"attack_{uuid4().hex}"), tmp_path / "mark", server)


def test_untouched_it_verifies(victim):
    report = victim.verify(high_water=victim.mark, checkpoints=[victim.checkpoint()])

    assert report.ok, report.problems
    assert (report.size, report.pinned, report.origin) == (COUNT, True, OURS.name)


def test_an_edited_entry_is_noticed_and_its_neighbourhood_named(victim):
    victim.change("UPDATE entries SET data = CAST('forged' AS BLOB) WHERE idx = 17")
    report = victim.verify()

    assert {problem.code for problem in report.problems} == {"node", "head", "root"}
    assert "entries 0 to 255" in [problem.place for problem in report.problems]


def test_an_entry_moved_to_another_stream_is_noticed(victim):
    victim.change("UPDATE entries SET stream = 'case/new', position = 0 WHERE idx = 599")

    assert "root" in victim.codes()


def test_a_deleted_entry_is_noticed(victim):
    victim.change("DELETE FROM entries WHERE idx = 300")

    assert "index" in victim.codes()


def test_two_swapped_entries_are_noticed(victim):
    victim.change(
        "UPDATE entries SET idx = 9999 WHERE idx = 10",
        "UPDATE entries SET idx = 10 WHERE idx = 11",
        "UPDATE entries SET idx = 11 WHERE idx = 9999",
    )

    assert {"root", "head", "node"} <= victim.codes()


def test_a_cut_tail_is_noticed_by_auditor_and_ledger(victim):
    victim.change("DELETE FROM entries WHERE idx >= 590")

    assert "cut" in victim.codes()


def test_a_tail_cut_together_with_the_checkpoint_is_noticed_by_whoever_remembers(victim):
    kept = victim.checkpoint()
    older = victim.entries()[:590]
    # The attacker even has an old, rightly signed checkpoint to put back.
    victim.rewrite(OURS, older)

    assert victim.verify().ok  # nothing inside the store can tell
    assert victim.codes(checkpoints=[kept]) == {"cut"}
    assert victim.codes(high_water=victim.mark) == {"cut"}
    with pytest.raises(Corrupt):
        victim.open()


def test_a_running_ledger_notices_a_head_that_was_rolled_back_and_records_nothing_more(victim):
    with victim.open() as ledger:
        older = victim.entries()[:590]
        victim.rewrite(OURS, older)
        for _ in range(2):
            with pytest.raises(Corrupt):
                ledger.append([Item("case/0", None, b"after")])
        with pytest.raises(Corrupt):
            ledger.append([Item("case/0", 0, b"after")])

    assert len(victim.entries()) == 590


def test_a_running_ledger_notices_a_fork_of_equal_and_of_greater_length(victim):
    for extra in (0, 5):
        with victim.open(trust_head=True) as ledger:
            forged = [entry._replace(data=b"forged") for entry in victim.entries()]
            more = [forged[-1]._replace(index=COUNT + n, stream="case/more", position=n) for n in range(extra)]
            victim.rewrite(OURS, [*forged, *more])
            with pytest.raises(Corrupt):
                ledger.append([Item("case/0", None, b"after")])
        victim.rewrite(OURS, [entry._replace(data=b"entry") for entry in forged])
        victim.mark.unlink()


def test_a_fork_is_noticed_when_the_ledger_is_opened_and_by_an_auditor_with_a_checkpoint(victim):
    kept = victim.checkpoint()
    forged = [*victim.entries()[:-1], victim.entries()[-1]._replace(data=b"forged")]
    victim.rewrite(OURS, [*forged, forged[-1]._replace(index=COUNT, stream="case/more", position=0)])

    assert victim.verify().ok
    assert victim.codes(checkpoints=[kept]) == {"fork"}
    with pytest.raises(Corrupt):
        victim.open()


def test_a_history_rewritten_under_a_new_key_verifies_only_for_who_trusts_the_copy_and_the_report_says_so(victim):
    victim.rewrite(THIEF, [entry._replace(data=b"forged") for entry in victim.entries()])
    trusting = victim.verify(vkey=None)

    assert trusting.ok
    assert not trusting.pinned
    assert {"key", "signature"} <= victim.codes()
    with pytest.raises(Corrupt):
        victim.open()


def test_a_rewritten_history_with_our_key_still_named_in_it_is_noticed_without_any_key(victim):
    victim.rewrite(THIEF, victim.entries())
    victim.change(f"UPDATE head SET vkey = '{VKEY}'")

    assert victim.codes(vkey=None) == {"signature"}


def test_a_checkpoint_with_a_false_signature_is_noticed(victim):
    false = OURS.line(OURS.sign(b"something else"))
    text = victim.checkpoint().split("\n\n")[0] + "\n\n" + false
    victim.change(f"UPDATE head SET checkpoint = '{text}'")

    assert victim.codes() == {"signature"}
    with pytest.raises(Corrupt):
        victim.open()


def test_a_signature_line_by_an_unknown_key_helps_nobody(victim):
    text = victim.checkpoint()
    stranger = Signer("stranger.example", bytes(32))
    line = stranger.line(stranger.sign(text.split("\n\n")[0].encode() + b"\n"))
    alone = text.split("\n\n")[0] + "\n\n" + line
    victim.change(f"UPDATE head SET checkpoint = '{alone}'")

    assert victim.codes() == {"signature"}
    victim.change(f"UPDATE head SET checkpoint = '{text + line}'")
    assert victim.verify().ok


@pytest.mark.parametrize("text", ["", "garbage", "x" * 100_000, "a\n1\nAAAA\n\n— a AAAAAAAA\n"])
def test_an_over_long_or_malformed_checkpoint_is_noticed(victim, text):
    victim.change(f"UPDATE head SET checkpoint = '{text}'")

    assert victim.codes() == {"checkpoint"}
    with pytest.raises(Corrupt):
        victim.open()


@pytest.mark.parametrize("size", [512, 15, 1037])  # 600, 15 and 1037 have equally many one bits
def test_a_head_that_counts_otherwise_than_its_checkpoint_is_noticed(victim, size):
    victim.change(f"UPDATE head SET size = {size}")

    assert "head" in victim.codes()
    with pytest.raises(Corrupt):
        victim.open()
    with pytest.raises(Corrupt):
        open_ledger(victim.url, signer=OURS)  # not even where nobody remembers anything


def test_a_ledger_in_full_swing_notices_a_fork_of_equal_length(victim):
    with victim.open() as ledger:
        for _ in range(5):
            ledger.append([Item("case/0", None, b"before")])
        victim.rewrite(OURS, [entry._replace(data=b"forged") for entry in victim.entries()])
        with pytest.raises(Corrupt):
            ledger.append([Item("case/0", None, b"after")])


def test_a_whole_scope_moved_to_another_is_corrupt(victim):
    store = open_store(victim.url)
    try:
        vault = Vault(store, bytes(32), entropy=iter_entropy())
        digest = vault.put("case/1", b"the prompt")
        victim.change("UPDATE vault_keys SET scope = 'case/2'", "UPDATE vault_blobs SET scope = 'case/2'")
        with pytest.raises(Corrupt):
            vault.get("case/2", digest)
    finally:
        store.close()


def test_a_head_that_was_taken_away_is_noticed(victim):
    nothing = "UPDATE head SET size = NULL" if "postgres" in victim.url else "DELETE FROM head"
    with victim.open() as ledger:
        victim.change(nothing)
        with pytest.raises(Corrupt):
            ledger.append([Item("case/0", None, b"after")])

    assert victim.codes() == {"damaged"}
    with pytest.raises(Corrupt):
        victim.open()
    mark = victim.mark.read_bytes()
    victim.mark.unlink()
    with pytest.raises(Corrupt):
        victim.open(trust_head=True)  # the entries are still there: nothing is begun over them
    victim.change("DELETE FROM entries")
    victim.mark.write_bytes(mark)
    with pytest.raises(Corrupt):
        victim.open(trust_head=True)  # the mark speaks of entries
    assert victim.codes() == {"damaged"}  # and nothing was put in the place of what is gone


def test_a_ledger_that_was_once_corrupt_records_nothing_more_until_it_is_opened_anew(victim):
    with victim.open() as ledger:
        text = victim.checkpoint()
        victim.change("UPDATE head SET checkpoint = 'garbage'")
        with pytest.raises(Corrupt):
            ledger.append([Item("case/0", None, b"after")])
        victim.change(f"UPDATE head SET checkpoint = '{text}'")
        with pytest.raises(Corrupt):
            ledger.append([Item("case/0", None, b"after")])

    with victim.open() as ledger:
        assert ledger.append([Item("case/0", None, b"after")]) == (COUNT,)


def test_a_high_water_mark_that_was_taken_away_closes_the_ledger_until_a_person_accepts_its_head(victim):
    victim.mark.unlink()
    with pytest.raises(Corrupt):
        victim.open()

    victim.open(trust_head=True).close()
    victim.open().close()


def test_a_mark_by_another_key_is_not_believed(victim):
    victim.mark.write_text(sign_checkpoint(0, Frontier().root(), THIEF))
    with pytest.raises(Corrupt):
        victim.open()

    assert victim.codes(high_water=victim.mark) == {"checkpoint"}


def test_an_inner_node_that_was_changed_is_noticed_and_rebuilt(victim):
    zero = "'\\x" + "00" * 32 + "'" if "postgres" in victim.url else "x'" + "00" * 32 + "'"
    victim.change(f"UPDATE nodes SET hash = {zero} WHERE idx = 1")

    assert victim.codes() == {"node"}
    with victim.open() as ledger:
        ledger.rebuild()
    assert victim.verify().ok


def test_an_entry_hidden_behind_the_head_does_not_become_part_of_the_log(victim):
    blob = "'hidden'" if "postgres" in victim.url else "CAST('hidden' AS BLOB)"
    victim.change(f"INSERT INTO entries (idx, stream, position, data) VALUES ({COUNT}, 'case/0', 200, {blob})")
    with victim.open() as ledger, pytest.raises(Corrupt):
        ledger.append([Item("case/1", None, b"x")])


def test_a_quorum_of_witnesses_is_demanded_and_cannot_be_faked(victim):
    witnesses = [Signer(f"witness.example/{n}", bytes([n]) * 32, COSIGNATURE) for n in range(3)]
    vkeys = [str(witness.verifier) for witness in witnesses]
    text = victim.checkpoint()
    one = cosign(text, log=OURS.verifier, witness=witnesses[0], timestamp=1, seen=None)
    two = cosign(one, log=OURS.verifier, witness=witnesses[1], timestamp=2, seen=None)

    assert victim.codes(checkpoints=[one], witnesses=vkeys, quorum=2) == {"witness"}
    assert victim.verify(checkpoints=[one], witnesses=vkeys, quorum=1).witnessed == COUNT
    assert victim.verify(checkpoints=[two], witnesses=vkeys, quorum=2).ok
    assert victim.codes(checkpoints=[one], witnesses=[vkeys[0], vkeys[0]], quorum=2) == {"witness"}
    false = text + witnesses[2].line(bytes(72))
    assert victim.codes(checkpoints=[two, false], witnesses=vkeys, quorum=2) == {"witness"}
    with pytest.raises(BadInput):
        victim.verify(witnesses=vkeys, quorum=4)


def test_a_sealed_content_that_was_tampered_with_or_put_elsewhere_is_corrupt(victim):
    store = open_store(victim.url)
    try:
        vault = Vault(store, bytes(32), entropy=lambda size: bytes(range(size)))
        digest = vault.put("case/1", b"the prompt")
        sealed = store.blob("case/1", digest)
        other = vault.put("case/2", b"x")
        table = "vault_blobs"
        as_sql = (lambda data: f"'\\x{data.hex()}'") if "postgres" in victim.url else (lambda data: f"x'{data.hex()}'")
        for forged in (sealed[:-1] + bytes([sealed[-1] ^ 1]), b"\x02" + sealed[1:], sealed[:5], b""):
            victim.change(f"UPDATE {table} SET sealed = {as_sql(forged)} WHERE scope = 'case/1'")
            with pytest.raises(Corrupt):
                vault.get("case/1", digest)
        victim.change(f"UPDATE {table} SET sealed = {as_sql(sealed)} WHERE scope = 'case/2'")
        with pytest.raises(Corrupt):
            vault.get("case/2", other)
        victim.change(f"UPDATE vault_keys SET wrapped = {as_sql(store.key('case/1'))} WHERE scope = 'case/2'")
        with pytest.raises(Corrupt):
            vault.get("case/2", other)
        with pytest.raises(KeyLost):
            Vault(store, bytes([1] * 32), entropy=bytes).get("case/1", digest)
        for wrong in ("", "x" * 64, digest[:-1], digest.upper() + "0"):
            with pytest.raises((BadInput, NotFound)):
                vault.get("case/1", wrong)
    finally:
        store.close()


def test_contents_that_an_operator_with_the_vault_key_put_under_an_old_digest_are_corrupt(victim):
    store = open_store(victim.url)
    try:
        vault = Vault(store, bytes(32), entropy=bytes)
        digest = vault.put("case/1", b"the prompt")
        key = vault._unwrap("case/1", store.key("case/1"))
        sealed = (
            b"\x01" + bytes(12) + AESGCM(_derive(key, b"seal")).encrypt(bytes(12), b"other", _bound("case/1", digest))
        )
        as_sql = f"'\\x{sealed.hex()}'" if "postgres" in victim.url else f"x'{sealed.hex()}'"
        victim.change(f"UPDATE vault_blobs SET sealed = {as_sql}")
        with pytest.raises(Corrupt):
            vault.get("case/1", digest)
    finally:
        store.close()


def test_a_guess_cannot_be_tested_against_a_digest_once_its_scope_is_erased(victim):
    store = open_store(victim.url)
    try:
        vault = Vault(store, bytes(32), entropy=iter_entropy())
        digest = vault.put("case/1", b"yes")
        vault.erase("case/1")
        with pytest.raises(Conflict):
            vault.put("case/1", b"yes")
        assert vault.put("case/2", b"yes") != digest
    finally:
        store.close()


def iter_entropy():
    state = [0]

    def entropy(size):
        state[0] += 1
        return bytes([state[0]]) * size

    return entropy


def test_erased_keys_and_contents_are_gone_from_the_sqlite_files_to_the_last_byte(tmp_path):
    path = tmp_path / "ledger.db"
    with open_ledger(f"sqlite:///{path}", signer=OURS) as ledger:
        vault = Vault(ledger.store, bytes(32), entropy=iter_entropy())
        digest = vault.put("case/1", b"secret " * 5000)
        wrapped, sealed = ledger.store.key("case/1"), ledger.store.blob("case/1", digest)
        vault.put("case/2", b"other")
        before = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        vault.erase("case/1")
        after = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert wrapped in before
    assert sealed[1000:1100] in before
    assert wrapped not in after
    for at in range(0, len(sealed) - 64, 1000):
        assert sealed[at : at + 64] not in after


# -- exports -------------------------------------------------------------------------------------------------------


@pytest.fixture
def lines(victim):
    store = open_store(victim.url)
    try:
        return list(export(store))
    finally:
        store.close()


def check(tmp_path, lines, **options):
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"".join(lines))
    return verify(path, **({"vkey": VKEY} | options))


def test_an_export_verifies_alone(tmp_path, victim, lines):
    report = check(tmp_path, lines, high_water=victim.mark)

    assert report.ok, report.problems
    assert report.size == COUNT


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda lines: [*lines[:5], *lines[6:]], "index"),
        (lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]], "index"),
        (lambda lines: lines[:-1], "damaged"),
        (lambda lines: [*lines[:-3], lines[-1]], "cut"),
        (lambda lines: [*lines, lines[1]], "damaged"),
        (lambda lines: [*lines[:-1], lines[-1].rstrip()], "damaged"),
        (lambda lines: lines[1:], "damaged"),
        (lambda lines: [], "damaged"),
        (lambda lines: [b"\xff\n"], "damaged"),
        (lambda lines: [b"[" * 100_000 + b"\n"], "damaged"),
        (lambda lines: [lines[0], b'{"index":0}\n', lines[-1]], "damaged"),
        (lambda lines: [lines[0], lines[1].replace(b'"index":0', b'"index":false'), *lines[2:]], "damaged"),
        (lambda lines: [lines[0], lines[1].replace(b'"index":0', b'"index":0.0'), *lines[2:]], "damaged"),
        (lambda lines: [lines[0], lines[1].replace(b'"index":0', b'"index":0,"index":0'), *lines[2:]], "damaged"),
        (lambda lines: [lines[0], lines[1].replace(b'"position":0', b'"position":1'), *lines[2:]], "position"),
        (lambda lines: [lines[0], lines[1].replace(b"==", b"="), *lines[2:]], "damaged"),
        (lambda lines: [lines[0], lines[1].replace(b"case/0", b"case/1"), *lines[2:]], "root"),
        (lambda lines: [lines[0], lines[1].replace(b"case/0", b"\\ud800"), *lines[2:]], "entry"),
        (lambda lines: [lines[0].replace(b"/1", b"/2"), *lines[1:]], "damaged"),
        (lambda lines: [re.sub(rb"\+[0-9a-f]{8}\+", b"+00000000+", lines[0]), *lines[1:]], "key"),
        (lambda lines: [lines[0].replace(b'"origin":"ledger', b'"origin":"edger'), *lines[1:]], "damaged"),
    ],
)
def test_an_export_that_was_changed_does_not_verify(tmp_path, lines, change, code):
    changed = change(lines)
    assert changed != lines
    report = check(tmp_path, changed)

    assert not report.ok
    assert code in {problem.code for problem in report.problems}


# -- files ---------------------------------------------------------------------------------------------------------


def test_a_copied_file_verifies_without_being_touched_and_with_its_write_ahead_log(tmp_path):
    path = tmp_path / "live" / "ledger.db"
    with open_ledger(f"sqlite:///{path}", signer=OURS) as ledger:
        ledger.append([Item("a", None, b"%d" % number) for number in range(300)])
        copies = tmp_path / "copies"
        shutil.copytree(path.parent, copies)
        assert (copies / "ledger.db-wal").stat().st_size > 0
        assert verify(path, vkey=VKEY).size == 300  # in use
        (copies / "ledger.db-shm").unlink()
        before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in copies.iterdir()}
        report = verify(copies / "ledger.db", vkey=VKEY)
        after = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in copies.iterdir()}

    assert (report.ok, report.size) == (True, 300)
    assert before == after
    closed = verify(path, vkey=VKEY)
    assert (closed.ok, closed.size, [file.name for file in path.parent.iterdir()]) == (True, 300, ["ledger.db"])


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00" + b"\xff" * 5000, b"\x00" * 100, b"{}\n", b"null\n"])
def test_a_file_that_is_no_ledger_is_damaged_and_never_a_traceback(tmp_path, content):
    path = tmp_path / "copy"
    path.write_bytes(content)

    assert [problem.code for problem in verify(path).problems] == ["damaged"]


def test_a_file_with_flipped_bytes_never_verifies_as_another_history(tmp_path):
    path = tmp_path / "ledger.db"
    with open_ledger(f"sqlite:///{path}", signer=OURS) as ledger:
        ledger.append([Item("a", None, b"%d" % number) for number in range(300)])
        root = open_checkpoint(ledger.checkpoint(), OURS.verifier).root.hex()
    good = path.read_bytes()
    for at in range(0, len(good), 977):
        path.write_bytes(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1 :])
        report = verify(path, vkey=VKEY)
        assert not report.ok or report.root == root


def test_a_missing_file_is_bad_input(tmp_path):
    with pytest.raises(BadInput):
        verify(tmp_path / "missing")


def test_a_key_file_behind_a_link_or_readable_by_others_opens_no_ledger(tmp_path):
    create_signer(tmp_path / "log.key", "ledger.example/x", bytes)
    (tmp_path / "link").symlink_to(tmp_path / "log.key")
    with pytest.raises(KeyLost):
        load_signer(tmp_path / "link")
    (tmp_path / "log.key").chmod(0o644)
    with pytest.raises(KeyLost):
        load_signer(tmp_path / "log.key")


def test_no_message_shows_the_password_of_a_store(postgres):
    url = "postgresql://someone:hunter2@localhost:1/nowhere"
    with pytest.raises(Exception, match="someone@localhost") as failed:
        open_ledger(url, signer=OURS)

    assert "hunter2" not in str(failed.value)
    assert parse_qsl(urlsplit(url).query) == []
