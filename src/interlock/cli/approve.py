"""`interlock approve`: a person's vote for a held case, signed with their own key over what they are shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli import values
from interlock.cli.frame import caller, console, emit, home_option, json_option, opened, passphrase, passphrase_option
from interlock.cli.who import person_option
from interlock.report.visible import safe

if TYPE_CHECKING:
    from interlock.control import Control
    from interlock.model.approval import Choice
    from interlock.model.case import Case


@click.command()
@click.argument("case", shell_complete=values.cases("held", which=values.is_whole))
@person_option
@click.option("--reason", default="", help="Why; needed to break the glass.")
@click.option("--break-glass", is_flag=True, help="Lift a freeze; loud, needs a reason, and is reviewed afterwards.")
@click.option("--yes", is_flag=True, help="Do not ask again after showing the case.")
@passphrase_option
@home_option
@json_option
def command(
    case: str,
    person: str,
    reason: str,
    break_glass: bool,
    yes: bool,
    passphrase_file: Path | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Vote for CASE. You see everything that your signature is bound to before you are asked for your passphrase."""
    with opened(home) as control:
        held = control.case(caller(), case)
        if not as_json:
            look(control, held)
        if not yes and sys.stdin.isatty():
            click.confirm(f"approve exactly this, as {person}?", abort=True, err=True)
        voted = cast_vote(control, held, person, "approve", passphrase_file, reason=reason, break_glass=break_glass)
        answer = control.told(voted)
    if as_json:
        emit(answer)
    elif voted.state == "approved":
        click.secho("approved", fg="green", bold=True, nl=False)
        click.echo(f"; next: `interlock run {case}`")
    else:
        click.echo(f"voted; still missing: {safe(str(answer['missing']))}")


def look(control: Control, case: Case) -> None:
    """Show the case as its approver has to see it."""
    from interlock.cli.render import case as picture

    payload = control.readable(case).decode("utf-8", "replace")
    production = control.configuration.is_production
    console().print(picture(control.told(case), payload, control.samples(case), production=production))


def cast_vote(
    control: Control,
    case: Case,
    person: str,
    choice: Choice,
    passphrase_file: Path | None,
    *,
    reason: str,
    break_glass: bool = False,
) -> Case:
    """Draw the ballot of the case that was shown, sign it, and cast it. A case that moved meanwhile refuses it."""
    from interlock.identify.verbs import require

    if caller().kind == "agent":
        require(choice, caller())  # an agent that holds a token is told why, whatever else it has got hold of
    ballot = control.ballot(case, person, choice, reason=reason, break_glass=break_glass)
    return control.vote(control.sign(ballot, passphrase(passphrase_file)))
