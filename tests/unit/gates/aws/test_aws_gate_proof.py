"""Armed is proved: what the gate is shown at start, and that nothing passes through one that lets it through."""

from __future__ import annotations

import time

import pytest

from aws_gate import Dummy, LiveAws, refused
from interlock.gates.aws.proof import over_socket, prove


def test_this_gate_refuses_all_that_it_is_shown(gate: LiveAws, aws: Dummy) -> None:
    host = f"127.0.0.1:{gate.port}"

    assert prove(over_socket("127.0.0.1", gate.port), host, int(time.time() * 1000)) == ()
    assert aws.asked == []


@pytest.mark.parametrize("status", [b"200", b"503", b"302"])
def test_a_gate_that_does_anything_but_refuse_is_named_for_each_call(status: bytes) -> None:
    problems = prove(lambda raw: b"HTTP/1.1 " + status + b" X\r\n\r\n", "h", 0)

    assert len(problems) == 6
    assert "the AWS gate did not refuse an unsigned call" in problems


def test_a_gate_that_cannot_be_asked_is_not_armed() -> None:
    def deaf(raw: bytes) -> bytes:
        raise ConnectionRefusedError

    assert "could not be made" in prove(deaf, "h", 0)[0]


def test_nothing_passes_through_a_gate_that_failed_and_its_health_says_why(gate: LiveAws, aws: Dummy) -> None:
    gate.gate._app.problems = ("the AWS gate did not refuse an unsigned call",)
    told = refused(gate.client("dynamodb").list_tables)

    assert told["Code"] == "AccessDeniedException"
    assert "not armed" in told["Message"]
    assert gate.gate.problems() == ["the AWS gate did not refuse an unsigned call"]
    assert aws.asked == []
