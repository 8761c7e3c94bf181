"""A real gate on a free port over a simulated production; each of its answers is held to the document.

Whatever status and shape a route answers with in any test, /openapi.json has to promise it.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from interlock.approve.vote import sign
from interlock.gates.http.openapi import statuses
from interlock.gates.http.serve import Listening, Server, serving
from interlock.gates.http.shapes import Error
from interlock.gates.http.table import PARAMS, ROUTES
from interlock.identify.keys import SigningKey
from interlock.identify.sessions import Challenge, answer
from interlock.identify.tokens import Grant
from interlock.model.approval import Ballot
from interlock.model.canon import canonical
from interlock.testing.world import OPERATOR, World, furnish
from interlock.testing.world import Clock as WorldClock

READ = "SELECT count(*) FROM orders"
FIX = "UPDATE orders SET status = 'paid' WHERE id = 7"
WIDE = "UPDATE orders SET status = 'paid' WHERE status = 'pending'"
DROP = "DROP TABLE customers"


class Got:
    """One answer."""

    def __init__(self, status: int, headers: dict[str, str], raw: bytes) -> None:
        self.status = status
        self.headers = headers
        self.raw = raw

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        """The error's code; empty for a success."""
        return str(self.json.get("error", {}).get("code", ""))

    def __repr__(self) -> str:
        return f"{self.status} {self.raw[:300]!r}"


class Live:
    """A world, and the gate that serves it."""

    def __init__(self, world: World, server: Server, listening: Listening) -> None:
        self.world = world
        self.server = server
        self.port = listening.port
        self.url = listening.url
        self._sessions: dict[str, str] = {}

    def token(self, agent: str = "fixer", environment: str = "production", session: str = "s1") -> str:
        grant = Grant(agent, environment, session, "olga")
        return self.world.control.registry.issue_token(OPERATOR, grant).token

    def key(self, person: str) -> SigningKey:
        return self.world.key(person)

    def prove(self, person: str) -> dict[str, str]:
        """An answer to a fresh challenge, as it is sent."""
        got = self.ask("POST", "/v1/sessions/challenge", {"person": person})
        challenge = msgspec.convert(got.json, Challenge)
        given = answer(self.key(person), challenge, audience=self.world.control.registry.audience)
        return {"nonce": given.nonce, "signature": b64encode(given.signature).decode()}

    def session(self, person: str) -> str:
        if person not in self._sessions:
            got = self.ask("POST", "/v1/sessions", self.prove(person))
            assert got.status == 201, got
            self._sessions[person] = got.json["token"]
        return self._sessions[person]

    def agent(self, **bound: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(**bound)}"}

    def person(self, name: str = "ada") -> dict[str, str]:
        return {"Authorization": f"Session {self.session(name)}"}

    def propose(self, sql: str, *, run: bool = False, target: str = "shop") -> Got:
        return self.ask("POST", "/v1/cases", proposal(sql, run=run, target=target), self.agent())

    def held(self) -> str:
        """A case that waits for people."""
        got = self.propose(WIDE)
        assert got.json["state"] == "held", got
        return str(got.json["case"])

    def signed(self, case: str, person: str, choice: str = "approve", **changes: Any) -> dict[str, Any]:
        """A ballot drawn over HTTP, filled in, and signed by this person."""
        got = self.ask("GET", f"/v1/cases/{case}/ballot?choice={choice}", headers=self.person(person))
        assert got.status == 200, got
        ballot = msgspec.structs.replace(msgspec.convert(got.json, Ballot), **changes)
        return dict(json.loads(canonical(sign(self.key(person).private, ballot))))

    def vote(self, case: str, person: str, choice: str = "approve", **changes: Any) -> Got:
        vote = self.signed(case, person, choice, **changes)
        return self.ask("POST", f"/v1/cases/{case}/votes", vote, self.person(person))

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, host: str = ""
    ) -> Got:
        """One request. A body that is no bytes is sent as JSON. The answer is held to the document."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if raw else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = {"Host": host} if host else {}
            connection.request(method, path, raw or None, sent | named | (headers or {}))
            response = connection.getresponse()
            got = Got(response.status, {key.lower(): text for key, text in response.getheaders()}, response.read())
        finally:
            connection.close()
        hold_to_document(method, path.partition("?")[0], got)
        return got

    def raw(self, request: bytes, *, seconds: float = 10) -> bytes:
        """These very bytes, and what comes back until the connection is closed or nothing comes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(request)
            found = b""
            try:
                while part := connection.recv(65536):
                    found += part
            except (TimeoutError, ConnectionResetError):
                pass
            return found


def proposal(sql: str, **fields: object) -> dict[str, object]:
    return {"kind": "sql", "payload": sql, "target": "shop", "intent": "a test", **fields}


def hold_to_document(method: str, path: str, got: Got) -> None:
    """The status is one that the route promises, the shape the one that it promises for it."""
    assert got.headers["content-type"] == "application/json", got
    for route in ROUTES:
        parts = re.split(r"{(\w+)}", route.path)
        pattern = "".join(f"(?:{PARAMS[part]})" if index % 2 else re.escape(part) for index, part in enumerate(parts))
        if route.method == method and re.fullmatch(pattern, path):
            assert got.status in statuses(route), f"{route.name} promises no {got.status}: {got}"
            is_error = got.status >= 400 and "error" in got.json
            msgspec.json.decode(got.raw, type=Error if is_error else route.answer)
            return
    assert got.status in (400, 403, 404, 405, 421), got
    msgspec.json.decode(got.raw, type=Error)


@contextmanager
def live_gate(path: Path, *, store: str = "") -> Iterator[Live]:
    """A furnished world, served by a real server in a thread."""
    world = furnish(path, WorldClock(), store=store)
    try:
        with serve(world) as live:
            yield live
    finally:
        world.close()


@contextmanager
def serve(world: World) -> Iterator[Live]:
    listening = Listening(port=free_port())
    with serving(world.control, listening) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield Live(world, server, listening)
        finally:
            server.should_exit = server.force_exit = True
            thread.join()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_until(condition: Any, seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.01)
