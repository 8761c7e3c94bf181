"""The command: `interlock check --lines` over mixed SQL and calls to AWS, and how long a command takes to start.

Whole processes, started as a user starts them; medians. `check --lines` reads a file of JSON strings and writes one
line of JSON for each; its time includes the start, loading the policies and compiling them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench import aws_calls
from bench.rows import Row, Scale, at, waits
from bench.statements import OWN, mixed

TIMES = 15
INTERLOCK = [sys.executable, "-m", "interlock.cli.main"]


def run(scale: Scale) -> list[Row]:
    program = Path(sys.executable).with_name("interlock")
    interlock = [str(program)] if program.exists() else INTERLOCK
    with tempfile.TemporaryDirectory(prefix="bench-command-") as name:
        folder = Path(name)
        (folder / "one.sql").write_text("SELECT total FROM orders WHERE id = 7\n")
        bare = started([sys.executable, "-c", "pass"], folder, scale)
        imported = started([sys.executable, "-c", "import interlock"], folder, scale)
        client = started([sys.executable, "-c", "from interlock import Client"], folder, scale)
        version = started([*interlock, "--version"], folder, scale)
        check = started([*interlock, "check", "--kind", "sql", "one.sql", "--json"], folder, scale)
        rows = [
            Row("import interlock, over bare Python", imported - bare, "ms", "≤ 50", f"bare Python {bare:.0f} ms"),
            Row("from interlock import Client, over bare Python", client - bare, "ms", "≤ 50"),
            Row("interlock --version", version, "ms", "≤ 120"),
            Row("interlock check of one small statement", check, "ms", "", "loads and compiles the policies"),
        ]
        rows += [lines(interlock, folder, f"sql:{dialect}", mixed(dialect, scale.statements), scale) for dialect in OWN]
        calls = {"aws": "", "aws:cli": "cli"}
        return rows + [
            lines(interlock, folder, kind, aws_calls.mixed(dialect, scale.statements), scale, "calls", 3_000)
            for kind, dialect in calls.items()
        ]


def started(command: Sequence[str], folder: Path, scale: Scale) -> float:
    """The median time of a whole process, in milliseconds."""

    def start(_: int) -> None:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert done.returncode in (0, 3, 4), done.stderr.decode()

    return at(waits(start, min(TIMES, scale.times)), 0.5)


def lines(
    interlock: Sequence[str],
    folder: Path,
    kind: str,
    inputs: Iterable[str],
    scale: Scale,
    unit: str = "statements",
    goal: int = 2_000,
) -> Row:
    """Inputs a second through `check --lines`."""
    source = folder / f"{kind.replace(':', '-')}.jsonl"
    source.write_text("".join(json.dumps(each) + "\n" for each in inputs))
    command = [*interlock, "check", "--kind", kind, "--lines", str(source)]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    took = time.perf_counter() - began
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == scale.statements, done.stderr.decode()
    unread = sum(1 for answer in answers if "error" in answer)
    shown = kind.removeprefix("sql:")
    note = f"{scale.statements:,} mixed {unit} in {took:.2f} s, the start included"
    if unread:
        note += f"; {unread:,} refused as no {shown}"
    return Row(f"check --lines, {shown}", scale.statements / took, f"{unit}/s", f"≥ {goal:,}", note)
