"""Serving: uvicorn with its bounds, and what must be true before anything listens beyond this machine."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import uvicorn

from interlock.control import Control
from interlock.errors import BadConfiguration
from interlock.gates.http.app import App
from interlock.gates.http.challenges import Challenges
from interlock.gates.http.protocol import BoundedProtocol
from interlock.gates.http.route import Beside, Gate
from interlock.gates.http.run_tasks.runner import Runner
from interlock.gates.http.table import ROUTES
from interlock.gates.http.wire import hostname
from interlock.gates.http.worker import Worker

PORT: Final = 7117
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
CONNECTIONS: Final = 1_000
SHUTDOWN_SECONDS: Final = 20


class Listening(NamedTuple):
    """Where to listen, under which names, and what stands between us and the network."""

    host: str = "127.0.0.1"
    port: int = PORT
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    names: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        scheme = "https" if self.tls_cert else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """The names that a request's Host header may carry."""
        bound = f"[{self.host}]" if ":" in self.host else self.host
        return LOOPBACK | {name.lower() for name in (bound, *self.names)}


class Server(uvicorn.Server):
    """uvicorn's server on our socket."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket) -> None:
        super().__init__(config)
        self._listener = listener

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        super().run(sockets=sockets or [self._listener])


@contextlib.contextmanager
def serving(control: Control, listening: Listening, beside: tuple[Beside, ...] = ()) -> Iterator[Server]:
    """A server for this control, with its worker; `run` it inside. When left, what still runs comes to its end.

    `beside` are the other gates of this process, which its health page tells of.
    """
    require_safe(listening)
    with bound(listening.host, listening.port, "--host, --port") as listener:
        control.rearm()  # a gate that is not armed is served too: its health page says so, and nothing passes
        worker = Worker(control)
        settings = control.configuration.run_tasks
        runner = Runner(control, settings) if settings is not None else None
        gate = Gate(control, Challenges(), worker, ROUTES, runner, beside)
        app = App(gate, hosts=listening.hosts, tls=listening.tls_cert is not None)
        worker.start()
        if runner is not None:
            runner.start()
        try:
            yield Server(_config(app, listening), listener)
        finally:
            worker.stop()
            if runner is not None:
                runner.stop()
            app.close()


def require_safe(listening: Listening) -> None:
    """BadConfiguration where tokens would cross a network in the open, or a name or file cannot be used."""
    if (listening.tls_cert is None) != (listening.tls_key is None):
        raise BadConfiguration("a certificate needs its key, and a key its certificate", hint="--tls-cert, --tls-key")
    for name in listening.names:
        if not name or hostname(name) != name.lower():
            raise BadConfiguration(f"`{name}` is no host name", hint="give the name alone, without port or scheme")
    if listening.tls_cert is not None and listening.tls_key is not None:
        require_key_pair(listening.tls_cert, listening.tls_key)
    elif not is_loopback(listening.host) and not listening.behind_proxy:
        raise BadConfiguration(
            f"`{listening.host}` is not this machine alone, and tokens would travel in the open",
            hint="give --tls-cert and --tls-key, or --behind-proxy when a proxy in front ends TLS",
            where="--host",
        )


def require_key_pair(cert: Path, key: Path) -> None:
    try:
        if key.stat().st_mode & 0o077:
            raise BadConfiguration("others can read the TLS key", hint="chmod 600 it", where=str(key))
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except OSError as error:  # SSLError is one
        raise BadConfiguration(
            "the TLS certificate and key cannot be used", hint=str(error), where=str(cert)
        ) from error


def bound(host: str, port: int, options: str) -> socket.socket:
    """The socket, taken before anything is said or started; `options` are the words that choose another one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=CONNECTIONS)
    except OSError as error:
        raise BadConfiguration(
            "nobody can listen there", hint=f"{error.strerror}; {options}", where=f"{host}:{port}"
        ) from error


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _config(app: App, listening: Listening) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        workers=1,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # nothing here is decided by an address, so nobody needs to claim one
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ssl_certfile=listening.tls_cert,
        ssl_keyfile=str(listening.tls_key) if listening.tls_key else None,
    )
