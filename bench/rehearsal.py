"""SQL on the shop with 120,000 orders: survey, rehearse (and simulate the way back), assess, decide.

The three changes of the demo's kind: a read, a fix of 412 rows by a condition, and an update that hits every order.
Nothing is recorded here; `approval` measures the record.
"""

from __future__ import annotations

import tempfile
import time
from itertools import pairwise
from pathlib import Path

from bench.rows import Row, Scale
from interlock.cli.frame import senses
from interlock.control import Control
from interlock.judge import Judge
from interlock.model.agent import Passport
from interlock.model.proposal import Proposal
from interlock.practice.shop import build
from interlock.testing.world import AGENT, Clock, furnish

CHANGES = {
    "read of a summary": "SELECT status, count(*) FROM orders GROUP BY status",
    "fix of the stuck orders": "UPDATE orders SET status = 'paid' WHERE status = 'pending'"
    " AND id IN (SELECT order_id FROM payments)",
    "update of every order": "UPDATE orders SET total_cents = total_cents + 1",
}
TIMES = 3


def run(scale: Scale) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-rehearsal-") as name:
        folder = Path(name) / "home"
        furnish(folder, Clock(), orders=10).close()
        (folder / "shop.db").unlink()
        build(folder / "shop.db", scale.orders)
        with Control.open(folder, senses()) as control:
            passport = control.record.passport(AGENT.name)
            return [_row(control.judge, what, sql, passport, scale) for what, sql in CHANGES.items()]


def _row(judge: Judge, what: str, sql: str, passport: Passport, scale: Scale) -> Row:
    proposal = Proposal("sql:sqlite", sql.encode(), AGENT.name, "production", "shop")
    best, note = float("inf"), ""
    for _ in range(min(TIMES, scale.times)):
        clock = [time.perf_counter()]
        target = judge.target(proposal)
        reading = judge.read(proposal, target)
        clock.append(time.perf_counter())
        inventory, rehearsal = judge.look(proposal, reading, target, passport)
        clock.append(time.perf_counter())
        assessment = judge.assess(proposal, reading, target, inventory, rehearsal)
        judge.decide(proposal, reading.change, assessment, passport)
        clock.append(time.perf_counter())
        took = [(later - earlier) * 1e3 for earlier, later in pairwise(clock)]
        if sum(took) < best:
            best = sum(took)
            rows = "" if assessment.rows is None else f"{assessment.rows:,} rows changed; "
            note = f"{rows}read {took[0]:.1f}, survey and rehearse {took[1]:.0f}, assess and decide {took[2]:.1f} ms"
    return Row(f"{what}, {scale.orders:,} orders", best, "ms", "", note)
