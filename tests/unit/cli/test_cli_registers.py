"""`interlock agents` and `interlock people`: who there is, what they lack, and whose a token is."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.testing.process import Process

SAID = (
    *("--owner", "olga", "--purpose", "p", "--justification", "j", "--benefits", "b", "--risks", "r"),
    *("--worst-case", "w", "--prevention", "v", "--environment", "production"),
)


@pytest.fixture
def home(interlock: Process, tmp_path: Path) -> Path:
    assert interlock("init").status == 0
    (tmp_path / "pass").touch(mode=0o600)
    (tmp_path / "pass").write_text("four words are fine\n")
    return tmp_path / ".interlock"


def test_an_agent_with_a_whole_passport_works_and_one_without_only_observes(interlock: Process, home: Path) -> None:
    whole = interlock("agents", "add", "fixer", *SAID, "--json")
    bare = interlock("agents", "add", "bare", "--owner", "olga")

    assert (whole.status, bare.status) == (0, 0)
    assert whole.json["state"] == "working"
    assert "still lacks purpose, justification" in bare.out
    assert interlock("agents", "show", "bare", "--json").json["state"] == "observes only"


def test_an_owner_who_is_no_registered_person_is_pointed_out(interlock: Process, home: Path) -> None:
    assert "`olga` is no registered person" in interlock("agents", "add", "fixer", *SAID).out
    assert interlock("people", "add", "olga", "--passphrase-file", "pass").status == 0
    assert "no registered person" not in interlock("agents", "add", "fixer", *SAID).out


def test_a_capability_is_shown_as_it_was_written(interlock: Process, home: Path) -> None:
    line = "modify:orders,order_*:production:max_rows=500:requires=simulated-rollback"
    interlock("agents", "add", "fixer", *SAID, "--capability", line, "--specialised", "--destroy-authorised-by", "olga")

    ran = interlock("agents", "show", "fixer")

    assert ran.status == 0
    assert line in ran.out.replace("\n", "").replace(" ", "").replace("capability", "")
    assert "specialised" in ran.out
    assert "opened by olga" in ran.out


def test_a_passport_file_is_taken_and_flags_win_over_it(interlock: Process, home: Path, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('owner = "eve"\npurpose = "from the file"\n')

    ran = interlock("agents", "add", "fixer", "--passport", "p.toml", "--owner", "olga", "--json")

    assert ran.json["owner"] == "olga"
    assert ran.json["purpose"] == "from the file"


def test_a_capability_that_is_not_understood_registers_nothing(interlock: Process, home: Path) -> None:
    ran = interlock("agents", "add", "fixer", *SAID, "--capability", "modify:orders:production:maxrows=5")

    assert ran.status == 2
    assert "`maxrows=5` is no bound" in ran.err
    assert interlock("agents", "list", "--json").json == {"agents": []}


def test_a_token_is_printed_once_listed_by_id_and_revoked_by_id(interlock: Process, home: Path) -> None:
    interlock("agents", "add", "fixer", *SAID)
    asked = ("--environment", "production", "--session", "s1", "--operator", "ada", "--ttl", "5m")
    issued = interlock("agents", "token", "fixer", *asked, "--json")

    assert issued.status == 0, issued.err
    token, identity = str(issued.json["token"]), str(issued.json["id"])
    shown = interlock("agents", "show", "fixer", "--json")
    assert token not in shown.out
    assert [(one["id"], one["state"]) for one in shown.json["tokens"]] == [(identity, "valid")]  # type: ignore[attr-defined]  # JSON
    assert interlock("agents", "revoke", "fixer", identity).status == 0
    assert '"revoked"' in interlock("agents", "show", "fixer", "--json").out


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        (("--ttl", "2h"), 2),
        (("--ttl", "soon"), 2),
        (("--environment", "staging"), 4),
        (("--operator", ""), 2),
    ],
)
def test_a_token_that_is_too_long_or_too_wide_is_not_issued(
    interlock: Process, home: Path, changed: tuple[str, ...], status: int
) -> None:
    interlock("agents", "add", "fixer", *SAID)
    asked = ("--environment", "production", "--session", "s1", "--operator", "ada")

    assert interlock("agents", "token", "fixer", *asked, *changed).status == status


def test_revoking_names_one_token_or_all(interlock: Process, home: Path) -> None:
    interlock("agents", "add", "fixer", *SAID)

    assert interlock("agents", "revoke", "fixer").status == 2
    assert interlock("agents", "revoke", "fixer", "x", "--all").status == 2
    assert interlock("agents", "revoke", "fixer", "x").status == 2
    assert interlock("agents", "revoke", "fixer", "--all").status == 0


def test_a_retired_agent_is_listed_as_such_and_gets_no_token(interlock: Process, home: Path) -> None:
    interlock("agents", "add", "fixer", *SAID)
    assert interlock("agents", "retire", "fixer").status == 0

    assert "retired" in interlock("agents", "list").out
    asked = ("--environment", "production", "--session", "s1", "--operator", "ada")
    assert interlock("agents", "token", "fixer", *asked).status == 2


def test_a_person_is_registered_listed_and_retired(interlock: Process, home: Path) -> None:
    asked = ("--role", "dba", "--role", "sre", "--timezone", "Europe/Berlin", "--passphrase-file", "pass")

    assert interlock("people", "add", "ben", *asked).status == 0
    assert (home / "people" / "ben.key").stat().st_mode & 0o077 == 0
    listed = interlock("people", "list", "--json").json["people"]
    assert [(one["name"], one["roles"], one["retired"]) for one in listed] == [("ben", ["dba", "sre"], False)]  # type: ignore[attr-defined]  # JSON
    assert interlock("people", "retire", "ben").status == 0
    assert "retired" in interlock("people", "list").out


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("Ben",), 2),
        (("../ben",), 2),
        (("ben", "--timezone", "Mars/Olympus"), 2),
        (("fixer",), 4),
    ],
)
def test_a_person_that_cannot_be_is_not_registered(
    interlock: Process, home: Path, arguments: tuple[str, ...], status: int
) -> None:
    interlock("agents", "add", "fixer", *SAID)

    assert interlock("people", "add", *arguments, "--passphrase-file", "pass").status == status
    assert interlock("people", "list", "--json").json == {"people": []}


def test_a_passphrase_is_never_taken_from_a_file_that_others_can_read(
    interlock: Process, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "pass").chmod(0o644)

    ran = interlock("people", "add", "ben", "--passphrase-file", "pass")

    assert ran.status == 1
    assert "others can read" in ran.err
    assert "four words" not in ran.err


def test_without_a_terminal_a_passphrase_has_to_come_from_a_file(interlock: Process, home: Path) -> None:
    ran = interlock("people", "add", "ben", stdin=b"four words are fine\n")

    assert ran.status == 2
    assert "--passphrase-file" in ran.err


def test_an_agents_words_reach_no_terminal_as_escapes(interlock: Process, home: Path) -> None:
    interlock("agents", "add", "fixer", "--purpose", "\x1b[2J\x1b]0;owned\x07[bold]x[/]", "--owner", "olga\u202e")

    for ran in (interlock("agents", "show", "fixer"), interlock("agents", "list")):
        assert "\x1b" not in ran.out
        assert "\x07" not in ran.out
        assert "\u202e" not in ran.out
        assert "[bold]" in ran.out.replace("\n", "")


@pytest.mark.parametrize("verb", [("agents", "add", "x"), ("agents", "list"), ("people", "list")])
def test_whoever_holds_an_agents_token_keeps_no_register(interlock: Process, home: Path, verb: tuple[str, ...]) -> None:
    assert interlock(*verb, INTERLOCK_TOKEN="anything").status == 4


def test_the_reads_of_an_agent_that_is_not_registered_are_not_found(interlock: Process, home: Path) -> None:
    interlock("agents", "add", "fixer", *SAID)
    known = interlock("reads", "fixer")
    unknown = interlock("reads", "fixr")

    assert (known.status, known.out) == (0, "`fixer` has read nothing through a gate yet\n")
    assert (unknown.status, unknown.out) == (2, "")
    assert "no agent is called `fixr`" in unknown.err
    assert "`interlock agents list` names them" in unknown.err
