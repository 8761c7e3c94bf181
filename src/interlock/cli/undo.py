"""`interlock undo`: take a case back within its undo window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from interlock.cli import values
from interlock.cli.frame import caller, emit, home_option, json_option, opened
from interlock.report.visible import visible

if TYPE_CHECKING:
    from interlock.answer import Json


@click.command()
@click.argument("case", shell_complete=values.cases("done", which=values.can_undo))
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
        click.echo(f"; {_found(answer)}")


def _found(answer: Json) -> str:
    """What the executor saw when it was back; one that compares rows says nothing more than that all is as before."""
    execution = cast("Json", answer["execution"])
    steps = [step for step in cast("Sequence[Json]", execution["steps"]) if step["phase"] == "did"]
    return visible(steps[-1]["detail"] or f"what {answer['case']} changed is as it was before")
