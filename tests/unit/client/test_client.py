"""The client, against a real gate and against servers that behave badly."""

from __future__ import annotations

import http.server
import logging
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import interlock
from interlock import Allowed, Client, ClientError, Denied, Held
from interlock import client as module
from interlock.configuration.pace import PaceBounds
from interlock.pace import Pace
from live_gate import DROP, READ, WIDE, Live, free_port


@pytest.fixture
def client(live: Live) -> Client:
    return Client(live.url, token=live.token())


def test_an_allowed_change_runs_and_brings_its_output(client: Client) -> None:
    answer = client.propose(kind="sql", payload=READ, target="shop", intent="count the orders")

    assert isinstance(answer, Allowed)
    assert answer.ran
    assert "300" in answer.output
    assert client.case(answer.case).output == answer.output


def test_an_agent_that_is_too_fast_is_told_how_long_to_wait(fresh: Live) -> None:
    fresh.world.control.pace = Pace(PaceBounds(proposals=1), lambda: 0)
    client = Client(fresh.url, token=fresh.token())
    client.propose(kind="sql", payload=READ, target="shop")

    with pytest.raises(ClientError) as refused:
        client.propose(kind="sql", payload=READ, target="shop")

    assert (refused.value.code, refused.value.status) == ("too-fast", 429)
    assert refused.value.hint.startswith("wait 60 s")


def test_without_run_it_is_allowed_and_runs_when_told_to(client: Client) -> None:
    answer = client.propose(kind="sql", payload=READ, target="shop", run=False)

    assert isinstance(answer, Allowed)
    assert not answer.ran
    assert answer.output == ""
    assert answer.run().ran  # type: ignore[union-attr]  # it was allowed


def test_a_denied_change_says_which_part_of_which_argument_and_why(client: Client) -> None:
    answer = client.propose(kind="sql", payload=DROP, target="shop")

    assert isinstance(answer, Denied)
    assert answer.reasons
    assert all(reason.argument == "payload" and reason.policy and reason.because for reason in answer.reasons)
    assert any("delete of `customers`" in reason.about for reason in answer.reasons)
    assert "payload (delete of `customers`)" in answer.why


def test_a_held_change_says_what_would_lift_it_and_what_is_missing(client: Client) -> None:
    answer = client.propose(kind="sql", payload=WIDE, target="shop")

    assert isinstance(answer, Held)
    assert answer.requirements
    assert "approval" in answer.missing
    assert any(reason.lift for reason in answer.reasons)
    assert any(finding.where.startswith("statement 1") for finding in answer.findings)
    assert all(str(finding).startswith(finding.argument) for finding in answer.findings)


def test_a_wrong_environment_is_found_in_that_argument(client: Client) -> None:
    answer = client.check(kind="sql", payload=WIDE, target="staging-shop")

    assert "environment" in {finding.argument for finding in answer.findings}


@pytest.mark.parametrize("seconds", [30, float("inf")])
def test_a_held_case_is_waited_for_until_people_decide(live: Live, client: Client, seconds: float) -> None:
    answer = client.propose(kind="sql", payload=WIDE, target="shop")
    threading.Timer(0.5, live.vote, (answer.case, "ada")).start()

    decided = answer.wait(seconds)  # type: ignore[union-attr]  # it is held

    assert isinstance(decided, Allowed)
    assert decided.state == "approved"
    assert not decided.ran


def test_a_rejection_is_an_answer_too(live: Live, client: Client) -> None:
    answer = client.propose(kind="sql", payload=WIDE, target="shop")
    live.key("ada")
    voting = threading.Timer(0.2, lambda: live.vote(answer.case, "ada", "reject", reason="not now"))
    voting.start()

    decided = client.wait(answer.case, 30)
    voting.join()

    assert isinstance(decided, Denied)
    assert decided.state == "rejected"


def test_waiting_ends_in_time_with_the_case_still_held(client: Client) -> None:
    answer = client.propose(kind="sql", payload=WIDE, target="shop")
    begun = time.monotonic()

    assert isinstance(client.wait(answer.case, 1), Held)
    assert 0.9 < time.monotonic() - begun < 6


def test_propose_wait_and_run_in_one_call(fresh: Live) -> None:
    client = Client(fresh.url, token=fresh.token())
    fresh.session("ada")

    def approve() -> None:
        while not (waiting := client_cases(fresh)):
            time.sleep(0.05)
        fresh.vote(waiting[0], "ada")

    thread = threading.Thread(target=approve)
    thread.start()
    answer = client.propose(kind="sql", payload=WIDE, target="shop", wait=30)
    thread.join()

    assert isinstance(answer, Allowed)
    assert answer.ran
    assert fresh.world.rows("SELECT count(*) FROM orders WHERE status = 'pending'") == [(0,)]


def client_cases(live: Live) -> list[str]:
    return [case.id for case in live.world.control.record.cases() if case.state == "held"]


def test_with_wait_and_without_run_an_approved_case_is_left_to_the_caller(fresh: Live) -> None:
    client = Client(fresh.url, token=fresh.token())
    threading.Timer(1, lambda: fresh.vote(client_cases(fresh)[0], "ada")).start()

    answer = client.propose(kind="sql", payload=WIDE, target="shop", run=False, wait=30)

    assert answer.state == "approved"


def test_running_what_is_held_raises_with_what_is_missing(client: Client) -> None:
    answer = client.propose(kind="sql", payload=WIDE, target="shop")

    with pytest.raises(ClientError, match="held") as caught:
        answer.run()
    assert (caught.value.status, caught.value.code) == (403, "refused")


def test_a_check_has_no_case_and_cannot_be_run(client: Client) -> None:
    answer = client.check(kind="sql", payload=READ, target="shop")

    assert isinstance(answer, Allowed)
    assert answer.case == ""
    with pytest.raises(ClientError, match="no case"):
        answer.run()


def test_bytes_that_are_no_text_are_sent_as_they_are(live: Live, client: Client) -> None:
    with pytest.raises(ClientError) as caught:
        client.propose(kind="sql", payload=b"SELECT '\xff'", target="shop")

    newest = live.world.control.record.cases()[-1]
    assert live.world.control.payload(newest) == b"SELECT '\xff'"
    assert caught.value.status == 400


def test_text_that_cannot_be_sent_is_refused_before_it_is(client: Client) -> None:
    with pytest.raises(ClientError, match="UTF-8"):
        client.propose(kind="sql", payload="\udc80", target="shop")


def test_an_error_carries_code_message_hint_and_place(client: Client) -> None:
    with pytest.raises(ClientError) as caught:
        client.propose(kind="sql", payload=READ, target="nowhere")

    assert (caught.value.code, caught.value.status) == ("not-found", 404)
    assert "shop" in caught.value.hint


def test_another_agents_case_is_not_found(client: Client) -> None:
    with pytest.raises(ClientError) as caught:
        client.case("00000000")
    assert caught.value.code == "not-found"


@pytest.mark.parametrize("case", ["", "../x", "a/b", "a?b", "a%2fb", "A"])
def test_what_is_no_case_is_never_put_into_an_address(client: Client, case: str) -> None:
    with pytest.raises(ClientError) as caught:
        client.case(case)
    assert caught.value.code == "bad-case"


def test_answers_cannot_be_changed(client: Client) -> None:
    answer = client.check(kind="sql", payload=READ)

    with pytest.raises(AttributeError):
        answer.state = "allowed"  # type: ignore[misc]  # that is what is tried


def test_health_is_told_armed_and_stopped_alike(fresh: Live) -> None:
    client = Client(fresh.url)

    assert client.health()["state"] == "armed"
    fresh.world.control._problems = ("x",)
    assert client.health()["state"] == "stopped"


# the token


def test_url_and_token_come_from_the_environment(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERLOCK_URL", live.url + "/")
    monkeypatch.setenv("INTERLOCK_TOKEN", live.token())

    assert Client().propose(kind="sql", payload=READ, target="shop").state == "done"


def test_the_token_is_shown_nowhere(live: Live, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    token = client._token
    with caplog.at_level(logging.DEBUG):
        answer = client.propose(kind="sql", payload=READ, target="shop")
        broken = Client(f"http://127.0.0.1:{free_port()}", token=token)
        with pytest.raises(ClientError) as caught:
            broken.case("abc")

    error = caught.value
    shown = [repr(client), str(client), repr(answer), str(answer.detail), str(error), repr(error), str(vars(error))]
    assert token not in "".join([*shown, caplog.text])


@pytest.mark.parametrize("url", ["http://example.com", "http://10.0.0.1:7117", "http://localhost.evil.example"])
def test_a_token_never_travels_in_the_open_to_another_machine(url: str) -> None:
    with pytest.raises(ClientError) as caught:
        Client(url, token="abc.def.ghi")
    assert caught.value.code == "insecure"


@pytest.mark.parametrize(
    "url", ["https://example.com", "http://localhost:7117", "http://127.0.0.1", "http://[::1]:7117"]
)
def test_it_travels_within_tls_or_this_machine(url: str) -> None:
    assert repr(Client(url, token="abc.def.ghi")) == f"Client({url!r})"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://localhost",
        "localhost:7117",
        "http://",
        "http://user:pw@localhost",
        "http://localhost/x",
        "http://a:99999",
        "//x",
    ],
)
def test_what_is_no_address_of_a_server_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ClientError) as caught:
        Client(url)
    assert caught.value.code == "bad-url"
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("token", ["a b", "a\r\nX-Evil: 1", "a\n", "ä", " "])
def test_what_is_no_token_never_becomes_a_header(token: str) -> None:
    with pytest.raises(ClientError) as caught:
        Client("http://localhost", token=token)
    assert caught.value.code == "bad-token"


# servers that behave badly


class Bad(http.server.BaseHTTPRequestHandler):
    """Answers what the test says, and counts."""

    asked: list[str]
    answers: list[tuple[int, bytes] | None]

    def do_GET(self) -> None:
        self.asked.append(self.command)
        self.rfile.read(int(self.headers.get("content-length", 0)))
        told = self.answers.pop(0) if self.answers else (200, b'{"state":"done"}')
        if told is None:
            self.close_connection = True
            return
        self.send_response(told[0])
        self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.send_header("content-length", str(len(told[1])))
        self.end_headers()
        self.wfile.write(told[1])

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(*answers: tuple[int, bytes] | None) -> Iterator[tuple[Client, list[str]]]:
    asked: list[str] = []
    handler = type("Handler", (Bad,), {"asked": asked, "answers": list(answers)})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Client(f"http://127.0.0.1:{server.server_port}", timeout=5), asked
        finally:
            server.shutdown()
            thread.join()


def test_looking_is_repeated_after_a_lost_connection() -> None:
    with answering(None, None, (200, b'{"state":"held","case":"abc"}')) as (client, asked):
        assert isinstance(client.case("abc"), Held)
    assert len(asked) == 3


def test_a_proposal_is_never_sent_twice_where_it_may_have_arrived() -> None:
    with answering(None) as (client, asked), pytest.raises(ClientError) as caught:
        client.propose(kind="sql", payload=READ)
    assert asked == ["POST"]
    assert "before proposing again" in caught.value.hint or caught.value.code == "unreachable"


def test_a_proposal_is_sent_again_where_nobody_listened(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(live.url, token=live.token())
    real, tries = client._once, []

    def once(*given: object) -> object:
        tries.append(given)
        if len(tries) < 3:
            raise ConnectionRefusedError
        return real(*given)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(client, "_once", once)

    assert client.propose(kind="sql", payload=READ, target="shop").state == "done"
    assert len(tries) == 3


def test_a_certificate_that_is_not_trusted_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client, tries = Client("https://localhost"), []

    def once(*given: object) -> object:
        tries.append(given)
        raise ssl.SSLCertVerificationError

    monkeypatch.setattr(client, "_once", once)
    with pytest.raises(ClientError) as caught:
        client.health()
    assert (caught.value.code, len(tries)) == ("untrusted", 1)


def test_where_nobody_listens_the_error_says_where_and_what_to_do() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ClientError) as caught:
        Client(url).health()
    assert (caught.value.code, caught.value.status) == ("unreachable", 0)
    assert url in caught.value.message
    assert "interlock up" in caught.value.hint


@pytest.mark.parametrize("told", [(200, b"<html>"), (200, b"[]"), (502, b"Bad Gateway"), (200, b""), (200, b'{"a":')])
def test_an_answer_that_is_not_interlocks_is_an_error(told: tuple[int, bytes]) -> None:
    with answering(told) as (client, _), pytest.raises(ClientError) as caught:
        client.check(kind="sql", payload=READ)
    assert caught.value.code == "no-interlock"


def test_a_redirect_is_not_followed() -> None:
    """It could lead the token to another machine."""
    with answering((302, b"{}")) as (client, asked), pytest.raises(ClientError):
        client.case("abc")
    assert len(asked) == 1


def test_an_answer_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REPLY", 10)
    with answering((200, b'{"state":"done"}')) as (client, _), pytest.raises(ClientError) as caught:
        client.check(kind="sql", payload=READ)
    assert caught.value.code == "no-interlock"


def test_a_server_that_answers_held_at_once_is_not_asked_in_a_circle() -> None:
    held = (200, b'{"state":"held","case":"abc"}')
    with answering(*[held] * 1000) as (client, asked):
        client.wait("abc", 2.5)
    assert len(asked) <= 5


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("allowed", Allowed), ("approved", Allowed), ("running", Allowed), ("done", Allowed), ("closed", Allowed),
        ("failed", Allowed), ("untold", Allowed), ("undone", Allowed), ("allow", Allowed),
        ("held", Held), ("hold", Held),
        ("denied", Denied), ("refused", Denied), ("rejected", Denied), ("lapsed", Denied), ("deny", Denied),
    ],
)  # fmt: skip
def test_each_state_is_one_of_three_answers(state: str, kind: type) -> None:
    answer = Client("http://localhost")._told({"state": state, "problem": "why"})

    assert type(answer) is kind
    assert "why" in answer.why


def test_a_state_that_is_not_known_is_no_leave() -> None:
    """Unknown never widens: a newer server's word, or none at all, is not taken for allowed."""
    for reply in ({}, {"state": "quarantined"}, {"decision": {}}):
        assert type(Client("http://localhost")._told(reply)) is Denied  # type: ignore[arg-type]  # replies are any JSON


# the module


def test_importing_the_package_imports_nothing_of_ours_or_of_others() -> None:
    code = "import sys; before = set(sys.modules); import interlock; print(len(set(sys.modules) - before))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert int(told.stdout) <= 3


def test_the_client_imports_neither_server_nor_cryptography() -> None:
    code = "import sys, interlock.client; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    heavy = {
        "starlette",
        "uvicorn",
        "cryptography",
        "interlock.control",
        "cedarpy",
        "sqlglot",
        "asyncio",
        "http.client",
    }
    assert not heavy & set(loaded)


def test_the_package_offers_the_clients_names_and_no_others() -> None:
    assert interlock.Client is Client
    assert [getattr(interlock, name) for name in interlock.__all__]
    with pytest.raises(AttributeError):
        interlock.Nothing  # noqa: B018  # asking is the test
