"""`interlock reads`: what an agent read that policy allows as it is; such reads are recorded without a case each."""

from __future__ import annotations

from pathlib import Path

import click

from interlock.cli import values
from interlock.cli.frame import caller, console, emit, home_option, json_option, opened


@click.command()
@click.argument("agent", shell_complete=values.agents(retired=True))
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="The newest so many.")
@home_option
@json_option
def command(agent: str, limit: int, home: Path | None, as_json: bool) -> None:
    """List what AGENT read through a gate, newest last."""
    with opened(home) as control:
        found = control.reads(caller(), agent, limit)
    if as_json:
        emit({"reads": found})
        return
    if not found:
        click.echo(f"`{agent}` has read nothing through a gate yet")
        return
    from typing import cast

    from rich.table import Table

    from interlock.cli.words import plain

    table = Table(pad_edge=False)
    for column in ("at", "target", "session", "what", "resources"):
        table.add_column(column, overflow="fold")
    for each in found:
        if "erased" in each:
            table.add_row(str(each["at"]), "", "", f"{each['erased']} reads erased", plain(str(each["reason"])))
            continue
        names = cast("list[str]", each["resources"])
        named = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        row = (each["at"], each["target"], each["session"], ", ".join(cast("list[str]", each["what"])), named)
        table.add_row(*(plain(str(cell)) for cell in row))
    console().print(table)
