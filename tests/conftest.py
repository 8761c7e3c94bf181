"""Fixtures for all tests: a real PostgreSQL, and AWS as moto's server speaks it, each started when asked for.

Files that take long come first, so that no worker is left with one of them while the others are done; xdist keeps to
that order with `--no-loadscope-reorder`, where it would otherwise go by how many tests a file has.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.moto_world import Moto, started

from interlock.testing.postgres import Postgres, start_postgres

HERE = Path(__file__).parent
#: The files that take longest, about in the order of how long.
LONG = (
    "unit/practice/test_practice_recreate.py",
    "unit/gates/aws/test_aws_gate_clients.py",
    "attacks/test_kill_at_every_step.py",
    "attacks/test_kill_an_aws_call_at_every_step.py",
    "unit/execute/test_terraform_run.py",
    "unit/execute/test_terraform_backends.py",
    "attacks/test_terraform_attacks.py",
    "laws/test_approval_laws.py",
    "attacks/test_replica_attacks.py",
    "twins/test_terraform_planner_oracle.py",
    "unit/bench/test_bench_rows.py",
    "unit/practice/test_practice_recreate_straight.py",
    "unit/read/test_sql_reader.py",
    "unit/aws/test_aws_roundtrip.py",
    "unit/gates/aws/test_aws_gate_holding.py",
    "unit/cli/test_cli_registers.py",
    "unit/survey/test_survey_aws_apps.py",
    "unit/execute/aws/test_keeping_machines.py",
    "unit/gates/test_http_serve.py",
    "attacks/test_run_task_attacks.py",
    "unit/execute/test_terraform_back.py",
    "unit/read/test_sql_knowledge.py",
    "unit/client/test_client.py",
    "attacks/test_ledger_attacks.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Half as many workers again as there are cores: many tests wait, for servers, for disks and for time to pass."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + cores // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first."""
    ranks = {HERE / name: rank for rank, name in enumerate(LONG)}
    gone = [str(path) for path in ranks if not path.exists()]
    if gone:
        raise pytest.UsageError(f"tests/conftest.py names as long what is not there: {', '.join(gone)}")
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def pytest_collection_finish() -> None:
    """Tens of thousands of tests are never garbage: moto collects it at each reset, and would look through them all."""
    gc.collect()
    gc.freeze()


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
