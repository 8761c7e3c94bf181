"""Fixtures for surveys: calls to AWS are waited for as long as a busy machine may take."""

from __future__ import annotations

import pytest

from interlock.aws.connection import Patience


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlock.survey.aws.aws._PATIENCE", Patience(connect_seconds=30.0, read_seconds=60.0))
