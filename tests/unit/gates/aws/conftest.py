"""A gate before a dummy AWS: one for each test, since each tells the control another rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_gate import Dummy, LiveAws, dummy, live_aws


@pytest.fixture
def aws() -> Iterator[Dummy]:
    with dummy() as told:
        yield told


@pytest.fixture
def gate(aws: Dummy, tmp_path: Path) -> Iterator[LiveAws]:
    with live_aws(tmp_path / "home", aws.address, hold=0.6) as live:
        yield live
