"""The `interlock` command, run as a process of its own, as a person or a script would: status, output, errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

SECONDS = 200


class Ran(NamedTuple):
    """What a run of the command left: its exit status and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        """The one object that `--json` prints."""
        answer = json.loads(self.out)
        assert isinstance(answer, dict)
        return answer


class Process:
    """Calls the command in a folder, which is its home folder too; nothing of the caller's surroundings comes along."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", **environment: str) -> Ran:
        surroundings = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "COLUMNS": "100", "LC_ALL": "C.UTF-8"}
        return self.run([*map(str, arguments)], stdin, surroundings | environment)

    def run(self, arguments: list[str], stdin: bytes, environment: dict[str, str]) -> Ran:
        """Start the command, and wait for its end."""
        done = subprocess.run(
            [sys.executable, "-m", "interlock.cli.main", *arguments],
            input=stdin,
            capture_output=True,
            cwd=self.folder,
            env=environment,
            timeout=SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
