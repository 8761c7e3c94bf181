"""One connection of the gate, byte by byte: turns in their order, answers in HTTP's form, and bounds for everything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httptools
import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from interlock.gates.aws import protocol, turn, upstream
from interlock.gates.aws.protocol import AwsProtocol, protocol_with
from interlock.gates.aws.turn import Gone, Turn

ASKED = b"GET /%d HTTP/1.1\r\nhost: x\r\n\r\n"
SENT = b"PUT /b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
LONG = 10.0
SHORT = 0.05


class Transport(asyncio.Transport):
    """What went out, and what the connection was told to do."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.reading = True
        self.closed = self.aborted = False
        self.waiting = 0

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


Work = Callable[[Turn], Awaitable[None]]


class Connection:
    """A connection over nothing, whose turns are answered by this work."""

    def __init__(self, work: Work, *, keep: float = LONG, most: int = 100) -> None:
        bounds: Any = {"timeout_keep_alive": keep, "limit_concurrency": most}
        config = Config(work, interface="asgi3", access_log=False, log_config=None, **bounds)  # type: ignore[arg-type]
        contexts: Any = None
        self.state = ServerState()
        self.protocol: AwsProtocol = protocol_with(work, contexts, plain=True)(config, self.state, {})
        self.transport = Transport()
        self.protocol.connection_made(self.transport)

    async def takes(self, *pieces: bytes) -> bytes:
        """Everything that went out, when these came and nobody has anything to do any more."""
        for piece in pieces:
            self.protocol.data_received(piece)
        for _ in range(20):
            await asyncio.sleep(0)
        return b"".join(self.transport.writes)


async def echo(asked: Turn) -> None:
    await asked.answer(200, [(b"content-length", b"%d" % len(asked.target))], asked.target)


def answering(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Work:
    async def work(asked: Turn) -> None:
        await asked.answer(status, headers, body)

    return work


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await test()

    asyncio.run(main())


# turns


def test_calls_that_are_sent_ahead_are_answered_one_after_the_other() -> None:
    async def test() -> None:
        seen: list[bytes] = []
        go = asyncio.Event()

        async def work(asked: Turn) -> None:
            seen.append(asked.target)
            await go.wait()
            await echo(asked)

        connection = Connection(work)
        await connection.takes(ASKED % 1 + ASKED % 2)
        first, reading = list(seen), connection.transport.reading
        go.set()
        out = await connection.takes()

        assert (first, reading) == ([b"/1"], False)
        assert out.index(b"/1") < out.index(b"/2")
        assert connection.transport.reading

    run(test)


def test_a_head_may_come_byte_by_byte() -> None:
    async def test() -> None:
        out = await Connection(echo).takes(*[bytes([byte]) for byte in ASKED % 7])

        assert out.endswith(b"\r\n\r\n/7")

    run(test)


def test_a_body_that_nobody_takes_stops_the_reading_until_somebody_does() -> None:
    async def test() -> None:
        go, got = asyncio.Event(), []

        async def work(asked: Turn) -> None:
            await go.wait()
            while not asked.whole:
                got.append(await asked.more())
            await echo(asked)

        connection = Connection(work)
        await connection.takes(SENT % 100_000, b"x" * 70_000)
        held = connection.transport.reading
        go.set()
        await connection.takes()
        await connection.takes(b"x" * 30_000)

        assert not held
        assert connection.transport.reading
        assert sum(map(len, got)) == 100_000

    run(test)


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked_once() -> None:
    async def test() -> None:
        async def work(asked: Turn) -> None:
            while not asked.whole:
                await asked.more()
            await echo(asked)

        head = b"PUT /b HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"
        out = await Connection(work).takes(head)
        connection = Connection(work)
        whole = await connection.takes(head)
        whole = await connection.takes(b"a")
        whole = await connection.takes(b"b")

        assert out == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert whole.count(b"100 Continue") == 1
        assert whole.endswith(b"/b")

    run(test)


def test_who_is_gone_is_no_longer_answered() -> None:
    async def test() -> None:
        ends: list[str] = []

        async def work(asked: Turn) -> None:
            await asked.left()
            try:
                await echo(asked)
            except Gone:
                ends.append("gone")

        connection = Connection(work)
        await connection.takes(ASKED % 1)
        connection.protocol.connection_lost(None)
        out = await connection.takes()

        assert (ends, out) == (["gone"], b"")
        assert not connection.state.connections
        assert not connection.state.tasks

    run(test)


def test_a_turn_that_ends_without_its_answer_breaks_the_connection_off() -> None:
    async def test() -> None:
        async def work(asked: Turn) -> None:
            await asked.start(200, [(b"content-length", b"5")])

        connection = Connection(work)
        await connection.takes(ASKED % 1)

        assert connection.transport.aborted

    run(test)


def test_more_than_are_served_at_once_are_sent_away() -> None:
    async def test() -> None:
        connection = Connection(echo, most=1)
        out = await connection.takes(ASKED % 1)

        assert out.startswith(b"HTTP/1.1 503 ")
        assert connection.transport.closed

    run(test)


def test_a_server_that_stops_lets_a_turn_come_to_its_end() -> None:
    async def test() -> None:
        go = asyncio.Event()

        async def work(asked: Turn) -> None:
            await go.wait()
            await echo(asked)

        busy, idle = Connection(work), Connection(work)
        await busy.takes(ASKED % 1)
        busy.protocol.shutdown()
        idle.protocol.shutdown()
        before = busy.transport.closed
        go.set()
        out = await busy.takes()

        assert (before, busy.transport.closed, idle.transport.closed) == (False, True, True)
        assert b"connection: close\r\n" in out

    run(test)


def test_a_server_that_stops_does_not_wait_for_the_rest_of_a_call() -> None:
    async def test() -> None:
        lost: list[bool] = []

        async def work(asked: Turn) -> None:
            try:
                while not asked.whole:
                    await asked.more()
            except Gone:
                lost.append(True)

        half = Connection(work)
        await half.takes(SENT % 10, b"abc")
        half.protocol.shutdown()
        aborted = half.transport.aborted
        half.protocol.connection_lost(None)
        await half.takes()

        assert aborted
        assert lost == [True]

    run(test)


def test_a_server_that_stops_waits_for_answers_on_their_way_and_for_no_goodbye(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "FAREWELL_SECONDS", 0.01)

    async def test() -> None:
        taken, taking = Connection(echo), Connection(echo)
        taking.transport.waiting = 5
        for each in (taken, taking):
            each.protocol.shutdown()
        await asyncio.sleep(0.05)

        assert (taken.transport.closed, taken.transport.aborted) == (True, True)
        assert (taking.transport.closed, taking.transport.aborted) == (True, False)

    run(test)


# answers


def test_a_whole_answer_is_one_write() -> None:
    async def test() -> None:
        connection = Connection(answering(200, [(b"content-length", b"2"), (b"x-a", b"b")], b"ok"))
        await connection.takes(ASKED % 1)

        assert connection.transport.writes == [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: b\r\n\r\nok"]
        assert not connection.transport.closed

    run(test)


@pytest.mark.parametrize(
    ("method", "status", "headers", "body", "expected"),
    [
        (b"GET", 200, [], b"ok", b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        (b"GET", 200, [], b"", b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        (b"HEAD", 200, [(b"content-length", b"7")], b"", b"content-length: 7\r\n\r\n"),
        (b"HEAD", 200, [], b"", b"HTTP/1.1 200 OK\r\n\r\n"),
        (b"GET", 304, [(b"content-length", b"7")], b"", b"content-length: 7\r\n\r\n"),
        (b"DELETE", 204, [], b"", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"GET", 299, [(b"content-length", b"0")], b"", b"HTTP/1.1 299 \r\ncontent-length: 0\r\n\r\n"),
    ],
)
def test_an_answer_has_the_frame_that_http_wants(
    method: bytes, status: int, headers: list[tuple[bytes, bytes]], body: bytes, expected: bytes
) -> None:
    async def test() -> None:
        whole = await Connection(answering(status, headers, body)).takes(method + b" / HTTP/1.1\r\nhost: x\r\n\r\n")

        async def streamed(asked: Turn) -> None:
            await asked.start(status, headers)
            await asked.send(body)
            asked.finish()

        pieces = await Connection(streamed).takes(method + b" / HTTP/1.1\r\nhost: x\r\n\r\n")

        assert whole.endswith(expected)
        assert pieces == whole

    run(test)


@pytest.mark.parametrize("said", [1, 3])
def test_an_answer_that_is_not_as_long_as_it_says_never_ends_well(said: int) -> None:
    async def test() -> None:
        async def streamed(asked: Turn) -> None:
            with pytest.raises(ValueError, match="than it says"):
                await asked.start(200, [(b"content-length", b"%d" % said)])
                await asked.send(b"ok")
                asked.finish()

        async def whole(asked: Turn) -> None:
            with pytest.raises(ValueError, match="as long as it says"):
                await asked.answer(200, [(b"content-length", b"%d" % said)], b"ok")

        for work in (streamed, whole):
            connection = Connection(work)
            await connection.takes(ASKED % 1)

            assert connection.transport.aborted

    run(test)


@pytest.mark.parametrize(
    "header",
    [(b"x", b"a\r\nset-cookie: b"), (b"x", b"a\nb: c"), (b"x", b"a\x00"), (b"x y", b"a"), (b"", b"a"), (b"x\n", b"a")],
)
def test_a_header_that_makes_another_answer_of_it_is_not_sent(header: tuple[bytes, bytes]) -> None:
    async def test() -> None:
        async def work(asked: Turn) -> None:
            with pytest.raises(ValueError, match="has no place"):
                await asked.answer(200, [header, (b"content-length", b"0")], b"")

        assert await Connection(work).takes(ASKED % 1) == b""

    run(test)


@pytest.mark.parametrize("said", ["by the client", "by the answer"])
def test_a_connection_ends_when_either_side_says_so(said: str) -> None:
    async def test() -> None:
        client = said == "by the client"
        headers = [(b"content-length", b"0")] if client else [(b"content-length", b"0"), (b"connection", b"close")]
        raw = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n" if client else ASKED % 1
        connection = Connection(answering(200, headers, b""))
        out = await connection.takes(raw)

        assert out.count(b"connection: close\r\n") == 1
        assert connection.transport.closed

    run(test)


def test_a_client_that_takes_nothing_is_waited_for_and_then_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        ends: list[str] = []

        async def work(asked: Turn) -> None:
            try:
                await echo(asked)
            except Gone:
                ends.append("gone")

        patient, cut = Connection(work), Connection(work)
        for connection in (patient, cut):
            connection.protocol.pause_writing()
            await connection.takes(ASKED % 1)
        before = list(patient.transport.writes)
        patient.protocol.resume_writing()
        out = await patient.takes()
        await asyncio.sleep(4 * SHORT)

        assert before == []
        assert out.endswith(b"/1")
        assert (ends, cut.transport.aborted, patient.transport.aborted) == (["gone"], True, False)

    monkeypatch.setattr(turn, "SEND_SECONDS", SHORT)
    run(test)


# bounds


def test_a_head_that_takes_too_long_is_cut_off_from_the_first_and_from_any(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        silent, slow = Connection(echo), Connection(echo)
        await slow.takes(ASKED % 1)
        await slow.takes(b"GET /2 HTTP/1.1\r\n")
        ends = asyncio.get_running_loop().time() + LONG
        while asyncio.get_running_loop().time() < ends and not (silent.transport.closed and slow.transport.closed):
            await slow.takes(b"x: y\r\n")
            await asyncio.sleep(SHORT / 5)

        assert (silent.transport.closed, slow.transport.closed) == (True, True)
        assert b"/2" not in b"".join(slow.transport.writes)

    monkeypatch.setattr(protocol, "HEAD_SECONDS", SHORT)
    run(test)


def test_a_connection_that_asks_nothing_is_closed_and_one_that_is_answered_is_not() -> None:
    async def test() -> None:
        go = asyncio.Event()

        async def work(asked: Turn) -> None:
            if asked.target == b"/2":
                await go.wait()
            await echo(asked)

        idle, busy = Connection(work, keep=SHORT), Connection(work, keep=SHORT)
        await idle.takes(ASKED % 1)
        await busy.takes(ASKED % 1)
        await busy.takes(ASKED % 2)
        await asyncio.sleep(4 * SHORT)

        assert (idle.transport.closed, busy.transport.closed) == (True, False)
        go.set()
        assert (await busy.takes()).endswith(b"/2")

    run(test)


def test_what_is_thrown_away_of_a_body_is_bounded_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        slow, quick = Connection(echo), Connection(echo)
        await slow.takes(SENT % 10, b"x")
        await quick.takes(SENT % 10, b"x")
        await quick.takes(b"x" * 9)
        await asyncio.sleep(4 * SHORT)
        out = await quick.takes(ASKED % 2)

        assert (slow.transport.closed, quick.transport.closed) == (True, False)
        assert out.endswith(b"/2")

    monkeypatch.setattr(protocol, "DISCARD_SECONDS", SHORT)
    run(test)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET / HTTP/1.1\r\nx: " + b"a" * 40_000],
        [b"GET / HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n"],
        [b"GET / HTTP/1.1\r\nx: ", b"a" * 20_000, b"a" * 20_000],
        [ASKED % 1 + b"GET /2 HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n"],
        [b"PUT /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", *[b"x: %d\r\n" % (10**9)] * 4_000],
    ],
)
def test_a_head_that_is_too_long_is_refused_however_it_comes(pieces: list[bytes]) -> None:
    async def test() -> None:
        async def work(asked: Turn) -> None:
            while not asked.whole:
                await asked.more()
            await echo(asked)

        connection = Connection(work)
        out = await connection.takes(*pieces)

        assert out.count(b"HTTP/1.1 431 ") == 1
        assert connection.transport.closed

    run(test)


def test_what_is_no_http_is_told_so() -> None:
    async def test() -> None:
        connection = Connection(echo)
        out = await connection.takes(b"\x16\x03\x01\x02\x00\x01")
        head, _, body = out.partition(b"\r\n\r\n")

        assert head.startswith(b"HTTP/1.1 400 ")
        assert f"content-length: {len(body)}".encode() in head
        assert connection.transport.closed

    run(test)


# the other side


def test_a_second_answer_that_nobody_asked_for_changes_nothing_of_the_first() -> None:
    async def test() -> None:
        link, transport = upstream._Link(), Transport()
        link.connection_made(transport)
        link.ask("GET", b"")
        answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
        link.data_received(answer + b"HTTP/1.1 500 No\r\nx: y\r\ncontent-length: 2\r\n\r\nno")

        assert (link.status, link.headers, link.take()) == (200, [(b"content-length", b"2")], b"ok")
        assert transport.aborted

    run(test)


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: Close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n", False),
    ],
)
def test_a_connection_to_the_target_is_kept_only_when_it_says_so(head: bytes, kept: bool) -> None:
    async def test() -> None:
        link = upstream._Link()
        link.connection_made(Transport())
        link.ask("GET", b"")
        link.data_received(head)

        assert link.reusable is kept

    run(test)


def test_only_so_many_ask_one_place_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        open_, most = 0, 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal open_, most
            open_ += 1
            most = max(most, open_)
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.01)
            open_ -= 1
            writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        pool = upstream.Pool()
        origin = upstream.Origin("127.0.0.1", server.sockets[0].getsockname()[1], tls=False)

        async def ask() -> int:
            answer = await pool.ask(origin, "GET", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            answer.close()
            return answer.status

        given_up = asyncio.ensure_future(ask())
        asked = [asyncio.ensure_future(ask()) for _ in range(6)]
        waiting = asked.pop()
        await asyncio.sleep(0)
        waiting.cancel()
        statuses = await asyncio.gather(given_up, *asked)
        server.close()
        pool.close()
        await asyncio.sleep(0.05)

        assert statuses == [200] * 6
        assert most == 2

    monkeypatch.setattr(upstream, "MOST", 2)
    run(test)


def test_the_parser_that_all_this_relies_on_is_strict() -> None:
    """Two lengths, or a length beside chunks, are refused before any of this sees a head."""
    for fields in (b"content-length: 1\r\ncontent-length: 2", b"content-length: 1\r\ntransfer-encoding: chunked"):
        parser = httptools.HttpRequestParser(object())
        with pytest.raises(httptools.HttpParserError):
            parser.feed_data(b"PUT / HTTP/1.1\r\nhost: x\r\n" + fields + b"\r\n\r\n")
