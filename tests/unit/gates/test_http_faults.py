"""Faults: the store down, the gate not armed, a bug of ours, too many at once: nothing passes, and it says why."""

from __future__ import annotations

import json
import logging
import threading
import time

import pytest

from interlock.configuration.pace import PaceBounds
from interlock.errors import StoreError
from interlock.gates.http import app
from interlock.gates.http.journal import JsonLines, places
from interlock.pace import Pace
from live_gate import READ, Live, proposal

DOWN = StoreError("the store is down", hint="start it", where="postgresql://op@db.internal/ledger")


def break_store(live: Live, patch: pytest.MonkeyPatch) -> None:
    def down(*_: object, **__: object) -> object:
        raise DOWN

    for name in ("head", "stream", "entries", "streams", "writing"):
        patch.setattr(live.world.control.ledger.store, name, down)


def test_health_is_armed_and_tells_no_store_and_no_targets(live: Live) -> None:
    got = live.ask("GET", "/health")

    assert (got.status, got.json["state"]) == (200, "armed")
    assert "store" not in got.json
    assert "targets" not in got.json


def test_with_the_store_down_nothing_passes_and_health_says_why(fresh: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    headers, person = fresh.agent(), fresh.person()
    with monkeypatch.context() as patch:
        break_store(fresh, patch)
        asked = [
            fresh.ask("POST", "/v1/cases", proposal(READ, run=True), headers),
            fresh.ask("GET", "/v1/cases", headers=headers),
            fresh.ask("GET", "/v1/ledger/checkpoint"),
            fresh.ask("GET", "/v1/cases", headers=person),
        ]
        health = fresh.ask("GET", "/health")

    assert [(got.status, got.code) for got in asked] == [(503, "store")] * 4
    assert all("db.internal" not in got.raw.decode() for got in asked)
    assert (health.status, health.json["state"], health.json["ledger_entries"]) == (503, "stopped", -1)
    assert "the store is down" in health.json["problems"][0]


def test_a_gate_that_is_not_armed_takes_no_proposal_and_runs_nothing(fresh: Live) -> None:
    headers = fresh.agent()
    case = fresh.propose(READ).json["case"]
    fresh.world.control._problems = ("self-test: let through",)

    proposed = fresh.ask("POST", "/v1/cases", proposal(READ), headers)
    ran = fresh.ask("POST", f"/v1/cases/{case}/run", headers=headers)
    fresh.world.control._problems = ()

    assert [(got.status, got.code) for got in (proposed, ran)] == [(503, "not-armed")] * 2


def test_a_clock_that_went_back_stops_the_gate(fresh: Live) -> None:
    headers = fresh.agent()
    fresh.propose(READ)
    fresh.world.clock.forward(-3600)

    got = fresh.ask("POST", "/v1/cases", proposal(READ), headers)

    assert (got.status, got.code) == (503, "clock")
    assert fresh.ask("GET", "/health").status == 503


def test_a_bug_is_a_500_without_detail_and_a_log_line_without_values(
    fresh: Live, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*_: object) -> object:
        raise RuntimeError("password=hunter2 in /srv/secret/path")

    headers = fresh.agent()
    with monkeypatch.context() as patch, caplog.at_level(logging.INFO, "interlock.http"):
        patch.setattr(fresh.world.control, "cases", bug)
        got = fresh.ask("GET", "/v1/cases", headers=headers)

    assert (got.status, got.code) == (500, "bug")
    assert got.json["error"].keys() == {"code", "message", "hint"}
    logged = [JsonLines().format(record) for record in caplog.records]
    incident = next(json.loads(line) for line in logged if "incident" in line)
    assert incident["incident"] in got.json["error"]["hint"]
    assert incident["error"] == "RuntimeError"
    assert any("test_http_faults" in frame for frame in incident["frames"])
    everything = "".join([got.raw.decode(), *logged])
    assert "hunter2" not in everything
    assert "Traceback" not in everything


def test_the_log_of_requests_names_route_and_caller_and_no_token_query_or_body(
    live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    token = live.token()
    with caplog.at_level(logging.INFO, "interlock.http"):
        live.ask("POST", "/v1/cases", proposal("SELECT 'needle' FROM orders"), {"Authorization": f"Bearer {token}"})
        live.ask("GET", f"/v1/cases?state=held&token={token}")

    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    first = next(line for line in lines if line.get("route") == "POST /v1/cases")
    assert (first["caller"], first["status"], first["method"]) == ("agent:fixer", 201, "POST")
    text = json.dumps(lines)
    assert token not in text
    assert token.split(".")[2] not in text
    assert "needle" not in text


def test_places_of_an_error_hold_no_text_of_it() -> None:
    try:
        raise ValueError("secret")
    except ValueError as error:
        told = places(error)

    assert told["error"] == "ValueError"
    assert "secret" not in json.dumps(told)


def test_too_many_at_once_are_sent_away_and_health_still_answers(fresh: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Targets that hang take the heavy threads; looking and health have threads of their own."""
    release, headers = threading.Event(), fresh.agent()
    monkeypatch.setattr(app, "LINE", 0)
    real = fresh.world.control.check
    monkeypatch.setattr(fresh.world.control, "check", lambda *given: release.wait(30) and real(*given))
    asked = [
        threading.Thread(target=fresh.ask, args=("POST", "/v1/check", {"kind": "sql:sqlite", "payload": READ}))
        for _ in range(app.THREADS["heavy"])
    ]
    for thread in asked:
        thread.start()
    time.sleep(1)
    refused = fresh.ask("POST", "/v1/check", {"kind": "sql:sqlite", "payload": READ})
    looked = fresh.ask("GET", "/v1/cases", headers=headers)
    health = fresh.ask("GET", "/health")
    release.set()
    for thread in asked:
        thread.join()

    assert (refused.status, refused.code) == (503, "busy")
    assert (looked.status, health.status) == (200, 200)
    assert fresh.ask("POST", "/v1/check", {"kind": "sql:sqlite", "payload": READ}).status == 200


def test_with_too_many_waiting_the_next_is_answered_at_once(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    case, begun = live.held(), time.monotonic()
    monkeypatch.setattr(app, "WAITERS", 0)

    got = live.ask("GET", f"/v1/cases/{case}/wait?seconds=30", headers=live.agent())

    assert got.json["state"] == "held"
    assert time.monotonic() - begun < 5


def test_a_waiter_that_hangs_up_leaves_its_place(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    case, headers = live.held(), live.agent()
    request = f"GET /v1/cases/{case}/wait?seconds=50 HTTP/1.1\r\nHost: localhost\r\n"
    live.raw((request + f"Authorization: {headers['Authorization']}\r\n\r\n").encode(), seconds=0.5)
    time.sleep(1.5)
    monkeypatch.setattr(app, "WAITERS", 1)

    begun = time.monotonic()
    live.ask("GET", f"/v1/cases/{case}/wait?seconds=1", headers=headers)

    assert time.monotonic() - begun > 0.9


@pytest.mark.parametrize("path", ["/health", "/v1/cases", "/nowhere", "/v1/verbs"])
def test_every_reply_carries_the_security_headers_and_no_leave_for_other_sites(live: Live, path: str) -> None:
    got = live.ask("GET", path)

    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert got.headers["x-frame-options"] == "DENY"
    assert "server" not in got.headers
    assert "set-cookie" not in got.headers
    assert not [name for name in got.headers if name.startswith("access-control-")]


def test_who_asks_for_another_protocol_is_answered_in_this_one(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    asked = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    got = live.raw(asked, seconds=1)

    assert got.startswith(b"HTTP/1.1 200 ")
    assert "install" not in caplog.text


def test_an_agent_that_is_too_fast_is_told_how_long_to_wait(fresh: Live) -> None:
    control = fresh.world.control
    control.pace = Pace(PaceBounds(proposals=2), lambda: 0)
    headers = fresh.agent()
    asked = [fresh.ask("POST", "/v1/cases", proposal(READ), headers) for _ in range(3)]

    assert [got.status for got in asked] == [201, 201, 429]
    assert asked[2].code == "too-fast"
    assert asked[2].headers["retry-after"] == "30"
    assert asked[2].json["error"]["hint"].startswith("wait 30 s")
    assert fresh.ask("GET", "/v1/cases", headers=headers).json["total"] == 2
    assert any("held back" in text for text in fresh.ask("GET", "/health").json["degraded"])
