"""A stand-in for HCP Terraform: a real TLS server that gives out plans, takes results, and misbehaves when told to.

What it does for a path is a function in `plays`; without one, plans lead on to the archive as they do at HCP, and
results are taken. Everything that was asked of it is in `asked`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from interlock.configuration import RunTasks, Workspace

KEY = "the key that both sides of the tests know"
TOKEN = "atlasv1.a-token-that-nobody-may-ever-read-anywhere"
PLANS = Path(__file__).parent / "plans"
#: A plan that a person has to look at in production, and that passes in staging; and one that nobody lets pass.
GREETING = (PLANS / "greeting.json").read_bytes()
ORDERS = (PLANS / "orders.json").read_bytes()


class Asked(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Play = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One connection of the stand-in."""

    protocol_version = "HTTP/1.1"
    server: Server

    def handle_one(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        asked = Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
        with self.server.hcp.lock:
            self.server.hcp.asked.append(asked)
        play = self.server.hcp.plays.get((self.command, self.path))
        if play is not None:
            play(self)
        elif self.command == "PATCH":
            self.reply(200, b"{}")
        elif self.path in self.server.hcp.plans:
            self.reply(200, self.server.hcp.plans[self.path])
        else:
            self.reply(404, b"{}")

    do_GET = do_PATCH = handle_one  # the names of http.server

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on standard error."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    hcp: FakeHcp

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that break off are what some tests are about."""


class FakeHcp:
    """One host. `archive` is another one, to which the addresses of plans lead on."""

    def __init__(self, certificates: Path, name: str = "localhost") -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.hcp = self
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.host = f"{name}:{self._server.server_port}"
        self.asked: list[Asked] = []
        self.plans: dict[str, bytes] = {}
        self.plays: dict[tuple[str, str], Play] = {}
        self.lock = threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str) -> str:
        return f"https://{self.host}{path}"

    def results(self) -> list[dict[str, Any]]:
        """The results that came, oldest first: the attributes and, beside them, the outcomes."""
        with self.lock:
            bodies = [json.loads(one.body) for one in self.asked if one.method == "PATCH"]
        return [
            body["data"]["attributes"]
            | {"outcomes": body["data"].get("relationships", {}).get("outcomes", {}).get("data", [])}
            for body in bodies
        ]

    def fetched(self) -> list[Asked]:
        with self.lock:
            return [one for one in self.asked if one.method == "GET"]

    def wait(self, results: int = 1, seconds: float = 20) -> list[dict[str, Any]]:
        """The results, as soon as there are so many."""
        ends = time.monotonic() + seconds
        while len(self.results()) < results:
            assert time.monotonic() < ends, f"{len(self.results())} results came"
            time.sleep(0.02)
        return self.results()


class Cloud(NamedTuple):
    """The stand-in, the archive that its plans lie in, and the file of certificates that both are known by."""

    hcp: FakeHcp
    archive: FakeHcp
    ca: Path

    def settings(self, **fields: Any) -> RunTasks:
        usual = {
            "hosts": frozenset({self.hcp.host}),
            "downloads": frozenset({self.archive.host}),
            "key": self.ca.parent / "run-task.key",
            "ca": self.ca,
            "wait_seconds": 0,
            "workspaces": (
                Workspace("shop/staging-*", "staging", "deployer"),
                Workspace("shop/*", "production", "deployer"),
            ),
            "people": {"cyd-at-hcp": "cyd"},
        }
        return RunTasks(**(usual | fields))

    def toml(self) -> str:
        return (
            f'\n[run_tasks]\nhosts = ["{self.hcp.host}"]\ndownloads = ["{self.archive.host}"]\nca = "{self.ca}"\n'
            f'key = "{self.ca.parent / "run-task.key"}"\n'
            '[[run_tasks.workspaces]]\nname = "shop/*"\nenvironment = "production"\nagent = "deployer"\n'
        )

    def plan(self, content: bytes, path: str = "/plan") -> str:
        """The address of a plan, which leads on to the archive, as HCP's do."""
        self.archive.plans[path] = content
        self.hcp.plays["GET", path] = lambda handler: handler.reply(307, Location=self.archive.url(path))
        return self.hcp.url(path)

    def payload(self, content: bytes = GREETING, **fields: Any) -> dict[str, Any]:
        """What HCP sends for a run of `shop/production`."""
        sent: dict[str, Any] = {
            "payload_version": 1,
            "access_token": TOKEN,
            "capabilities": {"outcomes": True},
            "stage": "post_plan",
            "is_speculative": False,
            "task_result_id": "taskrs-1",
            "task_result_enforcement_level": "mandatory",
            "task_result_callback_url": self.hcp.url("/result"),
            "run_id": "run-1",
            "run_message": "new greeting",
            "run_created_by": "cyd-at-hcp",
            "workspace_name": "production",
            "organization_name": "shop",
            "vcs_branch": None,
        }
        if "plan_json_api_url" not in fields:
            sent["plan_json_api_url"] = self.plan(content)
        return sent | fields


def signed(raw: bytes, key: str = KEY) -> dict[str, str]:
    return {"X-TFC-Task-Signature": hmac.new(key.encode(), raw, hashlib.sha512).hexdigest()}


@contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    """The stand-in and its archive, on two ports of this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    certify(folder)
    (folder / "run-task.key").touch(mode=0o600)
    (folder / "run-task.key").write_text(KEY)
    hcp, archive = FakeHcp(folder), FakeHcp(folder)
    try:
        yield Cloud(hcp, archive, folder / "cert.pem")
    finally:
        hcp.close()
        archive.close()


def certify(folder: Path) -> None:
    """A certificate for this machine, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
