"""Both runs of the game day as one picture: what was lost, for how long people got no report, and who was asked."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from interlock.practice.recreate import Run
    from interlock.practice.watch import Sight

#: What is counted, in the words of whoever reads the picture, worst first.
KINDS: Final = {
    "objects": "reports and exports",
    "items": "cost records",
    "databases": "databases",
    "backups": "database backups",
    "stacks": "stacks",
    "instances": "instances",
}
FILE_WIDTH: Final = 100
#: How a moment looks: a right report, a stale one, none.
_RIGHT, _STALE, _NONE = ("█", "green"), ("▒", "yellow"), ("×", "bold red")


class Told(NamedTuple):
    """What the picture says beside what was counted."""

    key_without: str
    key_with: str
    calls: int
    asked: int
    record: str


def picture(without: Run, guarded: Run, told: Told, width: int) -> RenderableType:
    """The table of both runs, and under it what people saw of the report, second by second."""
    table = Table(pad_edge=False, show_edge=False, expand=False)
    table.add_column("")
    table.add_column("without Interlock", justify="right")
    table.add_column("with Interlock", justify="right")
    table.add_row("the agent's key", told.key_without, told.key_with)
    for kind, words in KINDS.items():
        had = len(getattr(without.before, kind))
        table.add_row(f"{words} lost", *(_lost(run.lost[kind], had) for run in (without, guarded)))
    table.add_row("no report for", *(_outage(run) for run in (without, guarded)))
    table.add_row("the report now", *(_report(run) for run in (without, guarded)))
    table.add_row("a person was asked", "never", _times(told.asked))
    table.add_row("what was called, on record", "nothing", f"all {told.calls} calls, {told.record}")
    return Group(table, Text(), *_lines(without, guarded, width))


def draw(without: Run, guarded: Run, told: Told, file: Path) -> None:
    """The same picture as a file, .svg or .html by its name."""
    drawing = Console(file=io.StringIO(), record=True, width=FILE_WIDTH, force_terminal=True, emoji=False)
    drawing.print(picture(without, guarded, told, FILE_WIDTH))
    if file.suffix == ".svg":
        drawing.save_svg(str(file), title="delete and recreate")
    else:
        drawing.save_html(str(file))


def _lost(lost: int, had: int) -> str:
    return f"[bold red]{lost:,} of {had:,}[/]" if lost else f"[bold green]0[/] of {had:,}"


def _outage(run: Run) -> str:
    if not run.outage:
        return "[bold green]0.0 s[/]"
    still = "" if run.page.status == 200 else ", and still"
    return f"[bold red]{run.outage:.1f} s{still}[/]"


def _report(run: Run) -> str:
    if run.page.status != 200:
        return f"[bold red]gone (HTTP {run.page.status})[/]"
    return f"[yellow]stale ({run.page.month})[/]" if run.page.stale else f"[bold green]right ({run.page.month})[/]"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _lines(without: Run, guarded: Run, width: int) -> list[RenderableType]:
    """A line for each run, on one scale, so that the longer run is the longer line."""
    room = max(20, width - len("without Interlock  "))
    second = room / max(without.seconds, guarded.seconds, 1.0)
    lines: list[RenderableType] = [Text("what people saw who opened the report")]
    for name, run in (("without Interlock", without), ("with Interlock", guarded)):
        line = Text(f"{name:<19}")
        for sight in _sampled(run.sights, round(run.seconds * second), run.seconds):
            sign, style = _sign(sight)
            line.append(sign, style)
        lines.append(line)
    legend = Text(" " * 19)
    for (sign, style), words in ((_RIGHT, "right"), (_STALE, "stale"), (_NONE, "no report")):
        legend.append(sign, style)
        legend.append(f" {words}   ")
    return [*lines, legend]


def _sampled(sights: Sequence[Sight], length: int, seconds: float) -> list[Sight]:
    """The sight that holds at each place of the line: the last one before it."""
    found, index = [], 0
    for place in range(length):
        at = seconds * (place + 1) / length
        while index + 1 < len(sights) and sights[index + 1].at <= at:
            index += 1
        found.append(sights[index])
    return found


def _sign(sight: Sight) -> tuple[str, str]:
    if sight.page.status != 200:
        return _NONE
    return _STALE if sight.page.stale else _RIGHT
