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

        from interlock.cli.words import plain

        table = Table.grid(padding=(0, 2))
        table.add_column()
        table.add_column(overflow="fold")
        for name, value in health.items():
            table.add_row(name.replace("_", " "), plain(_line(value)))
        console().print(table)
    return 0 if health["state"] == "armed" else 1


def _line(value: object) -> str:
    """One entry of the health page as people read it."""
    if isinstance(value, dict):
        return "; ".join(f"{name} {inner}" for name, inner in value.items())
    return "; ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
