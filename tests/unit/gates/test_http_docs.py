"""The pages about the HTTP gate and the client: their tables and examples are what is served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from interlock import Client
from interlock.gates.http import app, cases, protocol, record, worker
from interlock.gates.http.route import LARGE_BODY, SMALL_BODY
from interlock.gates.http.table import ROUTES
from interlock.identify.verbs import VERBS
from interlock.testing.world import PASSPHRASE
from live_gate import Live

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "gates" / "http.md").read_text(encoding="utf-8")
CLIENT = (DOCS / "client.md").read_text(encoding="utf-8")


def example(page: str) -> str:
    return re.findall(r"```python\n(.*?)```", page, re.S)[0]


def test_the_page_lists_just_the_routes_there_are_and_who_they_are_for() -> None:
    listed = dict(re.findall(r"^\| `((?:GET|POST) [^`]+)` \| ([^|]+) \|", PAGE, re.M))
    callers = {}
    for route in ROUTES:
        kinds = set.intersection(*(set(VERBS[verb].kinds) for verb in route.verbs)) if not route.open else {"anyone"}
        callers[route.name] = ", ".join(sorted(kinds - {"operator"}, key=["anyone", "agent", "person"].index))

    assert listed == callers


def test_the_bounds_on_the_page_are_those_in_force() -> None:
    assert cases.MAX_PAYLOAD == 10 * 2**20
    assert (LARGE_BODY, SMALL_BODY * 16, SMALL_BODY) == (16 * 2**20, 2**20, 64 * 2**10)
    assert (protocol.HEAD_BYTES, protocol.HEAD_SECONDS, protocol.DISCARD_SECONDS) == (32 * 2**10, 10, 30)
    assert (app.BODY_SECONDS, app.LINE, app.WAITERS) == (30, 64, 500)
    assert (record.MOST_ENTRIES, record.MOST_BYTES) == (1000, 8 * 2**20)
    assert (worker.BEAT_SECONDS, worker.IDLE_MS, worker.ARM_SECONDS, worker.LONGEST_PAUSE) == (1, 60_000, 300, 3600)


def test_the_example_of_a_persons_vote_votes(fresh: Live) -> None:
    case = fresh.held()
    names: dict[str, object] = {
        "KEY_FILE": fresh.world.control.home.person_key("ada"),
        "PASSPHRASE": PASSPHRASE,
        "HOST": "127.0.0.1",
        "PORT": fresh.port,
        "ORIGIN": fresh.world.control.configuration.origin,
        "CASE": case,
    }

    exec(example(PAGE), names)
    names["server"].close()  # type: ignore[attr-defined]  # the example's connection

    assert names["told"]["state"] == "approved"  # type: ignore[index]  # the example's last answer
    assert fresh.world.control.record.case(case).votes[0].ballot.reason.startswith("the WHERE names")


def test_the_clients_example_runs(
    fresh: Live, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INTERLOCK_URL", fresh.url)
    monkeypatch.setenv("INTERLOCK_TOKEN", fresh.token())

    exec(example(CLIENT).replace("wait=600", "wait=1"), {})

    assert capsys.readouterr().out.strip()


def test_the_clients_page_names_every_call_and_every_argument() -> None:
    import inspect

    for name, method in inspect.getmembers(Client, inspect.isfunction):
        if not name.startswith("_"):
            assert f"`{name}(" in CLIENT, name
            for argument in inspect.signature(method).parameters.values():
                spread = argument.kind is inspect.Parameter.VAR_KEYWORD
                for word in ("only=", "replace=", "destroy=") if spread else (argument.name,):
                    assert word in ("self", "case") or word in CLIENT, f"{name}: {word}"
