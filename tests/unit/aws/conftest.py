"""Fixtures: AWS as moto's server speaks it, over real HTTP, started once; each test begins in an empty account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.moto_world import Moto, started


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Moto]:
    server = started()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def moto(moto_server: Moto) -> Moto:
    moto_server.reset()
    return moto_server
