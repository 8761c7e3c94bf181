"""Completion: what a shell is offered where a command takes a value, and that pressing a key does nothing else."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
import pytest

from interlock.cli import values
from interlock.cli.frame import opened
from interlock.cli.main import COMMANDS, COMPLETE, main, program
from interlock.cli.shells import BREAKS, LINE, Bash, Fish, Zsh
from interlock.home import create
from interlock.identify.tokens import Grant
from interlock.identify.verbs import Caller
from interlock.model.agent import Capability, Passport, Person
from interlock.model.approval import Approval
from interlock.model.case import AFTER, MOVES
from interlock.model.entry import PersonWritten
from interlock.model.proposal import Proposal
from interlock.read.readers import known_kinds
from interlock.testing.nursery import Forked
from interlock.testing.process import Process

OPERATOR = Caller("operator", "root")
PASSPORT = Passport(
    "",
    owner="olga",
    purpose="repairs, at night",
    justification="j",
    benefits="b",
    risks="r",
    worst_case="w",
    prevention="v",
    environments=("production",),
    capabilities=(Capability("modify", resources=("orders",), max_rows=1000),),
)
TARGETS = """
[targets.shop]
kind = "sql:sqlite"
address = "../shop.db"
environment = "production"
[targets.account]
kind = "aws"
address = "aws"
environment = "sandbox"
[targets.account.aws]
account = "123456789012"
regions = ["eu-central-1"]
read = { source = "profile", profile = "p" }
write = { source = "profile", profile = "p" }
"""


class Made(NamedTuple):
    """A home, and the ids of its cases by their state."""

    home: Path
    cases: dict[str, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("completed")
    home = create(folder / ".interlock", origin="test.example/log", entropy=os.urandom).path
    with (home / "interlock.toml").open("a") as file:
        file.write(TARGETS)
    with closing(sqlite3.connect(folder / "shop.db")) as shop:
        shop.executescript("CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT)")
        shop.executemany("INSERT INTO orders VALUES (?, 'stuck')", [(number,) for number in range(200)])
        shop.commit()
    people = (Person("olga", ("service-owner",)), Person("ben", ("dba",)), Person("gone", retired=True))
    with opened(home) as control:
        for person in people:  # without keys, which take a while to seal
            control.record.write(f"person/{person.name}", 0, "operator:root", [PersonWritten(person)])
        for name in ("fixer", "old"):
            control.registry.add_agent(OPERATOR, msgspec.structs.replace(PASSPORT, name=name))
        control.registry.retire_agent(OPERATOR, "old")
        control.registry.issue_token(OPERATOR, Grant("fixer", "production", "s1", "olga"), 900)
        texts = {
            "allowed": "UPDATE orders SET status = 'ok' WHERE id = 1",
            "held": "UPDATE orders SET status = 'ok' WHERE status = 'stuck'",
            "denied": 'DROP TABLE "orders\x1b[2J"; DROP TABLE orders',
            "done": "UPDATE orders SET status = 'ok' WHERE id = 2",
        }
        cases = {
            state: control.propose(OPERATOR, Proposal("sql", text.encode(), "fixer", "production", "shop"))
            for state, text in texts.items()
        }
        control.run(OPERATOR, cases["done"].id)
    return Made(home, {state: case.id for state, case in cases.items()})


@pytest.fixture
def complete(made: Made, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str | None]]:
    """What is offered at the end of a line, by click's own machinery, with the help of each."""
    monkeypatch.setenv("INTERLOCK_HOME", str(made.home))
    monkeypatch.delenv("INTERLOCK_TOKEN", raising=False)

    def offered(line: str) -> dict[str, str | None]:
        monkeypatch.setenv(LINE, f"interlock {line}")
        shell = Bash(program(), {}, "interlock", COMPLETE)
        return {item.value: item.help for item in shell.get_completions(*shell.get_completion_args())}

    return offered


Complete = Callable[[str], dict[str, "str | None"]]


@pytest.mark.parametrize(
    ("line", "states"),
    [
        ("approve ", ["held"]),
        ("reject ", ["held", "allowed"]),
        ("run ", ["allowed"]),
        ("undo ", ["done"]),
        ("show ", ["done", "denied", "held", "allowed"]),
        ("policy explain ", ["done", "denied", "held", "allowed"]),
        ("erase ", ["done", "denied", "held", "allowed"]),
        ("review ", []),
    ],
)
def test_a_command_is_offered_the_cases_that_it_can_act_on_those_that_moved_last_first(
    complete: Complete, made: Made, line: str, states: list[str]
) -> None:
    assert [made.cases[state] for state in states] == list(complete(line))


def test_a_case_whose_window_is_over_is_not_offered_to_be_undone(
    complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time_ns() + 3600 * 10**9
    monkeypatch.setattr("interlock.cli.values.time.time_ns", lambda: later)

    assert complete("undo ") == {}


def test_only_a_case_that_broke_the_glass_and_was_not_reviewed_is_offered_for_it(made: Made) -> None:
    with opened(made.home) as control:
        case = control.case(OPERATOR, made.cases["held"])
    lifted = msgspec.structs.replace(case, approval=Approval("", ("ben",), 0))
    broken = msgspec.structs.replace(case, approval=Approval("", ("ben",), 0, break_glass=True))

    reviewed = msgspec.structs.replace(broken, reviewed=True)

    assert values.can_be_reviewed(broken)
    assert not any(map(values.can_be_reviewed, (case, lifted, reviewed)))


def test_a_case_that_names_no_target_is_not_offered_to_be_run(made: Made) -> None:
    with opened(made.home) as control:
        case = control.case(OPERATOR, made.cases["allowed"])
    nowhere = msgspec.structs.replace(case, proposed=msgspec.structs.replace(case.proposed, target=""))

    assert (values.can_run(case), values.can_run(nowhere)) == (True, False)


def test_a_case_is_offered_with_its_state_and_what_it_would_do(complete: Complete, made: Made) -> None:
    told = complete("show ")

    assert told[made.cases["held"]] == "held; update orders; fixer at shop"
    assert complete(f"show {made.cases['held'][:-1]}") == {made.cases["held"]: told[made.cases["held"]]}


def test_what_an_agent_wrote_comes_into_a_help_as_a_terminal_may_be_shown_it(complete: Complete, made: Made) -> None:
    told = complete("show ")[made.cases["denied"]]

    assert told is not None
    assert "\x1b" not in told
    assert told.isprintable()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("propose f --target ", ["account", "shop"]),
        ("check f --target=s", ["--target=shop"]),
        ("connect aws --target ", ["account"]),
        ("propose f --agent ", ["fixer"]),
        ("agents rotate ", ["fixer"]),
        ("agents show ", ["fixer", "old"]),
        ("reads ", ["fixer", "old"]),
        ("approve --as ", ["ben", "olga"]),
        ("people retire b", ["ben"]),
        ("agents add x --owner ", ["ben", "olga"]),
        ("check --environment ", ["development", "production", "sandbox", "staging"]),
        ("cases --state re", ["read", "refused", "rejected"]),
        ("propose --kind sql:", ["sql:postgres", "sql:mysql", "sql:sqlite"]),
        ("app", ["approve"]),
        ("agents ro", ["rotate"]),
        ("nothing-like-it ", None),
    ],
)
def test_names_places_and_kinds_are_offered_where_one_is_asked_for(
    complete: Complete, line: str, offered: list[str] | None
) -> None:
    if offered is None:
        with pytest.raises(click.UsageError):
            complete(line)
    else:
        assert offered == [*complete(line)]


def test_tokens_that_were_not_revoked_are_offered_of_the_agent_that_was_named(complete: Complete) -> None:
    (told,) = complete("agents revoke fixer ").values()

    assert told == "token; production; session s1"
    assert complete("agents revoke old ") == {}


def test_the_kinds_are_those_that_are_read() -> None:
    assert known_kinds() == list(values.KINDS)


def test_the_last_entry_of_a_case_that_moves_it_tells_its_state() -> None:
    for moves in MOVES.values():
        for event, state in moves.items():
            assert AFTER[event] == state


def offers(*found: values.Offer) -> list[str]:
    complete = values._completing(lambda ctx, incomplete: found)
    return [item.value for item in complete(click.Context(program()), click.Argument(["case"]), "")]


@pytest.mark.parametrize(
    "value",
    [
        "a b",
        "a'b",
        'a"b',
        "a\nb",
        "a\x1b[2J",
        "a`b`",
        "a$(b)",
        "a;b",
        "a*",
        "-rf",
        "~root",
        "a,b",
        "a=b",
        "a\\b",
        "",
        "ä",
    ],
)
def test_a_value_that_a_shell_could_read_otherwise_is_not_offered(value: str) -> None:
    assert offers(values.Offer(value), values.Offer("plain")) == ["plain"]


def test_no_more_is_offered_than_anybody_reads() -> None:
    assert len(offers(*(values.Offer(f"a{number}") for number in range(values.MOST + 50)))) == values.MOST


def test_what_takes_too_long_is_left_off(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "SECONDS", -1)

    assert len(complete("show ")) == 1


def test_a_case_that_is_too_large_to_be_told_is_offered_by_its_state(
    complete: Complete, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(values, "LARGEST", 10)

    assert complete("approve ") == {made.cases["held"]: "held"}


def test_a_home_typed_before_on_the_line_is_the_one_that_is_looked_into(
    complete: Complete, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERLOCK_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(made.home.parent))
    held = [made.cases["held"]]

    assert complete("approve ") == {}
    assert [*complete(f"approve --home {made.home} ")] == held
    assert [*complete(f"approve --home={made.home} ")] == held
    assert [*complete("approve --home ~/.interlock ")] == held
    assert [*complete("approve --home $HOME/.interlock ")] == held


def test_a_home_typed_that_cannot_be_one_is_not_replaced_by_another(complete: Complete, made: Made) -> None:
    assert complete(f"approve --home {made.home / 'interlock.toml'} ") == {}


def test_an_agent_that_holds_a_token_is_told_nothing(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERLOCK_TOKEN", "il1.x")

    assert complete("show ") == complete("propose --target ") == complete("approve --as ") == {}


def _spoil_rights(home: Path) -> None:
    (home / "keys").chmod(0o755)


def _spoil_version(home: Path) -> None:
    with closing(sqlite3.connect(home / "ledger.db")) as file:
        file.execute("PRAGMA user_version = 99")


def _spoil_mark(home: Path) -> None:
    with closing(sqlite3.connect(home / "ledger.db")) as file:
        file.execute("PRAGMA application_id = 1")


def _spoil_entries(home: Path) -> None:
    with closing(sqlite3.connect(home / "ledger.db")) as file:
        file.execute("UPDATE entries SET data = x'7b'")
        file.commit()


def _pipe(home: Path) -> None:
    (home / "ledger.db").unlink()
    os.mkfifo(home / "ledger.db")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda home: (home / "interlock.toml").unlink(),
        lambda home: (home / "interlock.toml").write_text("[[["),
        lambda home: (home / "interlock.toml").write_text('[ledger]\nstore = "postgresql://nobody@127.0.0.1:1/x"\n'),
        lambda home: (home / "ledger.db").unlink(),
        lambda home: (home / "ledger.db").write_bytes(b"no ledger at all" * 300),
        lambda home: (home / "ledger.db").write_bytes((home / "ledger.db").read_bytes()[:9000]),
        _spoil_rights,
        _spoil_version,
        _spoil_mark,
        _spoil_entries,
        _pipe,
    ],
)
def test_a_home_that_is_broken_or_not_ours_completes_to_nothing_and_says_nothing(
    complete: Complete, made: Made, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    shutil.copytree(made.home, tmp_path / "home")
    spoil(tmp_path / "home")
    before = contents(tmp_path)

    assert complete(f"show --home {tmp_path}/home ") == {}
    assert complete(f"approve --home {tmp_path}/home --as ") == {}
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file under a folder, when it was changed, and what it holds."""
    found = {}
    for path in sorted(folder.rglob("*")):
        held = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (path.stat().st_mtime_ns, held)
    return found


def lines(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[str]:
    """A line for everything of every command that has values."""
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            if isinstance(command, click.Group):
                yield from lines(command, (*words, name))
                continue
            for parameter in command.params:
                if parameter._custom_shell_complete is not None:
                    option = f"{parameter.opts[0]} " if isinstance(parameter, click.Option) else ""
                    yield f"{' '.join((*words, name))} {option}"


def test_completing_writes_nothing_whatever_is_completed(complete: Complete, made: Made) -> None:
    asked = [*lines(program())]
    before = contents(made.home)

    for line in asked:
        complete(line)

    assert len(asked) > 40
    assert contents(made.home) == before


def test_every_name_that_a_command_takes_is_completed() -> None:
    """What is new has to be thought of: a parameter that is called like one with values has them."""
    told = {"case", "target", "target_name", "agent", "person", "operator", "author", "owner", "environment", "kind"}
    for name in COMMANDS:
        with click.Context(program()) as context:
            command = program().get_command(context, name)
        assert command is not None
        for each in command.commands.values() if isinstance(command, click.Group) else [command]:
            for parameter in each.params:
                if parameter.name in told:
                    assert parameter._custom_shell_complete is not None, f"{name} {each.name}: {parameter.name}"


def test_a_ledger_in_use_is_read_along_and_not_touched(made: Made, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(made.home, home)
    with opened(home) as control:
        case = control.propose(OPERATOR, Proposal("sql", b"SELECT 1", "fixer", "production", ""))
        before = contents(home)
        # Another process: closing the file in this one would drop the locks of the ledger that is open here.
        ran = Forked(tmp_path)(**{COMPLETE: "bash_complete", LINE: "interlock show --home home "})

        assert (home / "ledger.db-shm").exists()
        assert ran.out.splitlines()[0] == f"plain,{case.id}"
        assert contents(home) == before
        assert control.propose(OPERATOR, Proposal("sql", b"SELECT 2", "fixer", "production", "")).state != "proposed"


def test_what_goes_wrong_inside_is_not_shown_to_somebody_who_pressed_a_key(
    made: Made, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(ctx: click.Context, incomplete: str) -> Iterator[values.Offer]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(values, "_looked", broken)
    for line in ("interlock show ", "interlock no-such-command ", 'interlock show "'):
        monkeypatch.setenv(LINE, line)
        monkeypatch.setenv(COMPLETE, "bash_complete")
        try:
            main([])
        except SystemExit as end:
            assert end.code == 0

    said = capfd.readouterr()
    assert (said.out.strip(), said.err) == ("", "")


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("interlock propose f --kind sql:po", ["postgres"]),
        ("interlock propose f --kind sql:", ["postgres", "mysql", "sqlite"]),
        ('interlock propose f --kind "sql:po', ["sql:postgres"]),
        ("interlock check --target=sh", ["shop"]),
        ("interlock check --target sh", ["shop"]),
        ("interlock approve --as ", ["olga", "ben"]),
        ("interlock appr", ["approve"]),
    ],
)
def test_a_real_bash_is_answered_from_where_it_cut_the_word(
    interlock: Process, made: Made, tmp_path: Path, line: str, reply: list[str]
) -> None:
    command = tmp_path / "interlock"
    command.write_text(f'#!/usr/bin/env bash\nexec {sys.executable} -m interlock.cli.main "$@"\n')
    command.chmod(0o755)
    script = interlock("completion", "bash").out
    asked = 'COMP_LINE="$1"; COMP_POINT=${#1}; _interlock_completion interlock; printf "%s\\n" "${COMPREPLY[@]}"'
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "INTERLOCK_HOME": str(made.home)}

    done = subprocess.run(
        ["bash", "--norc", "-c", script + asked, "bash", line],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )

    assert sorted(reply) == sorted(done.stdout.split())
    assert done.stderr == ""


def test_zsh_and_fish_are_told_helps_in_the_form_of_their_scripts(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERLOCK_HOME", str(made.home))
    monkeypatch.setenv("COMP_WORDS", "interlock propose f --agent ")
    monkeypatch.setenv("COMP_CWORD", "4")
    zsh = Zsh(program(), {}, "interlock", COMPLETE).complete()
    monkeypatch.setenv("COMP_CWORD", "")
    fish = Fish(program(), {}, "interlock", COMPLETE).complete()

    assert zsh == "plain\nfixer\nrepairs, at night"
    assert fish == "plain,fixer\trepairs; at night"  # fish's script cuts at a comma


def test_the_script_of_a_version_before_is_still_answered(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERLOCK_HOME", str(made.home))
    monkeypatch.delenv(LINE, raising=False)
    monkeypatch.setenv(BREAKS, ":=")
    monkeypatch.setenv("COMP_WORDS", "interlock propose f --agent fi")
    monkeypatch.setenv("COMP_CWORD", "4")

    assert Bash(program(), {}, "interlock", COMPLETE).complete() == "plain,fixer"
