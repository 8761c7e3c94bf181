"""Serving: uvicorn in a thread of its own, with its bounds, and what must be true before anything listens.

It is started and stopped with the HTTP gate, over the same control. When it is stopped, what runs comes to its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import uvicorn

from interlock.control import Control
from interlock.errors import BadConfiguration, Broken, InterlockError
from interlock.execute.aws.forward import place_of
from interlock.execute.aws.sessions import observe_credential, unfenced
from interlock.execute.aws.setting import setting_of
from interlock.gates.aws.app import App
from interlock.gates.aws.authority import open_authority
from interlock.gates.aws.bodies import Bodies
from interlock.gates.aws.desk import Desk
from interlock.gates.aws.entrance import KIND, Entrance
from interlock.gates.aws.forward import Forwarder, Ways
from interlock.gates.aws.holding import Holding
from interlock.gates.aws.proof import over_socket, prove
from interlock.gates.aws.protocol import AwsProtocol, Contexts, protocol_with
from interlock.gates.aws.reads import Reads
from interlock.gates.aws.threads import Threads
from interlock.gates.aws.upstream import Pool
from interlock.gates.http.serve import bound, is_loopback, require_key_pair
from interlock.model.target import Target

PORT: Final = 7118
CONNECTIONS: Final = 1_000
KEEP_ALIVE_SECONDS: Final = 60
SHUTDOWN_SECONDS: Final = 20
START_SECONDS: Final = 20.0
ARM_SECONDS: Final = 300.0
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


class Listening(NamedTuple):
    """Where to listen, and under which names as an endpoint. Beyond this machine that takes TLS; the proxy does not."""

    host: str = "127.0.0.1"
    port: int = PORT
    tls_cert: Path | None = None
    tls_key: Path | None = None
    names: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls_cert else 'http'}://{_bracketed(self.host)}:{self.port}"

    @property
    def near(self) -> str:
        """Where this machine itself reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound

    @property
    def hosts(self) -> frozenset[str]:
        """What a Host header may say to the endpoint."""
        standard = 443 if self.tls_cert else 80
        named = {name.lower() for name in (*LOOPBACK, _bracketed(self.host), *self.names)}
        hosts = {f"{name}:{self.port}" for name in named}
        return frozenset(hosts | named if self.port == standard else hosts)


class Gate:
    """The running gate, as the health page shows it."""

    name = "aws"
    tightness = "sealed: only this home holds the credential, agents sign with virtual keys"

    def __init__(self, app: App, listening: Listening, thread: threading.Thread, degraded: Sequence[str] = ()) -> None:
        self._app = app
        self._listening = listening
        self._degraded = degraded
        self._thread = thread

    def problems(self) -> list[str]:
        ended = [] if self._thread.is_alive() else ["the AWS gate has ended; restart"]
        return [*ended, *self._app.problems]

    def prove(self, now: int) -> None:
        """Show it what it has to refuse; until it does, no call passes. Over TLS only from outside is it seen whole."""
        if self._listening.tls_cert is None:
            send = over_socket(self._listening.near, self._listening.port)
            self._app.problems = prove(send, f"127.0.0.1:{self._listening.port}", now)

    def degraded(self) -> list[str]:
        return list(self._degraded)


def wanted(control: Control) -> bool:
    """Whether there is a target for this gate."""
    return any(target.kind == KIND for target in control.configuration.targets.values())


class _Server(uvicorn.Server):
    """uvicorn's server, which lets go of what the application holds in its loop."""

    def __init__(self, config: uvicorn.Config, app: App) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.abort()  # type: ignore[union-attr]  # the protocol is ours
        self._app.close()
        await asyncio.sleep(0.05)  # closed transports say goodbye in the loop


@contextlib.contextmanager
def serving(control: Control, listening: Listening) -> Iterator[Gate]:
    """The gate over this control, running; when left, what runs comes to its end."""
    require_safe(listening)
    now, home = control.record.now, control.home.path
    ways = Ways(
        lambda target, service, region: observe_credential(target, service, region, now=now()),
        lru_cache(4096)(place_of),
    )
    authority = open_authority(home / "keys", now)
    targets = control.configuration.targets
    with contextlib.closing(Threads()) as threads:
        app = app_over(control, targets, now, spool(home), ways, threads, listening.hosts)
        with running(app, authority.context, listening, _loose(targets)) as gate:
            gate.prove(now())
            with _proving(gate, now):
                yield gate


@contextlib.contextmanager
def _proving(gate: Gate, now: Callable[[], int]) -> Iterator[None]:
    """The self-test, again and again, until this is left."""
    over = threading.Event()

    def live() -> None:
        while not over.wait(ARM_SECONDS):
            with contextlib.suppress(InterlockError):  # a clock that went back is on the health page already
                gate.prove(now())

    thread = threading.Thread(target=live, name="interlock-aws-proof", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _loose(targets: Mapping[str, Target]) -> list[str]:
    """What is not as tight as it could be, target by target: said on the health page, not only in a log."""
    accounts = [target for target in targets.values() if target.kind == KIND]
    return [f"target `{target.name}`: {text}" for target in accounts if (text := unfenced(setting_of(target)))]


def app_over(
    desk: Desk,
    targets: Mapping[str, Target],
    now: Callable[[], int],
    folder: Path,
    ways: Ways,
    threads: Threads,
    hosts: frozenset[str],
) -> App:
    """The application over what it needs."""
    reads = Reads(desk, Forwarder(ways, Pool(), now), threads)
    entrance = Entrance(desk.registry.virtual, targets, now, hosts)
    return App(entrance, Bodies(folder), reads, Holding(desk, threads, folder, now), threads, now)


@contextlib.contextmanager
def running(app: App, contexts: Contexts, listening: Listening, loose: Sequence[str] = ()) -> Iterator[Gate]:
    """A server for this application, in a thread of its own."""
    with bound(listening.host, listening.port, "--aws-host, --aws-port") as listener:
        protocol = protocol_with(app.answer, contexts, plain=is_loopback(listening.host))
        server = _Server(_config(app, protocol, listening), app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="interlock-aws", daemon=True)
        thread.start()
        try:
            _await(lambda: server.started or not thread.is_alive())
            yield Gate(app, listening, thread, loose)
        finally:
            server.should_exit = True
            thread.join()


def require_safe(listening: Listening) -> None:
    """BadConfiguration for a certificate without its key, or one that cannot be used."""
    if (listening.tls_cert is None) != (listening.tls_key is None):
        raise BadConfiguration("a certificate needs its key, and a key its certificate", hint="--tls-cert, --tls-key")
    if listening.tls_cert is not None and listening.tls_key is not None:
        require_key_pair(listening.tls_cert, listening.tls_key)


def _config(app: App, protocol: type[AwsProtocol], listening: Listening) -> uvicorn.Config:
    return uvicorn.Config(
        app.answer,  # which the protocol calls itself, a turn at a time
        interface="asgi3",
        loop="uvloop",
        http=protocol,
        ws="none",
        lifespan="off",
        workers=1,
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,  # the answers are the target's, and it says when it gave them
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ssl_certfile=listening.tls_cert,
        ssl_keyfile=str(listening.tls_key) if listening.tls_key else None,
    )


def spool(home: Path) -> Path:
    """Where large bodies lie while they are passed on, without a name, for nobody but us."""
    folder = home / "spool"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise BadConfiguration("large bodies have no place", hint=str(error), where=str(folder)) from error
    return folder


def _await(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > ends:
            raise Broken("the AWS gate does not start", hint="look at the log")
        time.sleep(0.01)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
