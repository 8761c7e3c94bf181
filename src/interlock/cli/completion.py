"""`interlock completion`: print the script that completes commands and options in your shell."""

from __future__ import annotations

import click

from interlock.cli.frame import emit, json_option


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
def command(shell: str, as_json: bool) -> None:
    """Print the completion script for SHELL: eval "$(interlock completion bash)"."""
    from click.shell_completion import get_completion_class

    from interlock.cli.main import program

    completion = get_completion_class(shell)
    assert completion is not None  # noqa: S101 - the choices above are click's own
    script = completion(program(), {}, "interlock", "_INTERLOCK_COMPLETE").source()
    if as_json:
        emit({"shell": shell, "script": script})
    else:
        click.echo(script)
