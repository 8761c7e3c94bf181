"""`interlock undo`: take a case back within its undo window."""

from __future__ import annotations

from pathlib import Path

import click

from interlock.cli.frame import caller, emit, home_option, json_option, opened


@click.command()
@click.argument("case")
@home_option
@json_option
def command(case: str, home: Path | None, as_json: bool) -> None:
    """Take CASE back. Refused when the window is over, or when others have changed the same rows since."""
    with opened(home) as control:
        answer = control.told(control.undo(caller(), case))
    if as_json:
        emit(answer)
    else:
        click.secho("undone", fg="green", bold=True, nl=False)
        click.echo(f"; {case} left nothing behind")
