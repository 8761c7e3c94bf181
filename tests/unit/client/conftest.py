"""A live gate for the tests of this folder: one for a module, or one of its own for a test that breaks things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from live_gate import Live, live_gate


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_gate(tmp_path_factory.mktemp("gate") / "home") as gate:
        yield gate


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Live]:
    with live_gate(tmp_path / "home") as gate:
        yield gate
