"""`interlock erase`: erase what the vault holds for a case (text, prompts, outputs, images); all proofs stay."""

from __future__ import annotations

from pathlib import Path

import click

from interlock.cli.frame import caller, emit, home_option, json_option, opened


@click.command()
@click.argument("case")
@click.option("--reason", required=True, help="Why, for example a request for erasure.")
@home_option
@json_option
def command(case: str, reason: str, home: Path | None, as_json: bool) -> None:
    """Erase the vault's contents of CASE. It can neither run nor be undone afterwards; the ledger still verifies."""
    with opened(home) as control:
        answer = control.told(control.erase(caller(), case, reason))
    if as_json:
        emit(answer)
    else:
        click.echo(f"erased; the record of {case} stays and still verifies")
