"""A server that keeps one state for the `http` backend: GET, POST, DELETE, LOCK and UNLOCK as they are documented."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USER, PASSWORD = "interlock", "marker-state-7c1e"


class StateServer(ThreadingHTTPServer):
    """What is kept, who holds the lock, and what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = b""
        self.lock: bytes | None = None
        self.asked: list[str] = []
        self.strangers = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/state"


class _Handler(BaseHTTPRequestHandler):
    server: StateServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _asked(self) -> bytes | None:
        """The body; None for whoever does not know the password, which is answered."""
        from base64 import b64encode

        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.command)
        wanted = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != wanted:
            self.server.strangers += 1
            self._answer(401)
            return None
        return body

    def do_GET(self) -> None:
        if self._asked() is not None:
            self._answer(200 if self.server.state else 404, self.server.state)

    def do_POST(self) -> None:
        body = self._asked()
        if body is None:
            return
        if self.server.lock is not None:
            holder = json.loads(self.server.lock)["ID"]
            if f"ID={holder}" not in self.path:
                self._answer(409)
                return
        self.server.state = body
        self._answer(200)

    def do_DELETE(self) -> None:
        if self._asked() is not None:
            self.server.state = b""
            self._answer(200)

    def do_LOCK(self) -> None:
        body = self._asked()
        if body is None:
            return
        if self.server.lock is not None:
            self._answer(423, self.server.lock)
            return
        self.server.lock = body
        self._answer(200)

    def do_UNLOCK(self) -> None:
        if self._asked() is not None:
            self.server.lock = None
            self._answer(200)


@contextmanager
def state_server() -> Iterator[StateServer]:
    """A server for as long as it is needed."""
    server = StateServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
