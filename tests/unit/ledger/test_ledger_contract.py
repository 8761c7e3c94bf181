"""Both stores pass the shipped contract."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from interlock.testing.ledger_contract import LedgerContract
from interlock.testing.postgres import Postgres


class TestSqlite(LedgerContract):
    """A SQLite file."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'store' / 'ledger.db'}"


class TestPostgres(LedgerContract):
    """A schema of a real PostgreSQL."""

    @pytest.fixture
    def url(self, postgres: Postgres) -> str:
        return postgres.address(f"contract_{uuid4().hex}")
