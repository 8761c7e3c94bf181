"""Terraform: a plan of 200 MB read, one with 10,000 changes checked, and a small one beside checkov in the same run.

Each figure is of a whole process, started as a user starts it. Checkov answers another question (does the configuration
keep good habits) and is the program that most pipelines start at this place; what is compared is only the wait.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import plans
from bench.beside import PYTHON
from bench.command import INTERLOCK, started
from bench.rows import Row, Scale

#: So many things make a plan of about 200 MB.
LARGE = 28_400
CHANGES = 10_000

#: Reads one plan and prints the seconds, the peak of the process in MB, and how many effects there are.
READ = """
import json, resource, sys, time
from pathlib import Path
payload = Path(sys.argv[1]).read_bytes()
began = time.perf_counter()
from interlock.read.readers import reader_for
reading = reader_for("terraform")(payload, "", "production")
took = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([took, peak, len(reading.change.effects)]))
"""


def run(scale: Scale) -> list[Row]:
    program = Path(sys.executable).with_name("interlock")
    interlock = [str(program)] if program.exists() else INTERLOCK
    share = min(1.0, scale.effects / 100_000)
    with tempfile.TemporaryDirectory(prefix="bench-terraform-") as name:
        folder = Path(name)
        return [
            *large(folder, max(20, int(LARGE * share))),
            many(interlock, folder, max(20, int(CHANGES * share))),
            *small(interlock, folder, scale),
        ]


def large(folder: Path, things: int) -> list[Row]:
    """Reading alone, in a process of its own; the file is in memory already."""
    plan = folder / "large.json"
    size = plans.write(plan, things, things // 100)
    ran = subprocess.run([sys.executable, "-c", READ, str(plan)], capture_output=True, text=True, check=True)
    took, peak, effects = json.loads(ran.stdout)
    plan.unlink()
    note = f"{size / 1e6:.0f} MB, {things:,} things, {effects:,} effects"
    return [
        Row("read a plan of 200 MB", took, "s", "≤ 3", note),
        Row("read a plan of 200 MB, peak of the process", peak, "MB", "≤ 600", "the bytes of the plan included"),
    ]


def many(interlock: Sequence[str], folder: Path, changes: int) -> Row:
    """The whole command over a plan in which everything changes."""
    plan = folder / "many.json"
    size = plans.write(plan, changes, changes, padding=100)
    began = time.perf_counter()
    command = [*interlock, "check", "--kind", "terraform", str(plan), "--json"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    took = time.perf_counter() - began
    assert ran.returncode in (0, 3, 4), ran.stderr.decode()
    effects = json.loads(ran.stdout)["change"]["effects"]
    count = len(effects) if isinstance(effects, list) else effects
    note = f"{size / 1e6:.0f} MB, {count:,} effects; read, reach, assess, decide"
    return Row("check of a plan with 10,000 changes", took, "s", "≤ 3", note)


def small(interlock: Sequence[str], folder: Path, scale: Scale) -> list[Row]:
    """A plan as most are: twenty things, three of them changed."""
    plan = folder / "small.json"
    plans.write(plan, 20, 3, padding=100)
    ours = started([*interlock, "check", "--kind", "terraform", str(plan), "--json"], folder, scale)
    rows = [Row("check of a small plan", ours, "ms", "≤ 150", "20 things, 3 changed; the start included")]
    checkov = PYTHON.with_name("checkov")
    if not checkov.exists():
        return [
            *rows,
            Row("checkov of the same plan: not measured", float("nan"), "", "", "the peers are not installed"),
        ]
    few = scale._replace(times=min(scale.times, 5))
    command = [str(PYTHON), str(checkov), "-f", str(plan), "--framework", "terraform_plan", "--quiet", "--soft-fail"]
    theirs = started([*command, "--skip-download", "-o", "json"], folder, few)
    return [
        *rows,
        Row("checkov of the same plan", theirs, "ms", "", f"{theirs / ours:.0f} times as long; other questions"),
    ]
