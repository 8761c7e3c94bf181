"""A thing between a client and moto's server: it keeps what was asked, and answers some of it otherwise."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import NamedTuple
from urllib.parse import parse_qs


class Said(NamedTuple):
    """An answer in moto's place; `times`: only so often, and then moto answers."""

    status: int = 200
    body: str = ""
    type: str = "text/xml"
    seconds: float = 0.0
    times: int = 1_000_000
    cut: bool = False


def query_error(code: str, status: int = 403) -> Said:
    """As the query protocol says it; EC2's clients understand it, too."""
    body = (
        f"<Response><Errors><Error><Code>{code}</Code><Message>x</Message></Error></Errors></Response>"
        if code.startswith("Unauthorized") or code == "RequestLimitExceeded"
        else f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>x</Message></Error></ErrorResponse>"
    )
    return Said(status, body)


def json_error(code: str, status: int = 400) -> Said:
    return Said(status, f'{{"__type": "{code}", "message": "x"}}', "application/x-amz-json-1.1")


class Between:
    """`asked` are (service, operation) in order; of a REST call the operation is its method and path."""

    def __init__(self, behind: str) -> None:
        self.asked: list[tuple[str, str]] = []
        self._answers: dict[tuple[str, str], Said] = {}
        self._lock = Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                outer._answer(self, behind, body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _any

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def say(self, service: str, operation: str, said: Said) -> None:
        """What is answered to this call; of a REST call, to those whose method and path begin so."""
        self._answers[service, operation] = said

    def _answer(self, request: BaseHTTPRequestHandler, behind: str, body: bytes) -> None:
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", request.headers.get("authorization", ""))
        service = scope[1] if scope else ""
        operation = _operation(request, body)
        with self._lock:
            self.asked.append((service, operation))
            said = self._said(service, operation)
        if said is not None:
            time.sleep(said.seconds)
            status, kind, raw = said.status, said.type, said.body.encode()
        else:
            status, kind, raw = _forwarded(request, behind, body)
        request.send_response(status)
        request.send_header("content-type", kind)
        request.send_header("content-length", str(len(raw) + (100 if said is not None and said.cut else 0)))
        if said is not None and said.cut:
            request.close_connection = True
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(raw)

    def _said(self, service: str, operation: str) -> Said | None:
        for (asked, begins), said in self._answers.items():
            rest = " " in begins
            if asked == service and (operation.startswith(begins) if rest else operation == begins):
                if said.times <= 0:
                    return None
                self._answers[asked, begins] = said._replace(times=said.times - 1)
                return said
        return None


def _operation(request: BaseHTTPRequestHandler, body: bytes) -> str:
    target = request.headers.get("x-amz-target", "")
    if target:
        return target.rpartition(".")[2]
    action = parse_qs(body.decode("utf-8", "replace")).get("Action") if b"Action=" in body[:200] else None
    return action[0] if action else f"{request.command} {request.path}"


def _forwarded(request: BaseHTTPRequestHandler, behind: str, body: bytes) -> tuple[int, str, bytes]:
    headers = {name: value for name, value in request.headers.items() if name.lower() not in ("host", "connection")}
    made = urllib.request.Request(behind + request.path, data=body or None, headers=headers, method=request.command)
    try:
        with urllib.request.urlopen(made, timeout=120) as answer:
            return answer.status, answer.headers.get("content-type", ""), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("content-type", ""), error.read()
