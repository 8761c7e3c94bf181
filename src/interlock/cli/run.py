"""`interlock run`: execute a case that is allowed or approved, exactly as it was; any difference is stale."""

from __future__ import annotations

from pathlib import Path

import click

from interlock.cli import values
from interlock.cli.frame import caller, console, emit, home_option, json_option, opened


@click.command()
@click.argument("case", shell_complete=values.cases("allowed", "approved", which=values.can_run))
@home_option
@json_option
def command(case: str, home: Path | None, as_json: bool) -> None:
    """Execute CASE. It is judged once more first; if anything differs from what was approved, nothing happens."""
    with opened(home) as control:
        done = control.run(caller(), case)
        answer = control.told(done)
        output = control.output(done)
    if as_json:
        emit(answer | {"output": output.decode("utf-8", "replace")})
        return
    from interlock.cli.render import case as picture
    from interlock.cli.rows import picture as rows

    console().print(picture(answer, judged=False))
    if output:
        console().print(rows(output))
