"""Bad input at the command line: one clear error, nothing kept half-way, no character that a terminal would obey."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from interlock.cli.frame import find_home, read_bounded
from interlock.cli.passport import parse_capability
from interlock.errors import BadInput, BadProposal, Corrupt, InterlockError, KeyLost, StoreError
from interlock.home import Home, create
from interlock.ledger.source import open_source
from interlock.report.visible import safe
from interlock.testing.postgres import Postgres
from interlock.testing.process import Process

ESCAPES = "a\nb\x1b[2J\u202ec"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create(tmp_path / ".interlock", origin="test.example/ledger", entropy=os.urandom)


def test_a_home_is_begun_on_postgresql_as_it_is_on_sqlite(interlock: Process, postgres: Postgres) -> None:
    """There was no way to: a home whose store was changed by hand misses the head that it remembers."""
    made = interlock("init", "--store", postgres.address("begun"))
    status = interlock("status", "--json")

    assert (made.status, status.status) == (0, 0), made.err + status.err
    assert str(status.json["store"]).startswith("postgresql://")
    assert interlock("ledger", "verify").status == 0


@pytest.mark.parametrize("store", ["mysql://x", "postgres", ""])
def test_a_store_that_is_none_begins_no_home(interlock: Process, tmp_path: Path, store: str) -> None:
    assert interlock("init", "--store", store).status == 2
    assert not (tmp_path / ".interlock").exists()


@pytest.mark.parametrize("arguments", [("show", ESCAPES), ("cases", "--state", ESCAPES), (ESCAPES,)])
def test_an_error_shows_control_characters_and_obeys_none(
    interlock: Process, home: Home, arguments: tuple[str, ...]
) -> None:
    assert home.path.exists()

    ran = interlock(*arguments)

    assert ran.status == 2
    assert "\x1b" not in ran.err
    assert "\u202e" not in ran.err
    assert "\\u202ec" in ran.err


def test_lines_and_tabs_of_an_error_of_several_lines_stay() -> None:
    assert safe("one\n\ttwo\x07\n") == "one\n\ttwo\\x07\n"


def test_a_file_without_an_end_is_refused_after_what_any_reader_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlock.cli.frame.LARGEST", 1_000)
    with Path("/dev/zero").open("rb") as endless, pytest.raises(BadProposal, match="1,000 bytes"):
        read_bounded(endless, "/dev/zero")


@pytest.mark.parametrize("bound", ["0", "-1", "1e3", "1" * 16])
def test_a_bound_that_is_no_plain_number_is_no_bound(bound: str) -> None:
    with pytest.raises(BadInput, match="is no bound"):
        parse_capability(f"modify:*:production:max_rows={bound}")


@pytest.mark.parametrize("role", ["a\nb", "x" * 100, "", "../dba"])
def test_a_role_is_a_name(interlock: Process, home: Home, role: str) -> None:
    secret = home.path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("four words are enough")

    ran = interlock("people", "add", "ada", "--role", role, "--passphrase-file", secret)

    assert ran.status == 2
    assert "is no name" in ran.err
    assert not home.person_key("ada").exists()


def test_a_token_for_people_whom_nobody_registered_is_warned_of_and_of_others_not(
    interlock: Process, home: Home
) -> None:
    """They could be any of the voters, so that nobody could approve what is proposed with it."""
    secret = home.path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("four words are enough")
    interlock("people", "add", "ada", "--passphrase-file", secret)
    interlock("agents", "add", "fixer", "--owner", "ada", "--environment", "production")
    grant = ("agents", "token", "fixer", "--environment", "production", "--session", "s", "--json", "--operator")

    known, unknown = interlock(*grant, "ada"), interlock(*grant, "olga", "--author", "olgar")

    assert known.json["token"]
    assert known.err == ""
    assert unknown.json["token"]
    assert [line.split("`")[1] for line in unknown.err.splitlines()] == ["olga", "olgar"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_IOERR_SHMSIZE, StoreError),
        (sqlite3.SQLITE_FULL, StoreError),
        (sqlite3.SQLITE_CANTOPEN, StoreError),
        (sqlite3.SQLITE_CORRUPT, Corrupt),
    ],
)
def test_what_the_disk_does_says_nothing_of_the_ledger(
    home: Home, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[StoreError]
) -> None:
    def failing(*_: object) -> None:
        error = sqlite3.OperationalError("whatever")
        error.sqlite_errorcode = code
        raise error

    copy = home.path / "copy.db"
    sqlite3.connect(copy).close()
    monkeypatch.setattr("interlock.ledger.source.SqliteSource", failing)
    with pytest.raises(StoreError) as caught, open_source(copy):
        pass

    assert type(caught.value) is kind


# the home


@pytest.mark.parametrize(
    ("part", "mode", "message"),
    [
        ("keys", 0o755, "others can read the keys"),
        (".", 0o777, "others can change what is decided here"),
        (".", 0o770, "others can change what is decided here"),
        ("policies", 0o777, "others can change what is decided here"),
        ("policies/30-production.cedar", 0o666, "others can change what is decided here"),
        ("interlock.toml", 0o664, "others can change what is decided here"),
    ],
)
def test_a_home_that_others_can_change_decides_nothing(home: Home, part: str, mode: int, message: str) -> None:
    home.path.chmod(0o755)
    home.configuration()
    (home.path / part).chmod(mode)

    with pytest.raises(KeyLost, match=message):
        home.configuration()


def test_in_a_home_that_nobody_else_can_enter_the_modes_within_do_not_matter(home: Home) -> None:
    home.policies.chmod(0o775)
    (home.policies / "30-production.cedar").chmod(0o664)

    assert home.configuration().origin == "test.example/ledger"


@pytest.mark.parametrize("part", ["interlock.toml", "policies", "policies/10-agents.cedar"])
def test_what_a_closed_home_links_to_is_nobody_elses_to_change(home: Home, tmp_path: Path, part: str) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    real = (home.path / part).rename(shared / Path(part).name)
    (home.path / part).symlink_to(real)
    home.path.chmod(0o700)

    assert home.configuration()

    shared.chmod(0o777)

    with pytest.raises(KeyLost, match="others can change what is decided here"):
        home.configuration()


@pytest.mark.parametrize(
    ("part", "words"), [("interlock.toml", ("cases",)), ("policies/10-agents.cedar", ("policy", "check"))]
)
def test_what_has_no_end_is_not_waited_for(interlock: Process, home: Home, part: str, words: tuple[str, ...]) -> None:
    (home.path / part).unlink()
    os.mkfifo(home.path / part)

    ran = interlock(*words)

    assert ran.status == 2
    assert "is no file that has an end" in ran.err


def test_a_home_of_another_user_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: home.path.stat().st_uid + 1)

    with pytest.raises(KeyLost, match="belongs to another user"):
        home.configuration()


def test_a_home_without_its_keys_says_so(interlock: Process, home: Home) -> None:
    for key in (home.path / "keys").iterdir():
        key.unlink()
    (home.path / "keys").rmdir()

    ran = interlock("status")

    assert ran.status == 1
    assert "the home cannot be used: No such file or directory" in ran.err
    assert "bug of ours" not in ran.err


def test_a_home_that_cannot_be_looked_into_is_the_home_and_not_passed_over(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else `check` would judge by the starter policies, as where there is no home."""

    def closed(_path: Path) -> os.stat_result:
        raise PermissionError(13, "Permission denied")

    monkeypatch.chdir(home.path.parent)
    monkeypatch.setattr(Path, "stat", closed)

    assert find_home(None) == Path(".interlock")


def test_an_init_that_did_not_end_is_told_from_one_that_did(home: Home) -> None:
    (home.path / "interlock.toml").unlink()

    with pytest.raises(InterlockError, match="there are keys here and no configuration"):
        create(home.path, origin="test.example/ledger", entropy=os.urandom)


def test_a_full_disk_is_told_as_one_and_never_as_a_damaged_ledger(tmp_path: Path, home: Home) -> None:
    """With no room for a byte more in any file, a ledger in the middle of its log cannot even be opened to read."""
    interlock = Process(tmp_path)
    assert interlock("status").status == 0
    done = subprocess.run(
        [sys.executable, "-m", "interlock.cli.main", "status"],
        cwd=tmp_path,
        env=dict(os.environ) | {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert done.returncode == 1
    assert "the disk may be full or failing" in done.stderr
    assert "damaged" not in done.stderr
    assert interlock("ledger", "verify").status == 0
