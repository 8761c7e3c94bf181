"""`interlock reject`: a person's vote against a case, with a reason; it ends the case."""

from __future__ import annotations

from pathlib import Path

import click

from interlock.cli import values
from interlock.cli.approve import cast_vote
from interlock.cli.frame import caller, emit, home_option, json_option, opened, passphrase_option
from interlock.cli.who import person_option


@click.command()
@click.argument("case", shell_complete=values.cases("held", "allowed", "approved"))
@person_option
@click.option("--reason", required=True, help="Why; the agent and its owner read it.")
@passphrase_option
@home_option
@json_option
def command(
    case: str, person: str, reason: str, passphrase_file: Path | None, home: Path | None, as_json: bool
) -> None:
    """Vote against CASE. One eligible person is enough; the case is over."""
    with opened(home) as control:
        voted = cast_vote(control, control.case(caller(), case), person, "reject", passphrase_file, reason=reason)
        answer = control.told(voted)
    if as_json:
        emit(answer)
    else:
        click.echo(f"{case} is {voted.state}")
