"""What an execution returned, as tables: the rows of each query, their text shown and never obeyed."""

from __future__ import annotations

import json
from typing import cast

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from interlock.cli.words import plain

MOST = 40  # rows of one query before the rest is only counted


def picture(output: bytes) -> RenderableType:
    """The results that an executor sealed as JSON; anything else as the text that it is."""
    text = output.decode("utf-8", "replace")
    try:
        results = cast("dict[str, object]", json.loads(text))["results"]
        return Group(*(_result(result) for result in cast("list[dict[str, object]]", results)))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Text.from_markup("\n".join(map(plain, text.splitlines())))


def _result(result: dict[str, object]) -> RenderableType:
    rows = cast("list[list[object]]", result["rows"])
    table = Table(pad_edge=False)
    for column in cast("list[str]", result["columns"]):
        table.add_column(plain(column), overflow="fold")
    for row in rows[:MOST]:
        table.add_row(*("[dim]null[/]" if value is None else plain(value) for value in row))
    parts: list[RenderableType] = [table]
    if len(rows) > MOST:
        parts.append(f"and {len(rows) - MOST} rows more (--json shows all)")
    if result["cut"]:
        parts.append(Text.from_markup(f"[yellow]cut short[/] {plain(result['cut'])}"))
    return Group(*parts)
