"""`interlock completion`: print the script that completes commands, options and their values in your shell."""

from __future__ import annotations

import click

from interlock.cli.frame import emit, json_option


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
def command(shell: str, as_json: bool) -> None:
    """Print the completion script for a shell.

    \b
      eval "$(interlock completion bash)"         # in ~/.bashrc; zsh likewise in ~/.zshrc
      interlock completion fish | source          # in ~/.config/fish/config.fish

    Beside commands and options it completes what the home holds: the cases that a command can act on (the one that
    moved last first, with what it would do where the shell shows help), targets, agents, people, environments, kinds.
    The home is the one that the command would open, with --home as it stands before on the line. Nothing is written,
    asked for or sent: of a ledger in PostgreSQL no cases, agents and people are offered.
    """
    from click.shell_completion import get_completion_class

    from interlock.cli.main import COMPLETE, program
    from interlock.cli.shells import register

    register()
    completion = get_completion_class(shell)
    assert completion is not None  # noqa: S101 - the choices above are click's own
    script = completion(program(), {}, "interlock", COMPLETE).source()
    if as_json:
        emit({"shell": shell, "script": script})
    else:
        click.echo(script)
