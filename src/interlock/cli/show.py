"""`interlock show`: one case, with everything that a vote on it would be bound to."""

from __future__ import annotations

from pathlib import Path

import click

from interlock.cli.frame import caller, console, emit, home_option, json_option, opened


@click.command()
@click.argument("case")
@click.option("--output", "with_output", is_flag=True, help="Also print what the execution returned.")
@home_option
@json_option
def command(case: str, with_output: bool, home: Path | None, as_json: bool) -> None:
    """Show CASE: the exact text, effects, reach, reversibility, the way back, reasons, votes and steps."""
    with opened(home) as control:
        shown = control.case(caller(), case)
        answer = control.told(shown)
        payload = control.text(shown).decode("utf-8", "replace")
        samples = control.samples(shown)
        output = control.output(shown) if with_output else b""
    if as_json:
        extra = {"payload": payload, "samples": samples}
        emit(answer | extra | ({"output": output.decode("utf-8", "replace")} if with_output else {}))
        return
    from interlock.cli.render import case as picture
    from interlock.cli.rows import picture as rows

    console().print(picture(answer, payload, samples))
    if output:
        console().print(rows(output))
