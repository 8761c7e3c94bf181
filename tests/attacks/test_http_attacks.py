"""Ways round the HTTP gate, each tried over a real server: as an agent, as somebody on the network, as a web page."""

from __future__ import annotations

import ast
import json
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.gates.http import protocol
from interlock.gates.http.challenges import Challenges
from interlock.gates.http.table import ROUTES
from interlock.identify.sessions import Challenge
from interlock.testing.world import OPERATOR, passport
from live_gate import DROP, READ, WIDE, Live, live_gate, proposal

SRC = Path(__file__).parents[2] / "src" / "interlock"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_gate(tmp_path_factory.mktemp("attacked") / "home") as gate:
        gate.world.control.registry.add_agent(OPERATOR, passport("rival"))
        yield gate


def as_rival(live: Live) -> dict[str, str]:
    return {"Authorization": f"Bearer {live.token(agent='rival')}"}


def state(live: Live, case: str) -> str:
    return live.world.control.record.case(case).state


# an agent wants its change approved


def test_an_agent_approves_nothing_through_any_route(live: Live) -> None:
    """With its token, with a person's signed vote in its hands, or with a vote of its own making."""
    case = live.held()
    stolen = live.signed(case, "ada")
    own = {"ballot": stolen["ballot"] | {"person": "fixer"}, "signature": stolen["signature"]}

    tried = [
        live.ask("POST", f"/v1/cases/{case}/votes", stolen, live.agent()),
        live.ask("POST", f"/v1/cases/{case}/votes", own, live.agent()),
        live.ask("POST", f"/v1/cases/{case}/votes", own, live.person()),
        live.ask("GET", f"/v1/cases/{case}/ballot?choice=approve", headers=live.agent()),
        live.ask("POST", f"/v1/cases/{case}/run", headers=live.agent()),
        live.ask("POST", "/v1/cases", proposal(WIDE, run=True), live.agent()),
    ]

    assert [got.status for got in tried[:5]] == [403] * 5
    assert tried[5].json["state"] == "held"
    assert state(live, case) == "held"


def test_an_agent_with_a_persons_session_still_has_no_key_to_vote_with(live: Live) -> None:
    """A session that was stolen looks; the vote wants the signature of the key."""
    case = live.held()
    forged = live.signed(case, "ada")
    forged["signature"] = b64encode(b"\0" * 64).decode()

    got = live.ask("POST", f"/v1/cases/{case}/votes", forged, live.person("ada"))

    assert (got.status, got.code) == (401, "bad-signature")
    assert state(live, case) == "held"


def test_a_signed_yes_cannot_be_turned_to_another_case_or_another_choice(live: Live) -> None:
    case, other = live.held(), live.held()
    vote = live.signed(case, "ada")
    moved = {"ballot": vote["ballot"] | {"case": other}, "signature": vote["signature"]}
    no = live.signed(case, "ben", "reject", reason="no")
    turned = {"ballot": no["ballot"] | {"choice": "approve"}, "signature": no["signature"]}

    tried = [
        live.ask("POST", f"/v1/cases/{other}/votes", vote, live.person("ada")),
        live.ask("POST", f"/v1/cases/{other}/votes", moved, live.person("ada")),
        live.ask("POST", f"/v1/cases/{case}/votes", turned, live.person("ben")),
    ]

    assert [got.status for got in tried] == [400, 401, 401]
    assert (state(live, case), state(live, other)) == ("held", "held")


def test_nobody_casts_what_somebody_else_has_signed(live: Live) -> None:
    case = live.held()

    got = live.ask("POST", f"/v1/cases/{case}/votes", live.signed(case, "ada"), live.person("ben"))

    assert (got.status, got.code) == (403, "other-person")
    assert state(live, case) == "held"


def test_a_vote_that_was_cast_is_not_cast_again(live: Live) -> None:
    case = live.held()
    vote = live.signed(case, "ada")

    first = live.ask("POST", f"/v1/cases/{case}/votes", vote, live.person("ada"))
    again = live.ask("POST", f"/v1/cases/{case}/votes", vote, live.person("ada"))

    assert (first.status, again.status) == (201, 409)
    assert len(live.world.control.record.case(case).votes) == 1


# an agent wants to be somebody else


@pytest.mark.parametrize("field", ["agent", "environment", "session", "operator"])
def test_a_proposal_cannot_contradict_its_token(live: Live, field: str) -> None:
    got = live.ask("POST", "/v1/cases", proposal(READ, **{field: "other"}), live.agent())

    assert (got.status, got.code) == (403, "not-its-token")


def test_a_token_for_staging_sets_nothing_going_in_production(live: Live) -> None:
    case = live.propose(READ).json["case"]

    got = live.ask("POST", f"/v1/cases/{case}/run", headers=live.agent(environment="staging"))

    assert (got.status, got.code) == (403, "not-its-token")
    assert state(live, case) == "allowed"


@pytest.mark.parametrize("tail", ["", "/wait?seconds=0", "/contents", "/output", "/run"])
def test_another_agents_case_is_to_an_agent_like_one_that_is_not_there(live: Live, tail: str) -> None:
    case, method = live.propose(READ).json["case"], "POST" if tail == "/run" else "GET"

    foreign = live.ask(method, f"/v1/cases/{case}{tail}", headers=as_rival(live))
    absent = live.ask(method, f"/v1/cases/00000000{tail}", headers=as_rival(live))

    assert (foreign.status, absent.status) == (404, 404)
    assert foreign.raw.replace(case.encode(), b"00000000") == absent.raw
    assert state(live, case) == "allowed"


def test_an_agents_list_holds_its_own_cases_and_counts_no_others(live: Live) -> None:
    live.propose(READ)

    listed = live.ask("GET", "/v1/cases?limit=500", headers=as_rival(live)).json

    assert all(case["agent"] == "rival" for case in listed["cases"])
    assert listed["total"] == len(listed["cases"])


def test_tokens_and_sessions_are_not_taken_for_each_other(live: Live) -> None:
    token, session = live.token(), live.session("ada")

    crossed = [
        live.ask("GET", "/v1/cases", headers={"Authorization": f"Session {token}"}),
        live.ask("GET", "/v1/cases", headers={"Authorization": f"Bearer {session}"}),
    ]

    assert [(got.status, got.code) for got in crossed] == [(401, "bad-token")] * 2


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Bearer ", "Bearer x", "Bearer null", "Basic b3A6b3A=", "Operator op", "Digest a=b", "Bearer a b"],
)
def test_a_credential_that_is_not_taken_never_makes_its_bearer_anyone(live: Live, value: str) -> None:
    """Not even where anyone would do: a revoked agent is told so, and does not go on without a name."""
    got = live.ask("POST", "/v1/check", {"kind": "sql:sqlite", "payload": READ}, {"Authorization": value})

    assert got.status == 401


def test_a_token_with_one_bit_changed_is_refused(live: Live) -> None:
    token = live.token()
    for place in (10, len(token) // 2, len(token) - 3):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert live.ask("GET", "/v1/cases", headers={"Authorization": f"Bearer {changed}"}).status == 401


def test_nobody_becomes_an_operator_by_saying_so(live: Live) -> None:
    headers = live.agent() | {"X-Forwarded-User": "root", "X-Operator": "op", "X-Forwarded-For": "127.0.0.1"}

    got = live.ask("GET", "/v1/ledger/entries?start=0&stop=1", headers=headers)

    assert (got.status, got.code) == (403, "not-this-kind")


# sessions


def test_an_answered_challenge_opens_one_session(live: Live) -> None:
    proof = live.prove("ada")

    first = live.ask("POST", "/v1/sessions", proof)
    again = live.ask("POST", "/v1/sessions", proof)

    assert (first.status, again.status) == (201, 401)


def test_a_challenge_is_gone_after_a_wrong_answer_too(live: Live) -> None:
    proof = live.prove("ada")

    wrong = live.ask("POST", "/v1/sessions", proof | {"signature": b64encode(b"\0" * 64).decode()})
    right = live.ask("POST", "/v1/sessions", proof)

    assert (wrong.status, right.status) == (401, 401)
    assert wrong.raw == right.raw


def test_filling_the_store_of_challenges_pushes_out_the_oldest_and_locks_nobody_out() -> None:
    kept = Challenges(most=3)
    for number in range(100):
        kept.keep(Challenge("ada", "x", str(number), 1))

    assert len(kept._waiting) == 3
    assert kept.take("0") is None
    assert kept.take("99") is not None
    assert kept.take("99") is None


# two readings of one request


@pytest.mark.parametrize(
    "path",
    [
        "//v1/cases", "/v1//cases", "/v1/cases/", "/v1/./cases", "/v1/../v1/cases", "/v1/cases/..", "/v1/%63ases",
        "/v1/cases/%2e%2e/cases", "/v1/cases/..%2fcases", "/v1/cases/%00", "/v1/cases;x=1", "/V1/cases", "/v1/cases%20",
    ],
)  # fmt: skip
def test_a_path_has_one_spelling(live: Live, path: str) -> None:
    got = live.ask("GET", path, headers=live.agent())

    assert (got.status, got.code) == (404, "not-found")


def test_an_escaped_slash_in_a_cases_id_leads_to_no_other_route(live: Live) -> None:
    """A proxy that lets GET and POST /v1/cases/* pass but not …/run would be got round."""
    case = live.propose(READ).json["case"]

    got = live.ask("POST", f"/v1/cases/{case}%2frun", headers=live.agent())

    assert got.status == 404
    assert state(live, case) == "allowed"


@pytest.mark.parametrize("case", ["..", "*", "'", "a'b", "x" * 65, "ABC", "a-b", "%61bc"])
def test_a_case_that_no_case_could_be_called_is_not_there(live: Live, case: str) -> None:
    assert live.ask("GET", f"/v1/cases/{case}", headers=live.agent()).status == 404


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_what_the_request_line_says(live: Live, header: str) -> None:
    case = live.propose(READ).json["case"]

    got = live.ask("GET", f"/v1/cases/{case}/run", headers=live.agent() | {header: "POST"})

    assert (got.status, got.headers["allow"]) == (405, "POST")
    assert state(live, case) == "allowed"


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_not_taken(live: Live, method: str) -> None:
    answered = live.raw(f"{method} /v1/cases HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())

    assert answered.startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize("name", ["token", "access_token", "session", "authorization", "api_key"])
def test_a_credential_in_the_address_is_refused(live: Live, name: str) -> None:
    """Addresses end in logs and histories."""
    token = live.token()

    for path in ("/v1/cases/00000000", "/v1/cases", "/v1/ledger/checkpoint"):
        assert live.ask("GET", f"{path}?{name}={token}").status == 400


def request(*headers: str, line: str = "GET /v1/cases HTTP/1.1", host: str = "Host: localhost") -> bytes:
    return "\r\n".join([line, host, *headers, "Connection: close", "", ""]).encode("latin-1")


def test_two_authorization_headers_are_refused_in_either_order(live: Live) -> None:
    """One reader takes the first, another the last; and nobody is an agent and a person at once."""
    bearer = f"Authorization: Bearer {live.token()}"
    session = f"Authorization: Session {live.session('ada')}"

    for headers in ((bearer, session), (session, bearer), (bearer, bearer)):
        answered = live.raw(request(*headers))
        assert answered.startswith(b"HTTP/1.1 400 ")
        assert b"doubled-header" in answered


def test_two_credentials_in_one_header_are_refused(live: Live) -> None:
    both = f"Bearer {live.token()}, Session {live.session('ada')}"

    assert live.ask("GET", "/v1/cases", headers={"Authorization": both}).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        ("Host: evil.example",),
        ("Content-Length: 0", "Content-Length: 5"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Transfer-Encoding: xchunked",),
        ("Content-Length: -1",),
        ("Content-Length: +5",),
        ("Content-Length: 0x5",),
        ("Content-Length : 5",),
        ("Authorization : Bearer x",),
        (" folded: yes",),
        ("X: a\0b",),
    ],
    ids=lambda headers: headers[-1],
)
def test_heads_that_two_servers_could_read_differently_get_no_success(live: Live, headers: tuple[str, ...]) -> None:
    answered = live.raw(request(*headers, line="POST /v1/check HTTP/1.1") + b"0\r\n\r\n")

    assert answered[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 415", b"HTTP/1.1 401", b""), answered[:200]


@pytest.mark.parametrize(
    "line",
    [
        "GET http://evil.example/health HTTP/1.1",
        "GET http://localhost/health HTTP/1.1",
        "BREW /health HTTP/1.1",
        "hello",
    ],
)
def test_what_is_no_request_with_one_meaning_gets_an_error_of_the_shape_of_all_errors(live: Live, line: str) -> None:
    """An address with a host in it could be led by that host, or by the Host header."""
    head, _, said = live.raw(f"{line}\r\nHost: localhost\r\n\r\n".encode()).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head
    assert json.loads(said)["error"]["code"] == "bad-request"


def test_a_smuggled_second_request_is_not_served_under_the_firsts_name(live: Live) -> None:
    """What follows a body of announced length is a request of its own, and says for itself who it is."""
    case = live.propose(READ).json["case"]
    inner = f"POST /v1/cases/{case}/run HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    outer = f"GET /health HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {live.token()}\r\n\r\n"

    answered = live.raw((outer + inner).encode())

    assert answered.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 401 " in answered
    assert state(live, case) == "allowed"


def test_a_body_in_a_get_is_refused(live: Live) -> None:
    assert live.ask("GET", "/v1/cases", {"state": "held"}, live.agent()).status == 400


def test_websockets_are_not_spoken(live: Live) -> None:
    upgrade = ("Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")
    raw = "\r\n".join(["GET /v1/cases HTTP/1.1", "Host: localhost", "Connection: Upgrade", *upgrade, "", ""])

    assert b" 101 " not in live.raw(raw.encode(), seconds=2)[:40]


# too much, too deep, too slow


def test_json_that_two_readers_take_differently_judges_nothing(live: Live) -> None:
    size = live.world.control.ledger.size()
    doubled = f'{{"kind":"sql","target":"shop","payload":{json.dumps(READ)},"payload":{json.dumps(DROP)}}}'

    got = live.ask("POST", "/v1/cases", doubled.encode(), live.agent())

    assert (got.status, got.code) == (400, "bad-body")
    assert live.world.control.ledger.size() == size + 1  # the token that was issued for it, and no proposal


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind":"sql","payload":NaN}',
        b'{"kind":"sql","payload":"x","run":' + b"9" * 50_000 + b"}",
        b'{"kind":"sql","payload":"x","more":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"kind":"sql","payload":"\xff\xfe"}',
        b'{"kind":"sql","payload":"\\udc80"}',
        b"\x00" * 1000,
    ],
    ids=["nan", "huge number", "deep", "not UTF-8", "lone surrogate", "NUL"],
)
def test_json_that_hurts_readers_is_bad_input(live: Live, body: bytes) -> None:
    got = live.ask("POST", "/v1/cases", body, live.agent())

    assert (got.status, got.code) == (400, "bad-body")


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(live: Live) -> None:
    head = (f"Authorization: Bearer {live.token()}", "Content-Type: application/json", f"Content-Length: {2**40}")

    answered = live.raw(request(*head, line="POST /v1/cases HTTP/1.1"))

    assert answered.startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_is_cut_off_at_the_bound(live: Live) -> None:
    head = (
        f"Authorization: Bearer {live.token()}",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
    )
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"

    answered = live.raw(request(*head, line="POST /v1/sessions/challenge HTTP/1.1") + chunk * 2)

    assert answered.startswith(b"HTTP/1.1 413 ")


def test_whoever_has_not_said_who_they_are_sends_less(live: Live) -> None:
    body = {"kind": "sql:sqlite", "payload": "SELECT 1 --" + "x" * (2 * 1024 * 1024)}

    assert live.ask("POST", "/v1/check", body).status == 413


def test_a_payload_beyond_the_bound_is_refused_and_not_recorded(live: Live) -> None:
    headers = live.agent()
    size = live.world.control.ledger.size()

    got = live.ask("POST", "/v1/cases", proposal("SELECT 1 --" + "x" * (10 * 1024 * 1024)), headers)

    assert (got.status, got.code) == (413, "too-large")
    assert live.world.control.ledger.size() == size


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 50_000 + b"\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000,
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 33_000 + b"\r\n\r\n",
    ],
    ids=["path", "one header", "many headers", "a header without end", "a head that comes whole in one read"],
)
def test_a_head_without_end_is_refused(live: Live, head: bytes) -> None:
    answered = live.raw(head, seconds=5)

    assert answered.startswith(b"HTTP/1.1 431 ")
    assert live.ask("GET", "/health").status == 200


def test_a_head_that_comes_too_slowly_is_cut_off(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    begun = time.monotonic()

    for start in (b"", b"GET /health HTTP/1.1\r\nHo", b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /he"):
        live.raw(start, seconds=10)

    assert time.monotonic() - begun < 9


def test_a_body_that_comes_too_slowly_is_cut_off(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlock.gates.http.app.BODY_SECONDS", 0.5)
    head = ("Content-Type: application/json", "Content-Length: 100")

    answered = live.raw(request(*head, line="POST /v1/check HTTP/1.1") + b"{")

    assert answered.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_is_thrown_away_is_not_waited_for_without_end(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused at once, the sender goes on with a byte now and then to keep the connection."""
    monkeypatch.setattr(protocol, "DISCARD_SECONDS", 0.5)
    head = (
        "POST /v1/cases HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", live.port), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
        begun = time.monotonic()
        with pytest.raises(OSError):  # a broken pipe or a reset, whichever comes first
            while time.monotonic() < begun + 5:
                connection.sendall(b"x")
                time.sleep(0.1)
    assert time.monotonic() - begun < 4


@pytest.mark.parametrize("path", ["/v1/cases", "/nowhere", "/v1/sessions/challenge"])
def test_who_sends_a_large_body_gets_to_read_why_it_is_refused(live: Live, path: str) -> None:
    for _ in range(5):
        got = live.ask("POST", path, b" " * 8_000_000)
        assert got.status in (401, 404, 413)


# web pages


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.nip.io", "localhost.evil.example"])
def test_a_page_that_rebinds_its_name_to_this_address_is_not_answered(live: Live, host: str) -> None:
    for path in ("/health", "/v1/verbs", "/v1/cases"):
        got = live.ask("GET", path, headers=live.agent(), host=host)
        assert (got.status, got.code) == (421, "other-host")


def test_a_page_of_another_site_gets_nothing_done_even_with_a_token(live: Live) -> None:
    """No reply sets a cookie, so a page has no credential to ride on; and what says that it is a page is refused."""
    size = live.world.control.ledger.size()

    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        got = live.ask("POST", "/v1/check", {"kind": "sql:sqlite", "payload": READ}, headers)
        assert (got.status, got.code) == (403, "cross-site")
    assert live.world.control.ledger.size() == size


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_what_a_form_can_send_is_not_read(live: Live, kind: str) -> None:
    got = live.ask("POST", "/v1/check", json.dumps({"kind": "sql"}).encode(), {"Content-Type": kind})

    assert got.status == 415


def test_a_preflight_is_given_no_leave(live: Live) -> None:
    headers = ("Origin: https://evil.example", "Access-Control-Request-Method: POST")

    answered = live.raw(request(*headers, line="OPTIONS /v1/check HTTP/1.1"))

    assert b"access-control" not in answered.lower()
    assert not answered.startswith(b"HTTP/1.1 2")


# what stands in the source


def test_no_secret_is_compared_byte_by_byte() -> None:
    """Tokens, sessions and votes are signatures that are verified; nothing here compares a credential with ==."""
    secret = {"token", "credential", "authorization", "signature", "nonce", "passphrase", "session"}
    for path in [*SRC.joinpath("gates").rglob("*.py"), SRC / "client.py", SRC / "registry.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
                literal = any(isinstance(side, ast.Constant) for side in (node.left, *node.comparators))
                assert literal or not names & secret, f"{path.name}:{node.lineno}"


def test_every_route_that_changes_something_wants_to_know_who() -> None:
    may = {"/v1/check", "/v1/sessions/challenge", "/v1/sessions"}
    unasked = [route for route in ROUTES if route.method == "POST" and (route.open or route.verbs == ("check",))]

    assert {route.path for route in unasked if route.guard is None} == may
    assert [route.path for route in unasked if route.guard is not None] == ["/v1/run-tasks/hcp"]
