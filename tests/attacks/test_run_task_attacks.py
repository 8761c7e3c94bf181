"""Ways to misuse the address where HCP asks: forged, replayed and foreign requests, and hosts that misbehave."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fake_hcp import GREETING, KEY, ORDERS, TOKEN, Cloud, FakeHcp, Handler, certify, cloud, signed
from interlock.errors import BadInput, Broken, InterlockError, TargetError
from interlock.gates.http.journal import JsonLines
from interlock.gates.http.run_tasks import runner as room
from interlock.gates.http.run_tasks.client import Client, Limits
from interlock.gates.http.run_tasks.request import RunTask
from interlock.gates.http.run_tasks.runner import Pace, Runner
from interlock.model.agent import Capability
from interlock.testing.world import OPERATOR, Clock, World, furnish, passport
from live_gate import Live, serve, wait_until

PATH = "/v1/run-tasks/hcp"
QUICK = Pace(tries=2, pause=0.01, look=0.02, sign=60)


@pytest.fixture
def hcp(tmp_path: Path) -> Iterator[Cloud]:
    with cloud(tmp_path / "cloud") as both:
        yield both


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = furnish(tmp_path / "home", Clock(), orders=5)
    both = ("production", "staging")
    made.control.registry.add_agent(
        OPERATOR, passport("deployer", environments=both, capabilities=(Capability("configure", environments=both),))
    )
    yield made
    made.close()


@pytest.fixture
def gate(world: World, hcp: Cloud) -> Iterator[Live]:
    with (world.path / "interlock.toml").open("a", encoding="utf-8") as file:
        file.write(hcp.toml())
    world.reopen()
    with serve(world) as live:
        yield live


def sent(hcp: Cloud, **fields: Any) -> bytes:
    return json.dumps(hcp.payload(**fields)).encode()


# requests that HCP did not send


UNSIGNED: list[dict[str, str]] = [
    {},
    {"X-TFC-Task-Signature": ""},
    {"X-TFC-Task-Signature": "0" * 128},
    {"X-TFC-Task-Signature": "\xe4" * 64},
    signed(b"another body"),
    signed(b"", key="another key than ours"),
]


def test_without_the_right_signature_nothing_of_a_body_is_used(gate: Live, hcp: Cloud) -> None:
    """Not parsed, not taken, not even looked at for being a test: a wrong body gives the same answer as a right one."""
    bodies = [sent(hcp), b"{", b"", b'{"access_token": "test-token"}']

    got = [gate.ask("POST", PATH, raw, head) for head in UNSIGNED for raw in bodies]

    assert {(one.status, one.code) for one in got} == {(401, "bad-signature")}
    assert len({one.raw for one in got}) == 1
    assert gate.world.control.record.cases() == []
    assert hcp.hcp.asked == hcp.archive.asked == []


def test_a_signature_is_for_the_very_bytes(gate: Live, hcp: Cloud) -> None:
    raw = sent(hcp)

    got = gate.ask("POST", PATH, raw.replace(b"production", b"staging-99"), signed(raw))

    assert got.code == "bad-signature"


def test_a_second_signature_beside_the_right_one_is_refused(gate: Live, hcp: Cloud) -> None:
    raw = sent(hcp)
    right = signed(raw)["X-TFC-Task-Signature"]
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n"
    )
    twice = f"X-TFC-Task-Signature: {'0' * 128}\r\nX-TFC-Task-Signature: {right}\r\nConnection: close\r\n\r\n"

    answer = gate.raw((head + twice).encode() + raw)

    assert b"400 Bad Request" in answer
    assert b"doubled-header" in answer


def test_a_signed_body_of_another_shape_is_refused_and_the_gate_goes_on(gate: Live) -> None:
    bodies = [b"[]", b'"x"', b"{", b'{"access_token": 7}', b'{"stage": "a", "stage": "b"}', b"\xff"]

    got = [gate.ask("POST", PATH, raw, signed(raw)) for raw in bodies]

    assert [(one.status, one.code) for one in got] == [(400, "bad-body")] * len(bodies)
    assert gate.ask("GET", "/health").status == 200


def test_without_configuration_there_is_no_such_door(world: World) -> None:
    with serve(world) as live:
        got = live.ask("POST", PATH, b"{}", signed(b"{}"))

    assert (got.status, got.code) == (404, "no-run-tasks")


def test_a_replayed_request_is_answered_and_not_done_again(gate: Live, hcp: Cloud) -> None:
    raw = sent(hcp)

    first = [gate.ask("POST", PATH, raw, signed(raw)).json for _ in range(3)]
    hcp.hcp.wait()
    again = gate.ask("POST", PATH, raw, signed(raw))
    time.sleep(0.6)

    assert [*first, again.json] == [{"taken": True}] * 4
    assert len(hcp.hcp.results()) == 1
    assert len(gate.world.control.record.cases()) == 1


def test_more_runs_than_there_is_room_for_are_sent_away_so_that_they_come_again(
    world: World, hcp: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LINE", 1)
    made = Runner(world.control, hcp.settings(), pace=QUICK)  # not started: nobody takes from the line
    made.take(RunTask(run_id="a"), b"a")

    with pytest.raises(Broken):
        made.take(RunTask(run_id="b"), b"b")
    made._line.get()
    made.take(RunTask(run_id="b"), b"b")


# addresses that lead elsewhere


FOREIGN = [
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/latest",
    "https://evil.example/plan",
    "http://HOST/plan",
    "file:///etc/passwd",
    "ftp://HOST/plan",
    "//HOST/plan",
    "/plan",
    "",
    "https://",
    "https://HOST@evil.example/plan",
    "https://evil.example#@HOST/plan",
    "https://user:word@HOST/plan",
    "https://HOST.evil.example/plan",
    "https://evil.example/https://HOST/",
    "https://HOST\\@evil.example/plan",
    "https://HOST:99999/plan",
    "https://HOST:x/plan",
    "https://localhost/plan",
    "https://HOST/a b",
    "https://HOST/a\r\nX: y",
    "https://hóst/plan",
    "https://127.0.0.1:1/plan",
]


@pytest.mark.parametrize("address", FOREIGN)
@pytest.mark.parametrize("method", ["fetch", "answer"])
def test_no_address_but_one_of_a_configured_host_is_asked_for(hcp: Cloud, address: str, method: str) -> None:
    client = Client(hcp.settings(), Limits(seconds=3, silent_seconds=1))
    url = address.replace("HOST", hcp.hcp.host)

    with pytest.raises(BadInput) as refused:
        client.fetch(url, TOKEN) if method == "fetch" else client.answer(url, TOKEN, b"{}")

    assert refused.value.code in ("foreign-address", "bad-address")
    assert hcp.hcp.asked == hcp.archive.asked == []


def test_a_signed_request_with_a_foreign_address_fails_at_hcp_and_asks_nobody_else(world: World, hcp: Cloud) -> None:
    result = judged(world, hcp, plan_json_api_url="https://169.254.169.254/latest/meta-data/")

    assert result["status"] == "failed"
    assert "none of a configured host" in result["message"]
    assert "169.254" not in result["message"]


def judged(world: World, hcp: Cloud, limits: Limits = Limits(), **fields: Any) -> dict[str, Any]:  # noqa: B008
    """The result that HCP gets for this payload."""
    made = Runner(world.control, hcp.settings(), limits, QUICK)
    made.start()
    try:
        raw = sent(hcp, **fields)
        made.take(msgspec.json.decode(raw, type=RunTask), raw)
        return hcp.hcp.wait()[-1]
    finally:
        made.stop()


def test_with_a_foreign_callback_nobody_is_told_and_no_token_is_sent(world: World, hcp: Cloud) -> None:
    made = Runner(world.control, hcp.settings(), pace=QUICK)
    made.start()
    raw = sent(hcp, task_result_callback_url=hcp.archive.url("/result"))
    made.take(msgspec.json.decode(raw, type=RunTask), raw)
    wait_until(lambda: made.state()[1])
    made.stop()

    assert [one.method for one in hcp.archive.asked] == ["GET"]
    assert hcp.hcp.results() == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "to", ["https://169.254.169.254/x", "http://HOST/plan", "https://evil.example/", "file:///etc/passwd", ""]
)
def test_a_plan_that_leads_elsewhere_is_not_followed(hcp: Cloud, status: int, to: str) -> None:
    where = to.replace("HOST", hcp.archive.host)
    hcp.hcp.plays["GET", "/plan"] = lambda handler: handler.reply(status, Location=where)

    with pytest.raises(InterlockError):
        Client(hcp.settings(), Limits(seconds=5, silent_seconds=1)).fetch(hcp.hcp.url("/plan"), TOKEN)

    assert len(hcp.archive.asked) == 0


def test_a_third_host_is_not_followed_even_when_it_is_on_this_machine(hcp: Cloud, tmp_path: Path) -> None:
    other = FakeHcp(hcp.ca.parent)
    hcp.hcp.plays["GET", "/plan"] = lambda handler: handler.reply(307, Location=other.url("/plan"))
    try:
        with pytest.raises(BadInput):
            Client(hcp.settings()).fetch(hcp.hcp.url("/plan"), TOKEN)
    finally:
        other.close()

    assert other.asked == []


def test_the_archive_is_never_sent_the_token(hcp: Cloud) -> None:
    assert Client(hcp.settings()).fetch(hcp.plan(GREETING), TOKEN) == GREETING

    assert "Authorization" in hcp.hcp.asked[0].headers
    assert "Authorization" not in hcp.archive.asked[0].headers
    assert TOKEN not in str(hcp.archive.asked)


def test_the_archive_is_no_place_to_begin_at(hcp: Cloud) -> None:
    with pytest.raises(BadInput):
        Client(hcp.settings()).fetch(hcp.archive.url("/plan"), TOKEN)


def test_addresses_that_lead_round_in_a_circle_end(hcp: Cloud) -> None:
    hcp.hcp.plays["GET", "/plan"] = lambda handler: handler.reply(302, Location="/plan")

    with pytest.raises(TargetError, match="leads on"):
        Client(hcp.settings()).fetch(hcp.hcp.url("/plan"), TOKEN)
    assert len(hcp.hcp.asked) == 4


def test_a_result_that_leads_elsewhere_is_not_followed(hcp: Cloud) -> None:
    hcp.hcp.plays["PATCH", "/result"] = lambda handler: handler.reply(307, Location=hcp.archive.url("/result"))

    with pytest.raises(TargetError):
        Client(hcp.settings()).answer(hcp.hcp.url("/result"), TOKEN, b"{}")
    assert hcp.archive.asked == []


def test_a_host_with_a_certificate_that_nobody_vouches_for_is_not_spoken_to(hcp: Cloud, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    certify(tmp_path / "other")
    impostor = FakeHcp(tmp_path / "other")
    try:
        with pytest.raises(TargetError):
            Client(hcp.settings(hosts=frozenset({impostor.host}))).fetch(impostor.url("/plan"), TOKEN)
    finally:
        impostor.close()

    assert impostor.asked == []


def test_a_certificate_for_another_name_is_not_taken(hcp: Cloud) -> None:
    host = hcp.hcp.host.replace("localhost", "localhost.localdomain")
    with pytest.raises(TargetError):
        Client(hcp.settings(hosts=frozenset({host}))).fetch(f"https://{host}/plan", TOKEN)

    assert hcp.hcp.asked == []


# hosts that misbehave


def test_a_plan_larger_than_the_bound_fails_without_being_read_to_its_end(world: World, hcp: Cloud) -> None:
    result = judged(world, hcp, Limits(bytes=100_000), content=b"x" * 5_000_000)

    assert result["status"] == "failed"
    assert "at most 100,000 bytes" in result["message"]
    assert world.control.record.cases() == []


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def dripping(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for _ in range(2_000):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def dripping_head(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(2_000):
        handler.wfile.write(b"X-%d: y\r\n" % number if number < 90 else b"y")
        handler.wfile.flush()
        time.sleep(0.05)


def silent(handler: Handler) -> None:
    time.sleep(3)
    handler.close_connection = True


def short(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(GREETING)))
    handler.end_headers()
    handler.wfile.write(GREETING[:500])
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def packed(handler: Handler) -> None:
    handler.reply(200, GREETING, Content_Encoding="gzip")


def long_head(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n")
    handler.close_connection = True


def no_http(handler: Handler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    handler.close_connection = True


@pytest.mark.parametrize(
    "play",
    [endless, dripping, dripping_head, silent, short, packed, long_head, no_http],
    ids=lambda play: play.__name__,
)
def test_a_host_that_misbehaves_costs_little_and_nothing_passes(hcp: Cloud, play: Any) -> None:
    hcp.hcp.plays["GET", "/plan"] = play
    client = Client(hcp.settings(), Limits(bytes=2_000_000, seconds=1.5, silent_seconds=1))
    began = time.monotonic()

    with pytest.raises(TargetError):
        client.fetch(hcp.hcp.url("/plan"), TOKEN)

    assert time.monotonic() - began < 10


def test_a_host_that_takes_the_connection_and_says_nothing_is_given_up(hcp: Cloud) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        host = f"localhost:{listener.getsockname()[1]}"
        with pytest.raises(TargetError):
            Client(hcp.settings(hosts=frozenset({host})), Limits(seconds=2, silent_seconds=0.5)).fetch(
                f"https://{host}/plan", TOKEN
            )


def test_a_host_of_old_encryption_is_not_spoken_to(hcp: Cloud) -> None:
    context = Client(hcp.settings())._tls

    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


# the token


def test_the_token_is_in_no_log_no_entry_no_answer_and_no_file(
    world: World, hcp: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    """Over a run that passes, one that fails, one that HCP does not want to hear of, and a bug."""
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(JsonLines())
    judged(world, hcp, content=ORDERS)
    hcp.hcp.plays["PATCH", "/result"] = lambda handler: handler.reply(500, TOKEN.encode())
    made = Runner(world.control, hcp.settings(), pace=QUICK)
    made.start()
    for number, fields in enumerate(
        ({}, {"plan_json_api_url": f"https://evil.example/?t={TOKEN}"}, {"stage": TOKEN}, {"run_message": "x"})
    ):
        raw = sent(hcp, run_id=f"r{number}", **fields)
        made.take(msgspec.json.decode(raw, type=RunTask), raw)
    wait_until(lambda: len(hcp.hcp.results()) >= 9)
    made.stop()
    entries = b"".join(stored.data for stored in world.control.ledger.read(0, world.control.ledger.size()))
    files = b"".join(path.read_bytes() for path in world.path.rglob("*") if path.is_file())
    said = json.dumps([str(made.state()), repr(msgspec.json.decode(sent(hcp), type=RunTask)), world.control.health()])

    assert TOKEN not in caplog.text
    assert TOKEN.encode() not in entries + files
    assert TOKEN not in said
    assert KEY not in caplog.text + said
    assert TOKEN not in json.dumps(hcp.hcp.results())


def test_values_of_a_plan_stay_out_of_what_hcp_is_told(world: World, hcp: Cloud) -> None:
    result = judged(world, hcp, content=ORDERS)

    assert b"hunter2" in ORDERS
    assert "hunter2" not in json.dumps(result)
    assert "hunter2" not in json.dumps(world.control.told(world.control.record.cases()[-1]))


def test_an_agent_cannot_read_the_values_of_a_state_in_its_own_case(gate: Live, hcp: Cloud) -> None:
    raw = sent(hcp, content=ORDERS)
    gate.ask("POST", PATH, raw, signed(raw))
    hcp.hcp.wait()
    case = gate.world.control.record.cases()[-1].id
    head = {"Authorization": f"Bearer {gate.token('deployer')}"}

    got = gate.ask("GET", f"/v1/cases/{case}/contents", headers=head)

    assert (got.json["payload"], got.json["payload_base64"]) == (None, None)


def test_many_runs_at_once_are_each_judged_once(world: World, hcp: Cloud) -> None:
    made = Runner(world.control, hcp.settings(), pace=QUICK)
    made.start()
    payloads = [sent(hcp, run_id=f"run-{number}") for number in range(12)]

    def hand_in(raw: bytes) -> None:
        for _ in range(3):
            made.take(msgspec.json.decode(raw, type=RunTask), raw)

    threads = [threading.Thread(target=hand_in, args=(raw,)) for raw in payloads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hcp.hcp.wait(12)
    made.stop()

    assert sorted(case.proposed.session for case in world.control.record.cases()) == sorted(
        f"run-{number}" for number in range(12)
    )
