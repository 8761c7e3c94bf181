"""An empty account at AWS for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.moto_world import Moto
from tests.unit.execute.aws.aws_world import Account


@pytest.fixture
def account(moto: Moto, tmp_path: Path) -> Account:
    return Account(moto, tmp_path)
