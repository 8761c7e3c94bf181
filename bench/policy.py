"""The policy engine's figures: one decision with facts seen before, one without, and a plan with 100,000 effects.

    python bench/policy.py            a few seconds

The first two are medians over a small keyed fix in production under the starter policies, from assessment to decision.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from interlock.decide.decide import decide, engine
from interlock.model.agent import PASSPORT_FIELDS, Capability, Passport
from interlock.model.assessment import Assessment, Weighed
from interlock.model.change import Change, Effect, Resource
from interlock.model.inventory import RollbackProof
from interlock.model.target import Environment
from interlock.policy.starter import starter_files

TIMES = 2_000
EFFECTS = 100_000
PRODUCTION = Environment("production")
AGENT = Passport(
    **{"name": "fixer", **dict.fromkeys(PASSPORT_FIELDS, "said")},
    environments=("production",),
    capabilities=(Capability("modify", max_rows=10),),
    general_purpose=False,
)


def change(effects: int) -> tuple[Assessment, Change]:
    """So many keyed updates, each of a table of its own, and what they were assessed as."""
    proposed = Change("sql:sqlite", tuple(Effect("update", Resource("sql.table", f"t{n}")) for n in range(effects)))
    weighed = (Weighed("modify", "exact-inverse", 1, True),) * effects
    rollback = RollbackProof("valid", simulated=True)
    return Assessment(
        "production", "modify", "exact-inverse", effects=weighed, rollback=rollback, rows=effects
    ), proposed


def median(run: Callable[[int], object]) -> float:
    """The median of TIMES runs, in microseconds; each is given its number."""
    taken = []
    for number in range(TIMES):
        started = time.perf_counter()
        run(number)
        taken.append(time.perf_counter() - started)
    return sorted(taken)[TIMES // 2] * 1e6


def main() -> None:
    started = time.perf_counter()
    court = engine(starter_files())
    loaded = time.perf_counter() - started
    one, many = change(1), change(EFFECTS)

    def decided(rows: int) -> None:
        """A decision on facts that differ by the rows that the contract allows."""
        contract = Environment("production", max_rows=1_000 + rows)
        assert decide(*one, AGENT, contract, court, 0, binding="b").outcome == "allow"

    known = median(lambda _: decided(0))
    new = median(lambda number: decided(number + 1))
    started = time.perf_counter()
    decide(*many, AGENT, PRODUCTION, court, 0, binding="b")
    plan = time.perf_counter() - started
    print(f"| {len(court.rules)} policies loaded and checked | {loaded * 1e3:.0f} ms |")
    print(f"| decision, facts seen before | {known:.0f} us |")
    print(f"| decision, facts not seen before | {new:.0f} us |")
    print(f"| decision on {EFFECTS:,} effects | {plan:.2f} s |")


if __name__ == "__main__":
    main()
