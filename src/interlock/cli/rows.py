"""What an execution returned: the rows of each query as tables, an answer of AWS by its status and body.

Their text is shown and never obeyed.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Mapping
from typing import cast

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from interlock.cli.words import marked, plain

MOST = 40  # rows of one query before the rest is only counted


def picture(output: bytes) -> RenderableType:
    """The results that an executor sealed as JSON; anything else as the text that it is."""
    text = output.decode("utf-8", "replace")
    try:
        told = cast("dict[str, object]", json.loads(text))
        if "body_digest" in told:
            return _answer(told)
        return Group(*(_result(result) for result in cast("list[dict[str, object]]", told["results"])))
    except (ValueError, KeyError, TypeError, RecursionError):
        return _text(text)


def _text(text: str) -> Text:
    return marked("\n".join(map(plain, text.splitlines())))


def _answer(told: Mapping[str, object]) -> RenderableType:
    """What AWS answered: its status, and its body where that is kept and is text."""
    size, body = cast("int", told["body_size"]), base64.b64decode(str(told.get("body") or ""))
    head = f"status {plain(told['status'])}, {size:,} bytes"
    if len(body) != size:
        return Text(f"{head} that are not kept (SHA-256 {told['body_digest']})")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return Text(f"{head} that are no text (--json has them)")
    with contextlib.suppress(ValueError, RecursionError):  # what is no JSON is shown as it came
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    lines = text.splitlines()
    parts: list[RenderableType] = [head, _text("\n".join(lines[:MOST]))]
    if len(lines) > MOST:
        parts.append(f"and {len(lines) - MOST} lines more (--json shows all)")
    return Group(*parts)


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
        parts.append(marked(f"[yellow]cut short[/] {plain(result['cut'])}"))
    return Group(*parts)
