"""Reads and their record: what waits for a slow target is recorded together, and no answer waits for others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, cast

import pytest

from interlock.gates.aws.reads import LONGEST, Reads
from interlock.passing import Done


class Clocked(asyncio.SelectorEventLoop):
    """A loop whose time is told."""

    now = 100.0

    def time(self) -> float:
        return self.now


class Answered:
    """An answer that nobody looks into."""

    def close(self) -> None:
        raise AssertionError("the answer was let go")


class Bench(NamedTuple):
    """Reads between a target that answers when told, and a record that notes what it is given."""

    loop: Clocked
    reads: Reads
    asked: list[asyncio.Future[Any]]
    taken: list[tuple[str, Done]]

    def ask(self, name: str) -> asyncio.Task[Any]:
        return self.loop.create_task(self.reads.answer(cast(Any, None), cast(Any, None), cast(Any, name)))

    async def turns(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def served(self, name: str, seconds: float) -> None:
        """One read, recorded in no time, whose answer took so long."""
        task = self.ask(name)
        await self.turns()
        self.taken[-1][1](None)
        await self.turns()
        self.loop.now += seconds
        self.asked[-1].set_result(Answered())
        await task


def on_a_bench(work: Callable[[Bench], Awaitable[None]]) -> None:
    asked: list[asyncio.Future[Any]] = []
    taken: list[tuple[str, Done]] = []

    class Forwarder:
        async def read(self, *_: object) -> Any:
            asked.append(asyncio.get_running_loop().create_future())
            return await asked[-1]

    class Passing:
        def take(self, passage: str, done: Done) -> None:
            taken.append((passage, done))

    class Desk:
        passing = Passing()

    async def main() -> None:
        loop = cast(Clocked, asyncio.get_running_loop())
        await work(Bench(loop, Reads(cast(Any, Desk()), cast(Any, Forwarder()), cast(Any, None)), asked, taken))

    with asyncio.Runner(loop_factory=Clocked) as runner:
        runner.run(main())


def names(bench: Bench) -> list[str]:
    return [name for name, _ in bench.taken]


def test_reads_of_a_slow_target_are_recorded_together_as_soon_as_one_is_answered() -> None:
    async def work(bench: Bench) -> None:
        await bench.served("first", 10)
        tasks = [bench.ask("second")]
        await bench.turns()
        tasks.append(bench.ask("third"))
        await bench.turns()

        assert names(bench) == ["first"]

        bench.asked[1].set_result(Answered())
        await bench.turns()

        assert names(bench) == ["first", "second", "third"]
        assert not tasks[0].done()

        bench.taken[1][1](None)
        await tasks[0]
        tasks[1].cancel()

    on_a_bench(work)


def test_reads_of_a_slow_target_are_recorded_before_it_answers() -> None:
    async def work(bench: Bench) -> None:
        await bench.served("first", 10)
        task = bench.ask("second")
        await bench.turns()
        bench.loop.now += LONGEST
        await bench.turns()

        assert names(bench) == ["first", "second"]

        task.cancel()

    on_a_bench(work)


@pytest.mark.parametrize("record", [0.0, 10.0], ids=["a quick target", "a record that takes as long as the target"])
def test_a_read_is_recorded_at_once_where_there_is_nothing_to_wait_for(record: float) -> None:
    async def work(bench: Bench) -> None:
        task = bench.ask("first")
        await bench.turns()
        bench.loop.now += record
        bench.asked[0].set_result(Answered())
        bench.taken[0][1](None)
        await task
        bench.ask("second").add_done_callback(lambda _: None)
        await bench.turns()

        assert names(bench) == ["first", "second"]

        for open_task in asyncio.all_tasks() - {asyncio.current_task()}:
            open_task.cancel()

    on_a_bench(work)
