"""`interlock ledger` as a stranger uses it: on a copy, offline, with nothing but a key."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from interlock.ledger.keys import create_signer
from interlock.ledger.log import Item, open_ledger
from interlock.testing.process import Process


class Log(NamedTuple):
    file: Path
    key: str
    early: Path


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A ledger of 300 entries, its verifier key, and a checkpoint that somebody kept at 100."""
    signer = create_signer(tmp_path / "log.key", "test.example/log", secrets.token_bytes)
    early = tmp_path / "early.checkpoint"
    with open_ledger(f"sqlite:///{tmp_path / 'log.db'}", signer=signer) as ledger:
        for number in range(300):
            if number == 100:
                early.write_text(ledger.checkpoint())
            ledger.append([Item(f"case/{number % 7}", None, f'{{"n":{number}}}'.encode())])
    return Log(tmp_path / "log.db", str(signer.verifier), early)


def edit(file: Path, sql: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(sql)


def test_an_honest_copy_verifies_with_the_kept_key_without_any_home(interlock: Process, log: Log) -> None:
    ran = interlock("ledger", "verify", log.file, "--key", log.key, "--checkpoint", log.early, "--json")

    assert ran.status == 0, ran.err
    assert ran.json["ok"] is True
    assert ran.json["pinned"] is True
    assert ran.json["size"] == 300
    assert ran.json["problems"] == []


def test_a_key_may_be_given_as_the_file_that_holds_it(interlock: Process, log: Log, tmp_path: Path) -> None:
    assert interlock("ledger", "verify", log.file, "--key", tmp_path / "log.key.pub").status == 0


def test_without_a_kept_key_the_verdict_says_loudly_that_it_is_unpinned(interlock: Process, log: Log) -> None:
    ran = interlock("ledger", "verify", log.file)

    assert ran.status == 0
    assert "UNPINNED" in ran.out
    assert "UNPINNED" not in interlock("ledger", "verify", log.file, "--key", log.key).out


def test_another_key_than_the_kept_one_is_a_problem(interlock: Process, log: Log, tmp_path: Path) -> None:
    other = create_signer(tmp_path / "other.key", "test.example/log", secrets.token_bytes)

    ran = interlock("ledger", "verify", log.file, "--key", str(other.verifier))

    assert ran.status == 1
    assert "NOT VERIFIED" in ran.out


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE entries SET data = '{\"n\":0}' WHERE idx = 200",
        "DELETE FROM entries WHERE idx = 299",
        "DELETE FROM entries WHERE idx = 10",
        "UPDATE entries SET stream = 'case/x' WHERE idx = 3",
    ],
)
def test_an_edited_copy_does_not_verify(interlock: Process, log: Log, sql: str) -> None:
    edit(log.file, sql)

    ran = interlock("ledger", "verify", log.file, "--key", log.key, "--json")

    assert ran.status == 1
    assert ran.json["ok"] is False
    assert ran.json["problems"]


def test_an_older_copy_is_found_cut_by_a_checkpoint_that_was_kept(interlock: Process, tmp_path: Path) -> None:
    signer = create_signer(tmp_path / "k.key", "test.example/log", secrets.token_bytes)
    with open_ledger(f"sqlite:///{tmp_path / 'l.db'}", signer=signer) as ledger:
        ledger.append([Item("s", None, b"1")])
    shutil.copy(tmp_path / "l.db", tmp_path / "old.db")
    with open_ledger(f"sqlite:///{tmp_path / 'l.db'}", signer=signer) as ledger:
        ledger.append([Item("s", None, b"2")])
        (tmp_path / "kept").write_text(ledger.checkpoint())
    key = str(signer.verifier)

    assert interlock("ledger", "verify", tmp_path / "old.db", "--key", key).status == 0
    ran = interlock("ledger", "verify", tmp_path / "old.db", "--key", key, "--checkpoint", tmp_path / "kept")

    assert ran.status == 1
    assert "only 1 entries are left" in ran.out


def test_verifying_changes_nothing_beside_the_copy(interlock: Process, log: Log, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    copy = Path(shutil.copy(log.file, folder / "log.db"))
    before = copy.read_bytes()

    interlock("ledger", "verify", copy, "--key", log.key)

    assert [copy] == list(folder.iterdir())
    assert before == copy.read_bytes()


def test_an_export_verifies_like_the_file_it_came_from(interlock: Process, log: Log, tmp_path: Path) -> None:
    assert interlock("ledger", "export", log.file, "-o", tmp_path / "out.jsonl").status == 0
    ran = interlock("ledger", "verify", tmp_path / "out.jsonl", "--key", log.key, "--checkpoint", log.early, "--json")

    assert ran.status == 0, ran.out
    assert ran.json["size"] == 300
    assert interlock("ledger", "export", log.file).out == (tmp_path / "out.jsonl").read_text()


def test_an_export_is_never_written_over_a_file(interlock: Process, log: Log, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")

    ran = interlock("ledger", "export", log.file, "-o", tmp_path / "there")

    assert ran.status == 2
    assert "there is such a file already" in ran.err
    assert (tmp_path / "there").read_text() == "mine"


def test_an_export_that_cannot_be_finished_leaves_no_file(interlock: Process, tmp_path: Path) -> None:
    (tmp_path / "no.db").write_bytes(b"SQLite format 3\x00" + b"\x00" * 100)

    assert interlock("ledger", "export", tmp_path / "no.db", "-o", tmp_path / "out").status != 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"hello\n", b'{"format":"x"}\n', b"\xff\xfe"])
def test_what_is_no_ledger_is_one_clear_line_and_no_traceback(
    interlock: Process, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "x").write_bytes(content)

    ran = interlock("ledger", "verify", tmp_path / "x")

    assert ran.status in (1, 2)
    assert "Traceback" not in ran.err
    assert "bug of ours" not in ran.err


def test_a_source_that_is_not_there_and_a_malformed_key_are_bad_input(interlock: Process, log: Log) -> None:
    assert interlock("ledger", "verify", "nowhere.db").status == 2
    assert interlock("ledger", "verify", log.file, "--key", "not-a-key").status == 2
    assert interlock("ledger", "verify", log.file, "--quorum", "1").status == 2


def test_without_a_home_and_without_a_source_there_is_nothing_to_verify(interlock: Process) -> None:
    ran = interlock("ledger", "verify")

    assert ran.status == 2
    assert "no Interlock home here" in ran.err


def test_a_witness_makes_a_key_cosigns_growth_and_refuses_a_rewritten_log(
    interlock: Process, log: Log, tmp_path: Path
) -> None:
    key, memory = tmp_path / "w.key", tmp_path / "w.memory"
    vkey = interlock("ledger", "witness", "witness.example/w", "--key", key).out.strip()
    with closing(sqlite3.connect(log.file)) as connection:
        (newest,) = connection.execute("SELECT checkpoint FROM head").fetchone()
    first = tmp_path / "request"
    first.write_text(f"old 0\n\n{newest}")
    asked = ("--log", log.key, "--key", key, "--memory", memory)

    ran = interlock("ledger", "cosign", first, *asked, "-o", tmp_path / "cosigned")

    assert ran.status == 0, ran.err
    cosigned = ("--checkpoint", tmp_path / "cosigned", "--witness", vkey, "--quorum", "1")
    verified = interlock("ledger", "verify", log.file, "--key", log.key, *cosigned, "--json")
    assert verified.status == 0, verified.out
    assert verified.json["witnessed"] == 300
    assert interlock("ledger", "verify", log.file, "--key", log.key, "--witness", vkey, "--quorum", "1").status == 1

    again = interlock("ledger", "cosign", first, *asked)
    assert again.status == 2, "the witness remembers what it saw"
    assert "`interlock ledger checkpoint --since 300`" in again.err
    early = tmp_path / "backwards"
    early.write_text(f"old 300\n\n{log.early.read_text()}")
    assert interlock("ledger", "cosign", early, *asked).status == 1


def test_a_witness_goes_by_the_steps_that_its_help_shows(interlock: Process, tmp_path: Path) -> None:
    assert interlock("init").status == 0
    assert interlock("ledger", "witness", "witness.example/w", "--key", "witness.key").status == 0
    assert interlock("ledger", "export", "-o", "record.jsonl").status == 0
    key = (tmp_path / ".interlock" / "keys" / "ledger.key.pub").read_text().strip()
    told = interlock("ledger", "witness", "--help").out.replace("\\\n", "")
    steps = [line.partition("#")[0].split()[1:] for line in told.splitlines() if line.startswith("    interlock ")]

    assert [words[1] for words in steps] == ["checkpoint", "cosign", "verify"]
    for words in steps:
        ran = interlock(*(key if word == "LOG_KEY" else word for word in words))
        assert ran.status == 0, ran.err
    assert "witnessed" in ran.out


def test_a_witness_that_saw_more_than_there_is_is_an_alarm_and_says_so(interlock: Process) -> None:
    assert interlock("init").status == 0

    ran = interlock("ledger", "checkpoint", "--since", "900")

    assert ran.status == 2
    assert "the witness would have seen 900" in ran.err
    assert "`interlock ledger verify`" in ran.err


def test_a_lost_high_water_mark_is_made_anew_from_a_ledger_that_verifies(interlock: Process, tmp_path: Path) -> None:
    assert interlock("init").status == 0
    assert interlock("agents", "add", "fixer").status == 0
    mark = tmp_path / ".interlock" / "ledger.high-water"
    before = mark.read_text()
    assert interlock("ledger", "accept").status == 2, "it is there"
    assert interlock("ledger", "checkpoint", "-o", "kept").status == 0
    mark.unlink()

    told = interlock("cases")
    refused = interlock("ledger", "accept", INTERLOCK_TOKEN="x")
    ran = interlock("ledger", "accept", "--checkpoint", "kept")

    assert "`interlock ledger accept`" in told.err
    assert refused.status == 4
    assert (ran.status, mark.read_text()) == (0, before)
    assert interlock("cases").status == 0


def test_a_ledger_that_does_not_verify_is_not_accepted(interlock: Process, tmp_path: Path) -> None:
    assert interlock("init").status == 0
    whole = (tmp_path / ".interlock" / "ledger.db").read_bytes()
    assert interlock("agents", "add", "fixer").status == 0
    assert interlock("ledger", "checkpoint", "-o", "kept").status == 0
    (tmp_path / ".interlock" / "ledger.high-water").unlink()
    (tmp_path / ".interlock" / "ledger.db").write_bytes(whole)

    ran = interlock("ledger", "accept", "--checkpoint", "kept")

    assert (ran.status, "nothing was accepted" in ran.out) == (1, True)
    assert not (tmp_path / ".interlock" / "ledger.high-water").exists()


def test_an_agent_may_not_export_the_record(interlock: Process, log: Log) -> None:
    ran = interlock("ledger", "export", log.file, INTERLOCK_TOKEN="x")

    assert ran.status == 4
    assert ran.out == ""


@pytest.mark.parametrize("arguments", [("x" * 5_000,), ("ledger.db", "--key", "x" * 5_000)])
def test_what_no_file_can_be_called_is_one_short_line(interlock: Process, arguments: tuple[str, ...]) -> None:
    ran = interlock("ledger", "verify", *arguments)

    assert ran.status == 2
    assert "cannot be read" in ran.err
    assert len(ran.err) < 200
