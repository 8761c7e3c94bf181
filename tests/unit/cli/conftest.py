"""The real command in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.testing.process import Process


@pytest.fixture
def interlock(tmp_path: Path) -> Process:
    """`interlock(...)` runs the command in an empty folder, which is its home folder too."""
    return Process(tmp_path)
