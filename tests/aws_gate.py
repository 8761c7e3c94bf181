"""A live AWS gate for tests: real sockets, real clients, a control that does as it is told, and an AWS behind it.

The control here judges by a rule that a test gives (`pass`, `allow`, `hold`, `deny` for a call) and keeps its cases in
memory; what it runs it really sends. So a test says what is decided, and sees what the gate makes of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import http.server
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import msgspec
from botocore.config import Config

from interlock.aws import sigv4
from interlock.aws.call import Call
from interlock.aws.calls import understand
from interlock.aws.request import Request, from_bytes
from interlock.claims import TWIN, Claim
from interlock.errors import Conflict, InterlockError, NotFound, Unauthenticated
from interlock.execute.aws.answer import answer_of, to_bytes
from interlock.execute.executor import Exchange
from interlock.gates.aws.authority import certificate_path, open_authority
from interlock.gates.aws.forward import Ways
from interlock.gates.aws.serve import Gate, Listening, app_over, running, spool
from interlock.gates.aws.threads import Threads
from interlock.identify.verbs import Caller
from interlock.identify.virtual import Scope, VirtualKey
from interlock.model.case import Case
from interlock.model.change import Change, Effect, Resource
from interlock.model.decision import Because, Decision
from interlock.model.entry import Proposed
from interlock.model.proposal import Proposal
from interlock.model.target import Target
from interlock.passing import Passage
from live_gate import free_port

REGION = "eu-central-1"
ACCOUNT = "123456789012"
KEY, SECRET = "ILCKTESTAGENT0001", "a-secret-of-nobody-elses"
Rule = Callable[[Request, Call], str]

#: Names of operations that are passed as reads unless a test says otherwise.
READS = ("Get", "List", "Describe", "Head", "Query", "Scan", "BatchGet", "Select")


class BrokerKeys:
    """The credential behind the gate."""

    access_key = "AKIABROKER00000000"
    secret_key = "the-brokers-own-secret"
    token = ""
    expires_at = 0


class Spot:
    """Where the emulator is."""

    def __init__(self, address: str, host: str) -> None:
        parts = urlsplit(address)
        self.host = parts.hostname or ""
        self.port = parts.port or 80
        self.tls = False
        self.name = host or parts.netloc


def reads_pass(request: Request, call: Call) -> str:
    """Reads pass, everything else is allowed."""
    return "pass" if call.operation.startswith(READS) and not call.unread else "allow"


class FakeRegistry:
    def __init__(self) -> None:
        self.keys: dict[str, VirtualKey] = {}

    def add(self, access_key: str = KEY, secret: str = SECRET, **changes: Any) -> VirtualKey:
        scope = Scope("fixer", "prod", "production", (), (), "s1", "olga")._replace(**changes)
        key = VirtualKey(access_key, scope, int(time.time() * 1000) + 3_600_000, secret)
        self.keys[access_key] = key
        return key

    def virtual(self, access_key: str, *, fresh: bool = False) -> VirtualKey:
        if access_key not in self.keys:
            raise Unauthenticated("this is no virtual key of this gate", hint="`interlock connect aws` gives one")
        return self.keys[access_key]


class FakePassing:
    """Records at once, from another thread, unless it is told to fail or to wait."""

    def __init__(self) -> None:
        self.entries: list[Passage] = []
        self.error: InterlockError | None = None
        self.gate = threading.Event()
        self.gate.set()

    def take(self, passage: Passage, done: Callable[[InterlockError | None], None]) -> None:
        def record() -> None:
            self.gate.wait(20)
            if self.error is None:
                self.entries.append(passage)
            done(self.error)

        threading.Thread(target=record).start()


class FakeControl:
    """What the gate asks of the control."""

    def __init__(self, target: Target) -> None:
        self.registry = FakeRegistry()
        self.passing = FakePassing()
        self.problems: tuple[str, ...] = ()
        self.rule: Rule = reads_pass
        self.target = target
        self.records: dict[str, Case] = {}
        self.payloads: dict[str, bytes] = {}
        self.outputs: dict[str, bytes] = {}
        self.runs: list[str] = []
        self.pause = 0.0
        self.propose_error: InterlockError | None = None
        self.run_error: Callable[[str], None] | None = None
        self.held: set[str] = set()
        self.calls: dict[str, str] = {}
        self.tries: dict[str, tuple[str, str, str]] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def glance(self, caller: Caller, proposal: Proposal, key: str = "", *, judge: bool = True) -> Passage | None:
        request = from_bytes(proposal.payload)
        if self.rule(request, understand(request)) != "pass":
            return None
        nothing: Any = None
        return Passage(proposal, nothing, nothing, nothing, key)

    def propose(self, caller: Caller, proposal: Proposal, *, run: bool = False) -> Case:
        if self.propose_error is not None:
            raise self.propose_error
        request = from_bytes(proposal.payload)
        call = understand(request)
        ruled = self.rule(request, call)
        state: Any = {"pass": "allowed", "allow": "allowed", "hold": "held", "deny": "denied"}[ruled]
        with self._lock:
            case_id = f"case{next(self._ids):04}"
        came = Proposed(
            proposal.kind, proposal.agent, proposal.environment, proposal.target, "", "", len(proposal.payload),
            session=proposal.session, author=proposal.author, operator=proposal.operator,
        )  # fmt: skip
        effect = Effect("delete", Resource("aws.thing", "the-thing"), cause=f"{call.name} Force=true")
        decision = Decision("deny", (Because("no-deleting", "nothing is deleted here", effects=(0,)),))
        at = int(time.time() * 1000)
        case = Case(case_id, state, came, at, at, 4, change=Change("aws", (effect,)), decision=decision)
        self.payloads[case_id] = proposal.payload
        self.records[case_id] = case
        if state == "held":
            self.held.add(case_id)
        return case

    def called(self, caller: Caller, proposal: Proposal, claim: Claim) -> Case | None:
        with self._lock:
            known = self._found(claim)
            if known:
                return self.records[known]
        case = self.propose(caller, proposal)
        with self._lock:
            self.calls[claim.key] = case.id
            self._note(claim, case.id)
        return case

    def joined(self, caller: Caller, claim: Claim, case_id: str) -> bool:
        with self._lock:
            return self._found(claim) == case_id

    def answered(self, caller: Caller, claim: Claim, case_id: str) -> None:
        with self._lock:
            if self.calls.get(claim.key) == case_id:
                del self.calls[claim.key]

    def _found(self, claim: Claim) -> str:
        twin = False
        for mark in (claim.invocation, claim.signature):
            key, case_id, invocation = self.tries.get(mark, ("", "", ""))
            if mark and key == claim.key:
                twin = bool(claim.invocation) and invocation != claim.invocation
                if not twin:
                    return case_id
        case_id = self.calls.get(claim.key, "")
        if case_id in self.held:
            self._note(claim, case_id)
            return case_id
        if twin:
            raise Conflict("this signature was used a moment ago", code=TWIN)
        return ""

    def _note(self, claim: Claim, case_id: str) -> None:
        for mark in (claim.invocation, claim.signature):
            self.tries.setdefault(mark, (claim.key, case_id, claim.invocation))

    def run(self, caller: Caller, case_id: str, exchange: Exchange | None = None) -> Case:
        with self._lock:
            case = self.records[case_id]
            if case.state not in ("allowed", "approved"):
                raise Conflict(f"case `{case_id}` is {case.state}")
            self.move(case_id, "running")
            self.runs.append(case_id)
        time.sleep(self.pause)
        if self.run_error is not None:
            self.run_error(case_id)
        request = from_bytes(self.payloads[case_id])
        self.outputs[case_id] = send(request, self.target.address, exchange)
        return self.move(case_id, "done")

    def move(self, case_id: str, state: Any) -> Case:
        """What a person's vote, or an executor's end, would do."""
        case = msgspec.structs.replace(self.records[case_id], state=state)
        self.records[case_id] = case
        return case

    def case(self, caller: Caller, case_id: str) -> Case:
        if case_id not in self.records:
            raise NotFound(f"there is no case `{case_id}`")
        return self.records[case_id]

    def output(self, case: Case) -> bytes:
        return self.outputs.get(case.id, b"")

    def told(self, case: Case) -> dict[str, object]:
        return {"missing": "approval 1 by a person in role `dba`" if case.state == "held" else ""}

    def in_state(self, state: str) -> list[str]:
        return [case.id for case in self.records.values() if case.state == state]


def send(request: Request, address: str, exchange: Exchange | None) -> bytes:
    """Send this request as an executor would; returns its answer as it is recorded."""
    spot = Spot(address, request.host)
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = [("host", spot.name), *request.headers]
    added = sigv4.sign(
        BrokerKeys(), request.method, request.path, request.query, headers,
        service=request.service, region=request.region, at=at, payload=request.body_digest,
    )  # fmt: skip
    connection = http.client.HTTPConnection(spot.host, spot.port, timeout=60)
    target = request.path + (f"?{request.query}" if request.query else "")
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in [*headers, *added, ("content-length", str(request.body_size))]:
        connection.putheader(name, value)
    connection.endheaders()
    inline = len(request.body) == request.body_size
    for piece in [request.body] if inline or exchange is None else exchange.send():
        connection.send(piece)
    response = connection.getresponse()
    got = tuple((name.lower(), value) for name, value in response.getheaders())
    content = response.read()
    if exchange is not None:
        exchange.receive(response.status, got, iter([content]))
    connection.close()
    kept = content if len(content) <= 1024 * 1024 else b""
    return to_bytes(answer_of(response.status, got, kept))


class LiveAws:
    """The gate, its control, and clients for it."""

    def __init__(self, control: FakeControl, gate: Gate, listening: Listening, bundle: Path) -> None:
        self.control = control
        self.gate = gate
        self.port = listening.port
        self.url = listening.url
        self.bundle = bundle

    def client(
        self, service: str, *, tunnel: bool = False, key: str = KEY, secret: str = SECRET, **options: Any
    ) -> Any:
        """A client of boto3: as the endpoint's, or through the tunnel."""
        region = options.pop("region", REGION)
        config = Config(
            proxies={"https": self.url} if tunnel else {},
            retries=options.pop("retries", {"total_max_attempts": 1}),
            read_timeout=options.pop("read_timeout", 60),
            **options,
        )
        session = boto3.Session(key, secret, region_name=region)
        where: dict[str, Any] = {"verify": str(self.bundle)} if tunnel else {"endpoint_url": self.url}
        return session.client(service, config=config, **where)

    def direct(self, service: str, **options: Any) -> Any:
        """A client that goes straight to the emulator, with the broker's keys."""
        return boto3.Session(BrokerKeys.access_key, BrokerKeys.secret_key, region_name=REGION).client(
            service, endpoint_url=self.control.target.address, config=Config(**options)
        )


def target_at(address: str, hold: float = 50, **settings: str) -> Target:
    told = {"account": ACCOUNT, "region": REGION, "hold": str(int(hold * 1000))} | settings
    return Target("prod", "aws", address, settings=tuple(told.items()))


@contextlib.contextmanager
def live_aws(
    home: Path,
    address: str,
    *,
    hold: float = 50,
    control: FakeControl | None = None,
    tls: tuple[Path, Path] | None = None,
    **settings: str,
) -> Iterator[LiveAws]:
    """A gate before the AWS at this address."""
    (home / "keys").mkdir(mode=0o700, parents=True, exist_ok=True)
    target = target_at(address, hold, **settings)
    control = control or FakeControl(target)
    if not control.registry.keys:
        control.registry.add()
    listening = Listening("127.0.0.1", free_port(), *(tls or (None, None)))

    def now() -> int:
        return int(time.time() * 1000)

    authority = open_authority(home / "keys", now)
    ways = Ways(lambda target, service, region: BrokerKeys(), Spot)
    with contextlib.closing(Threads()) as threads:
        app = app_over(control, {"prod": target}, now, spool(home), ways, threads, listening.hosts)
        with running(app, authority.context, listening) as gate:
            yield LiveAws(control, gate, listening, certificate_path(home / "keys"))


class Dummy:
    """An AWS that answers everything alike, and remembers what it was asked: (method, target, headers, body)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.status = 200
        self.headers: dict[str, str] = {"content-type": "application/x-amz-json-1.0"}
        self.body = b'{"Tables": []}'
        self.pause = 0.0
        self.cut = 0
        self.address = ""


@contextlib.contextmanager
def dummy() -> Iterator[Dummy]:
    """A dummy, served. With `cut` it breaks off that many bytes before the end of its answer."""
    told = Dummy()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            told.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            time.sleep(told.pause)
            self.send_response_only(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            if "transfer-encoding" not in told.headers:
                self.send_header("content-length", str(len(told.body)))
            self.end_headers()
            if self.command != "HEAD" and told.status != 304:
                self.wfile.write(told.body[: len(told.body) - told.cut])
            if told.cut:
                self.close_connection = True

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # a client that goes away is no news here

    server = Server(("127.0.0.1", 0), Handler)
    told.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def refused(work: Callable[[], Any]) -> dict[str, Any]:
    """The error with which a client gives up; with status and how often it had tried again."""
    from botocore.exceptions import ClientError

    try:
        work()
    except ClientError as error:
        told = dict(error.response["Error"])
        told["status"] = error.response["ResponseMetadata"]["HTTPStatusCode"]
        told["retries"] = error.response["ResponseMetadata"].get("RetryAttempts", 0)
        return told
    raise AssertionError("it was not refused")


class Keys:
    """What an agent signs with."""

    token = ""

    def __init__(self, access_key: str = KEY, secret_key: str = SECRET) -> None:
        self.access_key = access_key
        self.secret_key = secret_key


def written(
    live: LiveAws,
    method: str = "POST",
    path: str = "/",
    *,
    query: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    service: str = "dynamodb",
    region: str = REGION,
    keys: Keys | None = None,
    host: str = "",
    at: float = 0,
    payload: str = "",
) -> list[bytes]:
    """A signed request as its lines, the last one its body; for tests to change before it is sent."""
    when = datetime.fromtimestamp(at or time.time(), UTC).strftime("%Y%m%dT%H%M%SZ")
    all_headers = [("host", host or f"127.0.0.1:{live.port}"), *headers]
    added = sigv4.sign(
        keys or Keys(), method, path, query, all_headers,
        service=service, region=region, at=when, payload=payload or hashlib.sha256(body).hexdigest(),
    )  # fmt: skip
    target = f"{path}?{query}" if query else path
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in [*all_headers, *added]]
    lines += [f"content-length: {len(body)}", "connection: close"]
    return [*(line.encode() for line in lines), body]


def sent(live: LiveAws, lines: list[bytes], *, seconds: float = 20) -> tuple[int, str]:
    """The status and the text of what comes back for these lines; status 0 where nothing comes."""
    return sent_raw(live, b"\r\n".join(lines[:-1]) + b"\r\n\r\n" + lines[-1], seconds=seconds)


def sent_raw(live: LiveAws, raw: bytes, *, seconds: float = 20) -> tuple[int, str]:
    found = b""
    with socket.create_connection(("127.0.0.1", live.port), timeout=seconds) as connection:
        connection.sendall(raw)
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while part := connection.recv(65536):
                found += part
    head, _, body = found.partition(b"\r\n\r\n")
    return (int(head.split(b" ")[1]), body.decode("utf-8", "replace")) if head else (0, "")


def table_call(name: str = "ListTables") -> tuple[tuple[str, str], ...]:
    """The headers of a call to DynamoDB."""
    return (("content-type", "application/x-amz-json-1.0"), ("x-amz-target", f"DynamoDB_20120810.{name}"))
