"""One moto server for all tests of this folder; each test has an empty account on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.moto_world import Moto, started
from tests.unit.execute.aws.aws_world import Account


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Moto]:
    moto = started()
    yield moto
    moto.close()


@pytest.fixture
def account(moto_server: Moto, tmp_path: Path) -> Account:
    moto_server.reset()
    return Account(moto_server, tmp_path)
