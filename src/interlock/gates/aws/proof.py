"""Armed is proved: the gate is shown calls that nobody may make, over its own port, and has to refuse every one.

What a properly signed bad call would do is the business of the policies' own self-test; here it is shown that nobody gets
that far without a key, that an altered call is noticed, and that the proxy leads to AWS alone.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from interlock.aws import sigv4

SECONDS: Final = 10.0
#: A body, and the signature of another one, of a key that nobody has.
BODY: Final = b'{"TableName": "everything"}'


class _Nobody(NamedTuple):
    access_key: str = "ILCKNOBODY"
    secret_key: str = "nothing"
    token: str = ""


def prove(send: Callable[[bytes], bytes], host: str, now: int) -> tuple[str, ...]:
    """What is wrong with this gate, in sentences; nothing when it refuses all that it has to refuse."""
    shown = {
        "an unsigned call": _call(host, ()),
        "a call with a forged signature": _call(host, _signature(host, now)),
        "a bearer token": _call(host, (("authorization", "Bearer token"),)),
        "a tunnel to a metadata address": b"CONNECT 169.254.169.254:443 HTTP/1.1\r\nhost: x\r\n\r\n",
        "a tunnel to elsewhere": b"CONNECT amazonaws.com.example:443 HTTP/1.1\r\nhost: x\r\n\r\n",
        "a call of another address": b"GET http://169.254.169.254/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    }
    problems = []
    for what, raw in shown.items():
        try:
            status = send(raw).split(b" ")[1]
        except (OSError, IndexError):
            problems.append(f"the self-test of the AWS gate could not be made: {what} got no answer")
            continue
        if not status.startswith(b"4"):
            problems.append(f"the AWS gate did not refuse {what}")
    return tuple(problems)


def over_socket(host: str, port: int) -> Callable[[bytes], bytes]:
    """Sends over a connection of its own each time."""

    def send(raw: bytes) -> bytes:
        with socket.create_connection((host, port), timeout=SECONDS) as connection:
            connection.sendall(raw)
            return connection.recv(4096)

    return send


def _call(host: str, headers: tuple[tuple[str, str], ...]) -> bytes:
    all_headers = (*_headers(host), *headers, ("connection", "close"), ("content-length", str(len(BODY))))
    lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in all_headers)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + BODY


def _headers(host: str) -> tuple[tuple[str, str], ...]:
    target = ("x-amz-target", "DynamoDB_20120810.DeleteTable")
    return (("host", host), ("content-type", "application/x-amz-json-1.0"), target)


def _signature(host: str, now: int) -> tuple[tuple[str, str], ...]:
    at = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    return tuple(
        sigv4.sign(
            _Nobody(),
            "POST",
            "/",
            "",
            _headers(host),
            service="dynamodb",
            region="us-east-1",
            at=at,
            payload=sigv4.EMPTY,
        )
    )
