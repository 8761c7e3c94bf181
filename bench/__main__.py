"""`python -m bench [NAME…]`: run the measures (all of them, or those named), show them, write docs/performance.md.

Each part of the page is written between its own markers, so that a run of one renews only that one.
"""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import re
import sqlite3
import sys
import time
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

import interlock
from bench.rows import FULL, TINY, Row, Scale
from interlock.testing.postgres import find_binaries

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
NAMES = (
    "yardstick",
    "decision",
    "ledger",
    "command",
    "terraform",
    "aws-wire",
    "approval",
    "rehearsal",
    "policy",
    "reach",
    "planner",
    "beside",
    "aws",
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, show, write docs/performance.md.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; all without any")
    parser.add_argument("--only", action="append", default=[], choices=NAMES, help="the same as NAME")
    parser.add_argument("--tiny", action="store_true", help="see that everything runs; the figures mean nothing")
    parser.add_argument("--dry", action="store_true", help="do not write the page")
    chosen = parser.parse_args(arguments)
    names = [*chosen.names, *chosen.only]
    if unknown := set(names) - set(NAMES):
        parser.error(f"there is no measure `{sorted(unknown)[0]}`; one of {', '.join(NAMES)}")
    installed()
    measured = {}
    for name in names or NAMES:
        print(f"measuring: {name} …", file=sys.stderr)
        began = time.perf_counter()
        measured[name] = measure(name, TINY if chosen.tiny else FULL)
        print(f"           {time.perf_counter() - began:.0f} s", file=sys.stderr)
    show(measured)
    if not (chosen.dry or chosen.tiny):
        write(PAGE, measured, machine())
    return 0


def installed() -> None:
    """Have the package as an installation leaves it, its bytecode beside it: no user compiles it at each start."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(Path(interlock.__file__).parent, quiet=2)


def measure(name: str, scale: Scale) -> list[Row]:
    """The rows of one measure."""
    found: list[Row] = import_module(f"bench.{name.replace('-', '_')}").run(scale)
    return found


def show(measured: dict[str, list[Row]]) -> None:
    """One table for people; plain lines where nobody looks."""
    console = Console()
    if not console.is_terminal:
        for rows in measured.values():
            for row in rows:
                print(f"{row.what:58} {row.shown:>10} {row.unit:12} {goal(row):22} {row.note}")
        return
    table = Table("measure", "figure", "unit", "goal", "note", title=machine())
    for rows in measured.values():
        for row in rows:
            colour = {True: "green", False: "red", None: ""}[row.met]
            table.add_row(row.what, row.shown, row.unit, goal(row), row.note, style=colour)
        table.add_section()
    console.print(table)


def goal(row: Row) -> str:
    """The goal, and in words whether it was reached."""
    return "" if row.met is None else f"{row.goal} {'reached' if row.met else '**not reached**'}"


def machine() -> str:
    """On what it was measured, as far as figures depend on it."""
    servers = [part for part in find_binaries().parts if part.isdecimal()]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()}), Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, PostgreSQL {servers[-1] if servers else 'of the PATH'}"
    )


def write(page: Path, measured: dict[str, list[Row]], measured_on: str) -> None:
    """Put the figures between their markers."""
    text = page.read_text(encoding="utf-8")
    parts = {name: table(rows) for name, rows in measured.items()} | {"machine": f"Measured on {measured_on}."}
    for name, part in parts.items():
        pattern = re.compile(rf"(<!-- measured: {name} -->\n).*?(<!-- end: {name} -->)", re.S)
        text, found = pattern.subn(lambda match, part=part: f"{match[1]}{part}\n{match[2]}", text)  # type: ignore[misc]
        if not found:
            raise SystemExit(f"{page} has no markers for `{name}`")
    page.write_text(text, encoding="utf-8")


def table(rows: list[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| measure | figure | goal | note |", "| --- | ---: | --- | --- |"]
    lines += [f"| {row.what} | {row.shown} {row.unit} | {goal(row)} | {row.note.replace('|', '/')} |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
