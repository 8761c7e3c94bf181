"""The real command in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.testing.nursery import Forked
from interlock.testing.process import Process


@pytest.fixture
def interlock(tmp_path: Path) -> Process:
    """`interlock(...)` runs the command in an empty folder, which is its home folder too.

    Its process is forked; test_cli_edges.py, the transcripts and the tests of the docs start it from nothing.
    """
    return Forked(tmp_path)
