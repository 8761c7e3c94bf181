"""The AWS gate: what it adds to a read that policy allows, with every decision on record, and how many a core does.

A real `interlock up` over a dummy AWS, each in a process of its own; 16 clients on connections that they keep. Direct
and through the gate are measured in turns in one run, so that a busy machine is busy for both.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from bench.rows import Row, Scale, at
from interlock.aws import sigv4
from interlock.control import Control
from interlock.home import create
from interlock.identify.verbs import Caller
from interlock.identify.virtual import Scope, VirtualKey
from interlock.judge import Senses
from interlock.model.agent import Capability, Passport
from interlock.testing.aws_account import add_account

CLIENTS = 16
REGION = "eu-central-1"
ACCOUNT = "123456789012"
SENSES = Senses(lambda: time.time_ns() // 1_000_000, lambda: time.monotonic_ns() // 1_000_000, os.urandom)
OPERATOR = Caller("operator", "bench")

PASSPORT = Passport(
    name="reader",
    purpose="reads",
    owner="olga",
    justification="to be measured",
    benefits="a figure",
    risks="none",
    worst_case="a wrong figure",
    prevention="it only reads",
    environments=("production",),
    capabilities=(Capability("observe", environments=("production",)),),
)


def prepared(folder: Path, address: str) -> VirtualKey:
    """A home with an account at this address, an agent, and its key."""
    home = create(folder / "home", origin="bench.local/ledger", entropy=os.urandom)
    add_account(home.path, address, ACCOUNT, REGION)
    with Control.open(home.path, SENSES) as control:
        control.registry.add_agent(OPERATOR, PASSPORT)
        scope = Scope("reader", "prod", "production", (), (), "s1", "ada")
        return control.registry.issue_key(OPERATOR, scope)


class _Keys:
    token = ""

    def __init__(self, key: VirtualKey) -> None:
        self.access_key = key.access_key
        self.secret_key = key.secret


def requests(key: VirtualKey, port: int, count: int, first: int = 0) -> list[bytes]:
    """So many signed reads, each of another item."""
    keys, found = _Keys(key), []
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in range(first, first + count):
        body = b'{"TableName": "costs", "Key": {"k": {"S": "%d"}}}' % number
        headers = [
            ("host", f"127.0.0.1:{port}"),
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "DynamoDB_20120810.GetItem"),
            ("user-agent", "Boto3/1.44 md/Botocore#1.44"),
            ("amz-sdk-request", "attempt=1"),
        ]
        added = sigv4.sign(
            keys, "POST", "/", "", headers, service="dynamodb", region=REGION, at=at, payload=sigv4.UNSIGNED
        )
        lines = [f"{name}: {value}" for name, value in [*headers, *added]]
        head = "\r\n".join(["POST / HTTP/1.1", *lines, f"content-length: {len(body)}"])
        found.append(head.encode() + b"\r\n\r\n" + body)
    return found


class _Client(asyncio.Protocol):
    """One connection: sends a request, and tells when its answer is there."""

    def __init__(self) -> None:
        self.buffer = b""
        self.waiting: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = self.buffer.lower().find(b"\r\ncontent-length:", 0, end)
        length = int(self.buffer[at + 17 : self.buffer.index(b"\r\n", at + 2)])
        if len(self.buffer) >= end + 4 + length and self.waiting is not None:
            answer, self.buffer = self.buffer, b""
            self.waiting.set_result(answer)

    async def ask(self, raw: bytes) -> bytes:
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(raw)  # type: ignore[attr-defined]  # a stream's transport
        return await self.waiting


async def asked(port: int, raws: Sequence[bytes], clients: int) -> tuple[list[float], float]:
    """Milliseconds of each request, and the seconds that all took."""
    loop = asyncio.get_running_loop()
    links = [(await loop.create_connection(_Client, "127.0.0.1", port))[1] for _ in range(clients)]
    took: list[float] = []
    left = iter(raws)

    async def work(link: _Client) -> None:
        for raw in left:
            began = time.perf_counter()
            answer = await link.ask(raw)
            took.append((time.perf_counter() - began) * 1000)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer.decode("utf-8", "replace")[:600])

    began = time.perf_counter()
    await asyncio.gather(*[work(link) for link in links])
    seconds = time.perf_counter() - began
    for link in links:
        link.transport.close()  # type: ignore[attr-defined]  # a stream's transport
    return took, seconds


def cpu_seconds(pid: int) -> float:
    """What this process has used of all cores, so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def started(words: list[str], port: int) -> Iterator[int]:
    """This program running, once it listens; gives its process id."""
    root = Path(__file__).parent.parent
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, cwd=root)
    try:
        ends = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > ends or process.poll() is not None:
                    raise
                time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def gate(folder: Path) -> Iterator[tuple[int, int, int, VirtualKey]]:
    """A dummy AWS and a gate before it: the ports of both, the gate's process, and a key."""
    dummy, port = free_port(), free_port()
    with started(["-m", "bench.awsdummy", str(dummy)], dummy):
        key = prepared(folder, f"http://127.0.0.1:{dummy}")
        home = str(folder / "home")
        up = ["-m", "interlock.cli.main", "up", "--home", home, "--port", str(free_port()), "--aws-port", str(port)]
        with started(up, port) as pid:
            yield dummy, port, pid, key


def run(scale: Scale) -> list[Row]:
    count, rounds = scale.statements * 4, min(3, scale.times)
    direct: list[float] = []
    through: list[float] = []
    rates, cores, new = [], [], []
    with tempfile.TemporaryDirectory() as folder, gate(Path(folder)) as (dummy, port, pid, key):
        known = requests(key, port, 256)
        uvloop.run(asked(port, known, CLIENTS))
        for turn in range(rounds):
            raws = (known * (count // len(known) + 1))[:count]
            direct += uvloop.run(asked(dummy, raws, CLIENTS))[0]
            before = cpu_seconds(pid)
            took, seconds = uvloop.run(asked(port, raws, CLIENTS))
            through += took
            rates.append(count / seconds)
            cores.append(count / max(cpu_seconds(pid) - before, 0.01))
            fresh = requests(key, port, count // 10, first=1_000_000 * (turn + 1))
            new += uvloop.run(asked(port, fresh, CLIENTS))[0]
        alone_direct = uvloop.run(asked(dummy, known, 1))[0]
        alone = uvloop.run(asked(port, known, 1))[0]
    for found in (direct, through, new, alone_direct, alone, rates, cores):
        found.sort()
    core = "by the gate's own CPU time"
    return [
        Row("a read, 16 clients: added at the median", *added(direct, through, 0.5, "≤ 1")),
        Row("a read, 16 clients: added at p99", *added(direct, through, 0.99, "≤ 10")),
        Row("a read, one client: added at the median", *added(alone_direct, alone, 0.5, "")),
        Row("a read that nobody asked before, 16 clients: median", at(new, 0.5), "ms", "", "judged anew"),
        Row("reads a second and core, each on record", at(cores, 0.5), "reads/s", "≥ 3,000", core),
        Row("reads a second, 16 clients", at(rates, 0.5), "reads/s", "", "clients, gate and AWS share the machine"),
    ]


def added(direct: Sequence[float], through: Sequence[float], share: float, goal: str) -> tuple[float, str, str, str]:
    """What the gate adds, with both figures in the note."""
    one, two = at(direct, share), at(through, share)
    return two - one, "ms", goal, f"{one:.2f} direct, {two:.2f} through the gate"
