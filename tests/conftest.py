"""Fixtures for all tests: a real PostgreSQL, started once when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from interlock.testing.postgres import Postgres, start_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real server; `postgres.address("name")` gives the URL of a fresh schema."""
    server = start_postgres()
    try:
        yield server
    finally:
        server.close()
