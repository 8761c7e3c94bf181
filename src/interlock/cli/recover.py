"""`interlock recover`: after a crash, ask the targets what happened and record it; close what is past its window."""

from __future__ import annotations

from pathlib import Path

import click

from interlock.cli.frame import caller, emit, home_option, json_option, opened
from interlock.report.visible import visible


@click.command()
@home_option
@json_option
def command(home: Path | None, as_json: bool) -> None:
    """Resolve every case that a process left in the middle, and close those whose undo window is over."""
    with opened(home) as control:
        cases = control.recover(caller())
        answers = [control.told(case) for case in cases]
    if as_json:
        emit({"recovered": answers})
        return
    for case in cases:
        click.echo(f"{case.id} is {case.state}{': ' + visible(case.problem) if case.problem else ''}")
    if not cases:
        click.echo("nothing was left in the middle")
