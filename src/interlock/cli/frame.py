"""Frame: what all commands share: where the home is, and how an answer leaves (JSON, or a picture for people)."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

import click

from interlock.report.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

    from interlock.control import Control
    from interlock.identify.verbs import Caller
    from interlock.judge import Senses

Function = TypeVar("Function", bound=Callable[..., object])

#: The largest payload that any reader takes: a plan. Files may have no end (`/dev/zero`).
LARGEST: Final = 1024**3

EXIT = {"allow": 0, "hold": 3, "deny": 4}


def home_option(function: Function, default: str = "./.interlock, then ~/.interlock") -> Function:
    """`--home DIR`: the folder that `interlock init` made."""
    return click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="INTERLOCK_HOME",
        help=f"The home folder, also INTERLOCK_HOME.  [default: {default}]",
    )(function)


def json_option(function: Function) -> Function:
    """`--json`: one JSON object on standard output instead of a picture."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(function)


def graph_option(function: Function) -> Function:
    """`--graph FILE`: the reach as a picture."""
    return click.option(
        "--graph",
        default="",
        metavar="FILE.svg|FILE.html|-",
        help="Draw the reach into this file; `-` draws it in the terminal.",
    )(function)


def find_home(home: Path | None, *, here: bool = True) -> Path | None:
    """The home to use: the one named, else ./.interlock (unless not `here`), else ~/.interlock, else none."""
    if home is not None:
        return home
    at_home = Path.home() / ".interlock"
    for candidate in (Path(".interlock"), at_home) if here else (at_home,):
        try:
            (candidate / "interlock.toml").stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return candidate  # it is there, and why it cannot be used is told when it is opened
        return candidate
    return None


def read_bounded(file: BinaryIO, where: str) -> bytes:
    """All of a file or of standard input, which may have no end. BadProposal for more than any reader takes."""
    from interlock.errors import BadProposal

    try:
        content = file.read(LARGEST + 1)
    except OSError as error:
        raise BadProposal("cannot be read", hint=error.strerror or "", where=where) from error
    if len(content) > LARGEST:
        raise BadProposal(f"this is more than the {LARGEST:,} bytes that are read", hint="split it", where=where)
    return content


def senses() -> Senses:
    """The real clock and the real chance."""
    from interlock.judge import Senses

    return Senses(
        now=lambda: time.time_ns() // 1_000_000,
        monotonic=lambda: time.monotonic_ns() // 1_000_000,
        entropy=os.urandom,
    )


@contextlib.contextmanager
def opened(home: Path | None, store: str = "") -> Iterator[Control]:
    """The control of this home, closed again whatever happens. BadConfiguration where there is none."""
    from interlock.control import Control
    from interlock.errors import BadConfiguration

    found = find_home(home)
    if found is None:
        raise BadConfiguration("there is no Interlock home here", hint="run `interlock init`, or name one with --home")
    with Control.open(found, senses(), store=store) as control:
        yield control


def warn_of_strangers(control: Control, *names: str) -> None:
    """Say on standard error which of these are no registered people: they could be anybody, the voters too."""
    known = control.registry.people(caller())
    for name in dict.fromkeys(names):
        if name and name not in known:
            advice = "nobody can approve what needs a person until `interlock people add` registers them"
            click.echo(f"warning: `{visible(name)}` is no registered person; {advice}", err=True)


def emit(answer: object) -> None:
    """Write one JSON object and a line end."""
    import msgspec

    sys.stdout.flush()
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(answer), indent=2) + b"\n")
    sys.stdout.buffer.flush()


#: Wider than this no picture is drawn.
MAX_WIDTH: Final = 10_000


def pictured() -> bool:
    """Whether somebody looks: a terminal, or a width that was asked for (COLUMNS). A pipe is told in lines."""
    return sys.stdout.isatty() or _asked_width() is not None


def _asked_width() -> int | None:
    asked = os.environ.get("COLUMNS", "")
    return int(asked) if asked.isdecimal() and 0 < int(asked) < MAX_WIDTH else None


def console(*, stderr: bool = False) -> Console:
    """Where pictures for people go: coloured in a terminal, plain in a pipe, never wider than the terminal."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _asked_width() or 100
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False, emoji=False)


def passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """A passphrase from a 0600 file, or asked for at the terminal; never from an argument or the environment."""
    if file is None:
        if not sys.stdin.isatty():
            raise click.UsageError("a passphrase is asked for at a terminal; without one use --passphrase-file")
        return str(click.prompt("passphrase", hide_input=True, confirmation_prompt=confirm, err=True))
    from interlock.errors import KeyLost

    try:
        if file.stat().st_mode & 0o077:
            raise KeyLost("others can read this passphrase file", hint="chmod 600 it", where=str(file))
        return file.read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise KeyLost("cannot be read", hint=error.strerror or "", where=str(file)) from error
    except UnicodeDecodeError as error:
        raise KeyLost("is not UTF-8", hint="a passphrase is text", where=str(file)) from error


def passphrase_option(function: Function) -> Function:
    """`--passphrase-file FILE`, for runs without a terminal."""
    return click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Read the passphrase from this file (mode 0600) instead of asking.",
    )(function)


def caller() -> Caller:
    """Whoever sits at this machine: an operator, by the name of their account; an agent, where a token says so."""
    from interlock.identify.verbs import Caller

    if os.environ.get("INTERLOCK_TOKEN"):
        # Agents that share the machine must not become operators by calling the command line.
        return Caller("agent", "token-holder")
    import getpass

    return Caller("operator", getpass.getuser())
