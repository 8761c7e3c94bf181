"""`interlock show`: one case, with everything that a vote on it would be bound to."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from interlock.cli import values
from interlock.cli.frame import caller, console, emit, graph_option, home_option, json_option, opened

#: What can be done with a case in this state, for whoever has just looked at it.
NEXT: Final = {"held": "approve {} --as NAME", "allowed": "run {}", "approved": "run {}"}

#: And with one that cannot be run anywhere.
NOWHERE: Final = "it names no target, so it is judged and recorded and cannot be run; propose it with --target"


@click.command()
@click.argument("case", shell_complete=values.cases())
@click.option("--output", "with_output", is_flag=True, help="Also print what the execution returned.")
@graph_option
@home_option
@json_option
def command(case: str, with_output: bool, graph: str, home: Path | None, as_json: bool) -> None:
    """Show CASE: the exact text, effects, reach, reversibility, the way back, reasons, votes and steps.

    With --graph the reach is drawn instead: what changes, what must and what may feel it, with the chains of evidence.
    """
    with opened(home) as control:
        shown = control.case(caller(), case)
        production = control.configuration.is_production
        if graph:
            from interlock.cli.graph import draw_case

            draw_case(shown, production, graph)
            if not as_json:
                return
        answer = control.told(shown)
        payload = control.readable(shown).decode("utf-8", "replace")
        samples = control.samples(shown)
        output = control.output(shown) if with_output else b""
    if as_json:
        extra = {"payload": payload, "samples": samples}
        emit(answer | extra | ({"output": output.decode("utf-8", "replace")} if with_output else {}))
        return
    from interlock.cli.render import case as picture
    from interlock.cli.rows import picture as rows

    console().print(picture(answer, payload, samples, production=production))
    if output:
        console().print(rows(output))
    state = str(answer["state"])
    if shown.erased:
        click.echo("erased: what the vault held for it is gone; it can neither run nor be undone")
    elif state in NEXT and not shown.proposed.target:
        click.echo(NOWHERE)
    elif step := NEXT.get(state):
        click.echo(f"next: `interlock {step.format(case)}`")
