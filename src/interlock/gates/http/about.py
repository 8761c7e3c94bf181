"""Handlers that tell of the gate itself: its health, its verbs, its document."""

from __future__ import annotations

from interlock.gates.http import shapes
from interlock.gates.http.openapi import document
from interlock.gates.http.route import Asked, Reply
from interlock.gates.http.shapes import Nothing
from interlock.identify.verbs import VERBS


def health(asked: Asked[Nothing, Nothing]) -> Reply:
    """200 when all is armed, 503 when not. Says nothing of stores and targets, since it asks nobody who they are."""
    told = asked.gate.control.health()
    problems, degraded = asked.gate.worker.state()
    if asked.gate.run_tasks is not None:
        stopped, unheard = asked.gate.run_tasks.state()
        problems, degraded = [*problems, *stopped], [*degraded, *unheard]
    beside = asked.gate.beside
    problems = [*_texts(told["problems"]), *problems, *(text for gate in beside for text in gate.problems())]
    degraded = [*degraded, *(text for gate in beside for text in gate.degraded())]
    answer = {
        "state": "stopped" if problems else "armed",
        "version": told["version"],
        "problems": problems,
        "degraded": [*_texts(told["degraded"]), *degraded],
        "policy_version": told["policy_version"],
        "ledger_entries": told["ledger_entries"],
        "gates": {**_named(told["gates"]), **{gate.name: gate.tightness for gate in beside}},
    }
    return Reply(answer, 503 if problems else 200)


def verbs(asked: Asked[Nothing, Nothing]) -> Reply:
    """Our own verbs: who may, why, and through which routes; no route means that no network reaches it."""
    routes = asked.gate.routes
    listed = [
        shapes.Verb(verb, sorted(rule.kinds), rule.because, [route.name for route in routes if verb in route.verbs])
        for verb, rule in VERBS.items()
    ]
    return Reply(shapes.Verbs(listed))


def openapi(asked: Asked[Nothing, Nothing]) -> Reply:
    return Reply(document(asked.gate.routes))


def _named(value: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else []
