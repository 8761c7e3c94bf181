"""`interlock review`: somebody who did not break the glass looks at a case that did."""

from __future__ import annotations

from pathlib import Path

import click

from interlock.cli import values
from interlock.cli.frame import caller, emit, home_option, json_option, opened, passphrase, passphrase_option
from interlock.cli.who import person_option


@click.command()
@click.argument("case", shell_complete=values.cases(which=values.can_be_reviewed))
@person_option
@click.option("--note", required=True, help="What you found.")
@passphrase_option
@home_option
@json_option
def command(case: str, person: str, note: str, passphrase_file: Path | None, home: Path | None, as_json: bool) -> None:
    """Review CASE, which broke the glass."""
    with opened(home) as control:
        reviewed = control.review(caller(), case, person, note, passphrase(passphrase_file))
        answer = control.told(reviewed)
    if as_json:
        emit(answer)
    else:
        click.echo(f"the review of {case} is recorded")
