"""The table of commands, and the edge of the process: every error leaves here as one line and an exit status.

Exit status: 0 allow or done, 2 bad input, 3 hold, 4 deny or refused, 1 something is broken, 130 interrupted.
Nothing but this table is imported until a command is chosen, so that `interlock --version` and completion are quick.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import json
import os
import sys
from typing import TYPE_CHECKING, Final

from interlock import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click
    from click.shell_completion import CompletionItem

    from interlock.errors import InterlockError

#: name -> (module, line of help). A module's `command` is the click command.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("interlock.cli.init", "make a home: keys, ledger, policies and configuration"),
    "check": ("interlock.cli.check", "judge a change without a server and without executing it"),
    "ci": ("interlock.cli.ci", "judge a plan in a pipeline: a comment, SARIF, an exit status"),
    "propose": ("interlock.cli.propose", "propose a change; it is read, assessed, decided and recorded"),
    "cases": ("interlock.cli.cases", "list cases"),
    "reads": ("interlock.cli.reads", "list what an agent read that needed no case"),
    "show": ("interlock.cli.show", "show a case: effects, reach, way back, reasons, votes, steps"),
    "approve": ("interlock.cli.approve", "vote for a held case, signed with your key"),
    "reject": ("interlock.cli.reject", "vote against a case, with a reason"),
    "run": ("interlock.cli.run", "execute a case that is allowed or approved, exactly as it was"),
    "undo": ("interlock.cli.undo", "take a case back within its undo window"),
    "recover": ("interlock.cli.recover", "after a crash: ask the targets what happened and record it"),
    "review": ("interlock.cli.review", "review a case that broke the glass"),
    "erase": ("interlock.cli.erase", "erase what the vault holds for a case; all proofs stay"),
    "agents": (
        "interlock.cli.agents",
        "register agents, show passports, issue, rotate and revoke their keys and tokens",
    ),
    "connect": ("interlock.cli.connect", "give an agent what leads its tools through a gate"),
    "people": ("interlock.cli.people", "register the people who answer for approvals"),
    "policy": ("interlock.cli.policy", "check, explain and test the policies"),
    "ledger": ("interlock.cli.ledger", "verify, export and witness the ledger"),
    "status": ("interlock.cli.status", "what is armed, degraded or stopped"),
    "up": ("interlock.cli.up", "serve the HTTP API"),
    "demo": ("interlock.cli.demo", "an agent deletes and recreates production, without Interlock and with it"),
    "completion": ("interlock.cli.completion", "print the completion script for bash, zsh or fish"),
}

#: What a disk or a device says that takes no more.
FULL: frozenset[int] = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})

#: Where a shell says that it wants something completed.
COMPLETE: Final = "_INTERLOCK_COMPLETE"

#: Commands that judge one change and end: no circle that they leave is worth looking for.
ONCE: frozenset[str] = frozenset({"check", "ci"})


def program() -> click.Group:
    """The click group, whose commands are imported when they are used."""
    import importlib

    import click

    class Lazy(click.Group):
        """A group that knows its commands from the table and imports one only to run it."""

        def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click passes it
            return list(COMMANDS)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
            if cmd_name not in COMMANDS:
                return None
            loaded: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
            if cmd_name not in ONCE:
                gc.enable()
            return loaded

        def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
            from click.shell_completion import CompletionItem

            names = [name for name in COMMANDS if name.startswith(incomplete)]
            commands = [CompletionItem(name, help=COMMANDS[name][1]) for name in names]
            return commands + super(click.Group, self).shell_complete(ctx, incomplete)

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
            with formatter.section("Commands"):
                formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

        def resolve_command(
            self, ctx: click.Context, args: list[str]
        ) -> tuple[str | None, click.Command | None, list[str]]:
            if args and args[0] not in COMMANDS and not args[0].startswith("-"):
                import difflib

                near = difflib.get_close_matches(args[0], COMMANDS, 1)
                advice = f" Did you mean `{near[0]}`?" if near else " `interlock --help` lists them."
                raise click.UsageError(f"there is no command `{args[0]}`.{advice}", ctx)
            return super().resolve_command(ctx, args)

    @click.group(cls=Lazy, name="interlock", context_settings={"help_option_names": ["-h", "--help"]})
    @click.version_option(__version__, prog_name="interlock")
    def interlock() -> None:
        """The control plane between AI agents and production: mistakes fail small."""

    return interlock


def main(argv: list[str] | None = None) -> None:
    """Entry point of the `interlock` command."""
    arguments = sys.argv[1:] if argv is None else argv
    _require_streams()
    if arguments == ["--version"]:
        try:
            sys.stdout.write(f"interlock, version {__version__}\n")
            sys.stdout.flush()
        except OSError as error:
            sys.exit(_gone() if isinstance(error, BrokenPipeError) else _unwritten(error))
        return
    if os.environ.get(COMPLETE):
        _complete()
        return
    gc.disable()  # what is imported stays; looking through it again and again is a tenth of a short command
    try:
        status = _run(arguments)
    finally:
        gc.enable()
    if argv is None:
        gc.freeze()  # the process ends here, and nothing is looked through once more for that
    sys.exit(status)


def _complete() -> None:
    """Answer a shell. Whatever goes wrong, somebody who pressed a key is told nothing, and nothing is completed."""
    with io.StringIO() as nothing, contextlib.redirect_stderr(nothing):
        try:
            from interlock.cli.shells import register

            register()
            program().main(args=[], prog_name="interlock", complete_var=COMPLETE, standalone_mode=False)
        except (Exception, KeyboardInterrupt):
            if os.environ.get("INTERLOCK_DEBUG"):
                raise


def _require_streams() -> None:
    """Python has none where the caller closed them: nothing is read then, and what is said goes nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _run(arguments: list[str]) -> int:
    import click

    from interlock.errors import InterlockError
    from interlock.report.visible import safe

    as_json = "--json" in arguments
    try:
        status = program().main(args=arguments, prog_name="interlock", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        if as_json:
            return _tell({"code": "usage", "message": error.format_message()}, 2)
        said = io.StringIO()
        error.show(said)
        sys.stderr.write(safe(said.getvalue()))
        return 2
    except InterlockError as error:
        if as_json:
            return _tell(error.as_dict(), error.exit_status)
        with _told_if_possible():
            _print_error(error)
        return error.exit_status
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("\nstopped; what was recorded stays recorded\n")
        return 130
    except BrokenPipeError:
        return _gone()
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL and error.filename is None:
            return _unwritten(error)
        if os.environ.get("INTERLOCK_DEBUG"):
            raise
        message = safe(f"{type(error).__name__}: {error}")
        if as_json:
            return _tell({"code": "bug", "message": message}, 1)
        sys.stderr.write(f"interlock: this is a bug of ours: {message}\n  set INTERLOCK_DEBUG=1 to see where\n")
        return 1


def _say_no_more() -> None:
    """Point stdout at nothing, so that what is left in it makes no noise at the exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _told_if_possible() -> Iterator[None]:
    """Where standard error takes nothing either, the exit status alone says it."""
    try:
        yield
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _gone() -> int:
    """The reader of our output went away (`| head`), and has what it wanted."""
    _say_no_more()
    return 0


def _unwritten(error: OSError) -> int:
    _say_no_more()
    with _told_if_possible():
        sys.stderr.write(f"interlock: the output cannot be written: {error.strerror}\n  write it elsewhere\n")
    return 1


def _tell(error: dict[str, str], status: int) -> int:
    sys.stdout.write(json.dumps({"error": error}) + "\n")
    return status


def _print_error(error: InterlockError) -> None:
    import click

    from interlock.report.visible import visible

    place = f"{error.where}: " if error.where else ""
    click.secho("interlock: ", fg="red", bold=True, err=True, nl=False)
    click.echo(visible(f"{place}{error.message}"), err=True)
    if error.hint:
        click.echo(f"  {visible(error.hint)}", err=True)


if __name__ == "__main__":
    main()
