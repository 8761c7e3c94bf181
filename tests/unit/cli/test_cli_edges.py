"""The edge of the process: exit statuses, one clear line for each error, and text that is never obeyed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from interlock.cli.main import COMMANDS, program
from interlock.cli.rows import picture
from interlock.cli.words import marked, plain
from interlock.practice import shop
from interlock.report.visible import visible
from interlock.testing.process import Process

EVIL = "\x1b[2J\x1b]0;owned\x07\r\u202eevil\x9b31m[bold red]x[/]"


@pytest.fixture
def interlock(tmp_path: Path) -> Process:
    """Started from nothing each time: what a command needs it has to import itself."""
    return Process(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_table_is_there_and_has_a_help(interlock: Process, command: str) -> None:
    ran = interlock(command, "--help")

    assert ran.status == 0, ran.err
    assert ran.out.startswith(f"Usage: interlock {command}")


def leaves(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by all of its words."""
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            if isinstance(command, click.Group):
                yield from leaves(command, (*words, name))
            else:
                yield " ".join((*words, name)), command


LEAVES = dict(leaves(program()))
#: What needs no `--json`, and why.
JSON_AS_IT_IS = {"ledger export": "all that it writes is JSON lines"}


@pytest.mark.parametrize("command", LEAVES)
def test_every_command_takes_json_and_has_a_page(command: str) -> None:
    takes = any("--json" in parameter.opts for parameter in LEAVES[command].params)

    assert takes is (command not in JSON_AS_IT_IS)
    assert (Path(__file__).parents[3] / "docs" / "commands" / f"{command.replace(' ', '-')}.md").exists()


@pytest.mark.parametrize("group", sorted({words.split()[0] for words in LEAVES if " " in words}))
def test_what_a_command_is_for_is_told_in_one_line_that_is_not_cut(interlock: Process, group: str) -> None:
    listed = interlock(group, "--help", COLUMNS="80").out

    assert [line for line in listed.splitlines() if line.startswith("  ") and line.endswith("...")] == []


def test_with_json_a_command_prints_one_object_and_nothing_else(interlock: Process) -> None:
    assert interlock("init", "--json").json["verifier_key"]
    for command in (
        *("status", "cases", "people list", "agents list", "recover", "policy check", "policy test"),
        *("agents add fixer --owner olga", "reads fixer"),
        *("ledger verify", "ledger checkpoint", "ledger checkpoint --since 0", "completion fish"),
    ):
        ran = interlock(*command.split(), "--json")
        assert ran.status == 0, ran.err
        assert ran.json
        assert ran.err == ""


def shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of this line, in which `interlock` is the command."""
    command = f'interlock() {{ "{sys.executable}" -m interlock.cli.main "$@"; }}; {line}'
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env=surroundings, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("what", ["--version", "--help", "status", "cases", "cases --json", "ledger export"])
def test_a_full_disk_under_the_output_is_told_in_one_line(interlock: Process, tmp_path: Path, what: str) -> None:
    interlock("init")
    ran = shell(tmp_path, f"interlock {what} > /dev/full")

    assert ran.returncode == 1
    assert ran.stderr == "interlock: the output cannot be written: No space left on device\n  write it elsewhere\n"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("interlock cases >&-", 0),
        ("interlock cases >&- 2>&-", 0),
        ("interlock show nothing >&- 2>&-", 2),
        ("interlock show nothing 2> /dev/full", 2),
        ("interlock check - --kind sql:sqlite <&-", 2),
        ("(interlock --version; echo $? >&2) | true", 0),
    ],
)
def test_closed_and_full_streams_change_no_exit_status(
    interlock: Process, tmp_path: Path, line: str, status: int
) -> None:
    interlock("init")
    ran = shell(tmp_path, line)

    assert ran.returncode == status
    assert "Traceback" not in ran.stderr
    assert "bug of ours" not in ran.stderr
    assert "written" not in ran.stderr


def test_an_export_is_lines_of_json(interlock: Process) -> None:
    interlock("init")

    assert all(json.loads(line) for line in interlock("ledger", "export").out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--version",), 0),
        (("--help",), 0),
        ((), 2),
        (("nothing",), 2),
        (("cases",), 2),
        (("cases", "--state", "dreaming"), 2),
        (("run", "x", "--home", "nowhere"), 2),
        (("show",), 2),
        (("check", "-", "--kind", "tarot"), 2),
        (("check", "-", "--kind", "sql:klingon"), 2),
        (("check", "nowhere", "--kind", "sql:sqlite"), 2),
        (("check", ".", "--kind", "sql:sqlite"), 2),
        (("agents",), 2),
        (("ledger", "nothing"), 2),
        (("demo",), 2),
    ],
)
def test_bad_input_is_status_2_and_no_traceback(interlock: Process, arguments: tuple[str, ...], status: int) -> None:
    ran = interlock(*arguments)

    assert ran.status == status
    assert "Traceback" not in ran.err
    assert "bug of ours" not in ran.err


@pytest.mark.parametrize("arguments", [("cases",), ("nothing",), ("check", "-", "--kind", "tarot"), ("show",)])
def test_with_json_an_error_is_one_object_on_standard_output(interlock: Process, arguments: tuple[str, ...]) -> None:
    ran = interlock(*arguments, "--json")

    assert set(ran.json) == {"error"}
    assert ran.err == ""


@pytest.mark.parametrize(
    ("sql", "status"),
    [
        ("SELECT 1", 0),
        ("SELECT id FROM orders", 0),
        ("UPDATE orders SET a = 1 WHERE id = 1", 4),
        ("DROP TABLE orders", 4),
    ],
)
@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite"])
def test_check_says_by_its_status_what_it_decided(interlock: Process, sql: str, status: int, dialect: str) -> None:
    ran = interlock("check", "-", "--kind", f"sql:{dialect}", stdin=sql.encode())

    assert ran.status == status, ran.out + ran.err


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite"])
def test_what_is_no_sql_passes_in_no_dialect(interlock: Process, dialect: str) -> None:
    """Where the server's own grammar reads it, it is bad input; elsewhere it is unknown and denied."""
    assert interlock("check", "-", "--kind", f"sql:{dialect}", stdin=b"this is no sql").status in (2, 4)


@pytest.mark.parametrize("payload", [b"\xff\xfe", b"SELECT '\x00'", b"(" * 5_000, b"SELECT " + b"1+" * 20_000 + b"1"])
def test_input_that_is_hostile_or_broken_is_never_allowed_and_never_a_crash(interlock: Process, payload: bytes) -> None:
    for dialect in ("postgres", "mysql", "sqlite"):
        ran = interlock("check", "-", "--kind", f"sql:{dialect}", stdin=payload)

        assert ran.status in (2, 3, 4) or payload.endswith(b"+1"), (dialect, ran.err)
        assert "bug of ours" not in ran.err


def test_lines_stream_one_answer_each_with_its_own_id(interlock: Process, tmp_path: Path) -> None:
    inputs = [json.dumps({"id": f"n{number}", "input": "SELECT 1"}) for number in range(50)]
    (tmp_path / "in.jsonl").write_text("\n".join([*inputs, json.dumps("DROP TABLE a")]) + "\n")

    ran = interlock("check", "--lines", "in.jsonl", "--kind", "sql:sqlite")

    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.status == 0
    assert [answer["id"] for answer in answers] == [*(f"n{number}" for number in range(50)), 51]
    assert [answer["outcome"] for answer in answers] == ["allow"] * 50 + ["deny"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_scripts_of_their_shell(interlock: Process, shell: str) -> None:
    ran = interlock("completion", shell)

    assert ran.status == 0
    assert "_INTERLOCK_COMPLETE" in ran.out
    there = shutil.which(shell)
    if there is None:
        pytest.skip(f"there is no {shell} here to ask")
    read = subprocess.run([there, "-n"], input=ran.out, text=True, capture_output=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")


def test_completion_offers_the_commands(interlock: Process) -> None:
    ran = interlock(_INTERLOCK_COMPLETE="bash_complete", COMP_WORDS="interlock ap", COMP_CWORD="1")

    assert "plain,approve" in ran.out


def test_plain_shows_escapes_overrides_and_markup_as_text() -> None:
    shown = plain(EVIL)

    assert not any(char in shown for char in "\x1b\x07\r\u202e\x9b")
    assert marked(shown).plain == visible(EVIL)


def test_rows_of_a_database_reach_no_terminal_as_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    result = {"results": [{"statement": 1, "columns": [EVIL], "rows": [[EVIL], [None]], "cut": EVIL}]}
    console = Console(width=200, force_terminal=False)
    for output in (json.dumps(result).encode(), EVIL.encode(), b'{"results": 3}', b"[" * 20_000):
        console.print(picture(output))

    shown = capsys.readouterr().out
    assert not any(char in shown for char in "\x1b\x07\r\u202e\x9b")
    assert "evil" in shown


def test_an_agents_proposal_reaches_no_terminal_as_escapes(interlock: Process, tmp_path: Path) -> None:
    """Text, intent and session of a proposal, wherever a person looks at it."""
    shop.build(tmp_path / "shop.db", 500)
    assert interlock("init").status == 0
    with (tmp_path / ".interlock" / "interlock.toml").open("a") as file:
        file.write('[targets.shop]\nkind = "sql:sqlite"\naddress = "../shop.db"\n')
    (tmp_path / "x.sql").write_text(f"SELECT '{EVIL}' AS \"{EVIL}\" FROM orders LIMIT 2 -- {EVIL}")
    said = ("--intent", EVIL, "--session", EVIL, "--author", EVIL)

    proposed = interlock("propose", "x.sql", "--kind", "sql", "--target", "shop", "--agent", "x", *said, "--run")
    runs = [proposed, interlock("cases")]
    case = str(interlock("cases", "--json").json["cases"][0]["case"])  # type: ignore[index]  # JSON
    runs += [interlock("show", case, "--output"), interlock("policy", "explain", case)]

    for ran in runs:
        assert ran.status in (0, 3, 4), ran.err
        assert not any(char in ran.out + ran.err for char in "\x1b\x07\r\u202e\x9b")


def test_a_reader_of_the_output_that_goes_away_is_no_error(interlock: Process, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('"SELECT 1"\n' * 20_000)
    process = Process(tmp_path)
    assert process("--version").status == 0
    import sys

    line = f"{sys.executable} -m interlock.cli.main check --lines in.jsonl --kind sql:sqlite | head -1"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)

    assert done.stderr == ""


def test_a_bug_of_ours_is_one_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from interlock.cli import main

    def broken() -> object:
        raise RuntimeError("oh")

    monkeypatch.setattr(main, "program", broken)
    with pytest.raises(SystemExit) as ended:
        main.main(["cases"])

    assert ended.value.code == 1
    assert "this is a bug of ours: RuntimeError: oh" in capsys.readouterr().err


def test_every_command_that_a_message_or_a_page_names_is_there() -> None:
    """What to do next is of no use where it cannot be done."""
    root = Path(__file__).parents[3]
    pages = [*(root / "src").rglob("*.py"), *(root / "src").rglob("*.cedar"), *(root / "docs").rglob("*.md")]
    groups = {name.split()[0] for name in LEAVES if " " in name}
    for page in pages:
        for words in re.findall(r"`interlock ([a-z][^`\n{]*)", page.read_text("utf-8")):
            first, *rest = words.split()
            name = f"{first} {rest[0]}" if first in groups and rest else first
            assert name in LEAVES or name in groups, f"{page.name}: `interlock {words}`"
            if name in LEAVES:
                known = {option for parameter in LEAVES[name].params for option in parameter.opts} | {"--help"}
                asked = {word.partition("=")[0] for word in rest if word.startswith("--")}
                assert asked <= known, f"{page.name}: `interlock {words}`"
