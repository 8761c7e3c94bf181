"""A whole cycle on a tiny SQLite target: propose, vote with a signature, run; every step durable before the next.

What is done in it: read, survey, a rehearsal in a rolled-back transaction, assessment, policy; the vote's Ed25519
signature checked against the person's key, roles and separation of duties; all of it judged again before the run; then
one transaction on the target with its row cap, before-images sealed, and every step recorded. Unlocking the person's
key (scrypt, slow on purpose) is the person's own time and is measured apart.
"""

from __future__ import annotations

import tempfile
import time
from itertools import pairwise
from pathlib import Path

from bench.rows import Row, Scale, at, in_thread
from interlock.testing.world import PASSPHRASE, Clock, World, furnish

CYCLES = 60
ORDERS = 300


def run(scale: Scale) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-approval-") as name:
        world = furnish(Path(name) / "home", Clock(), orders=ORDERS)
        try:
            taken = in_thread(lambda: [cycle(world, number) for number in range(min(CYCLES, scale.times))])
        finally:
            world.close()
    propose, sign, vote, execute = (sorted(step) for step in zip(*taken, strict=True))
    whole = sorted(sum(each) - each[1] for each in taken)
    split = f"propose {at(propose, 0.5):.1f}, vote {at(vote, 0.5):.1f}, run {at(execute, 0.5):.1f} ms"
    return [
        Row("propose, vote, run", at(whole, 0.5), "ms", "", f"median of {len(whole)}; {split}; all of it fsynced"),
        Row("unlock a person's key and sign", at(sign, 0.5), "ms", "", "median; scrypt with 32 MiB, the least allowed"),
    ]


def cycle(world: World, number: int) -> tuple[float, float, float, float]:
    """Milliseconds of propose, sign, vote and run of one change that is held for one approval."""
    low = 1 + number * 4 % (ORDERS - 4)
    sql = f"UPDATE orders SET total_cents = total_cents + 1 WHERE id BETWEEN {low} AND {low + 3}"
    clock = [time.perf_counter()]
    case = world.propose(sql)
    assert case.state == "held", case.state
    clock.append(time.perf_counter())
    vote = world.control.sign(world.control.ballot(case, "ada", "approve"), PASSPHRASE)
    clock.append(time.perf_counter())
    case = world.control.vote(vote)
    assert case.state == "approved", case.state
    clock.append(time.perf_counter())
    assert world.run(case).state == "done"
    clock.append(time.perf_counter())
    one, two, three, four = ((later - earlier) * 1e3 for earlier, later in pairwise(clock))
    return one, two, three, four
