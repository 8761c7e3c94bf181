"""Handlers for services that call us by themselves, and show by a signature who they are."""

from __future__ import annotations

from interlock.errors import NotFound
from interlock.gates.http.route import Asked, Gate, Reply
from interlock.gates.http.run_tasks.request import RunTask, require_signed
from interlock.gates.http.run_tasks.runner import Runner
from interlock.gates.http.shapes import Nothing


def signed(gate: Gate, head: dict[str, str], raw: bytes) -> None:
    """Raises Unauthenticated for a body that HCP has not signed, before anything reads it."""
    require_signed(_runner(gate).key, head, raw)


def run_task(asked: Asked[Nothing, RunTask]) -> Reply:
    """Answer at once; the run is judged in the background, and HCP is told the result."""
    if asked.body.is_test:
        return Reply({"taken": False})
    _runner(asked.gate).take(asked.body, asked.raw)
    return Reply({"taken": True})


def _runner(gate: Gate) -> Runner:
    if gate.run_tasks is None:
        raise NotFound("run tasks are not configured here", hint="`[run_tasks]` in interlock.toml", code="no-run-tasks")
    return gate.run_tasks
