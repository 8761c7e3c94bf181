"""`interlock cases`: every case, newest last; by state if you like."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from interlock.cli import values
from interlock.cli.frame import caller, console, emit, home_option, json_option, opened


def _states() -> list[str]:
    from interlock.model.case import State

    return list(get_args(State))


class _State(click.ParamType[str]):
    """A state of the table of moves; imported only when it is asked for, so that the command starts quickly."""

    name = "state"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in _states():
            self.fail(f"`{value}` is no state; one of {', '.join(_states())}", param, ctx)
        return value


@click.command()
@click.option(
    "--state",
    "states",
    multiple=True,
    type=_State(),
    shell_complete=values.states(),
    help="Only cases in this state; may be repeated.",
)
@click.option(
    "--limit",
    default=50,
    show_default=True,
    type=click.IntRange(min=0),
    help="The newest so many; 0 for all.",
)
@home_option
@json_option
def command(states: tuple[str, ...], limit: int, home: Path | None, as_json: bool) -> None:
    """List cases, newest last."""
    with opened(home) as control:
        cases = [case for case in control.cases(caller()) if not states or case.state in states]
        shown = cases[-limit:] if limit else cases
        answers = [control.told(case) for case in shown]
    if as_json:
        emit({"cases": answers, "total": len(cases)})
        return
    from interlock.cli.render import cases as picture

    if not answers and caller().kind == "agent":
        click.echo(
            "INTERLOCK_TOKEN is set: whoever holds a token is an agent here, and sees no cases; unset it to see all"
        )
        return
    if not answers:
        click.echo("no cases yet" if not states else f"no case is {' or '.join(states)}")
        return
    screen = console()
    screen.print(picture(answers, screen.width))
    if len(cases) > len(shown):
        click.echo(f"the newest {len(shown)} of {len(cases)}; --limit 0 shows all")
