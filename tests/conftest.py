"""Fixtures for all tests: a real PostgreSQL, and AWS as moto's server speaks it, each started when asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.moto_world import Moto, started

from interlock.testing.postgres import Postgres, start_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real server; `postgres.address("name")` gives the URL of a fresh schema."""
    server = start_postgres()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Moto]:
    server = started()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def moto(moto_server: Moto) -> Moto:
    """The server with an empty account in it."""
    moto_server.reset()
    return moto_server
