"""The agent's process: one script, started with nothing but what its environment says, and heard line by line."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Final, Self

from interlock.practice.cloud.process import surroundings

SCRIPT: Final = Path(__file__).with_name("fix_cost_report.py")


class Agent:
    """A run of the script. `hear` gives its next line; it is stopped when the context is left before it ended."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._lines: Queue[str | None] = Queue()
        self._log = log.open("wb")
        self._child = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**surroundings(), "PYTHONIOENCODING": "utf-8", **environment},
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.kill()
        self._child.wait()
        self._listener.join()
        self._log.close()

    def hear(self, seconds: float) -> str:
        """What it said next; empty when it said nothing for so long, or has ended."""
        try:
            line = self._lines.get(timeout=seconds)
        except Empty:
            return ""
        if line is None:
            self.ended = True
        return line or ""

    @property
    def status(self) -> int:
        """Its exit status, once it has ended: 0 when it takes the report for mended."""
        return self._child.wait()

    def _listen(self) -> None:
        assert self._child.stdout is not None  # noqa: S101 - it was made with a pipe
        with self._child.stdout as said:
            for line in said:
                self._lines.put(line.rstrip("\n"))
        self._lines.put(None)
