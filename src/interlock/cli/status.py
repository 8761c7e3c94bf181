"""`interlock status`: what is armed, degraded or stopped; the same as /health says."""

from __future__ import annotations

from pathlib import Path

import click

from interlock.cli.frame import console, emit, home_option, json_option, opened


@click.command()
@home_option
@json_option
def command(home: Path | None, as_json: bool) -> int:
    """Show what is armed, degraded or stopped. Exit status 0 when all is armed, 1 when not."""
    with opened(home) as control:
        health = control.health()
    if as_json:
        emit(health)
    else:
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        for name, value in health.items():
            shown = "; ".join(map(str, value)) if isinstance(value, list) else value
            table.add_row(name.replace("_", " "), str(shown))
        console().print(table)
    return 0 if health["state"] == "armed" else 1
