"""The AWS gate: what it adds to a read that policy allows, with every decision on record, and how many a core does.

A real `interlock up`, once over moto's server and once over a dummy that answers at once, each in a process of its own;
16 clients on connections that they keep. Without a pause they keep everything busy, and wait for each other; with one
it is seen what the gate itself adds. Direct and through the gate are measured in turns in one run, so that a busy
machine is busy for both. Moto has a core of its own, as AWS has machines of its own; the gate and the clients share the
other one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import uvloop

from bench import awsmoto
from bench.rows import Row, Scale, at, kept_to
from interlock.aws import sigv4
from interlock.control import Control
from interlock.home import create
from interlock.identify.verbs import Caller
from interlock.identify.virtual import Scope, VirtualKey
from interlock.judge import Senses
from interlock.model.agent import Capability, Passport
from interlock.testing.aws_account import add_account

CLIENTS = 16
#: Seconds between two calls of a client that does something with its answers.
PAUSE = 0.05
#: Different reads that are asked for again and again.
KNOWN = 256
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
    """One connection at a time: sends a request, and tells when its answer is there. Where the server closes after an
    answer, the next request has a connection of its own.
    """

    def __init__(self, port: int) -> None:
        self.buffer = b""
        self.waiting: asyncio.Future[bytes] | None = None
        self.transport: asyncio.Transport | None = None
        self._port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(error or ConnectionResetError("closed without an answer"))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = self.buffer.lower().find(b"\r\ncontent-length:", 0, end)
        length = int(self.buffer[at + 17 : self.buffer.index(b"\r\n", at + 2)])
        if len(self.buffer) >= end + 4 + length and self.waiting is not None:
            answer, self.buffer = self.buffer, b""
            if b"\r\nconnection: close" in answer[:end].lower():
                self.close()
            self.waiting.set_result(answer)

    async def ask(self, raw: bytes) -> bytes:
        if self.transport is None:
            await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)
        assert self.transport is not None
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(raw)
        return await self.waiting

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()
            self.transport = None


async def asked(port: int, raws: Sequence[bytes], clients: int, pause: float = 0) -> tuple[list[float], float]:
    """Milliseconds of each request, and the seconds that all took. A client waits about so many seconds between
    two: were it just so many, those who are answered at once would ask at once for ever.
    """
    drawn = random.Random(7)
    links = [_Client(port) for _ in range(clients)]
    took: list[float] = []
    left = iter(raws)

    async def work(link: _Client) -> None:
        await asyncio.sleep(drawn.uniform(0, pause))
        for raw in left:
            began = time.perf_counter()
            answer = await link.ask(raw)
            took.append((time.perf_counter() - began) * 1000)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer.decode("utf-8", "replace")[:600])
            if pause:
                await asyncio.sleep(drawn.uniform(0, 2 * pause))

    began = time.perf_counter()
    await asyncio.gather(*[work(link) for link in links])
    seconds = time.perf_counter() - began
    for link in links:
        link.close()
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
def gate(folder: Path, aws: int) -> Iterator[tuple[int, int, VirtualKey]]:
    """A gate before the AWS at this port: its own port, its process, and a key."""
    key, port = prepared(folder, f"http://127.0.0.1:{aws}"), free_port()
    home = str(folder / "home")
    up = ["-m", "interlock.cli.main", "up", "--home", home, "--port", str(free_port()), "--aws-port", str(port)]
    with started(up, port) as pid:
        yield port, pid, key


def run(scale: Scale) -> list[Row]:
    return [*moto_rows(scale), *dummy_rows(scale)]


def moto_rows(scale: Scale) -> list[Row]:
    """Over moto's server, which takes some milliseconds for an answer, and for each a new connection."""
    count, rounds, items = scale.statements // 5, min(5, scale.times), min(KNOWN, scale.statements)
    direct: list[float] = []
    through: list[float] = []
    aws = free_port()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with kept_to(0):
            stack.enter_context(started(["-m", "bench.awsmoto", str(aws)], aws))
        stack.enter_context(kept_to(1))
        awsmoto.fill(f"http://127.0.0.1:{aws}", REGION, "costs", items)
        port, pid, key = stack.enter_context(gate(folder, aws))
        known = requests(key, port, items)
        uvloop.run(asked(aws, known, CLIENTS))
        uvloop.run(asked(port, known, CLIENTS))
        used = cpu_seconds(pid)
        for _ in range(rounds):
            raws = (known * (count // len(known) + 1))[:count]
            direct += uvloop.run(asked(aws, raws, CLIENTS))[0]
            through += uvloop.run(asked(port, raws, CLIENTS))[0]
        used = (cpu_seconds(pid) - used) / len(through) * 1e3
        paced_direct = uvloop.run(asked(aws, known * 3, CLIENTS, PAUSE * 2))[0]
        paced = uvloop.run(asked(port, known * 3, CLIENTS, PAUSE * 2))[0]
        alone_direct = uvloop.run(asked(aws, known, 1))[0]
        alone = uvloop.run(asked(port, known, 1))[0]
    for found in (direct, through, paced_direct, paced, alone_direct, alone):
        found.sort()
    return [
        Row("a read of moto, 16 clients: added at the median", *added(direct, through, 0.5, "≤ 1")),
        Row("a read of moto, 16 clients: added at p99", *added(direct, through, 0.99, "≤ 10")),
        Row(
            "a read of moto, 16 clients of 10 a second each: added at the median", *added(paced_direct, paced, 0.5, "")
        ),
        Row("a read of moto, 16 clients of 10 a second each: added at p99", *added(paced_direct, paced, 0.99, "")),
        Row("a read of moto, one client: added at the median", *added(alone_direct, alone, 0.5, "")),
        Row("a read of moto: processor time of the gate", used, "ms", "", "16 clients"),
    ]


def dummy_rows(scale: Scale) -> list[Row]:
    """Over an AWS that answers everything at once, so that all there is to see is the gate."""
    count, rounds, items = scale.statements * 4, min(3, scale.times), min(KNOWN, scale.statements)
    direct: list[float] = []
    through: list[float] = []
    rates, cores, new = [], [], []
    aws = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        started(["-m", "bench.awsdummy", str(aws)], aws),
        gate(Path(folder), aws) as (port, pid, key),
    ):
        known = requests(key, port, items)
        uvloop.run(asked(port, known, CLIENTS))
        for turn in range(rounds):
            raws = (known * (count // len(known) + 1))[:count]
            direct += uvloop.run(asked(aws, raws, CLIENTS))[0]
            before = cpu_seconds(pid)
            took, seconds = uvloop.run(asked(port, raws, CLIENTS))
            through += took
            rates.append(count / seconds)
            cores.append(count / max(cpu_seconds(pid) - before, 0.01))
            fresh = requests(key, port, count // 10, first=1_000_000 * (turn + 1))
            new += uvloop.run(asked(port, fresh, CLIENTS))[0]
        uvloop.run(asked(port, known, CLIENTS))  # a minute may have passed, and all be judged anew
        paced_direct = uvloop.run(asked(aws, known * rounds, CLIENTS, PAUSE))[0]
        paced = uvloop.run(asked(port, known * rounds, CLIENTS, PAUSE))[0]
        alone_direct = uvloop.run(asked(aws, known, 1))[0]
        alone = uvloop.run(asked(port, known, 1))[0]
    for found in (direct, through, new, paced_direct, paced, alone_direct, alone, rates, cores):
        found.sort()
    core = "by the gate's own CPU time"
    return [
        Row("a read of the dummy, 16 clients: added at the median", *added(direct, through, 0.5, "")),
        Row("a read of the dummy, 16 clients: added at p99", *added(direct, through, 0.99, "")),
        Row(
            "a read of the dummy, 16 clients of 20 a second each: added at the median",
            *added(paced_direct, paced, 0.5, ""),
        ),
        Row("a read of the dummy, 16 clients of 20 a second each: added at p99", *added(paced_direct, paced, 0.99, "")),
        Row("a read of the dummy, one client: added at the median", *added(alone_direct, alone, 0.5, "")),
        Row("a read of the dummy that nobody asked before, 16 clients: median", at(new, 0.5), "ms", "", "judged anew"),
        Row("reads a second and core, each on record", at(cores, 0.5), "reads/s", "≥ 3,000", core),
        Row("reads a second, 16 clients", at(rates, 0.5), "reads/s", "", "clients, gate and AWS share the machine"),
    ]


def added(direct: Sequence[float], through: Sequence[float], share: float, goal: str) -> tuple[float, str, str, str]:
    """What the gate adds, with both figures in the note."""
    one, two = at(direct, share), at(through, share)
    return two - one, "ms", goal, f"{one:.2f} direct, {two:.2f} through the gate"
