"""`interlock erase`: erase what the vault holds for a case, or of reads that passed without one; all proofs stay."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli import values
from interlock.cli.frame import caller, emit, home_option, json_option, opened

if TYPE_CHECKING:
    from interlock.control import Control


@click.command()
@click.argument("case", required=False, shell_complete=values.cases(which=values.can_be_erased))
@click.option("--reads", is_flag=True, help="Erase of reads that passed without a case, instead of a case.")
@click.option(
    "--agent", default="", shell_complete=values.agents(retired=True), help="With --reads: those of this agent."
)
@click.option(
    "--person",
    default="",
    shell_complete=values.people(),
    help="With --reads: those of sessions of this person, or that they asked for.",
)
@click.option("--since", default="", metavar="TIME", help="With --reads: those from this time on.")
@click.option("--until", default="", metavar="TIME", help="With --reads: those before this time.")
@click.option("--reason", required=True, help="Why, for example a request for erasure.")
@home_option
@json_option
def command(
    case: str | None,
    reads: bool,
    agent: str,
    person: str,
    since: str,
    until: str,
    reason: str,
    home: Path | None,
    as_json: bool,
) -> None:
    """Erase the vault's contents of CASE, or with --reads the payloads of reads. The ledger still verifies.

    A case can neither run nor be undone afterwards. Of a read it stays on record who read what by name, when, and why
    that was allowed; the request itself is gone. Times are UTC, like 2026-11-26 or 2026-11-26T14:00:00.
    """
    if reads == bool(case) or (case and (agent or person or since or until)):
        raise click.UsageError("name a case, or say --reads and whose or of when")
    which = (agent, person, _time(since), _time(until))
    with opened(home) as control:
        if case:
            answer = control.told(control.erase(caller(), case, reason))
            text = f"erased; the record of {case} stays and still verifies"
        else:
            erased = _reads(control, which, reason)
            answer = {"erased": [{"agent": name, "reads": count} for name, count in erased.items()]}
            counted = [f"{count} {'read' if count == 1 else 'reads'} of {name}" for name, count in erased.items()]
            text = f"erased: {', '.join(counted)}" if counted else "there are no such reads; nothing was erased"
    if as_json:
        emit(answer)
    else:
        click.echo(text)


def _reads(control: Control, which: tuple[str, str, int, int], reason: str) -> dict[str, int]:
    from interlock.erasure import Reads

    return control.erase_reads(caller(), Reads(*which), reason)


def _time(text: str) -> int:
    """Unix milliseconds; 0 for none."""
    if not text:
        return 0
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"`{text}` is no time; write it like 2026-11-26 or 2026-11-26T14:00:00Z") from error
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return int(at.timestamp() * 1000)
