"""What the gate makes of a target, a store or a client that fails: clear answers, nothing given out too early, no more
memory than a piece."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from aws_gate import Dummy, LiveAws, live_aws, refused, sent, sent_raw, table_call, written
from interlock.aws.request import Request
from interlock.errors import BadConfiguration, Conflict, StoreError, TooFast
from interlock.gates.aws import bodies, reads, upstream
from interlock.gates.aws.answers import refusal
from interlock.gates.aws.serve import Listening, require_safe

LIST = table_call()


def test_a_target_that_is_down_is_a_503_that_clients_may_repeat(tmp_path: Path) -> None:
    with live_aws(tmp_path / "home", "http://127.0.0.1:9") as gate:
        told = refused(gate.client("dynamodb").list_tables)

    assert (told["status"], told["Code"]) == (503, "ServiceUnavailableException")
    assert "cannot be reached" in told["Message"]


def test_a_target_that_does_not_answer_is_a_504(gate: LiveAws, aws: Dummy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "ANSWER_SECONDS", 0.3)
    aws.pause = 1.5
    told = refused(gate.client("dynamodb").list_tables)

    assert told["status"] == 504
    assert "did not answer" in told["Message"]


def test_half_an_answer_is_never_taken_for_a_whole_one(gate: LiveAws, aws: Dummy) -> None:
    aws.body = b"x" * 2_000_000
    aws.cut = 1
    client = gate.client("s3")
    with pytest.raises(Exception, match=r"(?i)incomplete|broken|closed|ended|read"):
        client.get_object(Bucket="b", Key="k")["Body"].read()


def test_half_a_head_is_a_503(gate: LiveAws, aws: Dummy) -> None:
    aws.headers = {"bad header": "x"}
    told = refused(gate.client("dynamodb").list_tables)

    assert told["status"] == 503


def test_an_answer_without_a_length_comes_whole(gate: LiveAws, aws: Dummy) -> None:
    body = b"y" * 300_000
    aws.headers = {"transfer-encoding": "chunked", "content-type": "binary/octet-stream"}
    aws.body = b"".join(b"%x\r\n%s\r\n" % (len(body) // 3, body[:100_000]) for _ in range(3)) + b"0\r\n\r\n"
    got = gate.client("s3").get_object(Bucket="b", Key="k")["Body"].read()

    assert got == body


def test_the_answer_waits_for_the_record(gate: LiveAws, aws: Dummy) -> None:
    gate.control.passing.gate.clear()
    got: list[Any] = []
    client = gate.client("dynamodb")
    thread = threading.Thread(target=lambda: got.append(client.list_tables()))
    thread.start()
    ends = time.monotonic() + 10
    while not aws.asked and time.monotonic() < ends:
        time.sleep(0.02)
    time.sleep(0.3)
    early = list(got)
    gate.control.passing.gate.set()
    thread.join()

    assert len(aws.asked) == 1
    assert early == []
    assert len(got) == 1


def test_an_answer_is_not_kept_back_for_ever(gate: LiveAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "RECORD_SECONDS", 0.3)
    gate.control.passing.gate.clear()
    told = refused(gate.client("dynamodb").list_tables)
    gate.control.passing.gate.set()

    assert told["status"] == 503
    assert "the record takes too long" in told["Message"]


@pytest.mark.parametrize(
    ("error", "status"),
    [(StoreError("the store is down"), 503), (Conflict("the agent's passport has changed"), 409)],
)
def test_what_cannot_be_recorded_is_not_given_out(gate: LiveAws, aws: Dummy, error: Any, status: int) -> None:
    gate.control.passing.error = error
    told = refused(gate.client("dynamodb").list_tables)

    assert told["status"] == status
    assert error.message in told["Message"]


def test_a_target_may_let_reads_pass_while_the_store_is_down_and_nothing_else(aws: Dummy, tmp_path: Path) -> None:
    with live_aws(tmp_path / "home", aws.address, reads_without_record="yes") as gate:
        gate.control.passing.error = StoreError("the store is down")
        gate.control.propose_error = StoreError("the store is down")
        read = gate.client("dynamodb").list_tables()
        told = refused(lambda: gate.client("dynamodb").delete_table(TableName="t"))
        gate.control.passing.error = Conflict("the agent's passport has changed")
        other = refused(gate.client("dynamodb").list_tables)

    assert read["TableNames" if "TableNames" in read else "ResponseMetadata"] is not None
    assert told["status"] == 503
    assert other["status"] == 409


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(gate: LiveAws, aws: Dummy) -> None:
    lines = written(gate, headers=LIST, body=b"{}")
    announced = [line for line in lines[:-1] if not line.startswith(b"content-length")]
    status, text = sent(gate, [*announced, b"content-length: 5368709120", b""])

    assert status == 413
    assert "at most 16777216 bytes" in text
    assert aws.asked == []


def test_who_sends_all_of_a_body_that_is_too_large_gets_to_read_why_and_nothing_behind_it_is_served(
    gate: LiveAws, aws: Dummy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients of AWS send a body to its end before they read; cut off, they would try it again and again."""
    monkeypatch.setattr(bodies, "MOST", 100_000)
    *head, last = written(gate, headers=LIST, body=b"{}")
    behind = b"\r\n".join([*head, b"", last])
    for body in (b"z" * 20_000_000, b"z" * 200_000):
        *head, last = written(gate, headers=LIST, body=body)
        with socket.create_connection(("127.0.0.1", gate.port), timeout=20) as connection:
            connection.sendall(b"\r\n".join([*head, b"", last]) + behind)
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))

        assert answer.startswith(b"HTTP/1.1 413 ")
        assert answer.count(b"HTTP/1.1 ") == 1
    assert aws.asked == []


def test_only_s3_takes_what_does_not_fit_into_memory(
    gate: LiveAws, aws: Dummy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MOST_S3", 3_000_000)
    monkeypatch.setattr(bodies, "MOST", 2_000_000)
    fits, larger = b"z" * 2_500_000, b"z" * 3_500_000
    headers = (("x-amz-acl", "private"),)

    assert sent(gate, written(gate, "PUT", "/b/k", service="s3", body=fits, headers=headers))[0] == 200
    assert aws.asked[0][3] == fits
    assert sent(gate, written(gate, "PUT", "/b/k", service="s3", body=larger, headers=headers))[0] in (400, 413)
    assert sent(gate, written(gate, headers=LIST, body=fits))[0] == 413


def test_a_body_is_asked_for_only_after_its_head_was_believed(gate: LiveAws, aws: Dummy) -> None:
    """`Expect: 100-continue`: a stranger is refused before any of it is sent."""
    good = written(gate, "PUT", "/b/k", service="s3", body=b"abc", headers=(("expect", "100-continue"),))
    forged = [line.replace(b"Signature=", b"Signature=0")[:-1] if b"Signature=" in line else line for line in good]

    assert interim(gate, good) == b"HTTP/1.1 100 Continue"
    assert interim(gate, forged) == b"HTTP/1.1 403 Forbidden"


def interim(gate: LiveAws, lines: list[bytes]) -> bytes:
    """The first line that comes back for the head alone."""
    with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as connection:
        connection.sendall(b"\r\n".join(lines[:-1]) + b"\r\n\r\n")
        return connection.recv(4096).split(b"\r\n")[0]


def test_a_body_that_never_comes_is_given_up(gate: LiveAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.3)
    lines = written(gate, headers=LIST, body=b"{}")
    status, text = sent(gate, [*lines[:-1], b""])

    assert status == 400
    assert "nothing of the body came" in text


def test_a_body_of_s3_that_is_not_the_signed_one_is_refused(gate: LiveAws, aws: Dummy) -> None:
    digest = hashlib.sha256(b"other").hexdigest()
    status, text = sent(gate, written(gate, "PUT", "/b/k", service="s3", body=b"abc", payload=digest))

    assert status == 400
    assert "XAmzContentSHA256Mismatch" in text
    assert aws.asked == []


def test_a_head_that_never_ends_is_cut_off(gate: LiveAws) -> None:
    status, _ = sent_raw(gate, b"POST / HTTP/1.1\r\n" + b"x: " + b"y" * 40_000)

    assert status == 431


def test_a_large_answer_goes_out_whole_however_slowly_it_is_taken(gate: LiveAws, aws: Dummy) -> None:
    aws.headers = {"content-type": "binary/octet-stream"}
    aws.body = b"x" * 64_000_000
    lines = written(gate, "GET", "/b/k", service="s3")
    with socket.create_connection(("127.0.0.1", gate.port), timeout=20) as connection:
        connection.sendall(b"\r\n".join(lines[:-1]) + b"\r\n\r\n")
        head = connection.recv(1000)
        time.sleep(0.5)
        size = len(head)
        while part := connection.recv(1 << 20):
            size += len(part)

    assert head.startswith(b"HTTP/1.1 200 OK")
    assert size > 64_000_000


def test_beyond_this_machine_the_endpoint_takes_tls(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration):
        require_safe(Listening(tls_cert=tmp_path / "cert.pem"))


def test_the_health_page_tells_of_the_gate(gate: LiveAws) -> None:
    assert gate.gate.problems() == []
    assert gate.gate.tightness.startswith("sealed")


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("s3", b"SlowDown"),
        ("dynamodb", b"ThrottlingException"),
        ("ec2", b"RequestLimitExceeded"),
        ("sns", b"Throttling<"),
    ],
)
def test_an_agent_that_is_too_fast_is_told_so_in_the_words_of_the_service(service: str, code: bytes) -> None:
    asked = Request("POST", f"{service}.eu-central-1.amazonaws.com", "/", service, "eu-central-1")
    made = refusal(TooFast("`fixer` is too fast", seconds=7), asked)

    assert made.status == 503
    assert code in made.body
    assert {(b"retry-after", b"7"), (b"x-amz-retry-after", b"7000")} <= set(made.headers)


def test_a_read_of_an_agent_that_is_too_fast_does_not_reach_aws(
    gate: LiveAws, aws: Dummy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held_back(*_: object, **__: object) -> object:
        raise TooFast("`fixer` is too fast", seconds=7)

    monkeypatch.setattr(gate.control, "glance", held_back)
    told = refused(gate.client("dynamodb").list_tables)

    assert (told["Code"], told["status"]) == ("ThrottlingException", 503)
    assert aws.asked == []
