"""The policy engine alone: a decision with facts seen before, one without, and a plan with 100,000 effects.

Medians over a small keyed fix in production under the starter policies, from assessment to decision; nothing recorded.
"""

from __future__ import annotations

import time

from bench.rows import Row, Scale, at, waits
from interlock.decide.decide import decide, engine
from interlock.model.agent import PASSPORT_FIELDS, Capability, Passport
from interlock.model.assessment import Assessment, Weighed
from interlock.model.change import Change, Effect, Resource
from interlock.model.inventory import RollbackProof
from interlock.model.target import Environment
from interlock.policy.starter import starter_files

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


def run(scale: Scale) -> list[Row]:
    started = time.perf_counter()
    court = engine(starter_files())
    loaded = (time.perf_counter() - started) * 1e3
    one, many = change(1), change(scale.effects)

    def decided(rows: int) -> None:
        """A decision on facts that differ by the rows that the contract allows."""
        contract = Environment("production", max_rows=1_000 + rows)
        assert decide(*one, AGENT, contract, court, 0, binding="b").outcome == "allow"

    known = at(waits(lambda _: decided(0), scale.times), 0.5)
    new = at(waits(lambda number: decided(number + 1), scale.times), 0.5)
    started = time.perf_counter()
    decide(*many, AGENT, PRODUCTION, court, 0, binding="b")
    plan = (time.perf_counter() - started) * 1e3
    return [
        Row(f"{len(court.rules)} policies loaded and checked", loaded, "ms"),
        Row("decision, facts seen before", known * 1e3, "µs", "", "median"),
        Row("decision, facts not seen before", new * 1e3, "µs", "", "median; Cedar evaluates all policies"),
        Row(f"decision on {scale.effects:,} effects", plan, "ms", "", "equal facts are judged once"),
    ]
