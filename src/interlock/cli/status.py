"""`interlock status`: what is armed, degraded or stopped; the same as /health says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import click

from interlock.cli.frame import console, emit, home_option, json_option, opened

if TYPE_CHECKING:
    from interlock.answer import Json

#: Whether it is served, only the process that serves it knows; its health page tells.
AWS_GATE: Final = "sealed: only this home holds the credential; `interlock up` serves it"


@click.command()
@home_option
@json_option
def command(home: Path | None, as_json: bool) -> int:
    """Show what is armed, degraded or stopped. Exit status 0 when all is armed, 1 when not."""
    with opened(home) as control:
        health = control.health()
        targets = [control.configuration.targets[name] for name in sorted(control.configuration.targets)]
    if as_json:
        emit(health)
    else:
        from rich.table import Table

        from interlock.cli.words import plain

        table = Table.grid(padding=(0, 2))
        table.add_column()
        table.add_column(overflow="fold")
        entries = health["ledger_entries"] if health["ledger_entries"] != -1 else "unknown"
        shown = health | {
            "ledger_entries": entries,
            "targets": [f"{one.name} ({one.kind}, {one.environment})" for one in targets],
        }
        if any(one.kind == "aws" for one in targets):
            shown["gates"] = cast("Json", health["gates"]) | {"aws": AWS_GATE}
        for name, value in shown.items():
            table.add_row(name.replace("_", " "), "\n".join(map(plain, _lines(value))))
        console().print(table)
    return 0 if health["state"] == "armed" else 1


def _lines(value: object) -> list[str]:
    """One entry of the health page as people read it, a line for each thing."""
    if isinstance(value, dict):
        return [f"{name}: {inner}" for name, inner in value.items()]
    return list(map(str, value)) or ["none"] if isinstance(value, list) else [str(value)]
