"""A call goes out once, byte for byte as it was approved; its answer comes back the same; nothing is believed of it."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from tests.unit.execute.aws.aws_world import Gate

from interlock.aws.connection import Credential
from interlock.aws.request import Request
from interlock.errors import TargetError
from interlock.execute.aws import forward as forwarding
from interlock.execute.aws.answer import KEPT_BYTES, from_bytes, to_bytes
from interlock.execute.aws.faults import code_in, fault
from interlock.execute.aws.forward import forward, place_of

KEY = Credential("AKIAINTERLOCK", "hunter2hunter2", "session-token")
OK = b"HTTP/1.1 200 OK\r\nX-Amzn-RequestId: r1\r\nContent-Length: 2\r\n\r\nhi"


class Server:
    """Answers every connection with the same bytes, and keeps what was sent to it."""

    def __init__(self, answer: bytes, *, early: bool = False) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.asked: list[bytes] = []
        self._answer, self._early = answer, early
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Nobody waits on the socket when this returns: a thread still in `accept` may take up, by the number of the
        descriptor, the connections of whatever the process opens next."""
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join(timeout=10)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.socket.accept()
            except OSError:
                return
            with link:
                link.settimeout(5)
                raw = b""
                while b"\r\n\r\n" not in raw and (piece := link.recv(65536)):
                    raw += piece
                head, _, body = raw.partition(b"\r\n\r\n")
                length = next(
                    (
                        int(line.split(b":")[1])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length")
                    ),
                    0,
                )
                while not self._early and len(body) < length and (piece := link.recv(65536)):
                    body += piece
                self.asked.append(head + b"\r\n\r\n" + body)
                link.sendall(self._answer)


@contextmanager
def serving(answer: bytes, *, early: bool = False) -> Iterator[Server]:
    server = Server(answer, early=early)
    try:
        yield server
    finally:
        server.close()


def request(**changes: object) -> Request:
    body = changes.pop("body", b"<x/>")
    assert isinstance(body, bytes)
    fields: dict[str, object] = {
        "method": "PUT",
        "host": "reports.s3.eu-central-1.amazonaws.com",
        "path": "/a%2fb//c/../d%20e",
        "service": "s3",
        "region": "eu-central-1",
        "query": "x-id=PutObject&empty=&b=%2a",
        "headers": (
            ("x-amz-acl", "private"),
            ("accept-encoding", "identity"),
            ("x-amz-meta-a", "1"),
            ("x-amz-meta-a", "2"),
        ),
        "body": body,
        "body_digest": hashlib.sha256(body).hexdigest(),
        "body_size": len(body),
    }
    return Request(**(fields | changes))  # type: ignore[arg-type]  # the fields are named above


def sent(server: Server, asked: Request, gate: Gate | None = None):  # type: ignore[no-untyped-def]  # an answer
    return forward(asked, KEY, place_of(server.address, asked.host), gate)


def test_path_query_headers_and_body_go_out_as_they_came() -> None:
    with serving(OK) as server:
        sent(server, request())

    head, _, body = server.asked[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")

    assert lines[0] == b"PUT /a%2fb//c/../d%20e?x-id=PutObject&empty=&b=%2a HTTP/1.1"
    assert b"host: reports.s3.eu-central-1.amazonaws.com" in lines
    assert [line for line in lines if line.startswith(b"x-amz-meta-a")] == [b"x-amz-meta-a: 1", b"x-amz-meta-a: 2"]
    assert b"X-Amz-Security-Token: session-token" in lines
    assert body == b"<x/>"


def test_every_header_is_signed() -> None:
    with serving(OK) as server:
        sent(server, request())

    authorization = next(line for line in server.asked[0].split(b"\r\n") if line.startswith(b"Authorization"))

    for name in (b"x-amz-acl", b"x-amz-meta-a", b"accept-encoding", b"host", b"x-amz-content-sha256"):
        assert name in authorization.partition(b"SignedHeaders=")[2].partition(b",")[0].split(b";")


def test_what_authenticated_the_client_or_moved_its_bytes_is_not_sent_on() -> None:
    ours = request(
        headers=(
            ("authorization", "AWS4-HMAC-SHA256 Credential=AKIAVIRTUAL"),
            ("x-amz-security-token", "virtual"),
            ("transfer-encoding", "chunked"),
            ("content-encoding", "aws-chunked,gzip"),
            ("x-amz-decoded-content-length", "4"),
            ("x-amz-sdk-checksum-algorithm", "CRC32"),
            ("connection", "x-amz-acl"),
        )
    )
    with serving(OK) as server:
        sent(server, ours)

    assert b"virtual" not in server.asked[0].lower().replace(b"virtual-host", b"")
    assert b"chunked" not in server.asked[0]
    assert b"content-encoding: gzip" in server.asked[0]
    assert b"sdk-checksum" not in server.asked[0]
    assert b"connection:" not in server.asked[0].lower()


def test_the_answer_is_taken_in_as_it_came_and_given_to_the_gate() -> None:
    with serving(OK) as server:
        gate = Gate()
        answer = sent(server, request(), gate).answer

    assert (gate.status, gate.answer) == (200, b"hi")
    assert gate.headers == (("x-amzn-requestid", "r1"), ("content-length", "2"))
    assert from_bytes(to_bytes(answer)) == answer
    assert answer.whole


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with (
        serving(OK) as elsewhere,
        serving(
            b"HTTP/1.1 307 Temporary Redirect\r\nLocation: %s/x\r\nContent-Length: 0\r\n\r\n"
            % elsewhere.address.encode()
        ) as server,
    ):
        answer = sent(server, request()).answer

    assert answer.status == 307
    assert elsewhere.asked == []
    assert fault(answer).code == "answered-no"  # type: ignore[union-attr]  # there is one


def test_a_large_answer_is_handed_on_and_only_its_digest_is_kept() -> None:
    body = b"x" * (KEPT_BYTES + 1)
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as server:
        gate = Gate()
        answer = sent(server, request(), gate).answer

    assert gate.answer == body
    assert (b"", len(body), hashlib.sha256(body).hexdigest()) == (answer.body, answer.body_size, answer.body_digest)
    assert not answer.whole


def large(*pieces: bytes) -> Request:
    whole = b"".join(pieces)
    return request(body=b"", body_digest=hashlib.sha256(whole).hexdigest(), body_size=len(whole))


def test_a_body_that_a_gate_holds_is_streamed() -> None:
    pieces = [b"a" * 1000, b"b" * 1000, b"c"]
    with serving(OK) as server:
        sent(server, large(*pieces), Gate(pieces))

    assert server.asked[0].endswith(b"".join(pieces))


@pytest.mark.parametrize("other", [[b"aaa", b"bbX"], [b"aaa"], [b"aaa", b"bbb", b"c"], []])
def test_a_body_that_is_not_the_approved_one_is_never_sent_whole(other: list[bytes]) -> None:
    with serving(OK) as server, pytest.raises(TargetError, match="another one") as caught:
        sent(server, large(b"aaa", b"bbb"), Gate(other))

    assert caught.value.code == "other-body"
    assert not any(asked.endswith(b"".join(other)) and len(b"".join(other)) >= 6 for asked in server.asked)


def test_a_body_that_nobody_holds_any_more_is_not_sent() -> None:
    with serving(OK) as server, pytest.raises(TargetError, match="nobody holds it") as caught:
        sent(server, large(b"aaa"))

    assert caught.value.code == "not-sent"


def test_nobody_there_means_that_nothing_was_sent() -> None:
    with pytest.raises(TargetError, match="nothing was sent") as caught:
        forward(request(), KEY, place_of("http://127.0.0.1:1", "x"), None)

    assert caught.value.code == "not-sent"


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n"])
def test_no_answer_to_a_whole_call_is_unknown(answer: bytes) -> None:
    with serving(answer) as server, pytest.raises(TargetError, match="did not answer") as caught:
        sent(server, request())

    assert caught.value.code == "no-answer"
    assert len(server.asked) == 1, "it is not sent again"


def test_a_slow_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding, "READ_SECONDS", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(TargetError, match="it took too long") as caught,
    ):
        forward(request(), KEY, place_of(f"http://127.0.0.1:{silent.getsockname()[1]}", "x"), None)

    assert caught.value.code == "no-answer"


def test_half_an_answer_that_said_yes_has_taken_effect() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal") as server:
        found = sent(server, request())

    assert (found.answer.status, found.answer.body) == (200, b"hal")
    assert "broke off" in found.unheard


def test_a_gate_whose_client_left_does_not_stop_the_answer() -> None:
    class Gone(Gate):
        def receive(self, status, headers, chunks):  # type: ignore[no-untyped-def]  # as the gate's
            raise BrokenPipeError(32, "Broken pipe")

    with serving(OK) as server:
        found = sent(server, request(), Gone())

    assert found.answer.body == b"hi"
    assert found.unheard == "the answer could not be handed over: Broken pipe"


@pytest.mark.parametrize(
    ("status", "body", "code", "kind"),
    [
        (
            400,
            b"<Response><Errors><Error><Code>InvalidID</Code></Error></Errors></Response>",
            "InvalidID",
            "answered-no",
        ),
        (400, b'{"__type":"com.amazonaws#ResourceInUse","message":"x"}', "ResourceInUse", "answered-no"),
        (503, b"<Error><Code>SlowDown</Code></Error>", "SlowDown", "answered-no"),
        (500, b"<Error><Code>InternalError</Code></Error>", "InternalError", "server-error"),
        (503, b"", "", "server-error"),
        (200, b"<?xml version='1.0'?>\n<Error><Code>InternalError</Code></Error>", "InternalError", "answered-no"),
    ],
)
def test_what_aws_says_no_with(status: int, body: bytes, code: str, kind: str) -> None:
    raw = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)
    with serving(raw) as server:
        answer = sent(server, request()).answer

    assert code_in(answer) == code
    assert fault(answer).code == kind  # type: ignore[union-attr]  # there is one


def test_a_credential_is_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(b"") as server, pytest.raises(TargetError) as caught:
        sent(server, request())

    shown = f"{caught.value} {caught.value!r} {caught.value.__cause__!r} {KEY!r}"
    assert "hunter2" not in shown
    assert "session-token" not in shown
