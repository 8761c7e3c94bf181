"""Threads for what takes its time: judging and looking, and acting, which may take minutes; each in a bounded line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal, TypeVar

from interlock.errors import Broken

T = TypeVar("T")
Pool = Literal["judge", "look", "act"]

THREADS: Final[dict[Pool, int]] = {"judge": 4, "look": 2, "act": 16}
#: Work that may stand in line for the threads of a pool before more is sent away.
LINE: Final = 256


class Threads:
    """The pools. `close` waits for what still runs."""

    def __init__(self) -> None:
        self._pools = {name: ThreadPoolExecutor(count, f"interlock-aws-{name}") for name, count in THREADS.items()}
        self._busy = dict.fromkeys(THREADS, 0)

    async def run(self, pool: Pool, work: Callable[[], T]) -> T:
        """Do this in a thread; Broken (`busy`) when too many stand in line. Going away does not stop it."""
        if self._busy[pool] >= THREADS[pool] + LINE:
            raise Broken("too many calls at once", hint="try again in a second", code="busy")
        self._busy[pool] += 1
        job = asyncio.get_running_loop().run_in_executor(self._pools[pool], work)
        job.add_done_callback(lambda _: self._leave(pool))
        return await asyncio.shield(job)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=True)

    def _leave(self, pool: Pool) -> None:
        self._busy[pool] -= 1
