"""`interlock completion`: print the script that completes commands and options in your shell."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL: eval "$(interlock completion bash)"."""
    from click.shell_completion import get_completion_class

    from interlock.cli.main import program

    completion = get_completion_class(shell)
    assert completion is not None  # noqa: S101 - the choices above are click's own
    click.echo(completion(program(), {}, "interlock", "_INTERLOCK_COMPLETE").source())
